#include "worker/launch.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "process/fake_process.hpp"

namespace collet::worker {
namespace {

WorkerStart start_of(const char* entry) {
  return {.plugin_id = "0b5f3a52-9c1e-4f7a-8a51-0123456789ab",
          .plugin_key = "acme.x",
          .manifest = nullptr,
          .package_root = "/packages/x",
          .entrypoint = entry};
}

using Variables = std::vector<std::pair<std::string, std::string>>;

TEST(Launch, JavaScriptRunsUnderNode) {
  for (const auto* entry :
       {"/packages/x/dist/worker.js", "/packages/x/w.mjs", "/packages/x/w.cjs"}) {
    const auto request =
        launch_request({.node = "/opt/node", .plugin_data_root = "/data"}, start_of(entry));
    EXPECT_EQ(request.executable, "/opt/node");
    EXPECT_EQ(request.arguments, (std::vector<std::string>{entry}));
    EXPECT_EQ(request.directory, "/packages/x");
  }
}

TEST(Launch, EverythingElseRunsAsItIs) {
  for (const auto* entry :
       {"/packages/x/bin/worker", "/packages/x/worker.py", "/packages/x/worker.json"}) {
    const auto request = launch_request({.plugin_data_root = "/data"}, start_of(entry));
    EXPECT_EQ(request.executable, entry);
    EXPECT_TRUE(request.arguments.empty());
  }
}

TEST(Launch, TheEnvironmentIsTheAllowList) {
  const auto request =
      launch_request({.path = "/bin", .plugin_data_root = "/data"}, start_of("/packages/x/w"));
  EXPECT_EQ(request.environment,
            (Variables{{"PATH", "/bin"},
                       {"PAPERCLIP_PLUGIN_ID", "0b5f3a52-9c1e-4f7a-8a51-0123456789ab"},
                       {"NODE_ENV", "production"},
                       {"TZ", "UTC"},
                       {"PAPERCLIP_DEPLOYMENT_MODE", "local_trusted"},
                       {"PAPERCLIP_DEPLOYMENT_EXPOSURE", "private"},
                       {"COLLET_PLUGIN_DATA_DIR", "/data/acme.x"}}));
}

TEST(Launch, TheOperatorsVariablesWin) {
  const LaunchOptions options{.plugin_data_root = "/data",
                              .environment = {{"TZ", "Europe/Berlin"}, {"HOME", "/home/x"}}};
  const auto request = launch_request(options, start_of("/packages/x/w"));
  EXPECT_EQ(std::ranges::count(request.environment,
                               std::pair<std::string, std::string>("TZ", "Europe/Berlin")),
            1);
  EXPECT_EQ(
      std::ranges::count(request.environment, std::pair<std::string, std::string>("TZ", "UTC")), 0);
  EXPECT_EQ(request.environment.back(), (std::pair<std::string, std::string>("HOME", "/home/x")));
}

// --- limits ---

WorkerStart start_with(const WorkerLimits& limits) {
  auto start = start_of("/packages/x/w");
  Manifest manifest;
  manifest.settings.limits = limits;
  start.manifest = std::make_shared<const Manifest>(std::move(manifest));
  return start;
}

TEST(Launch, LimitsAreTheDefaultsThenTheHostsThenThePlugins) {
  const LaunchOptions options{.plugin_data_root = "/data",
                              .limits = {.open_files_max = 100, .memory_max = 1000}};
  EXPECT_EQ(launch_request({.plugin_data_root = "/data"}, start_of("/packages/x/w")).limits,
            process::ResourceLimits{});
  EXPECT_EQ(
      launch_request(options, start_with({.memory_max = 2000, .processes_max = 3})).limits,
      (process::ResourceLimits{.open_files_max = 100, .memory_max = 2000, .processes_max = 3}));
}

TEST(Launch, SaysWhatToDoAboutALimitThatEndedAStart) {
  const LaunchOptions options{.plugin_data_root = "/data", .limits = {.memory_max = 1000}};
  const auto start = start_with({});
  const auto more = [](const std::string& name) {
    return "see what it needs so much for, or allow it more in collet.toml: " + name +
           " of [plugin.\"acme.x\"] or of [workers]";
  };
  EXPECT_EQ(limits_remedy(options, start, {}), "");
  EXPECT_EQ(limits_remedy(options, start, {.memory = 1}), more("memory_max"));
  EXPECT_EQ(limits_remedy(options, start, {.cpu = 1}), more("cpu_seconds_max"));
  EXPECT_EQ(limits_remedy(options, start, {.processes = 7}), more("processes_max"));
  EXPECT_EQ(limits_remedy({.plugin_data_root = "/data"}, start, {.memory = 1}),
            "free some memory, or run fewer plugins");
}

TEST(Launch, ReportsTheLimitsThatHold) {
  process::FakeSpawner spawner;
  const LaunchOptions options{.plugin_data_root = "/data", .limits = {.memory_max = 1000}};
  const auto all = limit_report(options, start_with({.cpu_seconds_max = 5}), spawner);
  EXPECT_EQ(all.enforced, (WorkerLimits{.open_files_max = 4096,
                                        .core_bytes_max = 0,
                                        .cpu_seconds_max = 5,
                                        .address_space_max = WorkerLimits::unlimited,
                                        .memory_max = 1000,
                                        .processes_max = 512}));
  EXPECT_TRUE(all.unenforced.empty());

  spawner.group_obstacle = "no groups";
  const auto some = limit_report(options, start_with({}), spawner);
  EXPECT_EQ(some.enforced.memory_max, WorkerLimits::unlimited);
  EXPECT_EQ(some.enforced.processes_max, WorkerLimits::unlimited);
  EXPECT_EQ(some.unenforced, std::vector<std::string>{"no groups"})
      << "the default is nobody's wish";
}

}  // namespace
}  // namespace collet::worker
