// A loop in virtual time, for tests: nothing happens until the test says so, and no test sleeps.
#pragma once

#include <deque>

#include "base/loop.hpp"
#include "base/timer_queue.hpp"

namespace collet {

/// Single-threaded: the test's thread is the loop's.
class VirtualLoop final : public Loop {
 public:
  [[nodiscard]] TimePoint now() const override { return now_; }
  void post(Task task) override { ready_.push_back(std::move(task)); }
  [[nodiscard]] bool on_loop() const override { return true; }
  [[nodiscard]] Timer call_at(TimePoint when, Task task) override {
    if (when == TimePoint::max()) return {};
    return {*this, timers_.add(when, std::move(task))};
  }

  /// Runs what is ready now, and what becomes ready by that, without moving the time.
  void run_ready();
  /// Moves the time by `duration`, stopping at each timer on the way.
  void advance(Clock::duration duration);
  [[nodiscard]] std::size_t pending_timers() const { return timers_.size(); }

 private:
  void cancel_timer(std::uint64_t id) override { timers_.cancel(id); }

  TimePoint now_{std::chrono::hours(1)};
  std::deque<Task> ready_;
  TimerQueue timers_;
};

}  // namespace collet
