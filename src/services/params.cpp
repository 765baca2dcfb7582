#include "services/params.hpp"

#include <fmt/format.h>

namespace collet::services {

std::optional<json::Value> Params::find(std::string_view name) const {
  return params_.is_object() ? params_.find(name) : std::nullopt;
}

Result<std::string> Params::text(std::string_view name) const {
  const auto member = find(name);
  auto text = member ? member->as_string() : std::nullopt;
  if (!text) return wrong(name, "has to be a string");
  return *std::move(text);
}

Result<std::optional<std::string>> Params::optional_text(std::string_view name) const {
  const auto member = find(name);
  if (!member || member->is_null()) return std::nullopt;
  auto text = member->as_string();
  if (!text) return wrong(name, "has to be a string, or absent");
  return text;
}

Result<std::optional<std::uint64_t>> Params::optional_count(std::string_view name) const {
  const auto member = find(name);
  if (!member || member->is_null()) return std::nullopt;
  const auto count = member->as_int64();
  if (!count || *count < 0) return wrong(name, "has to be a whole number from 0 on, or absent");
  return static_cast<std::uint64_t>(*count);
}

std::unexpected<Error> Params::wrong(std::string_view name, std::string_view what) const {
  return fail(ErrorCode::invalid_request, fmt::format("{}: {} {}", method_, name, what));
}

}  // namespace collet::services
