#include "worker/pool.hpp"

#include <csignal>

#include "worker/worker_fixture.hpp"

namespace collet::worker {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Three instances.
class PoolTest : public WorkerTest {
 protected:
  PoolTest() { manifest.settings.instances = 3; }
  process::FakeProcess& process(std::size_t i) { return *spawner.processes.at(i); }
  void start_all() {
    start();
    ASSERT_EQ(spawner.processes.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(started, "");
      process(i).emit_stdout(k_initialized);
      (void)process(i).take_written();
    }
    ASSERT_EQ(started, "started");
  }
  /// How many calls each process was sent since the last look.
  std::vector<int> calls_sent() {
    std::vector<int> counts;
    for (const auto& each : spawner.processes) {
      const auto written = each->take_written();
      int count = 0;
      for (std::size_t at = 0; (at = written.find("executeTool", at)) != written.npos; ++at)
        ++count;
      counts.push_back(count);
    }
    return counts;
  }
  WorkerDiagnostics seen() { return *workers().get_worker(k_uuid); }
};

TEST_F(PoolTest, StartsAllAndAnswersWhenAllAreUp) {
  start_all();
  EXPECT_EQ(status(), WorkerStatus::running);
  EXPECT_EQ(seen().instances, 3u);
  EXPECT_EQ(seen().instances_running, 3u);
  EXPECT_EQ(workers().diagnostics().size(), 1u);
}

TEST_F(PoolTest, EachCallGoesToTheOneWithTheFewest) {
  start_all();
  for (int i = 0; i < 5; ++i) call();
  EXPECT_THAT(calls_sent(), ElementsAre(2, 2, 1));
  process(1).emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n");
  process(1).emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n");
  call();
  EXPECT_THAT(calls_sent(), ElementsAre(0, 1, 0));
  EXPECT_EQ(seen().pending_requests, 4u);
}

TEST_F(PoolTest, WhileOneIsInBackoffTheOthersGoOn) {
  start_all();
  call();
  process(0).exit_by_signal(SIGKILL);
  EXPECT_THAT(answers, ElementsAre(HasSubstr("worker_crashed")));
  EXPECT_EQ(status(), WorkerStatus::running);
  EXPECT_EQ(seen().instances_running, 2u);
  EXPECT_EQ(seen().total_crashes, 1u);
  EXPECT_EQ(seen().pid, process(1).pid);
  EXPECT_THAT(seen().last_exit, HasSubstr("SIGKILL"));
  (void)calls_sent();
  call();
  call();
  EXPECT_THAT(calls_sent(), ElementsAre(0, 1, 1));
  loop.advance(1s);
  ASSERT_EQ(spawner.processes.size(), 4u);
  answer_initialize();
  EXPECT_EQ(seen().instances_running, 3u);
}

TEST_F(PoolTest, LimitsThatWereHitAreCountedOverAllInstances) {
  policy.channel.line_bytes_max = 200;
  policy.channel.depth_max = 4;
  start_all();
  process(0).emit_stdout(std::string(201, 'x') + "\n");
  process(1).emit_stdout(std::string(201, 'x') + "\n[[[[[1]]]]]\n");
  process(2).emit_stderr(std::string(policy.channel.stderr_line_bytes_max + 1, 'x'));
  services.log = {.lines_a_second_max = 7, .lines_at_once_max = 8, .lines_left_out = 9};
  EXPECT_EQ(
      seen().protocol_limits_hit,
      (ProtocolLimitsHit{.line_bytes = 2, .depth = 1, .stderr_line_bytes = 1, .log_lines = 9}));
  EXPECT_EQ(seen().protocol_limits,
            (ProtocolLimits{.line_bytes_max = 200,
                            .depth_max = 4,
                            .stderr_line_bytes_max = policy.channel.stderr_line_bytes_max,
                            .calls_pending_max = policy.calls_pending_max,
                            .unsent_bytes_max = policy.unsent_bytes_max,
                            .chatter_bytes_a_second_max = policy.output.chatter_bytes_a_second_max,
                            .log_lines_a_second_max = 7,
                            .log_lines_at_once_max = 8}));
}

TEST_F(PoolTest, WhereOneDoesNotStartNoneIsLeft) {
  start();
  process(0).emit_stdout(k_initialized);
  process(1).exit_with_code(3);
  EXPECT_EQ(started, "") << "the others are still there";
  process(0).exit_with_code(0);
  process(2).exit_by_signal(SIGTERM);
  EXPECT_THAT(started, HasSubstr("exited with code 3"));
  EXPECT_EQ(status(), WorkerStatus::stopped);
  EXPECT_EQ(spawner.processes.size(), 3u);
}

TEST_F(PoolTest, WhereNoneCanBeSpawnedTheFirstSaysWhy) {
  spawner.fail_next = Error{.code = ErrorCode::worker_unavailable, .message = "no such file"};
  start();
  EXPECT_EQ(started, "no such file");
  EXPECT_THAT(spawner.processes, IsEmpty());
}

TEST_F(PoolTest, AStopEndsAll) {
  start_all();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stops, 0);
    process(i).exit_with_code(0);
  }
  EXPECT_EQ(stops, 1);
  EXPECT_EQ(status(), WorkerStatus::stopped);
}

TEST_F(PoolTest, WhatIsKilledGetsNoCallsAnyMore) {
  on_timeout = OnTimeout::kill;
  start_all();
  call(1s);
  loop.advance(1s);
  EXPECT_THAT(answers, ElementsAre(HasSubstr("timeout")));
  EXPECT_THAT(process(0).signals, ElementsAre(SIGKILL));
  (void)calls_sent();
  for (int i = 0; i < 4; ++i) call();
  EXPECT_THAT(calls_sent(), ElementsAre(0, 2, 2));
}

TEST_F(PoolTest, WhereAllAreInBackoffTheFirstToStartAnswers) {
  start_all();
  for (int i = 0; i < 2; ++i) {  // the first crashes twice, so that it waits longest
    process(i == 0 ? 0 : 3).exit_with_code(1);
    if (i == 0) {
      loop.advance(1s);
      answer_initialize();
    }
  }
  process(1).exit_with_code(1);
  process(2).exit_with_code(1);
  call();
  EXPECT_THAT(answers, ElementsAre(HasSubstr("it starts again in 1.0 s")));
}

TEST_F(PoolTest, CallsThatComeDuringAStopWaitForTheStartHoweverFewItMakes) {
  start_all();
  workers().stop_worker(k_uuid, AfterStop::expect_start, record_stop());
  process(2).exit_with_code(0);
  for (int i = 0; i < 4; ++i) call();
  process(0).exit_with_code(0);
  process(1).exit_with_code(0);
  manifest.settings.instances = 1;
  start();
  answer_initialize();
  EXPECT_THAT(answers, IsEmpty());
  EXPECT_EQ(calls_sent().back(), 4);
}

TEST_F(PoolTest, ARestartWhileItStartsKeepsTheCallsThatWait) {
  start();
  call();
  workers().stop_worker(k_uuid, AfterStop::expect_start, record_stop());
  EXPECT_THAT(answers, IsEmpty());
}

TEST_F(PoolTest, KillAllSparesNone) {
  start_all();
  workers().kill_all();
  for (const auto& each : spawner.processes) EXPECT_THAT(each->signals, ElementsAre(SIGKILL));
}

TEST_F(PoolTest, ARestartMayHaveFewer) {
  start_all();
  workers().stop_worker(k_uuid, AfterStop::expect_start, record_stop());
  for (std::size_t i = 0; i < 3; ++i) process(i).exit_with_code(0);
  for (int i = 0; i < 3; ++i) call();
  manifest.settings.instances = 1;
  start();
  ASSERT_EQ(spawner.processes.size(), 4u);
  answer_initialize();
  EXPECT_THAT(answers, IsEmpty());
  EXPECT_EQ(calls_sent().back(), 3) << "calls that waited are there still";
  EXPECT_EQ(seen().instances, 1u);
}

TEST_F(PoolTest, StartingWhatRunsIsRefused) {
  start_all();
  started.clear();
  start();
  EXPECT_THAT(started, HasSubstr("runs already"));
  EXPECT_EQ(spawner.processes.size(), 3u);
}

TEST_F(PoolTest, ADestroyedManagerOwesNobodyAnAnswer) {
  start();
  EXPECT_EQ(started, "");
}

}  // namespace
}  // namespace collet::worker
