#include "api/query.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "http/message.hpp"

namespace collet::api {
namespace {

constexpr std::int64_t k_limit_usual = 25;
constexpr std::int64_t k_limit_max = 500;

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::string> query_text(std::string_view query, std::string_view name) {
  auto values = http::query_values(query, name);
  if (values.empty()) return std::nullopt;
  return std::move(values.front());
}

std::size_t clamped_limit(std::string_view query) {
  const auto given = query_text(query, "limit");
  const auto number = given ? whole_number(*given) : std::nullopt;
  return static_cast<std::size_t>(
      std::clamp<std::int64_t>(number.value_or(k_limit_usual), 1, k_limit_max));
}

Result<std::size_t> strict_limit(std::string_view query) {
  const auto given = query_text(query, "limit");
  if (!given) return static_cast<std::size_t>(k_limit_usual);
  const auto number = whole_number(*given);
  if (!number || *number < 1 || *number > k_limit_max) {
    return fail(ErrorCode::invalid_request, "limit must be a number between 1 and 500",
                "leave it out for 25");
  }
  return static_cast<std::size_t>(*number);
}

}  // namespace collet::api
