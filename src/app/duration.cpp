#include "app/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace collet::app {
namespace {

/// From the largest to the smallest, so that the first exact one is the shortest text.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> k_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};
constexpr std::int64_t k_longest = 365 * std::int64_t{86'400'000};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc() || count <= 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, milliseconds] : k_units) {
    if (text != unit) continue;
    if (count > k_longest / milliseconds) return std::nullopt;
    return std::chrono::milliseconds(count * milliseconds);
  }
  return std::nullopt;
}

std::string to_text(std::chrono::milliseconds duration) {
  for (const auto& [unit, milliseconds] : k_units) {
    if (duration.count() % milliseconds == 0) {
      return std::to_string(duration.count() / milliseconds) + std::string(unit);
    }
  }
  return std::to_string(duration.count()) + "ms";
}

}  // namespace collet::app
