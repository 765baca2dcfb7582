// As much JSON as a worker needs: members of objects as raw text. What the host sends is valid.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fault {

/// The raw text of a member of `object`, or nothing.
std::optional<std::string_view> member(std::string_view object, std::string_view name);

/// The inside of a string member, escapes as they are.
std::string string_member(std::string_view object, std::string_view name,
                          std::string_view otherwise = "");

long number_member(std::string_view object, std::string_view name, long otherwise);

/// `text` as a JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace fault
