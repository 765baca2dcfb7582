// What all fuzz targets share: the entry that libFuzzer and the replay test call, and what ends an
// input that breaks a promise.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

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

/// Longer streams of lines or requests have more of these, and nothing else: they only take longer.
inline constexpr std::size_t k_stream_bytes_max = 65'536;

/// How far an input came: into the target, through its grammar, past its rules.
enum class Stage : std::uint8_t { started, parsed, accepted };

/// Counts the input for `stage`. When the process ends it prints what share of the inputs came how
/// far: a fuzzer whose inputs are turned away at the door looks busy.
inline void reached(Stage stage) {
  struct Counts {
    std::array<std::uint64_t, 3> inputs{};
    Counts() = default;
    Counts(const Counts&) = delete;
    Counts& operator=(const Counts&) = delete;
    ~Counts() {
      std::fprintf(stderr, "reached: %.1f %% parsed, %.1f %% accepted\n", percent(Stage::parsed),
                   percent(Stage::accepted));
    }
    [[nodiscard]] double percent(Stage of) const {
      return 100.0 * static_cast<double>(inputs[static_cast<std::size_t>(of)]) /
             static_cast<double>(inputs[0]);
    }
  };
  static Counts counts;
  ++counts.inputs[static_cast<std::size_t>(stage)];
}

/// `bytes` in pieces for a reader that must not care where its input is cut. `choice`, bits that
/// hang on the input, decides: single bytes once in eight times, which is slow, else three pieces.
inline std::vector<std::string_view> cut(std::string_view bytes, std::size_t choice) {
  std::vector<std::string_view> pieces;
  if (choice % 8 == 0) {
    for (std::size_t i = 0; i < bytes.size(); ++i) pieces.push_back(bytes.substr(i, 1));
    return pieces;
  }
  const std::size_t first = choice / 8 % (bytes.size() + 1);
  const std::size_t second = first + choice / 8192 % (bytes.size() - first + 1);
  for (const auto piece :
       {bytes.substr(0, first), bytes.substr(first, second - first), bytes.substr(second)}) {
    if (!piece.empty()) pieces.push_back(piece);
  }
  return pieces;
}

}  // namespace collet::fuzz
