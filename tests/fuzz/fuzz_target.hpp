// What the fuzz targets share: the entry that libFuzzer and the replay test call, small limits, and
// documents for references to lead to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "collet/schema.hpp"

/// Runs one input; aborts where a promise is broken. libFuzzer's name for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace collet::fuzz {

/// Ends the process, so that the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

inline std::optional<std::string> resolve(std::string_view uri) {
  if (uri == "http://f/a") {
    return R"({"$id":"http://f/a","$anchor":"x","type":["object","string"],)"
           R"("properties":{"b":{"$ref":"b"},"c":{"$dynamicRef":"#d"}},)"
           R"("$defs":{"d":{"$dynamicAnchor":"d","maxLength":3},"loop":{"$ref":"#/$defs/loop"}}})";
  }
  if (uri == "http://f/b") {
    return R"({"$schema":"http://json-schema.org/draft-07/schema#","items":[{"$ref":"a"},true],)"
           R"("additionalItems":{"type":"integer"},"definitions":{"id":{"$id":"#i","minimum":2}}})";
  }
  return std::nullopt;
}

/// Small enough that no input of 4 KiB runs for a second under the sanitizers, large enough that
/// every limit can be met and missed.
inline SchemaOptions options() {
  return {.formats = SchemaFormats::enforce,
          .base_uri = "http://f/root",
          .resolver = resolve,
          .limits = {.subschemas_max = 2'000,
                     .documents_max = 16,
                     .nesting_max = 1'000,
                     .steps_max = 50'000,
                     .violations_max = 8}};
}

}  // namespace collet::fuzz
