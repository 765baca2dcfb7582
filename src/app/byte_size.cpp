#include "app/byte_size.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace collet::app {
namespace {

constexpr std::array<std::pair<std::string_view, unsigned>, 4> k_units{
    {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};
constexpr std::uint64_t k_beyond = std::uint64_t{1} << 60;

}  // namespace

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (code != std::errc() || count == 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, shift] : k_units) {
    if (text != unit) continue;
    if (count >= k_beyond >> shift) return std::nullopt;
    return count << shift;
  }
  return std::nullopt;
}

}  // namespace collet::app
