#include "plugin/package.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <optional>
#include <system_error>

#include "base/descriptors.hpp"
#include "json/document.hpp"
#include "plugin/manifest_rules.hpp"

namespace collet::plugin {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refuse(std::string message, std::string remedy = {}) {
  return fail(ErrorCode::install_failed, std::move(message), std::move(remedy));
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// Whether `path` is `root` or below it, by their components; both absolute.
bool is_inside(const fs::path& root, const fs::path& path) {
  const auto [rest, _] = std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return rest == root.end();
}

std::string folder_name(const fs::path& root) {
  return root.filename().string();
}

std::optional<ManifestFile::Format> format_of(const fs::path& path) {
  const auto extension = path.extension();
  if (extension == ".json") return ManifestFile::Format::json;
  if (extension == ".js" || extension == ".mjs" || extension == ".cjs") {
    return ManifestFile::Format::module;
  }
  return std::nullopt;
}

std::unexpected<Error> no_manifest(const std::string& name, const fs::path& root,
                                   std::string remedy) {
  return refuse(fmt::format("Package {} at {} does not appear to be a Paperclip plugin (no "
                            "manifest found).",
                            name, root.native()),
                std::move(remedy));
}

/// The manifest at `path`, which exists, with everything about it checked.
Result<ManifestFile> accept(const fs::path& root, const std::string& name, const fs::path& path) {
  const auto format = format_of(path);
  if (!format) {
    return refuse(
        fmt::format("The manifest of {} is {}, whose kind is not known", name, path.native()),
        "name a .js, .mjs, .cjs or .json file as paperclipPlugin.manifest");
  }
  std::error_code failure;
  auto real = fs::canonical(path, failure);
  if (failure || !is_inside(root, real)) {
    return refuse(fmt::format("The manifest of {} lies outside its package: {} is not in {}", name,
                              failure ? path.native() : real.native(), root.native()),
                  "correct paperclipPlugin.manifest in package.json, or the symbolic link");
  }
  if (!is_file(real)) {
    return refuse(fmt::format("The manifest of {} is no file: {}", name, real.native()),
                  "correct paperclipPlugin.manifest in package.json");
  }
  return ManifestFile{
      .root = root, .package_name = name, .path = std::move(real), .format = *format};
}

/// Whether `dependency` is in a node_modules of `root` or of a folder above it, as Node looks it
/// up.
bool is_installed(const fs::path& root, const std::string& dependency) {
  for (auto folder = root;; folder = folder.parent_path()) {
    if (is_there(folder / "node_modules" / dependency)) return true;
    if (folder == folder.parent_path()) return false;
  }
}

}  // namespace

Result<std::string> read_text_file(const fs::path& path) {
  std::error_code failure;
  const auto size = fs::file_size(path, failure);
  if (failure) {
    return refuse(fmt::format("cannot read {}: {}", path.native(), failure.message()));
  }
  if (size > limits::plugins::file_bytes_max) {
    return refuse(fmt::format("{} has {} bytes; at most {} are read", path.native(), size,
                              limits::plugins::file_bytes_max));
  }
  std::string text(size, '\0');
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file || !file.read(text.data(), static_cast<std::streamsize>(size))) {
    return fail_by_system(ErrorCode::install_failed, fmt::format("cannot read {}", path.native()),
                          errno, "make it readable for the user who runs collet");
  }
  return text;
}

Result<PackageJson> read_package_json(const fs::path& root) {
  const auto path = root / "package.json";
  if (!is_there(path)) {
    return refuse(fmt::format("Missing package.json at {}", root.native()),
                  "a plugin needs a package.json or a manifest.json at its root");
  }
  auto text = read_text_file(path);
  if (!text) return std::unexpected(text.error());
  const auto document = json::Document::parse(std::move(*text));
  if (!document) {
    return refuse(fmt::format("{} is not valid JSON: {} at byte {}", path.native(),
                              document.error().message, document.error().offset));
  }
  const auto object = document->root();
  PackageJson package;
  package.name = text_at(object, "name");
  package.version = text_at(object, "version");
  if (const auto plugin = object.find("paperclipPlugin")) {
    package.manifest = text_at(*plugin, "manifest");
  }
  if (const auto dependencies = object.find("dependencies")) {
    for (const auto& member : dependencies->members()) {
      package.dependencies.push_back(member.key.as_string().value_or(""));
    }
  }
  return package;
}

Result<ManifestFile> find_manifest(const fs::path& given) {
  std::error_code failure;
  const auto root = fs::canonical(given, failure);
  if (failure || !is_folder(root)) {
    return refuse(fmt::format("Package root not found: {}", given.native()),
                  "if it was moved or deleted, uninstall the plugin and install it anew");
  }
  const auto package = read_package_json(root);
  if (!package) {
    // Only a package that is absent altogether may be replaced by the bare manifest.
    if (is_there(root / "package.json") || !is_there(root / "manifest.json")) {
      return std::unexpected(package.error());
    }
    return accept(root, folder_name(root), root / "manifest.json");
  }
  const auto name = package->name.empty() ? folder_name(root) : package->name;
  if (!package->manifest.empty()) {
    const auto path = (root / package->manifest).lexically_normal();
    if (is_there(path)) return accept(root, name, path);
    return no_manifest(name, root,
                       fmt::format("package.json names \"{}\" as paperclipPlugin.manifest, which "
                                   "is not there; build the plugin first",
                                   package->manifest));
  }
  for (const auto candidate : {"dist/manifest.js", "manifest.js", "manifest.json"}) {
    if (is_there(root / candidate)) return accept(root, name, root / candidate);
  }
  return no_manifest(name, root,
                     "name it as paperclipPlugin.manifest in package.json, or add "
                     "dist/manifest.js, manifest.js or manifest.json; if it is built, build it "
                     "first");
}

Result<fs::path> find_worker(const fs::path& root, const Manifest& manifest) {
  const auto outside = [&](const fs::path& path) {
    return refuse(
        fmt::format("entrypoints.worker \"{}\" of plugin \"{}\" leaves its package: {} is "
                    "not in {}",
                    manifest.worker_entrypoint, manifest.id, path.native(), root.native()),
        "keep the worker's file inside the package");
  };
  const auto path = (root / manifest.worker_entrypoint).lexically_normal();
  if (!is_inside(root, path)) return outside(path);
  if (!is_there(path)) {
    return refuse(fmt::format("Worker entrypoint not found for plugin \"{}\". Checked: {}",
                              manifest.id, path.native()),
                  "build the plugin, or correct entrypoints.worker in its manifest");
  }
  std::error_code failure;
  auto real = fs::canonical(path, failure);
  if (failure || !is_inside(root, real)) return outside(failure ? path : real);
  if (!is_file(real)) {
    return refuse(fmt::format("Worker entrypoint of plugin \"{}\" is no file: {}", manifest.id,
                              real.native()),
                  "correct entrypoints.worker in its manifest");
  }
  return real;
}

Result<fs::path> resolve_folder(const std::string& path) {
  if (path.contains('\0')) return refuse("Invalid localPath: path contains a null byte");
  std::error_code failure;
  auto real = fs::canonical(path, failure);
  if (failure == std::errc::no_such_file_or_directory) {
    return refuse("Invalid localPath: path does not exist: " + path,
                  "give the folder of a plugin, as seen from the machine the daemon runs on");
  }
  if (failure) {
    return refuse(fmt::format("Invalid localPath: {}: {}", failure.message(), path),
                  "make it readable for the user who runs collet");
  }
  if (!is_folder(real)) {
    return refuse("Invalid localPath: path is not a directory: " + path,
                  "give the folder that holds package.json or manifest.json");
  }
  return real;
}

Result<DependencyState> dependency_state(const fs::path& root) {
  const auto package = read_package_json(root);
  if (!package && package.error().code == ErrorCode::overloaded) {
    return std::unexpected(package.error());
  }
  if (!package || std::ranges::all_of(package->dependencies, [&](const std::string& name) {
        return is_installed(root, name);
      })) {
    return DependencyState::complete;
  }
  const bool locked =
      is_there(root / "package-lock.json") || is_there(root / "npm-shrinkwrap.json");
  return locked ? DependencyState::missing_locked : DependencyState::missing;
}

}  // namespace collet::plugin
