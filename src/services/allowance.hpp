// So many at once, and so many a second: for what may come in thousands. It holds two numbers
// however many came; see RateLimit for few that are told when they may come again. Pure.
#pragma once

#include <algorithm>
#include <chrono>

#include "collet/deadline.hpp"

namespace collet::services {

struct Rate {
  double per_second;
  double at_once;
};

/// What may still come: a bucket that fills with the time, and is full at first.
class Allowance {
 public:
  Allowance(const Rate& limit, TimePoint now) : left_(limit.at_once), at_(now) {}

  /// Whether there is room for one more, which it takes.
  [[nodiscard]] bool take(const Rate& limit, TimePoint now) {
    const auto passed = std::chrono::duration<double>(now - at_).count();
    at_ = now;
    left_ = std::min(limit.at_once, left_ + passed * limit.per_second);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double left_;
  TimePoint at_;
};

}  // namespace collet::services
