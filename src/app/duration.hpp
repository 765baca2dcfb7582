// Durations as people write them.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace collet::app {

/// "500ms", "10s", "2m", "1h", "7d": a whole number and a unit. Nothing where it is anything else,
/// zero, or more than a year.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
/// The same form back, in the largest unit that says it exactly.
[[nodiscard]] std::string to_text(std::chrono::milliseconds duration);

}  // namespace collet::app
