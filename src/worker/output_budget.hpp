// How much a worker may say in a second. Pure.
#pragma once

#include <chrono>
#include <cstddef>

#include "collet/deadline.hpp"
#include "collet/limits.hpp"

namespace collet::worker {

struct OutputLimits {
  /// Bytes of standard output that answer nothing: noise, and notifications.
  std::size_t chatter_bytes_a_second_max = limits::worker::chatter_bytes_a_second_max;
  /// Requests to the host.
  std::size_t requests_a_second_max = limits::worker::requests_a_second_max;
};

/// What one worker has said in the current second. A worker that passes its budget is read no
/// further until the second is over, so that it waits at its full pipe and not its neighbours for
/// the loop.
class OutputBudget {
 public:
  static constexpr auto window = std::chrono::seconds(1);

  /// The limits outlive it.
  explicit OutputBudget(const OutputLimits& limits) : limits_(&limits) {}

  /// Whether this is what passes the budget; false for what comes after it.
  [[nodiscard]] bool spends_all_with_chatter(TimePoint now, std::size_t bytes) {
    begin_second(now);
    const bool was_spent = is_spent();
    bytes_ += bytes;
    return !was_spent && is_spent();
  }
  [[nodiscard]] bool spends_all_with_request(TimePoint now) {
    begin_second(now);
    const bool was_spent = is_spent();
    ++requests_;
    return !was_spent && is_spent();
  }
  /// When there is something to spend again.
  [[nodiscard]] TimePoint next_second() const { return since_ + window; }
  /// A new process has the whole second.
  void reset() { bytes_ = requests_ = 0; }

 private:
  void begin_second(TimePoint now) {
    if (now - since_ < window) return;
    since_ = now;
    reset();
  }
  [[nodiscard]] bool is_spent() const {
    return bytes_ > limits_->chatter_bytes_a_second_max ||
           requests_ > limits_->requests_a_second_max;
  }

  const OutputLimits* limits_;
  TimePoint since_{};
  std::size_t bytes_ = 0;
  std::size_t requests_ = 0;
};

}  // namespace collet::worker
