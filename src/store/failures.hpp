// Failures that are the rows' own, the same in every implementation of the store.
#pragma once

#include <expected>
#include <string>

#include "collet/error.hpp"

namespace collet {

[[nodiscard]] inline std::unexpected<Error> already_installed(const std::string& plugin_key) {
  return fail(ErrorCode::install_failed, "Plugin already installed: " + plugin_key,
              "upgrade it, or uninstall it first");
}

[[nodiscard]] inline std::unexpected<Error> no_such_plugin(const std::string& id) {
  return fail(ErrorCode::plugin_not_found, "no plugin in the store has the id " + id,
              "list the plugins to see which there are");
}

}  // namespace collet
