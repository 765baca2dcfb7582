// Upgrades, approvals, and the start and stop of the host.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "plugin/lifecycle_test_support.hpp"

namespace collet {
namespace {

using test::FakeWorkers;
using test::LifecycleBench;
using test::make_manifest;
using testing::ElementsAre;
using testing::IsEmpty;
using enum PluginStatus;

/// One npm plugin of version 1.0.0, running.
struct NpmBench : LifecycleBench {
  NpmBench() {
    packages.put("pkg", "/npm/a/1", make_manifest("acme.a", "1.0.0"));
    packages.at.at("/npm/a/1")->name = "pkg";
    EXPECT_TRUE(start());
    EXPECT_TRUE(install("pkg"));
    events.clear();
    workers.log.clear();
    packages.fetched.clear();
  }
  /// What fetching version 2.0.0 finds.
  void publish(Manifest manifest) {
    packages.put("pkg@2.0.0", "/npm/a/2", std::move(manifest));
    packages.at.at("/npm/a/2")->name = "pkg";
  }
};

constexpr const char* k_approval_text =
    "introduces new capabilities that require approval: http.outbound. The previous version "
    "declared [agent.tools.register]. Please review and approve the capability escalation before "
    "upgrading.";

TEST(Upgrade, SwitchesToTheNewVersion) {
  NpmBench bench;
  bench.publish(make_manifest("acme.a", "2.0.0"));
  const auto row = bench.upgrade("acme.a", "2.0.0");
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->version, "2.0.0");
  EXPECT_EQ(row->package_path, "/npm/a/2");
  EXPECT_EQ(row->status, ready);
  EXPECT_THAT(bench.packages.fetched, ElementsAre("pkg@2.0.0"));
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a, it starts again", "start acme.a 2.0.0"));
  EXPECT_THAT(bench.events, ElementsAre("plugin.worker_stopped acme.a (upgrade)",
                                        "plugin.worker_started acme.a", "plugin.enabled acme.a"));
  EXPECT_THAT(bench.packages.discarded, ElementsAre("/npm/a/1"));
}

TEST(Upgrade, WhatCannotBeUsedNeverStopsTheOldVersion) {
  NpmBench bench;
  EXPECT_EQ(bench.upgrade("acme.a", "2.0.0").error().message, "no such package: pkg@2.0.0");
  bench.publish(make_manifest("acme.b", "2.0.0"));
  EXPECT_EQ(bench.upgrade("acme.a", "2.0.0").error().message,
            "Upgrade failed: new manifest ID 'acme.b' does not match existing plugin ID 'acme.a'");
  bench.publish(make_manifest("acme.a", "2.0.0"));
  bench.packages.at.at("/npm/a/2")->worker = fail(ErrorCode::install_failed, "no worker there");
  EXPECT_EQ(bench.upgrade("acme.a", "2.0.0").error().message, "no worker there");
  EXPECT_THAT(bench.workers.log, IsEmpty());
  EXPECT_THAT(bench.events, IsEmpty());
  EXPECT_EQ(bench.lifecycle->find("acme.a")->version, "1.0.0");
  EXPECT_THAT(bench.packages.discarded, ElementsAre("/npm/a/2", "/npm/a/2"));
}

TEST(Upgrade, ANewVersionThatDoesNotStartBringsTheOldOneBack) {
  NpmBench bench;
  bench.publish(make_manifest("acme.a", "2.0.0"));
  bench.workers.pace = FakeWorkers::Pace::held;
  std::optional<Error> told;
  bench.lifecycle->upgrade("acme.a", "2.0.0",
                           Reply<PluginRecord>([&](Result<PluginRecord> outcome) {
                             ASSERT_FALSE(outcome);
                             told = outcome.error();
                           }));
  bench.loop.run_ready();
  ASSERT_EQ(bench.workers.held.size(), 1u);
  bench.workers.failures["acme.a"] = {
      .code = ErrorCode::worker_unavailable, .message = "exited", .remedy = ""};
  bench.workers.release();
  bench.loop.run_ready();
  bench.workers.failures.clear();
  ASSERT_EQ(bench.workers.held.size(), 1u);
  bench.workers.release();
  bench.loop.run_ready();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->message, "exited");
  EXPECT_EQ(told->remedy, "version 1.0.0 runs on");
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a, it starts again", "start acme.a 2.0.0",
                                             "expect acme.a", "start acme.a 1.0.0"));
  EXPECT_EQ(bench.stored("acme.a")->status, ready);
  EXPECT_EQ(bench.stored("acme.a")->version, "1.0.0");
  EXPECT_TRUE(bench.workers.is_running(bench.stored("acme.a")->id));
}

TEST(Upgrade, CallsWaitForTheNewVersionAndForTheOldOneThatComesBack) {
  NpmBench bench;
  const auto id = bench.lifecycle->find("acme.a")->id;
  bench.publish(make_manifest("acme.a", "2.0.0"));
  bench.workers.pace = FakeWorkers::Pace::held;
  bench.workers.failures["acme.a"] = {
      .code = ErrorCode::worker_unavailable, .message = "exited", .remedy = ""};
  std::optional<Error> told;
  bench.lifecycle->upgrade(
      "acme.a", "2.0.0",
      Reply<PluginRecord>([&](Result<PluginRecord> outcome) { told = outcome.error(); }));
  bench.loop.run_ready();
  EXPECT_TRUE(bench.workers.expected.contains(id));
  bench.workers.release();
  bench.loop.run_ready();
  EXPECT_TRUE(bench.workers.expected.contains(id));
  bench.workers.release();
  bench.loop.run_ready();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->remedy, "version 1.0.0 could not be started again either: exited");
  EXPECT_EQ(bench.stored("acme.a")->status, error);
  EXPECT_THAT(bench.workers.log,
              ElementsAre("stop acme.a, it starts again", "start acme.a 2.0.0", "expect acme.a",
                          "start acme.a 1.0.0", "stop nothing"));
  EXPECT_THAT(bench.workers.expected, IsEmpty());
}

TEST(Upgrade, AVersionThatCannotBeStoredIsTakenBack) {
  NpmBench bench;
  bench.publish(make_manifest("acme.a", "2.0.0"));
  bench.workers.pace = FakeWorkers::Pace::held;
  std::optional<Error> told;
  bench.lifecycle->upgrade(
      "acme.a", "2.0.0",
      Reply<PluginRecord>([&](Result<PluginRecord> outcome) { told = outcome.error(); }));
  bench.loop.run_ready();
  bench.store.fail_with(
      Error{.code = ErrorCode::store_unavailable, .message = "disk full", .remedy = ""});
  bench.workers.release();
  bench.loop.run_ready();
  ASSERT_EQ(bench.workers.held.size(), 1u);
  EXPECT_THAT(bench.workers.expected, testing::SizeIs(1));
  bench.workers.release();
  bench.loop.run_ready();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->message, "disk full");
  EXPECT_EQ(told->remedy, "version 1.0.0 runs on");
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a, it starts again", "start acme.a 2.0.0",
                                             "stop acme.a, it starts again", "start acme.a 1.0.0"));
}

TEST(Upgrade, NewCapabilitiesWaitForApprovalAndEnableApproves) {
  NpmBench bench;
  bench.publish(make_manifest("acme.a", "2.0.0", {"http.outbound"}));
  const auto outcome = bench.upgrade("acme.a", "2.0.0");
  ASSERT_FALSE(outcome);
  const auto id = bench.lifecycle->find("acme.a")->id;
  EXPECT_EQ(outcome.error().code, ErrorCode::approval_required);
  EXPECT_EQ(outcome.error().message, "Upgrade for \"" + id + "\" " + k_approval_text);
  EXPECT_EQ(outcome.error().remedy, "to approve them: collet plugin enable acme.a");
  EXPECT_EQ(bench.stored("acme.a")->status, upgrade_pending);
  EXPECT_EQ(bench.stored("acme.a")->version, "1.0.0");
  EXPECT_THAT(bench.workers.log, ElementsAre("stop acme.a"));

  // Asking again approves nothing.
  EXPECT_EQ(bench.upgrade("acme.a", "2.0.0").error().code, ErrorCode::approval_required);
  // Neither does a new start of the host.
  bench.reopen();
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.lifecycle->get_status("acme.a"), upgrade_pending);
  EXPECT_THAT(bench.workers.log, IsEmpty());

  const auto row = bench.enable("acme.a");
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->status, ready);
  EXPECT_EQ(row->version, "2.0.0");
  EXPECT_EQ(row->last_error, std::nullopt);
  EXPECT_THAT(bench.workers.log, ElementsAre("start acme.a 2.0.0"));
}

TEST(Upgrade, NoOtherWayAcceptsNewCapabilities) {
  for (const std::string way : {"restart", "disable and enable", "start of the host"}) {
    SCOPED_TRACE(way);
    LifecycleBench bench;
    bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
    ASSERT_TRUE(bench.start());
    ASSERT_TRUE(bench.install("/src/a"));
    bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0", {"http.outbound"}));
    if (way == "restart") {
      EXPECT_EQ(bench.restart("acme.a").error().code, ErrorCode::approval_required);
    } else if (way == "disable and enable") {
      ASSERT_TRUE(bench.disable("acme.a"));
      EXPECT_EQ(bench.enable("acme.a").error().code, ErrorCode::approval_required);
    } else {
      bench.reopen();
      ASSERT_TRUE(bench.start());
      EXPECT_THAT(bench.logger.alarms(), testing::SizeIs(1));
    }
    EXPECT_EQ(bench.lifecycle->get_status("acme.a"), upgrade_pending);
    EXPECT_THAT(bench.workers.running, IsEmpty());
    EXPECT_TRUE(bench.enable("acme.a"));
  }
}

TEST(Upgrade, FetchesOneAfterTheOtherWithAnInstallOfTheSameSource) {
  NpmBench bench;
  bench.publish(make_manifest("acme.a", "2.0.0"));
  bench.packages.most_fetching = 0;
  std::vector<std::string> answers;
  const auto note = [&](std::string what) {
    return Reply<PluginRecord>([&answers, what](Result<PluginRecord> outcome) {
      answers.push_back(what + " " + (outcome ? outcome->version : outcome.error().message));
    });
  };
  bench.lifecycle->upgrade("acme.a", "2.0.0", note("upgrade"));
  bench.lifecycle->load(
      {.source = "pkg@2.0.0", .version = {}, .kind = InstallRequest::Kind::npm, .progress = {}},
      note("install"));
  bench.loop.run_ready();
  EXPECT_THAT(answers, ElementsAre("upgrade 2.0.0", "install Plugin already installed: acme.a"));
  EXPECT_EQ(bench.packages.most_fetching, 1);
  // The refused install leaves what the upgrade runs from.
  EXPECT_THAT(bench.packages.discarded, ElementsAre("/npm/a/1"));
}

TEST(Upgrade, AFolderIsTheSameSourceHoweverItIsSpelled) {
  LifecycleBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
  bench.packages.put("/src/./a/", "/src/a", make_manifest("acme.a", "1.0.0"));
  ASSERT_TRUE(bench.start());
  ASSERT_TRUE(bench.install("/src/a"));
  bench.packages.most_fetching = 0;
  std::vector<bool> answers;
  const auto note = [&] {
    return Reply<PluginRecord>(
        [&](Result<PluginRecord> outcome) { answers.push_back(outcome.has_value()); });
  };
  bench.lifecycle->upgrade("acme.a", {}, note());
  bench.lifecycle->load(
      {.source = "/src/./a/", .version = {}, .kind = InstallRequest::Kind::folder, .progress = {}},
      note());
  bench.loop.run_ready();
  EXPECT_THAT(answers, ElementsAre(true, false));
  EXPECT_EQ(bench.packages.most_fetching, 1);
}

TEST(Upgrade, OfWhatWasInstalledFromElsewhereMeanwhileFetchesFromThere) {
  NpmBench bench;
  bench.publish(make_manifest("acme.a", "2.0.0"));
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.1.0"));
  std::vector<std::string> answers;
  const auto note = [&](std::string what) {
    return Reply<PluginRecord>([&answers, what](Result<PluginRecord> outcome) {
      answers.push_back(what + " " + (outcome ? outcome->version : outcome.error().message));
    });
  };
  const auto load = [&](std::string source, InstallRequest::Kind kind) {
    bench.lifecycle->load({.source = source, .version = {}, .kind = kind, .progress = {}},
                          note("install " + source));
  };
  bench.lifecycle->unload("acme.a", Uninstall::keep_row, note("uninstall"));
  load("/src/a", InstallRequest::Kind::folder);
  load("pkg@2.0.0", InstallRequest::Kind::npm);
  bench.lifecycle->upgrade("acme.a", {}, note("upgrade"));  // waits for the install of pkg
  bench.loop.run_ready();
  EXPECT_THAT(answers,
              ElementsAre("uninstall 1.0.0", "install /src/a 1.1.0",
                          "install pkg@2.0.0 Plugin already installed: acme.a", "upgrade 1.1.0"));
  EXPECT_THAT(bench.packages.fetched, ElementsAre("/src/a", "pkg@2.0.0", "/src/a"));
}

// ---- the host's start and stop

/// Ten plugins acme.0 … acme.9 in the store, ready, and a host that has just begun.
struct RestartedBench : LifecycleBench {
  explicit RestartedBench(std::size_t activations_max) {
    EXPECT_TRUE(start());
    for (int i = 0; i < 10; ++i) {
      const auto name = "acme." + std::to_string(i);
      packages.put("/src/" + name, "/src/" + name, make_manifest(name, "1.0.0"));
      EXPECT_TRUE(install("/src/" + name));
    }
    reopen({.host_version = "2026.916.1", .activations_max = activations_max});
  }
};

TEST(HostStart, StartsAtMostSoManyAtATime) {
  RestartedBench bench(3);
  bench.workers.pace = FakeWorkers::Pace::held;
  ASSERT_TRUE(bench.start());  // answers though no worker runs yet
  EXPECT_EQ(bench.lifecycle->list(ready).size(), 10u);
  EXPECT_EQ(bench.workers.held.size(), 3u);
  for (int started = 0; started < 10; ++started) {
    bench.workers.release();
    bench.loop.run_ready();
  }
  EXPECT_EQ(bench.workers.most_held, 3u);
  EXPECT_EQ(bench.workers.running.size(), 10u);
  EXPECT_EQ(bench.events.front(), "plugin.worker_started acme.0");
  EXPECT_EQ(bench.events[1], "plugin.enabled acme.0");
}

TEST(HostStart, OneThatFailsHurtsNoOther) {
  RestartedBench bench(4);
  bench.workers.failures["acme.4"] = {
      .code = ErrorCode::worker_unavailable, .message = "bad", .remedy = ""};
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.workers.running.size(), 9u);
  EXPECT_EQ(bench.stored("acme.4")->status, error);
  EXPECT_EQ(bench.stored("acme.4")->last_error, "Activation failed: bad");
  EXPECT_THAT(bench.logger.alarms(),
              ElementsAre("warn plugin did not start plugin=acme.4 error=bad"));
}

TEST(HostStart, CallsFailAtOnceWhereTheStartComesToNothing) {
  LifecycleBench bench;
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0"));
  ASSERT_TRUE(bench.start());
  ASSERT_TRUE(bench.install("/src/a"));
  bench.packages.put("/src/a", "/src/a", make_manifest("acme.a", "1.0.0", {"http.outbound"}));
  bench.reopen();
  bench.workers.expect_worker(bench.stored("acme.a")->id, "acme.a");  // as the host does
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.lifecycle->get_status("acme.a"), upgrade_pending);
  EXPECT_THAT(bench.workers.expected, IsEmpty());
}

TEST(HostStart, SweepsPackagesButThoseOfTheRows) {
  NpmBench bench;
  bench.packages.put("/src/b", "/src/b", make_manifest("acme.b", "1.0.0"));
  ASSERT_TRUE(bench.install("/src/b"));
  ASSERT_TRUE(bench.disable("acme.a"));
  bench.packages.sweeps.clear();
  bench.reopen();
  ASSERT_TRUE(bench.start());
  EXPECT_THAT(bench.packages.sweeps,
              ElementsAre(testing::UnorderedElementsAre("/npm/a/1", "/src/b")));
}

TEST(HostStart, LeavesDisabledAndFailedPluginsAlone) {
  LifecycleBench bench;
  ASSERT_TRUE(bench.start());
  for (const std::string name : {"acme.a", "acme.b"}) {
    bench.packages.put(name, "/src/" + name, make_manifest(name, "1.0.0"));
    ASSERT_TRUE(bench.install(name));
  }
  ASSERT_TRUE(bench.disable("acme.a"));
  ASSERT_TRUE(bench.mark_error("acme.b", "broken"));
  bench.reopen();
  ASSERT_TRUE(bench.start());
  EXPECT_THAT(bench.workers.log, IsEmpty());
  EXPECT_THAT(bench.events, IsEmpty());
}

TEST(HostStart, ReadyPluginsAreListedOnceTheRowsAreRead) {
  RestartedBench bench(1);
  bench.workers.pace = FakeWorkers::Pace::held;
  std::vector<std::string> keys;
  bench.lifecycle->list_ready(
      Reply<std::vector<ReadyPlugin>>([&](Result<std::vector<ReadyPlugin>> ready_plugins) {
        for (const auto& plugin : ready_plugins.value()) {
          EXPECT_EQ(plugin.manifest->tools.size(), 1u);
          keys.push_back(plugin.key);
        }
      }));
  bench.loop.run_ready();
  EXPECT_THAT(keys, IsEmpty());
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(keys.size(), 10u);
  EXPECT_EQ(keys[9], "acme.9");
}

TEST(HostStart, AStoreThatCannotBeReadIsTold) {
  LifecycleBench bench;
  bench.store.fail_with(
      Error{.code = ErrorCode::store_unavailable, .message = "locked", .remedy = ""});
  EXPECT_EQ(bench.start().error().message, "locked");
  EXPECT_THAT(bench.packages.sweeps, IsEmpty());  // all packages would seem unused
  const auto listed = bench.get<std::vector<ReadyPlugin>>(
      [&](auto reply) { bench.lifecycle->list_ready(std::move(reply)); });
  EXPECT_EQ(listed.error().message, "locked");
}

TEST(HostStop, WaitsForWhatIsUnderWayAndRefusesTheRest) {
  RestartedBench bench(2);
  bench.workers.pace = FakeWorkers::Pace::held;
  ASSERT_TRUE(bench.start());
  bool stopped = false;
  bench.lifecycle->stop(Reply<Done>([&](Result<Done>) { stopped = true; }));
  bench.loop.run_ready();
  EXPECT_FALSE(stopped);
  EXPECT_EQ(bench.disable("acme.9").error().code, ErrorCode::shutting_down);
  // The workers' room refuses starts once it stops, which is no fault of the plugins'.
  for (const auto* key : {"acme.0", "acme.1"}) {
    bench.workers.failures[key] = {
        .code = ErrorCode::shutting_down, .message = "stopping", .remedy = ""};
  }
  bench.workers.release();
  bench.workers.release();
  bench.loop.run_ready();
  EXPECT_TRUE(stopped);
  EXPECT_THAT(bench.workers.held, IsEmpty());
  EXPECT_EQ(bench.lifecycle->list(ready).size(), 10u);
}

TEST(HostStop, AnswersAtOnceWhereNothingIsUnderWay) {
  LifecycleBench bench;
  ASSERT_TRUE(bench.start());
  EXPECT_TRUE(bench.get<Done>([&](auto reply) { bench.lifecycle->stop(std::move(reply)); }));
}

}  // namespace
}  // namespace collet
