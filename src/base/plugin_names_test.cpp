#include <gtest/gtest.h>

#include <array>

#include "collet/plugin_events.hpp"

namespace collet {
namespace {

TEST(PluginNames, StatusesReadBackAsTheyAreWritten) {
  const std::array<std::pair<PluginStatus, std::string_view>, 6> names{{
      {PluginStatus::installed, "installed"},
      {PluginStatus::ready, "ready"},
      {PluginStatus::disabled, "disabled"},
      {PluginStatus::error, "error"},
      {PluginStatus::upgrade_pending, "upgrade_pending"},
      {PluginStatus::uninstalled, "uninstalled"},
  }};
  for (const auto& [status, name] : names) {
    EXPECT_EQ(to_string(status), name);
    EXPECT_EQ(plugin_status_from(name), status);
  }
}

TEST(PluginNames, OtherTextIsNoStatus) {
  EXPECT_EQ(plugin_status_from(""), std::nullopt);
  EXPECT_EQ(plugin_status_from("Ready"), std::nullopt);
  EXPECT_EQ(plugin_status_from("ready "), std::nullopt);
}

TEST(PluginNames, EventsAreNamedAsInTheReference) {
  EXPECT_EQ(to_string(PluginEventType::loaded), "plugin.loaded");
  EXPECT_EQ(to_string(PluginEventType::enabled), "plugin.enabled");
  EXPECT_EQ(to_string(PluginEventType::disabled), "plugin.disabled");
  EXPECT_EQ(to_string(PluginEventType::unloaded), "plugin.unloaded");
  EXPECT_EQ(to_string(PluginEventType::error), "plugin.error");
  EXPECT_EQ(to_string(PluginEventType::upgrade_pending), "plugin.upgrade_pending");
  EXPECT_EQ(to_string(PluginEventType::status_changed), "plugin.status_changed");
  EXPECT_EQ(to_string(PluginEventType::worker_started), "plugin.worker_started");
  EXPECT_EQ(to_string(PluginEventType::worker_stopped), "plugin.worker_stopped");
}

}  // namespace
}  // namespace collet
