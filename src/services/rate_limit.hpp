// So many of something in so long a time: for few, of which each is remembered, so that the limit
// holds in any window and who is refused is told when there is room; see Allowance for thousands.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>

#include "collet/deadline.hpp"

namespace collet::services {

/// For each key at most `count` within any `window`. What is refused does not count. A key whose
/// window has passed is forgotten. Pure.
class RateLimit {
 public:
  RateLimit(std::size_t count, Clock::duration window) : count_(count), window_(window) {}

  /// Zero, and it counts; or how long until there is room again.
  [[nodiscard]] Clock::duration take(const std::string& key, TimePoint now) {
    forget_old(now);
    auto& times = times_[key];
    while (!times.empty() && now - times.front() >= window_) times.pop_front();
    if (times.size() >= count_) return times.front() + window_ - now;
    times.push_back(now);
    return Clock::duration::zero();
  }
  [[nodiscard]] std::size_t keys() const { return times_.size(); }

 private:
  // Once a window, so that it costs nothing.
  void forget_old(TimePoint now) {
    if (now < forget_at_) return;
    forget_at_ = now + window_;
    std::erase_if(times_, [&](const auto& entry) {
      return entry.second.empty() || now - entry.second.back() >= window_;
    });
  }

  const std::size_t count_;
  const Clock::duration window_;
  std::map<std::string, std::deque<TimePoint>, std::less<>> times_;
  TimePoint forget_at_ = TimePoint::min();
};

}  // namespace collet::services
