// When a crashed worker starts again. Pure.
#pragma once

#include <cstdint>

#include "collet/deadline.hpp"

namespace collet::worker {

struct BackoffPolicy {
  Clock::duration first = std::chrono::seconds(1);
  Clock::duration longest = std::chrono::minutes(5);
  /// More crashes in a row than this end in `failed`.
  std::uint32_t crashes_max = 10;
  /// A worker that ran this long starts counting anew.
  Clock::duration stable_after = std::chrono::minutes(10);
};

/// The wait before the start that follows crash number `crashes` (1 or more) in a row: first ×
/// 2^(crashes−1), at most `longest`, moved by up to ±25 % so that workers that fell together do not
/// rise together. `random` is any 64 random bits.
[[nodiscard]] Clock::duration backoff_delay(const BackoffPolicy& policy, std::uint32_t crashes,
                                            std::uint64_t random);

}  // namespace collet::worker
