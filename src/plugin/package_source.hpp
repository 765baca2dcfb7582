// Where packages come from and how they are read, as the lifecycle sees it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "collet/lifecycle_manager.hpp"
#include "collet/reply.hpp"
#include "plugin/package.hpp"

namespace collet::plugin {

/// Brings packages to this machine and reads them. Loop thread only; answers come on the loop.
class PackageSource {
 public:
  virtual ~PackageSource() = default;
  /// Makes the package of `request` present and answers its root. An npm package is fetched into a
  /// folder of its own version, beside other versions; a folder stays where it is, and its missing
  /// npm dependencies are installed into it. Fails with `install_failed`.
  virtual void fetch(InstallRequest request, Reply<std::filesystem::path> reply) = 0;
  /// Reads and checks the package at `root`. Fails with `install_failed`.
  virtual void read(std::filesystem::path root, Reply<Package> reply) = 0;
  /// Whether `root` was fetched by this, and from where. Looks at no disk.
  [[nodiscard]] virtual InstallRequest::Kind kind_of(const std::filesystem::path& root) const = 0;
  /// Ends what is under way, and refuses what comes, with `shutting_down`.
  virtual void stop() = 0;
  /// Deletes a package that was fetched; leaves a user's folder alone.
  virtual void discard(std::filesystem::path root, Reply<Done> reply) = 0;
  /// Deletes every package that was fetched and holds none of the roots `used`. For the start,
  /// before anything is fetched: a package that is just being installed is in no row yet.
  virtual void sweep(std::vector<std::filesystem::path> used, Reply<Done> reply) = 0;
};

}  // namespace collet::plugin
