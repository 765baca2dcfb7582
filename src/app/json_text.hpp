// Small readers over JSON values, for answers of the API.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/document.hpp"

namespace collet::app {

/// The member's decoded text where it is a string, else "".
[[nodiscard]] std::string text_member(const json::Value& object, std::string_view name);
/// The member where it is there and not null.
[[nodiscard]] std::optional<json::Value> present_member(const json::Value& object,
                                                        std::string_view name);
[[nodiscard]] std::optional<std::int64_t> integer_member(const json::Value& object,
                                                         std::string_view name);
/// The decoded text of a string; any other value on one line as JSON.
[[nodiscard]] std::string plain_text(const json::Value& value);
/// `value` over several lines, two spaces a level; tokens keep their bytes. No line feed at the
/// end.
[[nodiscard]] std::string pretty(const json::Value& value);

}  // namespace collet::app
