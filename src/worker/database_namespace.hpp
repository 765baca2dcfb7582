// The schema that a plugin's SQL calls its tables by. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "json/document.hpp"

namespace collet::worker {

/// `plugin_<slug>_<hash>`, where the hash is of the plugin's key: the reference's rule, which
/// plugins rely on, because their migrations spell the name out. Nothing where the manifest
/// declares no `database`.
[[nodiscard]] std::optional<std::string> database_namespace(json::Value manifest);

}  // namespace collet::worker
