// RFC 6901 JSON pointers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/document.hpp"

namespace collet::json {

/// Appends "/" and `token` with ~ and / escaped (RFC 6901, section 3).
void append_pointer(std::string& pointer, std::string_view token);

/// The value that `pointer` names inside `root`, or nothing (also where the pointer is malformed).
[[nodiscard]] std::optional<Value> resolve(Value root, std::string_view pointer);

}  // namespace collet::json
