#include "plugin/installer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/async.hpp"
#include "plugin/module_manifest.hpp"
#include "plugin/npm_spec.hpp"
#include "plugin/turns.hpp"
#include "process/run.hpp"

namespace collet::plugin {
namespace {

namespace fs = std::filesystem;
using Progress = std::function<void(std::string_view)>;

std::unexpected<Error> refuse(std::string message, std::string remedy = {}) {
  return fail(ErrorCode::install_failed, std::move(message), std::move(remedy));
}

std::unexpected<Error> host_is_stopping() {
  return fail(ErrorCode::shutting_down, "the host is stopping", "try again once it runs again");
}

std::string trimmed_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  return std::string(text);
}

Result<Done> make_folder(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (!failure) return Done{};
  return refuse(fmt::format("cannot make the folder {}: {}", path.native(), failure.message()),
                "the data folder has to be writable for the user who runs collet");
}

/// Moves a package that npm put into `staging` to the folder of its version and answers its root.
/// A version that is there already stays: what the registry publishes never changes, and a worker
/// may be running from it.
Result<fs::path> settle(const fs::path& staging, const fs::path& packages_dir,
                        const std::string& name) {
  const auto inside = fs::path("node_modules") / name;
  const auto package = read_package_json(staging / inside);
  if (!package) return std::unexpected(package.error());
  // The version becomes a folder name; a package may write anything there.
  const bool usable = !package->version.empty() && !package->version.starts_with('.') &&
                      !package->version.contains('/') && !package->version.contains('\0');
  if (!usable) {
    return refuse(fmt::format("package {} has no usable version in its package.json: \"{}\"", name,
                              package->version));
  }
  const auto target = packages_dir / name / package->version;
  if (auto made = make_folder(target.parent_path()); !made) return std::unexpected(made.error());
  std::error_code failure;
  if (!fs::exists(target, failure)) fs::rename(staging, target, failure);
  if (failure) {
    return refuse(fmt::format("cannot move {} to {}: {}", staging.native(), target.native(),
                              failure.message()));
  }
  auto root = fs::canonical(target / inside, failure);
  if (failure) {
    return refuse(fmt::format("cannot read {}: {}", target.native(), failure.message()));
  }
  return root;
}

/// The folders in `path`, without hidden ones and without symbolic links.
std::vector<fs::path> folders_in(const fs::path& path) {
  std::vector<fs::path> folders;
  std::error_code failure;
  for (fs::directory_iterator entry(path, failure); !failure && entry != fs::directory_iterator();
       entry.increment(failure)) {
    std::error_code unknown;
    const bool folder = entry->symlink_status(unknown).type() == fs::file_type::directory;
    if (folder && !entry->path().filename().native().starts_with('.')) {
      folders.push_back(entry->path());
    }
  }
  return folders;
}

/// Whether one of `roots` is the package in `<packages>/<name>/<version>`. Told by the end of its
/// path, so that a data folder that was moved, or restored elsewhere, loses nothing.
bool is_used(const fs::path& version, const fs::path& name, const fs::path& packages,
             const std::vector<fs::path>& roots) {
  const auto package = name.lexically_relative(packages);
  const auto end = "/" + (package / version.filename() / "node_modules" / package).native();
  return std::ranges::any_of(roots,
                             [&](const fs::path& root) { return root.native().ends_with(end); });
}

/// Deletes a `<packages>/<name>/<version>`, and the folders of its name and scope where nothing
/// else is in them.
void delete_version(const fs::path& version) {
  std::error_code ignored;
  fs::remove_all(version, ignored);
  const auto name = version.parent_path();
  const bool is_last = fs::remove(name, ignored);
  const auto scope = name.parent_path();
  if (is_last && scope.filename().native().starts_with('@')) fs::remove(scope, ignored);
}

/// Deletes every `<packages>/<name>/<version>`, where `<name>` may have a scope, but the `used`.
void sweep_packages(const fs::path& packages, const std::vector<fs::path>& used) {
  std::vector<fs::path> names;
  for (const auto& folder : folders_in(packages)) {
    if (folder.filename().native().starts_with('@')) {
      std::ranges::move(folders_in(folder), std::back_inserter(names));
    } else {
      names.push_back(folder);
    }
  }
  for (const auto& name : names) {
    for (const auto& version : folders_in(name)) {
      if (!is_used(version, name, packages, used)) delete_version(version);
    }
  }
}

class Installer final : public PackageSource {
 public:
  Installer(InstallerOptions options, Loop& loop, Background& background, process::Spawner& spawner,
            Entropy& entropy)
      : options_(std::move(options)),
        loop_(loop),
        background_(background),
        spawner_(spawner),
        entropy_(entropy),
        folders_(loop) {
    // Roots are canonical; this may not be there yet, and may lie behind a symbolic link.
    std::error_code unreadable;
    packages_ = fs::weakly_canonical(options_.packages_dir, unreadable);
    if (unreadable) packages_ = options_.packages_dir;
    if (const auto node = fs::path(options_.node); node.is_absolute()) prepend_to_path(node);
    // What an install that was cut short left behind.
    background_.run(
        [staging = staging_dir()] {
          std::error_code ignored;
          fs::remove_all(staging, ignored);
        },
        [] {});
  }

  void fetch(InstallRequest request, Reply<fs::path> reply) override {
    if (stop_.stop_requested()) return reply(host_is_stopping());
    start(request.kind == InstallRequest::Kind::npm ? fetch_npm(std::move(request))
                                                    : fetch_folder(std::move(request)),
          std::move(reply));
  }

  void read(fs::path root, Reply<Package> reply) override {
    if (stop_.stop_requested()) return reply(host_is_stopping());
    start(read_package(std::move(root)), std::move(reply));
  }

  [[nodiscard]] InstallRequest::Kind kind_of(const fs::path& root) const override {
    return version_folder(root) ? InstallRequest::Kind::npm : InstallRequest::Kind::folder;
  }

  void stop() override { stop_.request_stop(); }

  void discard(fs::path root, Reply<Done> reply) override {
    off_loop<Done>(
        background_,
        [folder = version_folder(root)]() -> Result<Done> {
          if (folder) delete_version(*folder);
          return Done{};
        },
        std::move(reply));
  }

  void sweep(std::vector<fs::path> used, Reply<Done> reply) override {
    off_loop<Done>(
        background_,
        [packages = packages_, used = std::move(used)]() -> Result<Done> {
          sweep_packages(packages, used);
          return Done{};
        },
        std::move(reply));
  }

 private:
  [[nodiscard]] fs::path staging_dir() const { return options_.packages_dir / ".staging"; }

  /// `<packages_dir>/<name>/<version>` of a root below it; nothing for other folders.
  [[nodiscard]] std::optional<fs::path> version_folder(const fs::path& root) const {
    const auto [rest, at] =
        std::mismatch(packages_.begin(), packages_.end(), root.begin(), root.end());
    if (rest != packages_.end()) return std::nullopt;
    fs::path folder = packages_;
    for (auto part = at; part != root.end(); ++part) {
      if (*part == "node_modules")
        return folder == packages_ ? std::nullopt : std::optional(folder);
      folder /= *part;
    }
    return std::nullopt;
  }

  /// npm is a Node script and finds its own node through PATH.
  void prepend_to_path(const fs::path& node) {
    for (auto& [name, value] : options_.environment) {
      if (name == "PATH") value = node.parent_path().native() + ":" + value;
    }
  }

  [[nodiscard]] std::string search_path() const {
    for (const auto& [name, value] : options_.environment) {
      if (name == "PATH") return value;
    }
    return "";
  }

  /// Runs npm in `directory`; a failure is told with the end of what it wrote.
  Async<Result<Done>> run_npm(std::string what, std::vector<std::string> arguments,
                              fs::path directory, Progress progress) {
    process::SpawnRequest request;
    request.executable = options_.npm;
    request.arguments = std::move(arguments);
    request.environment = options_.environment;
    request.directory = std::move(directory);
    request.limits = options_.npm_limits;
    process::RunOptions how;
    how.deadline = Deadline::after(loop_.now(), options_.npm_time_limit);
    how.cancellation = stop_.get_token();
    if (progress) {
      how.on_line = [tell = std::move(progress)](std::string_view line) {
        if (!line.empty()) tell(line);
      };
    }

    const auto run = co_await reply_of<process::RunOutcome>([&](auto reply) {
      process::run(loop_, spawner_, request, std::move(how), std::move(reply));
    });
    if (!run) {
      if (run.error().code == ErrorCode::cancelled) co_return host_is_stopping();
      if (run.error().code == ErrorCode::overloaded) co_return std::unexpected(run.error());
      const bool absent = run.error().code == ErrorCode::worker_unavailable;
      co_return refuse(
          fmt::format("{}: {}", what, run.error().message),
          absent ? "install npm (apt-get install npm), or install the plugin from a folder"
                 : run.error().remedy);
    }
    if (run->status.kind == process::ExitStatus::Kind::exited && run->status.code == 0) {
      co_return Done{};
    }
    co_return refuse(
        fmt::format("{}: npm {}\n{}", what, run->status.describe(), trimmed_end(run->stderr_tail)),
        "npm's own words above say why; try the same command by hand");
  }

  Async<Result<fs::path>> fetch_npm(InstallRequest request) {
    const auto spec = parse_npm_spec(request.source, request.version);
    if (!spec) co_return std::unexpected(spec.error());
    const auto staging = staging_dir() / make_uuid(entropy_);
    const auto made = co_await reply_of<Done>(
        [&](auto reply) { make_folder_off_loop(staging, std::move(reply)); });
    if (!made) co_return std::unexpected(made.error());

    tell(request, fmt::format("npm install {}", spec->text()));
    std::vector<std::string> arguments = {"install",        spec->text(), "--prefix",
                                          staging.native(), "--save",     "--ignore-scripts",
                                          "--no-audit",     "--no-fund"};
    auto what = fmt::format("npm install failed for {}", spec->text());
    const auto installed =
        co_await run_npm(std::move(what), std::move(arguments), staging, request.progress);
    Result<fs::path> root = std::unexpected(Error{});
    if (installed) {
      root = co_await reply_of<fs::path>(
          [&](auto reply) { settle_off_loop(staging, spec->name, std::move(reply)); });
    } else {
      root = std::unexpected(installed.error());
    }
    // Where it was moved, nothing is left to remove.
    background_.run(
        [staging] {
          std::error_code ignored;
          fs::remove_all(staging, ignored);
        },
        [] {});
    co_return root;
  }

  Async<Result<fs::path>> fetch_folder(InstallRequest request) {
    auto folder = co_await reply_of<Folder>(
        [&](auto reply) { look_at_folder(request.source, std::move(reply)); });
    if (!folder) co_return std::unexpected(folder.error());
    if (folder->dependencies == DependencyState::complete) co_return folder->root;

    const auto root = folder->root;
    const auto turn = co_await reply_of<Turns::Turn>(
        [&](auto reply) { folders_.take(root.native(), std::move(reply)); });
    if (stop_.stop_requested()) co_return host_is_stopping();
    // Whoever was before may have fetched them.
    folder = co_await reply_of<Folder>(
        [&](auto reply) { look_at_folder(root.native(), std::move(reply)); });
    if (!folder) co_return std::unexpected(folder.error());
    if (folder->dependencies == DependencyState::complete) co_return folder->root;

    const bool locked = folder->dependencies == DependencyState::missing_locked;
    std::vector<std::string> arguments = {locked ? "ci" : "install", "--ignore-scripts",
                                          "--omit=dev", "--no-audit", "--no-fund"};
    if (!locked) arguments.emplace_back("--no-package-lock");  // nothing is added but node_modules
    tell(request, fmt::format("npm {} in {}, for its dependencies", arguments.front(),
                              folder->root.native()));
    auto what = fmt::format("npm {} failed in {}", arguments.front(), folder->root.native());
    const auto installed =
        co_await run_npm(std::move(what), std::move(arguments), folder->root, request.progress);
    if (!installed) co_return std::unexpected(installed.error());
    co_return folder->root;
  }

  Async<Result<Package>> read_package(fs::path root) {
    const auto manifest =
        co_await reply_of<ManifestFile>([&](auto reply) { find_off_loop(root, std::move(reply)); });
    if (!manifest) co_return std::unexpected(manifest.error());
    std::optional<std::string> module_text;
    if (manifest->format == ManifestFile::Format::module) {
      NodeOptions node{.program = options_.node,
                       .search_path = search_path(),
                       .time_limit = options_.manifest_time_limit,
                       .limits = options_.manifest_limits,
                       .cancellation = stop_.get_token()};
      auto text = co_await read_module_manifest(loop_, spawner_, entropy_, std::move(node),
                                                manifest->path, manifest->root);
      if (!text) co_return std::unexpected(text.error());
      module_text = std::move(*text);
    }
    co_return co_await reply_of<Package>(
        [&](auto reply) { check_off_loop(*manifest, std::move(module_text), std::move(reply)); });
  }

  // The steps that touch the disk.

  struct Folder {
    fs::path root;
    DependencyState dependencies;
  };

  void make_folder_off_loop(fs::path path, Reply<Done> reply) {
    off_loop<Done>(
        background_, [path = std::move(path)] { return make_folder(path); }, std::move(reply));
  }

  void settle_off_loop(fs::path staging, std::string name, Reply<fs::path> reply) {
    off_loop<fs::path>(
        background_,
        [staging = std::move(staging), packages = options_.packages_dir, name = std::move(name)] {
          return settle(staging, packages, name);
        },
        std::move(reply));
  }

  void look_at_folder(std::string path, Reply<Folder> reply) {
    off_loop<Folder>(
        background_,
        [path = std::move(path)]() -> Result<Folder> {
          auto root = resolve_folder(path);
          if (!root) return std::unexpected(root.error());
          const auto dependencies = dependency_state(*root);
          if (!dependencies) return std::unexpected(dependencies.error());
          return Folder{.root = std::move(*root), .dependencies = *dependencies};
        },
        std::move(reply));
  }

  void find_off_loop(fs::path root, Reply<ManifestFile> reply) {
    off_loop<ManifestFile>(
        background_, [root = std::move(root)] { return find_manifest(root); }, std::move(reply));
  }

  /// Reads the manifest, unless `given` already is what a module said, and checks the package.
  void check_off_loop(ManifestFile file, std::optional<std::string> given, Reply<Package> reply) {
    off_loop<Package>(
        background_,
        [file = std::move(file), given = std::move(given)]() mutable -> Result<Package> {
          auto text = given ? Result<std::string>(std::move(*given)) : read_text_file(file.path);
          if (!text) return std::unexpected(text.error());
          auto manifest = parse_manifest(std::move(*text));
          if (!manifest) return std::unexpected(manifest.error());
          auto worker = find_worker(file.root, *manifest);
          return Package{.root = std::move(file.root),
                         .name = std::move(file.package_name),
                         .manifest = std::move(*manifest),
                         .worker = std::move(worker)};
        },
        std::move(reply));
  }

  static void tell(const InstallRequest& request, const std::string& line) {
    if (request.progress) request.progress(line);
  }

  InstallerOptions options_;
  Loop& loop_;
  Background& background_;
  process::Spawner& spawner_;
  Entropy& entropy_;
  fs::path packages_;      ///< packages_dir, canonical
  Turns folders_;          ///< so that npm does not run twice in one folder
  std::stop_source stop_;  ///< ends npm and node
};

}  // namespace

std::unique_ptr<PackageSource> make_installer(InstallerOptions options, Loop& loop,
                                              Background& background, process::Spawner& spawner,
                                              Entropy& entropy) {
  return std::make_unique<Installer>(std::move(options), loop, background, spawner, entropy);
}

}  // namespace collet::plugin
