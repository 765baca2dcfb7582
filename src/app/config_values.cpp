#include "app/config_values.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "app/byte_size.hpp"
#include "app/duration.hpp"
#include "collet/json.hpp"
#include "collet/schema.hpp"
#include "tool/tool_schemas.hpp"

namespace collet::app {

Complaint read_text(const toml::node& value, std::optional<std::string>& target) {
  const auto text = value.value_exact<std::string>();
  if (!text || text->empty()) return "must be a text that is not empty";
  target = *text;
  return {};
}

Complaint read_duration(const toml::node& value, std::optional<std::chrono::milliseconds>& target) {
  const auto text = value.value_exact<std::string>();
  const auto duration = text ? parse_duration(*text) : std::nullopt;
  if (!duration || *duration > ToolSettings::timeout_max) {
    return R"(must be a duration such as "500ms", "10s" or "2m", at most )" +
           to_text(ToolSettings::timeout_max);
  }
  target = *duration;
  return {};
}

Complaint read_integer(const toml::node& value, Bounds bounds,
                       std::optional<std::int64_t>& target) {
  target = value.value_exact<std::int64_t>();
  if (target && *target >= bounds.least && *target <= bounds.most) return {};
  return fmt::format("must be a whole number from {} to {}", bounds.least, bounds.most);
}

Complaint read_limit(const toml::node& value, Bounds bounds, std::optional<std::uint64_t>& target) {
  if (value.value_exact<std::string>() == "none") {
    target = WorkerLimits::unlimited;
    return {};
  }
  const auto complaint = read_number(value, bounds, target);
  return complaint ? *complaint + R"(, or "none")" : complaint;
}

namespace {

/// "64KiB" or 65536.
std::optional<std::uint64_t> bytes_in(const toml::node& value) {
  if (const auto text = value.value_exact<std::string>()) return parse_bytes(*text);
  const auto number = value.value_exact<std::int64_t>();
  if (number && *number >= 0) return static_cast<std::uint64_t>(*number);
  return {};
}

}  // namespace

Complaint read_size(const toml::node& value, Bounds bounds, std::optional<std::size_t>& target) {
  target = bytes_in(value);
  if (target && std::cmp_greater_equal(*target, bounds.least) &&
      std::cmp_less_equal(*target, bounds.most)) {
    return {};
  }
  return fmt::format(
      R"(must be a size such as "64KiB" or "256MiB", or bytes as a whole number, from {} to {})",
      bounds.least, bounds.most);
}

Complaint read_bytes(const toml::node& value, std::uint64_t least,
                     std::optional<std::uint64_t>& target) {
  target = value.value_exact<std::string>() == "none" ? WorkerLimits::unlimited : bytes_in(value);
  if (target && *target >= least) return {};
  return fmt::format(R"(must be a size such as "64KiB", "256MiB" or "4GiB", or bytes as a whole )"
                     R"(number, at least {}; or "none")",
                     least);
}

Complaint read_texts(const toml::node& value, std::vector<std::string>& target) {
  const auto* array = value.as_array();
  constexpr auto complaint = "must be a list of texts";
  if (array == nullptr) return complaint;
  for (const auto& element : *array) {
    const auto text = element.value_exact<std::string>();
    if (!text || text->empty()) return complaint;
    target.push_back(*text);
  }
  return {};
}

Complaint read_variables(const toml::node& value,
                         std::vector<std::pair<std::string, std::string>>& target) {
  const auto* table = value.as_table();
  constexpr auto complaint = "must be a table of variables and their texts";
  if (table == nullptr) return complaint;
  for (const auto& [name, element] : *table) {
    const auto text = element.value_exact<std::string>();
    if (!text || name.str().empty() || name.str().find('=') != std::string_view::npos) {
      return complaint;
    }
    target.emplace_back(std::string(name.str()), *text);
  }
  return {};
}

Complaint read_choice(const toml::node& value, std::span<const std::string_view> choices,
                      std::string& target) {
  const auto text = value.value_exact<std::string>();
  if (text && std::ranges::find(choices, *text) != choices.end()) {
    target = *text;
    return {};
  }
  std::string list;
  for (const auto choice : choices) {
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", choice);
  }
  return "must be one of " + list;
}

Complaint read_flag(const toml::node& value, std::optional<bool>& target) {
  target = value.value_exact<bool>();
  if (!target) return "must be true or false";
  return {};
}

Complaint read_validation(const toml::node& value, std::optional<Validation>& target) {
  constexpr std::array<std::string_view, 3> choices{"enforce", "warn", "off"};
  std::string choice;
  if (auto complaint = read_choice(value, choices, choice)) return complaint;
  target = choice == "enforce" ? Validation::enforce
           : choice == "warn"  ? Validation::warn
                               : Validation::off;
  return {};
}

Complaint read_schema(const toml::node& value, std::optional<std::string>& target) {
  const auto text = value.value_exact<std::string>();
  const auto document = Json::parse(text.value_or(""));
  if (!document || !document->is_object()) return "must be a JSON Schema as JSON text";
  if (const auto schema = Schema::compile(*document, {.draft = SchemaDraft::draft7}); !schema) {
    return "is " + tool::invalidity(schema.error());
  }
  target = *text;
  return {};
}

}  // namespace collet::app
