// Uninstalls while the same package is being installed: a worker takes its time to stop, and what
// the install has fetched meanwhile is not the uninstall's to delete.
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

/// acme.a 1.0.0 from npm's `pkg`, running; npm's `fork` has an acme.a, too. Workers take their time
/// to stop.
struct UnloadBench : LifecycleBench {
  std::vector<std::string> answers;  ///< "install 1.0.0", in the order in which they came

  UnloadBench() {
    put_npm("pkg", "/npm/pkg/1", "1.0.0");
    put_npm("fork", "/npm/fork/3", "3.0.0");
    EXPECT_TRUE(start());
    begin_install("pkg");
    loop.run_ready();
    EXPECT_THAT(std::exchange(answers, {}), ElementsAre("install 1.0.0"));
    workers.stop_pace = FakeWorkers::Pace::held;
  }
  void put_npm(const std::string& name, const std::string& root, const std::string& version) {
    packages.put(name, root, make_manifest("acme.a", version));
    packages.at.at(root)->name = name;
  }
  void begin_install(const std::string& name) {
    lifecycle->load(
        {.source = name, .version = {}, .kind = InstallRequest::Kind::npm, .progress = {}},
        note("install"));
  }
  void begin_uninstall(Uninstall how) { lifecycle->unload("acme.a", how, note("uninstall")); }
  /// Workers that stop have stopped, and whoever waited for that goes on.
  void let_workers_stop() {
    loop.run_ready();
    workers.release_stops();
    loop.run_ready();
  }
  Reply<PluginRecord> note(std::string what) {
    return Reply<PluginRecord>([this, what = std::move(what)](Result<PluginRecord> outcome) {
      answers.push_back(what + " " + (outcome ? outcome->version : outcome.error().message));
    });
  }
};

TEST(Unload, LeavesWhatAnInstallOfTheSameVersionFetchesMeanwhile) {
  for (const auto how : {Uninstall::keep_row, Uninstall::purge}) {
    SCOPED_TRACE(how == Uninstall::purge ? "purge" : "keep_row");
    UnloadBench bench;
    bench.begin_uninstall(how);
    bench.begin_install("pkg");
    bench.let_workers_stop();
    EXPECT_THAT(bench.answers, ElementsAre("uninstall 1.0.0", "install 1.0.0"));
    EXPECT_EQ(bench.stored("acme.a")->status, ready);
    EXPECT_EQ(bench.stored("acme.a")->package_path, "/npm/pkg/1");
    EXPECT_THAT(bench.packages.on_disk, ElementsAre("/npm/pkg/1"));
  }
}

TEST(Unload, WaitsForAnInstallOfTheSamePackageThatWasFirst) {
  UnloadBench bench;
  bench.begin_install("pkg");
  bench.begin_uninstall(Uninstall::keep_row);
  bench.let_workers_stop();
  EXPECT_THAT(bench.answers,
              ElementsAre("install Plugin already installed: acme.a", "uninstall 1.0.0"));
  EXPECT_EQ(bench.stored("acme.a")->status, uninstalled);
  EXPECT_THAT(bench.packages.on_disk, IsEmpty());
}

TEST(Unload, OfWhatWasInstalledFromElsewhereMeanwhileWaitsForInstallsFromThere) {
  UnloadBench bench;
  bench.begin_uninstall(Uninstall::keep_row);
  bench.begin_install("fork");
  bench.begin_uninstall(Uninstall::keep_row);  // asked for while the plugin still is pkg's
  bench.let_workers_stop();
  ASSERT_THAT(bench.answers, ElementsAre("uninstall 1.0.0", "install 3.0.0"));
  bench.answers.clear();

  bench.begin_install("fork");
  bench.let_workers_stop();
  EXPECT_THAT(bench.answers, ElementsAre("uninstall 3.0.0", "install 3.0.0"));
  EXPECT_EQ(bench.stored("acme.a")->status, ready);
  EXPECT_THAT(bench.packages.on_disk, ElementsAre("/npm/fork/3"));
}

}  // namespace
}  // namespace collet
