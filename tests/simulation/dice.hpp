// All chance of a simulation comes from here, so that a seed is all there is to know of a run.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

#include "collet/deadline.hpp"

namespace collet::simulation {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : bits_(seed) {}
  /// 0 to `bound` - 1. Not std::uniform_int_distribution: its sequence is the library's choice.
  std::uint64_t below(std::uint64_t bound) { return bits_() % bound; }
  bool chance(std::uint64_t one_in) { return below(one_in) == 0; }
  /// Between the two, mostly short: each size is as likely as the next.
  Clock::duration between(std::chrono::microseconds least, std::chrono::microseconds most) {
    auto longest = least;
    while (longest < most && below(3) != 0) longest *= 2;
    longest = std::min(longest, most);
    return least + std::chrono::microseconds(
                       below(static_cast<std::uint64_t>((longest - least).count()) + 1));
  }

 private:
  std::mt19937_64 bits_;
};

}  // namespace collet::simulation
