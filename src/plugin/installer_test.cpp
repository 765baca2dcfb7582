#include "plugin/installer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/virtual_loop.hpp"
#include "plugin/package_test_support.hpp"
#include "process/fake_process.hpp"
#include "process/system_spawner.hpp"

namespace collet::plugin {
namespace {

namespace fs = std::filesystem;
using test::manifest_text;
using test::TempFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::chrono_literals;

// ---- with a played npm

struct InstallerBench {
  VirtualLoop loop;
  InlineBackground background{loop};
  process::FakeSpawner spawner;
  std::unique_ptr<Entropy> entropy = make_seeded_entropy(3);
  TempFolder folder;
  std::vector<std::string> progress;
  std::unique_ptr<PackageSource> installer = make_installer(
      {.packages_dir = folder.path / "packages",
       .environment = {{"PATH", "/usr/bin"}, {"HOME", "/home/x"}, {"npm_config_offline", "true"}}},
      loop, background, spawner, *entropy);

  void begin(InstallRequest request, std::optional<Result<fs::path>>& answer) {
    request.progress = [this](std::string_view line) { progress.emplace_back(line); };
    installer->fetch(std::move(request), Reply<fs::path>([&](Result<fs::path> outcome) {
                       answer = std::move(outcome);
                     }));
    loop.run_ready();
  }
  /// The prefix that npm was told, and what it leaves there.
  fs::path prefix() { return spawner.last().request.directory; }
  void npm_leaves(const std::string& name, const std::string& package_json) {
    fs::create_directories(prefix() / "node_modules" / name);
    std::ofstream(prefix() / "node_modules" / name / "package.json") << package_json;
  }
};

InstallRequest npm(std::string name, std::optional<std::string> version = {}) {
  return {.source = std::move(name),
          .version = std::move(version),
          .kind = InstallRequest::Kind::npm,
          .progress = {}};
}

InstallRequest local(const fs::path& path) {
  return {
      .source = path.native(), .version = {}, .kind = InstallRequest::Kind::folder, .progress = {}};
}

TEST(Installer, RunsNpmInAFolderOfItsOwnAndKeepsTheVersion) {
  InstallerBench bench;
  std::optional<Result<fs::path>> answer;
  bench.begin(npm("@acme/x", "^1.0.0"), answer);
  ASSERT_EQ(bench.spawner.processes.size(), 1u);
  const auto& request = bench.spawner.last().request;
  EXPECT_EQ(request.executable, "npm");
  EXPECT_THAT(request.arguments,
              ElementsAre("install", "@acme/x@^1.0.0", "--prefix", bench.prefix().native(),
                          "--save", "--ignore-scripts", "--no-audit", "--no-fund"));
  EXPECT_THAT(request.environment,
              ElementsAre(std::pair("PATH", "/usr/bin"), std::pair("HOME", "/home/x"),
                          std::pair("npm_config_offline", "true")));
  bench.npm_leaves("@acme/x", R"({"name":"@acme/x","version":"1.4.2"})");
  bench.spawner.last().emit_stdout("added 1 package\n");
  bench.spawner.last().exit_with_code(0);
  bench.loop.run_ready();
  ASSERT_TRUE(answer && *answer) << answer->error().message;
  const auto root = bench.folder.path / "packages/@acme/x/1.4.2/node_modules/@acme/x";
  EXPECT_EQ(**answer, root);
  EXPECT_THAT(bench.progress, ElementsAre("npm install @acme/x@^1.0.0", "added 1 package"));
  EXPECT_TRUE(fs::is_empty(bench.folder.path / "packages/.staging"));
  EXPECT_EQ(bench.installer->kind_of(root), InstallRequest::Kind::npm);
  EXPECT_EQ(bench.installer->kind_of(bench.folder.path), InstallRequest::Kind::folder);

  // Another version stands beside it; discarding one leaves the other.
  bench.begin(npm("@acme/x", "2.0.0"), answer);
  bench.npm_leaves("@acme/x", R"({"name":"@acme/x","version":"2.0.0"})");
  bench.spawner.last().exit_with_code(0);
  bench.loop.run_ready();
  ASSERT_TRUE(*answer);
  bench.installer->discard(root, Reply<Done>([](Result<Done>) {}));
  bench.installer->discard(bench.folder.path, Reply<Done>([](Result<Done>) {}));
  bench.loop.run_ready();
  EXPECT_FALSE(fs::exists(bench.folder.path / "packages/@acme/x/1.4.2"));
  EXPECT_TRUE(fs::exists(**answer));
  bench.installer->discard(**answer, Reply<Done>([](Result<Done>) {}));
  bench.loop.run_ready();
  EXPECT_TRUE(fs::exists(bench.folder.path / "packages"));
  EXPECT_FALSE(fs::exists(bench.folder.path / "packages/@acme")) << "nothing is left in it";
}

TEST(Installer, NpmHasLimits) {
  InstallerBench bench;
  std::optional<Result<fs::path>> answer;
  bench.begin(npm("x"), answer);
  EXPECT_EQ(bench.spawner.last().request.limits,
            process::ResourceLimits({.open_files_max = 4096,
                                     .core_bytes_max = 0,
                                     .memory_max = std::uint64_t{4} << 30,
                                     .processes_max = 512}));
  bench.spawner.last().emit_stderr("Killed\n");
  bench.spawner.last().exit({.kind = process::ExitStatus::Kind::signalled,
                             .signal = 9,
                             .limits_text = ": it passed its memory limit of 4 GiB (1 OOM kill)"});
  bench.loop.run_ready();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::install_failed);
  EXPECT_EQ(answer->error().message,
            "npm install failed for x: npm was killed by SIGKILL (9): it passed its memory limit "
            "of 4 GiB (1 OOM kill)\nKilled");
}

TEST(Installer, TellsWhatNpmSaid) {
  InstallerBench bench;
  std::optional<Result<fs::path>> answer;
  bench.begin(npm("nosuch"), answer);
  bench.spawner.last().emit_stderr("npm error code E404\nnpm error 404 Not Found\n");
  bench.spawner.last().exit_with_code(1);
  bench.loop.run_ready();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::install_failed);
  EXPECT_EQ(answer->error().message,
            "npm install failed for nosuch: npm exited with code 1\nnpm error code E404\nnpm error "
            "404 Not Found");
  EXPECT_TRUE(fs::is_empty(bench.folder.path / "packages/.staging"));
}

TEST(Installer, GivesNpmTwoMinutes) {
  InstallerBench bench;
  std::optional<Result<fs::path>> answer;
  bench.begin(npm("slow"), answer);
  bench.loop.advance(120s - 1ms);
  EXPECT_FALSE(answer);
  bench.loop.advance(1ms);
  bench.loop.run_ready();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_THAT(answer->error().message,
              StartsWith("npm install failed for slow: npm did not end by its deadline"));
  EXPECT_TRUE(bench.spawner.last().destroyed);
}

TEST(Installer, StopEndsNpmAndRefusesWhatComes) {
  InstallerBench bench;
  std::optional<Result<fs::path>> answer;
  bench.begin(npm("slow"), answer);
  bench.installer->stop();
  bench.loop.run_ready();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code, ErrorCode::shutting_down);
  EXPECT_TRUE(bench.spawner.last().destroyed);
  bench.begin(npm("late"), answer);
  EXPECT_EQ(answer->error().code, ErrorCode::shutting_down);
  EXPECT_EQ(bench.spawner.processes.size(), 1u);
}

TEST(Installer, SaysHowToGetNpm) {
  InstallerBench bench;
  bench.spawner.fail_next =
      Error{.code = ErrorCode::worker_unavailable, .message = "npm is not in PATH", .remedy = ""};
  std::optional<Result<fs::path>> answer;
  bench.begin(npm("x"), answer);
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().message, "npm install failed for x: npm is not in PATH");
  EXPECT_EQ(answer->error().remedy,
            "install npm (apt-get install npm), or install the plugin from a folder");
}

TEST(Installer, AVersionThatIsNoFolderNameIsRefused) {
  InstallerBench bench;
  std::optional<Result<fs::path>> answer;
  bench.begin(npm("x"), answer);
  bench.npm_leaves("x", R"({"version":"../../../etc"})");
  bench.spawner.last().exit_with_code(0);
  bench.loop.run_ready();
  EXPECT_EQ(answer->error().message,
            "package x has no usable version in its package.json: \"../../../etc\"");
}

TEST(Installer, AFolderStaysWhereItIs) {
  InstallerBench bench;
  bench.folder.write("p/manifest.json", manifest_text("acme.x"));
  std::optional<Result<fs::path>> answer;
  bench.begin(local(bench.folder.path / "p"), answer);
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ(**answer, bench.folder.path / "p");
  EXPECT_THAT(bench.spawner.processes, IsEmpty());
}

TEST(Installer, MissingDependenciesOfAFolderAreFetched) {
  for (const bool locked : {false, true}) {
    InstallerBench bench;
    bench.folder.write("p/package.json", R"({"name":"x","dependencies":{"y":"1"}})");
    if (locked) bench.folder.write("p/package-lock.json", "{}");
    std::optional<Result<fs::path>> answer;
    bench.begin(local(bench.folder.path / "p"), answer);
    ASSERT_EQ(bench.spawner.processes.size(), 1u);
    EXPECT_EQ(bench.prefix(), bench.folder.path / "p");
    if (locked) {
      EXPECT_THAT(bench.spawner.last().request.arguments,
                  ElementsAre("ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund"));
    } else {
      EXPECT_THAT(bench.spawner.last().request.arguments,
                  ElementsAre("install", "--ignore-scripts", "--omit=dev", "--no-audit",
                              "--no-fund", "--no-package-lock"));
    }
    EXPECT_THAT(bench.progress.at(0), StartsWith(locked ? "npm ci in " : "npm install in "));
    bench.spawner.last().exit_with_code(0);
    bench.loop.run_ready();
    EXPECT_TRUE(answer && *answer);
  }
}

TEST(Installer, NpmRunsOnceInAFolderThatIsAskedForTwice) {
  InstallerBench bench;
  bench.folder.write("p/package.json", R"({"name":"x","dependencies":{"y":"1"}})");
  fs::create_directory_symlink("p", bench.folder.path / "other-name");
  std::optional<Result<fs::path>> first;
  std::optional<Result<fs::path>> second;
  bench.begin(local(bench.folder.path / "p"), first);
  bench.begin(local(bench.folder.path / "other-name"), second);
  ASSERT_EQ(bench.spawner.processes.size(), 1u);
  EXPECT_FALSE(second);
  bench.folder.write("p/node_modules/y/package.json", "{}");
  bench.spawner.last().exit_with_code(0);
  bench.loop.run_ready();
  ASSERT_TRUE(first && *first);
  ASSERT_TRUE(second && *second);
  EXPECT_EQ(**second, bench.folder.path / "p");
  EXPECT_EQ(bench.spawner.processes.size(), 1u);
}

TEST(Installer, SweepDeletesOnlyPackagesThatNothingUses) {
  InstallerBench bench;
  const auto& folder = bench.folder;
  const auto root = [](const fs::path& packages, const std::string& name,
                       const std::string& version) {
    return packages / name / version / "node_modules" / name;
  };
  const auto packages = folder.path / "packages";
  for (const auto* version : {"1.0.0", "2.0.0"}) {
    for (const auto* name : {"x", "@acme/y", "z"}) {
      folder.write(root("packages", name, version) / "package.json", "{}");
    }
  }
  folder.write("packages/notes", "no package");
  folder.write("plugin/package.json", "{}");
  folder.write("elsewhere/file", "");
  fs::create_directory_symlink("../../elsewhere", packages / "x/link");

  std::optional<Result<Done>> answer;
  bench.installer->sweep(
      {root(packages, "x", "1.0.0"), root(packages, "@acme/y", "2.0.0"), folder.path / "plugin"},
      Reply<Done>([&](Result<Done> outcome) { answer = outcome; }));
  EXPECT_TRUE(fs::exists(packages / "z/1.0.0"));  // not on the loop
  bench.loop.run_ready();
  ASSERT_TRUE(answer && *answer);
  EXPECT_TRUE(fs::exists(root(packages, "x", "1.0.0") / "package.json"));
  EXPECT_FALSE(fs::exists(packages / "x/2.0.0"));
  EXPECT_FALSE(fs::exists(packages / "@acme/y/1.0.0"));
  EXPECT_TRUE(fs::exists(root(packages, "@acme/y", "2.0.0") / "package.json"));
  EXPECT_FALSE(fs::exists(packages / "z"));
  EXPECT_TRUE(fs::exists(packages / "notes"));
  EXPECT_TRUE(fs::exists(packages / "x/link/file"));
  EXPECT_TRUE(fs::exists(folder.path / "plugin/package.json"));
}

TEST(Installer, SweepLosesNothingWhereTheDataFolderWasMoved) {
  InstallerBench bench;
  bench.folder.write("packages/@acme/y/1.0.0/node_modules/@acme/y/package.json", "{}");
  bench.folder.write("packages/@acme/y/1.0.1/node_modules/@acme/y/package.json", "{}");
  bench.installer->sweep({"/before/packages/@acme/y/1.0.0/node_modules/@acme/y"},
                         Reply<Done>([](Result<Done>) {}));
  bench.loop.run_ready();
  EXPECT_TRUE(fs::exists(bench.folder.path / "packages/@acme/y/1.0.0"));
  EXPECT_FALSE(fs::exists(bench.folder.path / "packages/@acme/y/1.0.1"));
}

TEST(Installer, SweepOfAFolderThatIsNotThereIsHarmless) {
  InstallerBench bench;
  std::optional<Result<Done>> answer;
  bench.installer->sweep({}, Reply<Done>([&](Result<Done> outcome) { answer = outcome; }));
  bench.loop.run_ready();
  EXPECT_TRUE(answer && *answer);
}

/// What is said of a package whose manifest is a module, where node ends as `node_does`.
template <class NodeDoes>
std::string said_of_module(InstallerBench& bench, NodeDoes node_does) {
  bench.folder.write("p/package.json", R"({"name":"x","paperclipPlugin":{"manifest":"m.mjs"}})");
  bench.folder.write("p/m.mjs", "");
  std::optional<Result<Package>> answer;
  bench.installer->read(bench.folder.path / "p", Reply<Package>([&](Result<Package> outcome) {
                          answer = std::move(outcome);
                        }));
  bench.loop.run_ready();
  node_does(bench.spawner.last());
  bench.loop.run_ready();
  EXPECT_TRUE(answer && !*answer);
  if (!answer || *answer) return {};
  const auto begin =
      "Failed to load manifest module at " + (bench.folder.path / "p/m.mjs").native() + ": ";
  EXPECT_THAT(answer->error().message, StartsWith(begin));
  return answer->error().message.substr(begin.size());
}

TEST(ModuleManifest, NodeHasLimitsAndTenSeconds) {
  InstallerBench bench;
  const auto said = said_of_module(bench, [&](process::FakeProcess& node) {
    EXPECT_EQ(node.request.limits, process::ResourceLimits({.open_files_max = 4096,
                                                            .core_bytes_max = 0,
                                                            .memory_max = 512u << 20,
                                                            .processes_max = 64}));
    node.limits_hit = {.processes = 2};
    bench.loop.advance(10s - 1ms);
    EXPECT_FALSE(node.destroyed);
    bench.loop.advance(1ms);
    EXPECT_TRUE(node.destroyed);
  });
  EXPECT_EQ(said,
            "node did not end by its deadline and was killed; it reached its limit of 64 processes "
            "2 times");
}

TEST(ModuleManifest, AnErrorOfAModuleThatCameUpAgainstALimitSaysSo) {
  InstallerBench bench;
  const auto said = said_of_module(bench, [](process::FakeProcess& node) {
    node.emit_stdout("\n" + node.request.arguments.back() + R"({"error":"Error: spawn EAGAIN"})" +
                     "\n");
    node.exit({.kind = process::ExitStatus::Kind::exited,
               .limits_text = "; it reached its limit of 64 processes 1 time"});
  });
  EXPECT_EQ(said, "Error: spawn EAGAIN; it reached its limit of 64 processes 1 time");
}

// ---- with the real node and npm

const char* path_variable() {
  const char* path = std::getenv("PATH");
  return path == nullptr ? "" : path;
}

bool is_installed(const std::string& program) {
  const std::string path = path_variable();
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find(':', begin), path.size());
    if (fs::exists(fs::path(path.substr(begin, end - begin)) / program)) return true;
    begin = end + 1;
  }
  return false;
}

struct RealBench {
  TempFolder folder;
  std::string node = "node";
  Clock::duration manifest_time_limit = 10s;

  /// What `ask` is answered by an installer with a loop of its own.
  template <class T, class Ask>
  Result<T> get(Ask ask) {
    AsioLoop loop;
    const auto background = make_background(loop);
    const auto spawner = process::make_system_spawner(loop);
    const auto entropy = make_system_entropy();
    std::vector<std::pair<std::string, std::string>> environment = {{"PATH", path_variable()},
                                                                    {"HOME", folder.path.native()}};
    // Where npm finds its registry, as whoever runs the test has it.
    for (const auto* name : {"NPM_CONFIG_USERCONFIG", "npm_config_registry", "NPM_CONFIG_REGISTRY",
                             "HTTPS_PROXY", "https_proxy", "NODE_EXTRA_CA_CERTS"}) {
      if (const char* value = std::getenv(name)) environment.emplace_back(name, value);
    }
    const auto installer = make_installer({.packages_dir = folder.path / "packages",
                                           .environment = std::move(environment),
                                           .node = node,
                                           .manifest_time_limit = manifest_time_limit},
                                          loop, *background, *spawner, *entropy);
    std::optional<Result<T>> answer;
    ask(*installer, Reply<T>([&](Result<T> outcome) {
      answer = std::move(outcome);
      loop.stop();
    }));
    loop.run();
    return std::move(*answer);
  }

  Result<Package> read() {
    return get<Package>([&](PackageSource& installer, Reply<Package> reply) {
      installer.read(folder.path / "p", std::move(reply));
    });
  }
  /// What reading a package with this manifest module says: the plugin's id, or the error.
  std::string read_module(const std::string& name, const std::string& source) {
    folder.write("p/package.json",
                 R"({"name":"x","paperclipPlugin":{"manifest":")" + name + "\"}}");
    folder.write("p/" + name, source);
    folder.write("p/worker.js", "");
    const auto package = read();
    return package ? package->manifest.id : package.error().message;
  }
};

TEST(ModuleManifest, IsReadByNode) {
  if (!is_installed("node")) GTEST_SKIP() << "node is not installed";
  RealBench bench;
  const auto manifest = manifest_text("acme.x");
  EXPECT_EQ(bench.read_module("a.mjs", "export default " + manifest), "acme.x");
  EXPECT_EQ(bench.read_module("b.cjs", "module.exports = " + manifest), "acme.x");
  EXPECT_EQ(
      bench.read_module("c.mjs", "const m = " + manifest +
                                     ";\nexport const { id, apiVersion, version, displayName, "
                                     "description, author, categories, capabilities, "
                                     "entrypoints } = m;"),
      "acme.x");
  EXPECT_EQ(bench.read()->worker, bench.folder.path / "p/worker.js");
  EXPECT_EQ(bench.read()->name, "x");
}

TEST(ModuleManifest, PrintsAndTimersDoNoHarm) {
  if (!is_installed("node")) GTEST_SKIP() << "node is not installed";
  RealBench bench;
  EXPECT_EQ(bench.read_module("noisy.mjs",
                              "console.log('{\"manifest\": 1}'); console.error('x');\n"
                              "setInterval(() => console.log('tick'), 1);\n"
                              "export default " +
                                  manifest_text("acme.noisy")),
            "acme.noisy");
}

TEST(ModuleManifest, FailuresSayWhatNodeSaid) {
  if (!is_installed("node")) GTEST_SKIP() << "node is not installed";
  RealBench bench;
  const auto failed = "Failed to load manifest module at " + bench.folder.path.native() + "/p/";
  const auto thrown = bench.read_module("a.mjs", "throw new TypeError('no luck')");
  EXPECT_THAT(thrown, StartsWith(failed + "a.mjs: TypeError: no luck\nnode's standard error:\n"));
  EXPECT_THAT(thrown, HasSubstr("a.mjs:1:7"));
  EXPECT_THAT(bench.read_module("b.mjs", "import 'not-there'"),
              StartsWith(failed + "b.mjs: Error"));
  EXPECT_EQ(bench.read_module("c.mjs", "process.exit(3)"),
            failed + "c.mjs: node exited with code 3 before it had read it");
  EXPECT_EQ(bench.read_module("d.mjs", "export default () => 1"),
            failed + "d.mjs: its default export is no data");
  EXPECT_EQ(bench.read_module("e.mjs", "export default 7"),
            "Invalid plugin manifest: Expected object, received number");
}

TEST(ModuleManifest, HasATimeLimit) {
  if (!is_installed("node")) GTEST_SKIP() << "node is not installed";
  RealBench bench;
  bench.manifest_time_limit = 700ms;
  EXPECT_THAT(bench.read_module("a.mjs", "await new Promise(() => setInterval(() => {}, 1000))"),
              HasSubstr("a.mjs: node did not end by its deadline and was killed"));
}

TEST(ModuleManifest, MissingNodeIsNamedWithTheRemedy) {
  RealBench bench;
  bench.node = "no-such-node";
  bench.folder.write("p/package.json", R"({"name":"x","paperclipPlugin":{"manifest":"m.js"}})");
  bench.folder.write("p/m.js", "");
  const auto package = bench.read();
  ASSERT_FALSE(package);
  EXPECT_EQ(package.error().code, ErrorCode::install_failed);
  EXPECT_THAT(package.error().message, StartsWith("The manifest " + bench.folder.path.native() +
                                                  "/p/m.js is JavaScript and needs Node: "));
  EXPECT_EQ(package.error().remedy,
            "install Node (apt-get install nodejs), or name it in collet.toml: [node] path = "
            "\"/path/to/node\"");
}

TEST(Installer, InstallsARealPackage) {
  if (!is_installed("npm")) GTEST_SKIP() << "npm is not installed";
  RealBench bench;
  const auto root = bench.get<fs::path>([](PackageSource& installer, Reply<fs::path> reply) {
    installer.fetch(npm("is-number", "7.0.0"), std::move(reply));
  });
  if (!root) GTEST_SKIP() << "the npm registry cannot be reached: " << root.error().message;
  EXPECT_EQ(*root, bench.folder.path / "packages/is-number/7.0.0/node_modules/is-number");
  EXPECT_TRUE(fs::exists(*root / "package.json"));
}

TEST(Installer, AFolderFromACleanCloneGetsItsDependencies) {
  if (!is_installed("npm")) GTEST_SKIP() << "npm is not installed";
  RealBench bench;
  bench.folder.write("p/package.json",
                     R"({"name":"x","version":"1.0.0","dependencies":{"is-number":"7.0.0"}})");
  const auto root = bench.get<fs::path>([&](PackageSource& installer, Reply<fs::path> reply) {
    installer.fetch(local(bench.folder.path / "p"), std::move(reply));
  });
  if (!root) GTEST_SKIP() << "the npm registry cannot be reached: " << root.error().message;
  EXPECT_EQ(*root, bench.folder.path / "p");
  EXPECT_EQ(dependency_state(*root), DependencyState::complete);
  EXPECT_FALSE(fs::exists(*root / "package-lock.json"));
}

}  // namespace
}  // namespace collet::plugin
