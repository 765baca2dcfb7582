// A plugin's package as it lies on disk: where its manifest is, and where its worker is. All
// functions read files and so belong off the loop; none changes anything.
//
// Where the manifest is looked for, in this order:
//   1. what package.json names as `paperclipPlugin.manifest`; nothing else is tried then
//   2. dist/manifest.js
//   3. manifest.js
//   4. manifest.json, for which no package.json is needed (last, because web packages often carry
//      an unrelated file of that name next to the real dist/manifest.js)
// 1 to 3 are the reference host's; `.json` files are read as they are, `.js`, `.mjs` and `.cjs` are
// modules whose default export is the manifest.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "collet/error.hpp"
#include "collet/limits.hpp"
#include "collet/manifest.hpp"

namespace collet::plugin {

struct ManifestFile {
  std::filesystem::path root;  ///< the package's folder, symbolic links resolved
  std::string package_name;    ///< of package.json, else the folder's name
  std::filesystem::path path;  ///< the manifest, symbolic links resolved; always inside `root`
  enum class Format : std::uint8_t { json, module } format = Format::json;
};

/// Finds the manifest of the package at `root`. Fails with `install_failed`: no such folder, no
/// package.json, no manifest, a manifest outside the package.
[[nodiscard]] Result<ManifestFile> find_manifest(const std::filesystem::path& root);

/// A package that was read and checked.
struct Package {
  std::filesystem::path root;
  std::string name;
  Manifest manifest;
  /// The file to run. Judged apart from the rest, because a package without one can be installed
  /// and then fails to start.
  Result<std::filesystem::path> worker;
};

/// The worker of the package at `root` (without symbolic links): it is a file inside the package.
/// Fails with `install_failed`.
[[nodiscard]] Result<std::filesystem::path> find_worker(const std::filesystem::path& root,
                                                        const Manifest& manifest);

/// Folder an operator names as a package, made absolute and free of symbolic links. Fails with
/// `install_failed` in the reference's words.
[[nodiscard]] Result<std::filesystem::path> resolve_folder(const std::string& path);

/// What package.json declares, as far as installing needs it.
struct PackageJson {
  std::string name;
  std::string version;
  std::string manifest;  ///< `paperclipPlugin.manifest`
  std::vector<std::string> dependencies;
};
/// Fails with `install_failed`; a missing file too.
[[nodiscard]] Result<PackageJson> read_package_json(const std::filesystem::path& root);

/// How the dependencies of a folder have to be fetched.
enum class DependencyState : std::uint8_t {
  complete,        ///< none declared, or each is in a node_modules here or further up
  missing,         ///< some are missing
  missing_locked,  ///< some are missing, and a lock file says which versions to take
};
/// A package.json that is not there, or is none, declares no dependencies. Fails with `overloaded`
/// where the host has too many open files to say.
[[nodiscard]] Result<DependencyState> dependency_state(const std::filesystem::path& root);

/// The text of a file of at most `limits::plugins::file_bytes_max` bytes. Fails with
/// `install_failed`, or with `overloaded` where the host has too many open files, and so does what
/// reads packages.
[[nodiscard]] Result<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace collet::plugin
