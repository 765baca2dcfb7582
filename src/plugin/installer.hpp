// Packages from the npm registry and from the operator's own folders.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/background.hpp"
#include "base/entropy.hpp"
#include "base/loop.hpp"
#include "plugin/module_manifest.hpp"
#include "plugin/package_source.hpp"
#include "process/process.hpp"

namespace collet::plugin {

struct InstallerOptions {
  /// Where npm packages are kept: `<packages_dir>/<name>/<version>/node_modules/<name>`.
  std::filesystem::path packages_dir;
  /// Variables that npm is run with: PATH, HOME, proxy settings, npm_config_*; the host's own.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string node = "node";  ///< a name looked up in PATH, or an absolute path
  std::string npm = "npm";    ///< the same
  /// The reference's limit on one run of npm.
  Clock::duration npm_time_limit = std::chrono::seconds(120);
  Clock::duration manifest_time_limit = std::chrono::seconds(10);
  /// npm runs nothing of what it fetches (--ignore-scripts), but reads what strangers wrote, and
  /// may be a script of the operator's. 4 GiB is where Node itself ends on a large machine.
  process::ResourceLimits npm_limits{.memory_max = std::uint64_t{4} << 30};
  process::ResourceLimits manifest_limits = NodeOptions::manifest_limits;
};

/// Everything referred to outlives what is returned.
[[nodiscard]] std::unique_ptr<PackageSource> make_installer(InstallerOptions options, Loop& loop,
                                                            Background& background,
                                                            process::Spawner& spawner,
                                                            Entropy& entropy);

}  // namespace collet::plugin
