// The time of day, for rows, logs and messages. Deadlines never use it.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace collet {

using WallTime = std::chrono::system_clock::time_point;
/// Where the time of day comes from; injected, any thread.
using WallClock = std::function<WallTime()>;

/// ISO 8601 in UTC with milliseconds, e.g. "2026-11-20T06:22:29.038Z".
[[nodiscard]] std::string to_iso8601(WallTime time);

}  // namespace collet
