// How far the clocks on the wall are from UTC.
#pragma once

#include <chrono>
#include <functional>

#include "base/wall_clock.hpp"

namespace collet {

/// How far local time is ahead of UTC at a moment: all that a time zone's rules say. Injected, any
/// thread.
using ZoneRules = std::function<std::chrono::seconds(WallTime)>;

/// The machine's: TZ, else /etc/localtime, read once, here; what changes later is not seen.
[[nodiscard]] ZoneRules system_zone_rules();

}  // namespace collet
