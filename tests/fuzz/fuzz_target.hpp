// What the fuzz targets share: the entry that libFuzzer and the replay test call, small limits, and
// documents for references to lead to.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/schema.hpp"

/// Runs one input; aborts where a promise is broken. libFuzzer's name for it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace collet::fuzz {

/// What a target answers to an input that it is not about: the fuzzer does not breed from it. A
/// corpus of broken texts gives mutations that are broken, too.
inline constexpr int k_not_kept = -1;

/// Ends the process, so that the fuzzer keeps the input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %s\n", what);
  std::abort();
}

/// Holds an input to a second of the processor, as long as it lives. libFuzzer's own limit is one
/// of the wall's clock, which goes on while other programs have the processor.
class OneSecond {
 public:
  OneSecond() = default;
  OneSecond(const OneSecond&) = delete;
  OneSecond& operator=(const OneSecond&) = delete;
  ~OneSecond() {
    require(std::clock() - begin_ < CLOCKS_PER_SEC, "an input takes less than a second");
  }

 private:
  std::clock_t begin_ = std::clock();
};

inline void require_sound(const std::vector<Violation>& violations) {
  require(violations.size() <= 8, "no more violations than allowed");
  for (const Violation& violation : violations) {
    require(!violation.message.empty(), "a violation has a sentence");
  }
}

/// How far an input came.
enum class Stage : std::uint8_t { started, parsed, compiled };

/// Counts the input for `stage`. When the process ends it prints what share of the inputs came how
/// far: a fuzzer whose inputs are turned away at the door looks busy.
inline void reached(Stage stage) {
  struct Counts {
    std::array<std::uint64_t, 3> inputs{};
    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    ~Counts() {
      std::fprintf(stderr, "reached: %.1f %% parsed, %.1f %% compiled\n", percent(Stage::parsed),
                   percent(Stage::compiled));
    }
    [[nodiscard]] double percent(Stage of) const {
      return 100.0 * static_cast<double>(inputs[static_cast<std::size_t>(of)]) /
             static_cast<double>(inputs[0]);
    }
  };
  static Counts counts;
  ++counts.inputs[static_cast<std::size_t>(stage)];
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
