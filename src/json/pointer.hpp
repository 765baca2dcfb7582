// RFC 6901 JSON pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.hpp"

namespace collet::json {

/// Appends "/" and `token` with ~ and / escaped (RFC 6901, section 3).
void append_pointer(std::string& pointer, std::string_view token);

/// Pointers to many parts of one text. Asking for them in the order of the text takes linear time
/// in all; every other question passes the elder siblings of each value on the way.
class PathFinder {
 public:
  explicit PathFinder(Value root) : root_(root) {}
  /// Appends the pointer from the root down to the value with the tape index `node`; for an
  /// object's key the pointer to that object.
  void append(std::string& pointer, std::uint32_t node);

 private:
  struct Level {
    Value container;
    std::uint32_t child;   // tape index of the element or of the member's value
    std::size_t position;  // of an element
  };
  Value root_;
  std::vector<Level> levels_;  // the way to the last one
};

/// The same for one.
void append_path(std::string& pointer, Value root, std::uint32_t node);

/// A reference token without its escapes; nothing where a ~ is followed by neither 0 nor 1.
[[nodiscard]] std::optional<std::string> unescape_token(std::string_view token);

/// The member or element of `parent` that an unescaped token names (section 4), or nothing.
[[nodiscard]] std::optional<Value> child(Value parent, std::string_view token);

/// The value that `pointer` names inside `root`, or nothing (also where the pointer is malformed).
[[nodiscard]] std::optional<Value> resolve(Value root, std::string_view pointer);

}  // namespace collet::json
