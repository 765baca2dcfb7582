// Amounts of bytes as people write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace collet::app {

/// "64KiB", "256MiB", "4GiB", "1TiB": a whole number and a unit. Nothing where it is anything else,
/// zero, or 2^60 and more.
[[nodiscard]] std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace collet::app
