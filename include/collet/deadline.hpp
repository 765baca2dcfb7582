// A deadline is a value that travels with a call; no function takes a number of milliseconds.
#pragma once

#include <algorithm>
#include <chrono>

namespace collet {

/// Time as deadlines and timers see it: monotonic, unmoved by changes of the wall clock.
using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;

/// The moment by which an answer is due. A value; safe to copy and share.
class Deadline {
 public:
  /// No deadline at all.
  [[nodiscard]] static constexpr Deadline never() { return Deadline(TimePoint::max()); }
  [[nodiscard]] static constexpr Deadline at(TimePoint when) { return Deadline(when); }
  /// `duration` from `now`; a sum past the end of time is `never`.
  [[nodiscard]] static constexpr Deadline after(TimePoint now, Clock::duration duration) {
    return duration >= TimePoint::max() - now ? never() : Deadline(now + duration);
  }

  [[nodiscard]] constexpr bool is_never() const { return when_ == TimePoint::max(); }
  [[nodiscard]] constexpr TimePoint when() const { return when_; }
  [[nodiscard]] constexpr bool expired(TimePoint now) const { return now >= when_; }
  /// What is left at `now`, never negative.
  [[nodiscard]] constexpr Clock::duration remaining(TimePoint now) const {
    return expired(now) ? Clock::duration::zero() : when_ - now;
  }
  [[nodiscard]] constexpr Deadline earlier(Deadline other) const {
    return Deadline(std::min(when_, other.when_));
  }
  friend constexpr auto operator<=>(Deadline, Deadline) = default;

 private:
  explicit constexpr Deadline(TimePoint when) : when_(when) {}
  TimePoint when_;
};

}  // namespace collet
