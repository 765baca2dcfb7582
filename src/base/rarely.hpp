// What may happen thousands of times a second and is worth a line in the log now and then. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "collet/deadline.hpp"

namespace collet {

class Rarely {
 public:
  /// As often as a person can use the same news.
  static constexpr auto interval = std::chrono::minutes(1);

  /// The first time, and then once an interval; asking when it is takes note of it.
  [[nodiscard]] bool is_time(TimePoint now) {
    if (last_ && now - *last_ < interval) return false;
    last_ = now;
    return true;
  }

 private:
  std::optional<TimePoint> last_;
};

}  // namespace collet
