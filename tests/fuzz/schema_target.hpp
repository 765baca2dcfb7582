// What the fuzz targets of the schema engine share: small limits, and documents for references to
// lead to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/schema.hpp"
#include "fuzz_target.hpp"

namespace collet::fuzz {

inline void require_sound(const std::vector<Violation>& violations) {
  require(violations.size() <= 8, "no more violations than allowed");
  for (const Violation& violation : violations) {
    require(!violation.message.empty(), "a violation has a sentence");
  }
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

/// For a schema and an instance of `bytes` together. Up to 4 KiB small enough that no input runs
/// for a second under the sanitizers, and that every limit is met and missed; beyond, the library's
/// own where they bound sizes.
inline SchemaOptions options(std::size_t bytes) {
  SchemaOptions options{.formats = SchemaFormats::enforce,
                        .base_uri = "http://f/root",
                        .resolver = resolve,
                        .limits = {.subschemas_max = 2'000,
                                   .documents_max = 16,
                                   .nesting_max = 200,
                                   .steps_max = 5'000,
                                   .explanation_steps_max = 100'000,
                                   .violations_max = 8}};
  if (bytes > 4'096) {
    options.limits.subschemas_max = SchemaLimits{}.subschemas_max;
    options.limits.steps_max = 1'000'000;
  }
  return options;
}

}  // namespace collet::fuzz
