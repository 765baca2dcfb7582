// Plugins whose workers cannot start because the host lacks descriptors, processes or memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugin/lifecycle_test_support.hpp"

namespace collet {
namespace {

using namespace std::chrono_literals;
using test::LifecycleBench;
using testing::ElementsAre;
using testing::HasSubstr;

const Error k_lack{.code = ErrorCode::overloaded,
                   .message = "cannot start /a/w: the host has too many open files",
                   .remedy = "raise the limit",
                   .retry_after = 1s};

/// The plugin acme.a, which is installed and runs.
struct LackBench : LifecycleBench {
  LackBench() {
    packages.put("a", "/a", test::make_manifest("acme.a", "1.0.0"));
    EXPECT_TRUE(start());
    EXPECT_TRUE(install("a"));
    workers.log.clear();
    take_events();
  }
  PluginStatus status() { return *lifecycle->get_status("acme.a"); }
  bool runs() { return workers.is_running(lifecycle->find("acme.a")->id); }
};

TEST(LifecycleLack, AtTheHostsStartAPluginStaysReadyAndIsTriedEverySecond) {
  LackBench bench;
  bench.reopen();
  bench.workers.failures["acme.a"] = k_lack;
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.status(), PluginStatus::ready);
  EXPECT_EQ(bench.stored("acme.a")->status, PluginStatus::ready);
  EXPECT_EQ(bench.stored("acme.a")->last_error, std::nullopt);
  EXPECT_TRUE(bench.workers.expected.contains(bench.stored("acme.a")->id)) << "calls wait for it";

  bench.loop.advance(1s - 1ns);
  EXPECT_THAT(bench.workers.log, ElementsAre("start acme.a 1.0.0", "expect acme.a"));
  bench.loop.advance(10s);
  EXPECT_EQ(bench.workers.log.size(), 22u);
  EXPECT_FALSE(bench.runs());
  EXPECT_THAT(bench.logger.alarms(),
              ElementsAre("warn plugin waits for what the host lacks; it is tried again every "
                          "second plugin=acme.a reason=\"cannot start /a/w: the host has too many "
                          "open files\" remedy=\"raise the limit\""))
      << "once";

  bench.workers.failures.clear();
  bench.loop.advance(1s);
  EXPECT_TRUE(bench.runs());
  bench.workers.log.clear();
  bench.loop.advance(1h);
  EXPECT_THAT(bench.workers.log, ElementsAre());
}

TEST(LifecycleLack, APackageThatCannotBeReadForItWaitsToo) {
  LackBench bench;
  bench.reopen();
  const auto package = bench.packages.at.at("/a");
  bench.packages.at.insert_or_assign("/a", std::unexpected(k_lack));
  ASSERT_TRUE(bench.start());
  EXPECT_EQ(bench.status(), PluginStatus::ready);
  bench.packages.at.insert_or_assign("/a", package);
  bench.loop.advance(1s);
  EXPECT_TRUE(bench.runs());
}

TEST(LifecycleLack, ARestartIsToldAndGoesOnByItself) {
  LackBench bench;
  bench.workers.failures["acme.a"] = k_lack;
  const auto restarted = bench.restart("acme.a");
  ASSERT_FALSE(restarted);
  EXPECT_EQ(restarted.error().code, ErrorCode::overloaded);
  EXPECT_EQ(restarted.error().retry_after, 1s);
  EXPECT_EQ(bench.status(), PluginStatus::ready);
  bench.workers.failures.clear();
  bench.loop.advance(1s);
  EXPECT_TRUE(bench.runs());
}

TEST(LifecycleLack, WhoRestartsItMeanwhileEndsTheWait) {
  LackBench bench;
  bench.workers.failures["acme.a"] = k_lack;
  ASSERT_FALSE(bench.restart("acme.a"));
  ASSERT_FALSE(bench.restart("acme.a"));
  bench.workers.failures.clear();
  ASSERT_TRUE(bench.restart("acme.a"));
  bench.workers.log.clear();
  bench.loop.advance(1h);
  EXPECT_THAT(bench.workers.log, ElementsAre()) << "it is not started a second time";
  EXPECT_TRUE(bench.runs());
}

TEST(LifecycleLack, WhatIsDisabledMeanwhileIsNotStarted) {
  LackBench bench;
  bench.workers.failures["acme.a"] = k_lack;
  ASSERT_FALSE(bench.restart("acme.a"));
  ASSERT_TRUE(bench.disable("acme.a"));
  bench.workers.failures.clear();
  bench.loop.advance(1h);
  EXPECT_FALSE(bench.runs());
  EXPECT_EQ(bench.status(), PluginStatus::disabled);
}

TEST(LifecycleLack, AHostThatStopsTriesNoMore) {
  LackBench bench;
  bench.workers.failures["acme.a"] = k_lack;
  ASSERT_FALSE(bench.restart("acme.a"));
  ASSERT_TRUE(bench.get<Done>([&](auto reply) { bench.lifecycle->stop(std::move(reply)); }));
  bench.workers.log.clear();
  bench.loop.advance(1h);
  EXPECT_THAT(bench.workers.log, ElementsAre());
}

TEST(LifecycleLack, AnInstallFailsAndEnablingMendsIt) {
  LackBench bench;
  bench.packages.put("b", "/b", test::make_manifest("acme.b", "1.0.0"));
  bench.workers.failures["acme.b"] = k_lack;
  const auto installed = bench.install("b");
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, ErrorCode::install_failed);
  EXPECT_THAT(installed.error().message, HasSubstr("the host has too many open files"));
  EXPECT_EQ(installed.error().remedy,
            "raise the limit; then start it with: collet plugin enable acme.b");
  EXPECT_EQ(bench.lifecycle->get_status("acme.b"), PluginStatus::error);
  bench.workers.failures.clear();
  EXPECT_TRUE(bench.enable("acme.b"));
}

}  // namespace
}  // namespace collet
