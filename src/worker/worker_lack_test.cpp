// Starts that fail because the host lacks descriptors, processes or memory.
#include "worker/worker_fixture.hpp"

namespace collet::worker {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LackTest : public WorkerTest {
 protected:
  const Error lack_{.code = ErrorCode::overloaded,
                    .message = "cannot start /p/w: the host has too many open files",
                    .remedy = "raise the limit"};

  WorkerDiagnostics seen() { return *workers().get_worker(k_uuid); }
  /// Its worker ran, crashed, and is due to start again.
  void crash_once() {
    start_and_initialize();
    spawner.last().exit_with_code(1);
    loop.advance(1s - 1ns);
  }
};

TEST_F(LackTest, AFirstStartIsItsCallersToJudge) {
  spawner.fail_all = lack_;
  start();
  EXPECT_EQ(started, lack_.message);
  EXPECT_EQ(status(), WorkerStatus::stopped);
  for (int i = 0; i < 10; ++i) start();
  EXPECT_EQ(log.alarms().size(), 1u)
      << "who tries again and again is not told in the log each time";
  spawner.fail_all.reset();
  loop.advance(1h);
  EXPECT_THAT(spawner.processes, IsEmpty());
  EXPECT_EQ(seen().total_crashes, 0u);
}

TEST_F(LackTest, ARestartIsTriedAgainAfterASecondAndCallsAreToldWhy) {
  crash_once();
  spawner.fail_all = lack_;
  loop.advance(1ns);
  EXPECT_EQ(status(), WorkerStatus::backoff);
  EXPECT_EQ(seen().starts_postponed, 1u);
  EXPECT_EQ(seen().last_exit,
            "exited with code 1; cannot start /p/w: the host has too many open files");
  loop.advance(400ms);
  call();
  EXPECT_THAT(answers,
              ElementsAre("overloaded: Cannot execute \"acme.x:t\": cannot start /p/w: the "
                          "host has too many open files; it is tried again in 0.6 s"));
  EXPECT_EQ(last_error.retry_after, 600ms);
  EXPECT_EQ(last_error.remedy, "raise the limit");

  spawner.fail_all.reset();
  loop.advance(600ms - 1ns);
  EXPECT_EQ(spawner.processes.size(), 1u);
  loop.advance(1ns);
  ASSERT_EQ(spawner.processes.size(), 2u);
  answer_initialize();
  EXPECT_EQ(status(), WorkerStatus::running);
  EXPECT_EQ(seen().last_exit, "exited with code 1");
  EXPECT_THAT(statuses, ElementsAre("backoff", "running"));
}

TEST_F(LackTest, HoweverOftenItIsTriedItCountsAsNoCrashAndIsToldOnce) {
  crash_once();
  spawner.fail_all = lack_;
  loop.advance(100s);
  EXPECT_EQ(status(), WorkerStatus::backoff) << "not failed: ten crashes are too many";
  EXPECT_EQ(seen().total_crashes, 1u);
  EXPECT_EQ(seen().consecutive_crashes, 1u);
  EXPECT_EQ(seen().starts_postponed, 100u);
  EXPECT_THAT(log.alarms(),
              ElementsAre(HasSubstr("worker crashed"),
                          "warn worker did not start plugin=acme.x reason=\"cannot start /p/w: the "
                          "host has too many open files\" remedy=\"raise the limit\""));
}

TEST_F(LackTest, WhatIsThePluginsOwnFaultCountsBehindIt) {
  crash_once();
  spawner.fail_all = lack_;
  loop.advance(1ns);
  spawner.fail_all = Error{.code = ErrorCode::worker_unavailable, .message = "no such file"};
  loop.advance(1s);
  EXPECT_EQ(seen().total_crashes, 2u);
  EXPECT_EQ(log.alarms().back(),
            "warn worker crashed plugin=acme.x how=\"no such file\" in_a_row=2");
  call();
  EXPECT_THAT(answers, ElementsAre("worker_unavailable: Cannot execute \"acme.x:t\": the worker of "
                                   "plugin \"acme.x\" failed to start again; it starts again in "
                                   "2.0 s"));
}

TEST_F(LackTest, OfSeveralThoseThatRunAreEnoughAndTheRestFollows) {
  manifest.settings.instances = 3;
  spawner.fail_next = lack_;
  start();
  ASSERT_EQ(spawner.processes.size(), 2u);
  spawner.processes[0]->emit_stdout(k_initialized);
  EXPECT_EQ(started, "");
  spawner.processes[1]->emit_stdout(k_initialized);
  EXPECT_EQ(started, "started");
  EXPECT_EQ(seen().instances_running, 2u);
  EXPECT_EQ(seen().starts_postponed, 1u);
  loop.advance(1s);
  ASSERT_EQ(spawner.processes.size(), 3u);
  spawner.last().emit_stdout(k_initialized);
  EXPECT_EQ(seen().instances_running, 3u);
  EXPECT_EQ(seen().total_crashes, 0u);
}

TEST_F(LackTest, OfSeveralOfWhichNoneCanStartNoneIsTriedAgain) {
  manifest.settings.instances = 3;
  spawner.fail_all = lack_;
  start();
  EXPECT_EQ(started, lack_.message);
  EXPECT_EQ(status(), WorkerStatus::stopped);
  spawner.fail_all.reset();
  loop.advance(1h);
  EXPECT_THAT(spawner.processes, IsEmpty());
}

}  // namespace
}  // namespace collet::worker
