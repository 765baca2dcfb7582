// What may be handed to npm as a package. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet::plugin {

/// A package of the registry: never a path, a URL, a tarball or an option of npm.
struct NpmSpec {
  std::string name;                    ///< "paperclip-plugin-x" or "@acme/x"
  std::optional<std::string> version;  ///< a version, a range or a tag

  /// As npm takes it: "name" or "name@version".
  [[nodiscard]] std::string text() const;
};

/// npm's own limit on names (validate-npm-package-name).
inline constexpr std::size_t npm_name_bytes_max = 214;

/// Reads `name` (which may end in "@version") and `version`. Fails with `install_failed`.
[[nodiscard]] Result<NpmSpec> parse_npm_spec(std::string_view name,
                                             std::optional<std::string> version);

}  // namespace collet::plugin
