#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/lifecycle_test_support.hpp"
#include "plugin/package_test_support.hpp"

namespace collet {
namespace {

using test::LifecycleBench;
using test::make_manifest;
using testing::ElementsAre;
using testing::IsEmpty;
using enum PluginStatus;

constexpr PluginStatus k_all[] = {installed, ready, disabled, error, upgrade_pending, uninstalled};

/// One plugin, installed and running.
struct ReadyBench : LifecycleBench {
  explicit ReadyBench(LifecycleOptions options = test::lifecycle_options())
      : LifecycleBench(std::move(options)) {
    packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
    EXPECT_TRUE(start());
    EXPECT_TRUE(install("/src/a"));
    events.clear();
    workers.log.clear();
  }
};

Error worker_error(std::string message) {
  return {.code = ErrorCode::worker_unavailable, .message = std::move(message), .remedy = "look"};
}

TEST(Lifecycle, TransitionTable) {
  // Rows: from; columns: to; both in the order of k_all.
  constexpr std::array<std::string_view, 6> table = {
      "-x-x-x",  // installed
      "-xxxxx",  // ready
      "-x---x",  // disabled
      "-x---x",  // error
      "-x-x-x",  // upgrade_pending
      "x-----",  // uninstalled
  };
  for (std::size_t from = 0; from < 6; ++from) {
    for (std::size_t to = 0; to < 6; ++to) {
      EXPECT_EQ(transition_allowed(k_all[from], k_all[to]), table[from][to] == 'x')
          << to_string(k_all[from]) << " → " << to_string(k_all[to]);
    }
  }
}

// ---- install

TEST(Lifecycle, InstallWritesTheRowStartsTheWorkerAndTells) {
  LifecycleBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.2.3"));
  ASSERT_TRUE(bench.start());
  const auto row = bench.install("/src/a");
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_TRUE(is_uuid(row->id));
  EXPECT_EQ(row->plugin_key, "acme.a");
  EXPECT_EQ(row->package_name, "pkg-acme.a");
  EXPECT_EQ(row->package_path, "/src/a");
  EXPECT_EQ(row->version, "1.2.3");
  EXPECT_EQ(row->api_version, 1);
  EXPECT_EQ(row->categories, std::vector<std::string>{"automation"});
  EXPECT_EQ(row->manifest_json, make_manifest("acme.a", "1.2.3").json);
  EXPECT_EQ(row->status, ready);
  EXPECT_EQ(row->install_order, 1);
  EXPECT_EQ(row->last_error, std::nullopt);
  EXPECT_EQ(row->installed_at, bench.now);
  EXPECT_THAT(bench.workers.log, ElementsAre("start acme.a 1.2.3"));
  EXPECT_EQ(bench.workers.running.at(row->id).entrypoint, "/src/a/w");
  EXPECT_THAT(bench.events,
              ElementsAre("plugin.worker_started acme.a", "plugin.loaded acme.a installed→ready",
                          "plugin.enabled acme.a installed→ready",
                          "plugin.status_changed acme.a installed→ready"));
  EXPECT_EQ(bench.stored("acme.a")->status, ready);
}

TEST(Lifecycle, EventsComeAfterTheChangeAndBeforeTheAnswer) {
  LifecycleBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
  ASSERT_TRUE(bench.start());
  std::vector<std::string> order;
  bench.lifecycle->on(PluginEventType::enabled, [&](const PluginEvent& event) {
    ASSERT_TRUE(event.manifest);
    EXPECT_EQ(event.manifest->tools.at(0).name, "t");
    EXPECT_EQ(bench.lifecycle->get_status(event.plugin_id), ready);
    order.push_back("event");
  });
  bench.lifecycle->load(
      {.source = "/src/a", .version = {}, .kind = {}, .progress = {}},
      Reply<PluginRecord>([&](Result<PluginRecord>) { order.push_back("answer"); }));
  bench.loop.run_ready();
  EXPECT_THAT(order, ElementsAre("event", "answer"));
}

TEST(Lifecycle, InstallOfWhatIsInstalledNamesRestart) {
  ReadyBench bench;
  const auto again = bench.install("/src/a");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::install_failed);
  EXPECT_EQ(again.error().message, "Plugin already installed: acme.a");
  EXPECT_EQ(again.error().remedy, "to load it anew: collet plugin restart acme.a");
  EXPECT_THAT(bench.events, IsEmpty());
  EXPECT_EQ(bench.lifecycle->list().size(), 1u);
}

TEST(Lifecycle, AFailureBeforeTheRowLeavesNothing) {
  LifecycleBench bench;
  ASSERT_TRUE(bench.start());
  bench.packages.sources.insert_or_assign("/npm/b", "/npm/b");
  const auto outcome = bench.install("/npm/b");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "Package root not found: /npm/b");
  EXPECT_THAT(bench.lifecycle->list(), IsEmpty());
  EXPECT_THAT(bench.events, IsEmpty());
  EXPECT_THAT(bench.packages.discarded, ElementsAre("/npm/b"));
}

TEST(Lifecycle, AFailedActivationLeavesARowInError) {
  LifecycleBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
  bench.workers.failures["acme.a"] = worker_error("initialize hung");
  ASSERT_TRUE(bench.start());
  const auto outcome = bench.install("/src/a");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::install_failed);
  EXPECT_EQ(outcome.error().message, "initialize hung");
  EXPECT_EQ(outcome.error().remedy, "look");
  EXPECT_EQ(bench.stored("acme.a")->status, error);
  EXPECT_EQ(bench.stored("acme.a")->last_error, "Activation failed: initialize hung");
  EXPECT_THAT(
      bench.events,
      ElementsAre("plugin.error acme.a installed→error (Activation failed: initialize hung)",
                  "plugin.status_changed acme.a installed→error (Activation failed: initialize "
                  "hung)"));
}

TEST(Lifecycle, AMissingWorkerIsAFailedActivation) {
  LifecycleBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
  bench.packages.at.at("/src/a")->worker = fail(ErrorCode::install_failed, "no worker there");
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.install("/src/a").error().message, "no worker there");
  EXPECT_EQ(bench.lifecycle->get_status("acme.a"), error);
  EXPECT_THAT(bench.workers.log, ElementsAre("stop nothing"));
}

TEST(Lifecycle, HostVersionIsCheckedOnBothSides) {
  LifecycleBench bench;
  ASSERT_TRUE(bench.start());
  auto manifest = make_manifest("acme.a", "1.0.0");
  manifest.minimum_host_version = "2026.916.2";
  bench.packages.put("/src/a", "/src/a", manifest);
  EXPECT_EQ(bench.install("/src/a").error().message,
            "Plugin acme.a requires host version 2026.916.2 or newer, but this server is running "
            "2026.916.1");
  manifest.minimum_host_version = "2026.916.1";
  bench.packages.put("/src/a", "/src/a", manifest);
  EXPECT_TRUE(bench.install("/src/a"));
}

TEST(Lifecycle, ReinstallKeepsTheUuidAndThePlaceInTheOrder) {
  ReadyBench bench;
  bench.packages.put("/src/b", "/src/b", make_manifest("acme.b", "1.0.0"));
  ASSERT_TRUE(bench.install("/src/b"));
  const auto before = bench.lifecycle->find("acme.a").value();
  ASSERT_TRUE(bench.unload("acme.a"));
  bench.events.clear();
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "2.0.0"));
  const auto after = bench.install("/src/a");
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(after->install_order, 1);
  EXPECT_EQ(after->version, "2.0.0");
  EXPECT_THAT(bench.events,
              ElementsAre("plugin.worker_started acme.a", "plugin.loaded acme.a uninstalled→ready",
                          "plugin.enabled acme.a uninstalled→ready",
                          "plugin.status_changed acme.a uninstalled→ready"));
}

TEST(Lifecycle, TwoInstallsAtOnceMakeOneRow) {
  LifecycleBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
  ASSERT_TRUE(bench.start());
  std::vector<std::string> answers;
  for (int i = 0; i < 2; ++i) {
    bench.lifecycle->load({.source = "/src/a", .version = {}, .kind = {}, .progress = {}},
                          Reply<PluginRecord>([&](Result<PluginRecord> outcome) {
                            answers.push_back(outcome ? "ready" : outcome.error().message);
                          }));
  }
  bench.loop.run_ready();
  EXPECT_THAT(answers, ElementsAre("ready", "Plugin already installed: acme.a"));
}

TEST(Lifecycle, TheOperatorsSettingsWin) {
  LifecycleBench bench({.host_version = "2026.916.1", .apply_settings = [](Manifest& manifest) {
                          manifest.settings.instances = 3;
                        }});
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
  ASSERT_TRUE(bench.start());
  const auto row = bench.install("/src/a");
  ASSERT_TRUE(row);
  EXPECT_EQ(bench.workers.running.at(row->id).manifest->settings.instances, 3u);
}

// ---- every operation in every status

/// A bench whose one plugin is in `status`.
struct StatusBench : LifecycleBench {
  explicit StatusBench(PluginStatus status) {
    packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
    PluginRecord row;
    row.id = "0b7f5e0c-4b5e-4f53-9d70-00000000000a";
    row.plugin_key = "acme.a";
    row.package_name = "pkg-acme.a";
    row.version = "1.0.0";
    row.manifest_json = make_manifest("acme.a", "1.0.0").json;
    row.package_path = "/src/a";
    row.status = status;
    EXPECT_TRUE(get([&](auto reply) { store.insert(row, std::move(reply)); }));
    // A start that the host's own end cuts short leaves the row as it is.
    const auto package = packages.at.at("/src/a");
    if (status == installed) packages.at.at("/src/a") = fail(ErrorCode::shutting_down, "stopping");
    EXPECT_TRUE(start());
    packages.at.at("/src/a") = package;
    EXPECT_EQ(lifecycle->get_status("acme.a"), status);
    events.clear();
  }
};

/// The status afterwards, "gone", or the refusal.
std::string after(StatusBench& bench, const Result<PluginRecord>& outcome) {
  if (!outcome) return outcome.error().message;
  const auto status = bench.lifecycle->get_status("acme.a");
  return status ? std::string(to_string(*status)) : "gone";
}

using Operation = Result<PluginRecord> (*)(StatusBench&);

void expect_outcomes(Operation operation, const std::array<std::string_view, 6>& outcomes) {
  for (std::size_t i = 0; i < 6; ++i) {
    SCOPED_TRACE(to_string(k_all[i]));
    StatusBench bench(k_all[i]);
    const auto outcome = operation(bench);
    EXPECT_EQ(after(bench, outcome), outcomes[i]);
    if (outcome) continue;
    EXPECT_EQ(outcome.error().code, ErrorCode::invalid_transition);
    EXPECT_FALSE(outcome.error().remedy.empty());
    EXPECT_EQ(bench.lifecycle->get_status("acme.a"), k_all[i]);
    EXPECT_THAT(bench.events, IsEmpty());
  }
}

TEST(LifecycleOperations, Enable) {
  expect_outcomes([](StatusBench& bench) { return bench.enable("acme.a"); },
                  {"Cannot enable plugin in status 'installed'. Plugin must be in 'disabled', "
                   "'error', or 'upgrade_pending' status to be enabled.",
                   "Cannot enable plugin in status 'ready'. Plugin must be in 'disabled', 'error', "
                   "or 'upgrade_pending' status to be enabled.",
                   "ready", "ready", "ready",
                   "Cannot enable plugin in status 'uninstalled'. Plugin must be in 'disabled', "
                   "'error', or 'upgrade_pending' status to be enabled."});
}

TEST(LifecycleOperations, Disable) {
  const auto refused = [](const std::string& status) {
    return "Cannot disable plugin in status '" + status +
           "'. Plugin must be in 'ready' status to be disabled.";
  };
  const std::string texts[] = {refused("installed"), refused("disabled"), refused("error"),
                               refused("upgrade_pending"), refused("uninstalled")};
  expect_outcomes([](StatusBench& bench) { return bench.disable("acme.a"); },
                  {texts[0], "disabled", texts[1], texts[2], texts[3], texts[4]});
}

TEST(LifecycleOperations, Upgrade) {
  const auto refused = [](const std::string& status) {
    return "Cannot upgrade plugin in status '" + status +
           "'. Plugin must be in 'ready' or 'upgrade_pending' status to be upgraded.";
  };
  const std::string texts[] = {refused("installed"), refused("disabled"), refused("error"),
                               refused("uninstalled")};
  expect_outcomes([](StatusBench& bench) { return bench.upgrade("acme.a"); },
                  {texts[0], "ready", texts[1], texts[2], "ready", texts[3]});
}

TEST(LifecycleOperations, Restart) {
  const auto refused = [](const std::string& status) {
    return "Cannot restart plugin in status '" + status +
           "'. Plugin must be in 'ready' status to be restarted.";
  };
  const std::string texts[] = {refused("installed"), refused("disabled"), refused("error"),
                               refused("upgrade_pending"), refused("uninstalled")};
  expect_outcomes([](StatusBench& bench) { return bench.restart("acme.a"); },
                  {texts[0], "ready", texts[1], texts[2], texts[3], texts[4]});
}

TEST(LifecycleOperations, Unload) {
  expect_outcomes(
      [](StatusBench& bench) { return bench.unload("acme.a"); },
      {"uninstalled", "uninstalled", "uninstalled", "uninstalled", "uninstalled",
       "Plugin acme.a is already uninstalled. Use removeData=true to permanently delete "
       "it."});
  expect_outcomes([](StatusBench& bench) { return bench.unload("acme.a", Uninstall::purge); },
                  {"gone", "gone", "gone", "gone", "gone", "gone"});
}

TEST(LifecycleOperations, MarkError) {
  expect_outcomes(
      [](StatusBench& bench) { return bench.mark_error("acme.a", "it broke"); },
      {"error", "error", "Invalid lifecycle transition: disabled → error for plugin acme.a",
       "Invalid lifecycle transition: error → error for plugin acme.a", "error",
       "Invalid lifecycle transition: uninstalled → error for plugin acme.a"});
}

TEST(LifecycleOperations, MarkUpgradePending) {
  expect_outcomes(
      [](StatusBench& bench) { return bench.mark_upgrade_pending("acme.a"); },
      {"Invalid lifecycle transition: installed → upgrade_pending for plugin acme.a",
       "upgrade_pending",
       "Invalid lifecycle transition: disabled → upgrade_pending for plugin acme.a",
       "Invalid lifecycle transition: error → upgrade_pending for plugin acme.a",
       "Invalid lifecycle transition: upgrade_pending → upgrade_pending for plugin acme.a",
       "Invalid lifecycle transition: uninstalled → upgrade_pending for plugin acme.a"});
}

// ---- single operations

TEST(Lifecycle, DisableTakesTheToolsBeforeTheWorker) {
  ReadyBench bench;
  std::vector<std::string> running;
  bench.lifecycle->on(PluginEventType::disabled, [&](const PluginEvent& event) {
    running.push_back(bench.workers.is_running(event.plugin_id) ? "still running" : "stopped");
  });
  const auto row = bench.disable("ACME.A");
  EXPECT_EQ(row.error().code, ErrorCode::plugin_not_found);  // keys have one case
  const auto uuid = bench.lifecycle->find("acme.a")->id;
  std::string upper = uuid;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  const auto done = bench.disable(upper, "night");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->status, disabled);
  EXPECT_EQ(done->last_error, "night");
  EXPECT_THAT(running, ElementsAre("still running"));
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a"));
  EXPECT_THAT(bench.events, ElementsAre("plugin.disabled acme.a ready→disabled (night)",
                                        "plugin.status_changed acme.a ready→disabled (night)",
                                        "plugin.worker_stopped acme.a (disabled)"));
}

TEST(Lifecycle, PurgeAnswersTheRowAsItWas) {
  ReadyBench bench;
  const auto row = bench.unload("acme.a", Uninstall::purge);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->status, ready);
  EXPECT_FALSE(bench.stored("acme.a"));
  EXPECT_FALSE(bench.lifecycle->find(row->id));
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a", "forget " + row->id));
  EXPECT_THAT(bench.events, ElementsAre("plugin.unloaded acme.a ready→uninstalled",
                                        "plugin.status_changed acme.a ready→uninstalled",
                                        "plugin.worker_stopped acme.a (uninstalled)"));
}

// ---- the plugin's own folder

/// One plugin, running, with its data below a folder of the test.
struct DataBench {
  test::TempFolder folder;
  ReadyBench bench{{.host_version = "2026.916.1", .plugin_data_root = folder.path / "data"}};
  std::filesystem::path own = folder.path / "data/acme.a";
};

TEST(PluginData, IsMadeBeforeTheWorkerStartsAndOutlivesIt) {
  DataBench data;
  EXPECT_TRUE(std::filesystem::is_directory(data.own));
  data.folder.write("data/acme.a/notes", "kept");
  ASSERT_TRUE(data.bench.restart("acme.a"));
  ASSERT_TRUE(data.bench.unload("acme.a"));
  EXPECT_TRUE(std::filesystem::exists(data.own / "notes"));
}

TEST(PluginData, GoesWithAPurgeAndLeavesThatOfOthers) {
  DataBench data;
  data.folder.write("data/acme.a/notes", "secret");
  data.folder.write("data/acme.ab/notes", "of another");
  ASSERT_TRUE(data.bench.unload("acme.a", Uninstall::purge));
  EXPECT_FALSE(std::filesystem::exists(data.own));
  EXPECT_TRUE(std::filesystem::exists(data.folder.path / "data/acme.ab/notes"));
  EXPECT_THAT(data.bench.logger.alarms(), IsEmpty());
  // A later plugin of that key begins with nothing.
  ASSERT_TRUE(data.bench.install("/src/a"));
  EXPECT_TRUE(std::filesystem::is_empty(data.own));
}

TEST(PluginData, AFolderThatCannotBeMadeIsAFailedStart) {
  DataBench data;
  std::filesystem::remove_all(data.folder.path / "data");
  data.folder.write("data", "a file is in the way");
  const auto outcome = data.bench.restart("acme.a");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::worker_unavailable);
  EXPECT_EQ(outcome.error().message,
            "cannot make the plugin's data folder " + data.own.native() + ": Not a directory");
  EXPECT_EQ(outcome.error().remedy, "check its owner and free space");
  EXPECT_THAT(data.bench.workers.log, ElementsAre("stop acme.a, it starts again", "stop nothing"));
  EXPECT_EQ(data.bench.lifecycle->get_status("acme.a"), error);
}

TEST(Lifecycle, WhatTheStoreRefusesDoesNotHappen) {
  ReadyBench bench;
  bench.store.fail_with(
      Error{.code = ErrorCode::store_unavailable, .message = "disk full", .remedy = ""});
  EXPECT_EQ(bench.disable("acme.a").error().message, "disk full");
  EXPECT_EQ(bench.unload("acme.a", Uninstall::purge).error().code, ErrorCode::store_unavailable);
  EXPECT_EQ(bench.lifecycle->get_status("acme.a"), ready);
  EXPECT_THAT(bench.events, IsEmpty());
  EXPECT_THAT(bench.workers.log, IsEmpty());
}

TEST(Lifecycle, RestartReadsThePackageAnew) {
  ReadyBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.1"));
  const auto row = bench.restart("acme.a");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->version, "1.0.1");
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a, it starts again", "start acme.a 1.0.1"));
  EXPECT_THAT(bench.events, ElementsAre("plugin.worker_stopped acme.a (restart)",
                                        "plugin.worker_started acme.a", "plugin.enabled acme.a"));
}

TEST(Lifecycle, AFailedRestartIsAnError) {
  ReadyBench bench;
  bench.workers.failures["acme.a"] = worker_error("exited with code 3");
  const auto outcome = bench.restart("acme.a");
  EXPECT_EQ(outcome.error().code, ErrorCode::worker_unavailable);
  EXPECT_EQ(bench.stored("acme.a")->status, error);
  bench.workers.failures.clear();
  const auto row = bench.enable("acme.a");
  ASSERT_TRUE(row);
  EXPECT_EQ(row->last_error, std::nullopt);
}

TEST(Lifecycle, CallsWaitThroughARestart) {
  ReadyBench bench;
  const auto id = bench.lifecycle->find("acme.a")->id;
  bench.workers.pace = test::FakeWorkers::Pace::held;
  bench.lifecycle->restart_worker("acme.a", Reply<PluginRecord>([](Result<PluginRecord>) {}));
  bench.loop.run_ready();
  ASSERT_EQ(bench.workers.held.size(), 1u);
  EXPECT_TRUE(bench.workers.expected.contains(id));
}

TEST(Lifecycle, CallsFailAtOnceWhereARestartStartsNothing) {
  ReadyBench bench;
  bench.packages.at.at("/src/a") = fail(ErrorCode::install_failed, "unreadable");
  EXPECT_EQ(bench.restart("acme.a").error().message, "unreadable");
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a, it starts again", "stop nothing"));
  EXPECT_THAT(bench.workers.expected, IsEmpty());
}

TEST(Lifecycle, CallsDoNotWaitForAStoreThatAnswersNothing) {
  ReadyBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.1"));
  bench.store.fail_with(
      Error{.code = ErrorCode::store_unavailable, .message = "disk full", .remedy = ""});
  EXPECT_EQ(bench.restart("acme.a").error().message, "disk full");
  EXPECT_THAT(bench.workers.expected, IsEmpty());
}

TEST(Lifecycle, AChangedIdIsRefused) {
  ReadyBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.z", "1.0.0"));
  EXPECT_EQ(bench.restart("acme.a").error().message,
            "the manifest at /src/a is of plugin 'acme.z', not of 'acme.a'");
  EXPECT_EQ(bench.lifecycle->get_status("acme.a"), error);
}

TEST(Lifecycle, OperationsOnOnePluginComeOneAfterTheOther) {
  ReadyBench bench;
  std::vector<std::string> answers;
  const auto note = [&](std::string what) {
    return Reply<PluginRecord>([&answers, what](Result<PluginRecord> outcome) {
      answers.push_back(
          what + " " +
          (outcome ? std::string(to_string(outcome->status)) : outcome.error().message));
    });
  };
  bench.lifecycle->disable("acme.a", "", note("disable"));
  bench.lifecycle->enable(bench.lifecycle->find("acme.a")->id, note("enable"));
  bench.lifecycle->unload("acme.a", Uninstall::purge, note("purge"));
  bench.lifecycle->restart_worker("acme.a", note("restart"));
  bench.loop.run_ready();
  EXPECT_THAT(answers, ElementsAre("disable disabled", "enable ready", "purge ready",
                                   "restart Plugin not found: acme.a"));
  const auto& log = bench.workers.log;
  ASSERT_EQ(log.size(), 4u);
  EXPECT_EQ(log[0], "stop acme.a");
  EXPECT_EQ(log[1], "start acme.a 1.0.0");
  EXPECT_EQ(log[2], "stop acme.a");
  EXPECT_THAT(log[3], testing::StartsWith("forget "));
}

TEST(Lifecycle, UnsubscribingInsideAnEventIsHeeded) {
  ReadyBench bench;
  int heard = 0;
  PluginEvents::SubscriptionId second = 0;
  bench.lifecycle->on(PluginEventType::disabled,
                      [&](const PluginEvent&) { bench.lifecycle->off(second); });
  second = bench.lifecycle->on(PluginEventType::disabled, [&](const PluginEvent&) { ++heard; });
  ASSERT_TRUE(bench.disable("acme.a"));
  EXPECT_EQ(heard, 0);
}

TEST(Lifecycle, AFailureThatCannotBeStoredIsLoggedAndTold) {
  ReadyBench bench;
  bench.workers.pace = test::FakeWorkers::Pace::held;
  std::optional<Error> told;
  bench.lifecycle->restart_worker(
      "acme.a", Reply<PluginRecord>([&](Result<PluginRecord> outcome) { told = outcome.error(); }));
  bench.loop.run_ready();
  bench.workers.failures["acme.a"] = worker_error("exited");
  bench.store.fail_with(
      Error{.code = ErrorCode::store_unavailable, .message = "disk full", .remedy = ""});
  bench.workers.release();
  bench.loop.run_ready();
  EXPECT_EQ(told->message, "exited");
  EXPECT_THAT(bench.logger.alarms(),
              ElementsAre("error plugin failed and its row could not be written plugin=acme.a "
                          "failure=\"Activation failed: exited\" error=\"disk full\""));
  // Its tools go all the same.
  EXPECT_EQ(bench.events.back(), "plugin.error acme.a (Activation failed: exited)");
}

TEST(Lifecycle, PassesOnWhatHappensToWorkers) {
  ReadyBench bench;
  bench.lifecycle->report_worker("acme.a", PluginEventType::worker_stopped, "crashed");
  bench.lifecycle->report_worker("acme.b", PluginEventType::worker_stopped, "unknown plugin");
  EXPECT_THAT(bench.events, ElementsAre("plugin.worker_stopped acme.a (crashed)"));
}

}  // namespace
}  // namespace collet
