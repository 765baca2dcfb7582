// Zones whose rules tests know, and times written as people write them.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/local_time.hpp"

namespace collet::services {

inline WallTime utc(std::string_view text) {
  const auto time = from_iso8601(std::string(text) + ":00Z");
  EXPECT_TRUE(time) << text;
  return time.value_or(WallTime{});
}

/// "2026-03-29T01:00", in UTC; with seconds where there are some.
inline std::string utc_text(WallTime time) {
  const auto text = to_iso8601(time);
  return text.ends_with(":00.000Z") ? text.substr(0, 16) : text;
}

inline ZoneRules utc_rules() {
  return [](WallTime) { return std::chrono::seconds(0); };
}

/// Ahead of UTC by `winter`, and by an hour more from `begin` to `end`.
inline ZoneRules summer_time(std::chrono::hours winter, WallTime begin, WallTime end) {
  return [=](WallTime time) -> std::chrono::seconds {
    return begin <= time && time < end ? winter + std::chrono::hours(1) : winter;
  };
}

/// Berlin in 2026: from 2:00 to 3:00 on 29 March, from 3:00 to 2:00 on 25 October.
inline ZoneRules berlin() {
  return summer_time(std::chrono::hours(1), utc("2026-03-29T01:00"), utc("2026-10-25T01:00"));
}

}  // namespace collet::services
