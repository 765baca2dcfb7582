// Reads a manifest that is a JavaScript module, by a short-lived `node`.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

#include "base/async.hpp"
#include "base/entropy.hpp"
#include "base/loop.hpp"
#include "process/process.hpp"

namespace collet::plugin {

struct NodeOptions {
  /// A module runs before anybody has agreed to its plugin, to say what fits on some pages. Node
  /// takes 45 MB and about ten threads for that: ten times so much memory is for modules that load
  /// their whole plugin, six times so many threads for those that ask another program something.
  static constexpr process::ResourceLimits manifest_limits{.memory_max = 512u << 20,
                                                           .processes_max = 64};

  std::string program = "node";  ///< a name looked up in `search_path`, or an absolute path
  std::string search_path;       ///< PATH of the host; all that the module learns of it
  /// A manifest is data: a module that works for longer than this is broken.
  Clock::duration time_limit = std::chrono::seconds(10);
  process::ResourceLimits limits = manifest_limits;
  std::stop_token cancellation{};  ///< ends node; the answer is `shutting_down`
};

/// The module's default export (or its name space, where it has none) as JSON text. What else the
/// module prints does no harm. Fails with `install_failed`; the text names the file and what node
/// said. Loop thread only.
[[nodiscard]] Async<Result<std::string>> read_module_manifest(Loop& loop, process::Spawner& spawner,
                                                              Entropy& entropy, NodeOptions options,
                                                              std::filesystem::path module,
                                                              std::filesystem::path package_root);

}  // namespace collet::plugin
