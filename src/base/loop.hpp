// The event loop as everything above the OS sees it: the time, tasks, timers. Real (asio_loop.hpp)
// or virtual (virtual_loop.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "collet/deadline.hpp"

namespace collet {

using Task = std::move_only_function<void()>;

class Loop;

/// A pending timer. Destroying it, or assigning another, cancels it. Belongs to the loop's thread.
class Timer {
 public:
  Timer() = default;
  Timer(Loop& loop, std::uint64_t id) : loop_(&loop), id_(id) {}
  Timer(Timer&& other) noexcept : loop_(std::exchange(other.loop_, nullptr)), id_(other.id_) {}
  Timer& operator=(Timer&& other) noexcept {
    if (this != &other) {
      cancel();
      loop_ = std::exchange(other.loop_, nullptr);
      id_ = other.id_;
    }
    return *this;
  }
  ~Timer() { cancel(); }

  /// After this the task does not run; harmless where it ran already.
  void cancel();

 private:
  Loop* loop_ = nullptr;
  std::uint64_t id_ = 0;
};

/// One thread that runs tasks one after the other. Everything "on the loop" is touched by that
/// thread only, and nothing on it may block.
class Loop {
 public:
  virtual ~Loop() = default;

  /// Monotonic time. Any thread.
  [[nodiscard]] virtual TimePoint now() const = 0;
  /// Runs `task` soon, never inside this call. Any thread.
  virtual void post(Task task) = 0;
  /// Whether the calling thread is the loop's.
  [[nodiscard]] virtual bool on_loop() const = 0;
  /// Runs `task` at `when` or as soon after as can be; never, where `when` is TimePoint::max().
  /// Loop thread only.
  [[nodiscard]] virtual Timer call_at(TimePoint when, Task task) = 0;

  /// Runs `task` now where the calling thread is the loop's, else posts it. Any thread.
  void dispatch(Task task) { on_loop() ? task() : post(std::move(task)); }
  [[nodiscard]] Timer call_after(Clock::duration delay, Task task) {
    return call_at(Deadline::after(now(), delay).when(), std::move(task));
  }

 protected:
  friend class Timer;
  virtual void cancel_timer(std::uint64_t id) = 0;
};

inline void Timer::cancel() {
  if (auto* loop = std::exchange(loop_, nullptr)) loop->cancel_timer(id_);
}

}  // namespace collet
