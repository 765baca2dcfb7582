// The time of day, for rows, logs and messages. Deadlines never use it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace collet {

using WallTime = std::chrono::system_clock::time_point;
/// Where the time of day comes from; injected, any thread.
using WallClock = std::function<WallTime()>;

/// ISO 8601 in UTC with milliseconds, e.g. "2026-11-20T06:22:29.038Z".
[[nodiscard]] std::string to_iso8601(WallTime time);
/// Reads what `to_iso8601` writes; fraction of any length or none, "Z" or an offset like "+01:00".
/// Nothing where it is something else.
[[nodiscard]] std::optional<WallTime> from_iso8601(std::string_view text);

/// Milliseconds since 1970 in UTC, rounded down; what the store and the REST API keep.
[[nodiscard]] constexpr std::int64_t to_epoch_ms(WallTime time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}
[[nodiscard]] constexpr WallTime from_epoch_ms(std::int64_t milliseconds) {
  return WallTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace collet
