// Plugin keys that would be mistaken for something else wherever a plugin id is taken.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace collet::plugin {

/// Words that stand in the API's routes where a plugin id may stand too (`/api/plugins/tools`), or
/// are kept for such routes to come.
inline constexpr auto k_route_words = std::to_array<std::string_view>({
    "actions",   "approve", "bridge",           "call",      "calls",   "config",
    "dashboard", "data",    "disable",          "discover",  "enable",  "events",
    "examples",  "execute", "health",           "install",   "jobs",    "logs",
    "metrics",   "openapi", "restart",          "search",    "status",  "streams",
    "tools",     "ui",      "ui-contributions", "uninstall", "upgrade", "webhooks",
});

[[nodiscard]] constexpr bool is_route_word(std::string_view key) {
  return std::ranges::find(k_route_words, key) != k_route_words.end();
}

}  // namespace collet::plugin
