// Runs the simulation over many seeds, or one of them with all that happens.
//   simulation [--first N] [--seeds N] [--planted lost_answer|late_answer|second_run]
//   simulation --seed N      replays one and prints every event
// Exit code 1 where a promise did not hold, or a seed did not do the same twice; the first such
// seed is named with the command that replays it.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>

#include "simulation.hpp"

namespace {

using namespace collet::simulation;

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t seeds = 2000;
  std::optional<std::uint64_t> only{};
  Planted planted = Planted::nothing;
};

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Planted> planted(std::string_view name) {
  if (name == "lost_answer") return Planted::lost_answer;
  if (name == "late_answer") return Planted::late_answer;
  if (name == "second_run") return Planted::second_run;
  return std::nullopt;
}

std::optional<Arguments> read(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; i += 2) {
    if (i + 1 == count) return std::nullopt;
    const std::string_view name = words[i];
    const std::string_view value = words[i + 1];
    if (name == "--planted") {
      const auto fault = planted(value);
      if (!fault) return std::nullopt;
      arguments.planted = *fault;
      continue;
    }
    const auto read = number(value);
    if (!read) return std::nullopt;
    if (name == "--first")
      arguments.first = *read;
    else if (name == "--seeds")
      arguments.seeds = *read;
    else if (name == "--seed")
      arguments.only = *read;
    else
      return std::nullopt;
  }
  return arguments;
}

void print(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

}  // namespace

int main(int count, char** words) {
  const auto arguments = read(count, words);
  if (!arguments) {
    std::fputs("usage: simulation [--first N] [--seeds N] [--planted FAULT] | --seed N\n", stderr);
    return 2;
  }
  if (arguments->only) {
    return simulate(*arguments->only, arguments->planted, print).broken.empty() ? 0 : 1;
  }
  constexpr std::uint64_t k_twice_each = 100;  // one seed of so many is run again
  std::size_t calls = 0;
  std::size_t results = 0;
  std::size_t starts = 0;
  for (auto seed = arguments->first; seed < arguments->first + arguments->seeds; ++seed) {
    const auto seen = simulate(seed, arguments->planted, {});
    calls += seen.calls;
    results += seen.results;
    starts += seen.starts;
    if (!seen.broken.empty()) {
      std::printf("seed %llu: %s\nreplay with: %s --seed %llu\n",
                  static_cast<unsigned long long>(seed), seen.broken.c_str(), words[0],
                  static_cast<unsigned long long>(seed));
      return 1;
    }
    if (seed % k_twice_each == 0 && simulate(seed, arguments->planted, {}).digest != seen.digest) {
      std::printf("seed %llu does not do the same twice\n", static_cast<unsigned long long>(seed));
      return 1;
    }
  }
  std::printf("%llu seeds: %zu calls, %zu results, %zu starts of workers; every promise held\n",
              static_cast<unsigned long long>(arguments->seeds), calls, results, starts);
  return 0;
}
