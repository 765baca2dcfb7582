#include "worker/launch.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

}  // namespace
}  // namespace collet::worker
