// When a crashed worker starts again. Pure.
#pragma once

#include <cstdint>
#include <deque>

#include "collet/deadline.hpp"
#include "collet/worker_manager.hpp"

namespace collet::worker {

/// The wait before the start that follows crash number `crashes` (1 or more) in a row: first ×
/// 2^(crashes−1), at most `longest`, moved by up to ±25 % so that workers that fell together do not
/// rise together. `random` is any 64 random bits.
[[nodiscard]] Clock::duration backoff_delay(const RestartPolicy& policy, std::uint32_t crashes,
                                            std::uint64_t random);

/// The crashes of one worker, and what follows them.
class Restarts {
 public:
  struct Next {
    bool has_failed = false;  ///< it crashed too often; `delay` is the time to the next try
    Clock::duration delay{};
  };

  /// The policy outlives it.
  explicit Restarts(const RestartPolicy& policy) : policy_(policy) {}

  /// A crash after having run for `ran`, zero where it did not come to run.
  [[nodiscard]] Next crashed(TimePoint now, Clock::duration ran, std::uint64_t random);
  /// Somebody starts it on purpose, or it ran for long: what was does not count any more, but for
  /// `total`.
  void forgive();

  [[nodiscard]] std::uint32_t in_a_row() const { return in_a_row_; }
  [[nodiscard]] std::uint32_t total() const { return total_; }

 private:
  const RestartPolicy& policy_;
  std::deque<TimePoint> recent_;  // those within the window
  std::uint32_t in_a_row_ = 0;
  std::uint32_t total_ = 0;
  bool has_failed_ = false;
};

}  // namespace collet::worker
