// What the process was given by whoever started it. Made once, in main.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace collet::app {

enum class User : std::uint8_t { ordinary, root };

struct Environment {
  std::map<std::string, std::string, std::less<>> variables{};
  User user = User::ordinary;

  /// The variable's value; an empty one counts as unset, as the XDG specification wants it.
  [[nodiscard]] std::optional<std::string> get(std::string_view name) const {
    const auto found = variables.find(name);
    if (found == variables.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }
};

}  // namespace collet::app
