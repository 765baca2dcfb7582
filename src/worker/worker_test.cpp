// A worker's life. What goes back and forth meanwhile: worker_calls_test.cpp.
#include "worker/worker.hpp"

#include <csignal>

#include "worker/worker_fixture.hpp"

namespace collet::worker {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(WorkerTest, SpeaksTheProtocolByteByByte) {
  start();
  EXPECT_EQ(spawner.last().request.directory, "/p");
  EXPECT_EQ(
      spawner.last().take_written(),
      R"({"jsonrpc":"2.0","id":1,"method":"initialize","params":{"manifest":{"id":"acme.x"},"config":{},)"
      R"("instanceInfo":{"instanceId":"default","hostVersion":"2026.916.1","deploymentMode":"local_trusted","deploymentExposure":"private"},)"
      R"("apiVersion":1,"databaseNamespace":null}})"
      "\n");
  EXPECT_EQ(status(), WorkerStatus::starting);
  EXPECT_EQ(started, "");
  spawner.last().emit_stdout(k_initialized);
  EXPECT_EQ(started, "started");
  EXPECT_EQ(status(), WorkerStatus::running);
  EXPECT_TRUE(workers().is_running(k_uuid));
  EXPECT_TRUE(workers().is_running("0B5F3A52-9C1E-4F7A-8A51-0123456789AB"));

  call();
  EXPECT_EQ(
      spawner.last().take_written(),
      R"({"jsonrpc":"2.0","id":2,"method":"executeTool","params":{"toolName":"t","parameters":{"n":1.0},)"
      R"("runContext":{"agentId":"default","runId":"default","companyId":"default","projectId":"default"}},)"
      R"("paperclipInvocation":{"id":"00000000-0000-40fa-8000-0000000000fa","scope":{"companyId":"default"}}})"
      "\n");
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"content\":\"\\ud800\"}}\n");
  EXPECT_THAT(answers, ElementsAre(R"({"content":"\ud800"})"));

  workers().stop_worker("acme.x", AfterStop::stay_stopped, record_stop());
  EXPECT_EQ(status(), WorkerStatus::stopping);
  EXPECT_EQ(spawner.last().take_written(),
            "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"shutdown\",\"params\":{}}\n");
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":null}\n");
  spawner.last().exit_with_code(0);
  EXPECT_EQ(stops, 1);
  EXPECT_EQ(status(), WorkerStatus::stopped);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  EXPECT_THAT(statuses, IsEmpty()) << "all of it was asked for";
  EXPECT_THAT(log.alarms(), IsEmpty());
}

TEST_F(WorkerTest, InitializeNotOkLeavesNothingRunning) {
  start();
  call();
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"ok\":false}}\n");
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
  EXPECT_EQ(started, "") << "it is not over before the process is gone";
  spawner.last().emit_stderr("the licence is missing\n");
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(started,
            "Worker initialize returned ok=false\n\nWorker stderr:\nthe licence is missing");
  EXPECT_THAT(answers, ElementsAre("worker_unavailable: " + started));
  EXPECT_EQ(status(), WorkerStatus::stopped);
  loop.advance(1h);
  EXPECT_EQ(spawner.processes.size(), 1u) << "the first start is not tried again";
}

TEST_F(WorkerTest, InitializeErrorIsTold) {
  start();
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,\"message\":\"no config\"}}\n");
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(started, "the worker of plugin \"acme.x\" failed to initialize: no config");
}

TEST_F(WorkerTest, InitializeHasItsTime) {
  start();
  loop.advance(15s - 1ns);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  loop.advance(1ns);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(started, "the worker of plugin \"acme.x\" did not answer \"initialize\" within 15 s");
}

TEST_F(WorkerTest, AStartThatTakesTooLongSaysWhatWasSeenInstead) {
  start();
  spawner.last().emit_stdout("Listening on port 3000\nhm\n");
  loop.advance(15s);
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(started,
            "the worker of plugin \"acme.x\" did not answer \"initialize\" within 15 s; it wrote 2 "
            "lines that are no message of the protocol, first: Listening on port 3000");
  start();
  spawner.last().stopped = true;
  loop.advance(15s);
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(
      started,
      "the worker of plugin \"acme.x\" did not answer \"initialize\" within 15 s; a signal has "
      "stopped it");
}

TEST_F(WorkerTest, AnExitBeforeInitializeSaysWhy) {
  start();
  spawner.last().emit_stderr("Error: Cannot find module 'x'\n");
  spawner.last().exit_with_code(1);
  EXPECT_EQ(started,
            "the worker of plugin \"acme.x\" exited with code 1 before it answered "
            "\"initialize\"\n\nWorker stderr:\nError: Cannot find module 'x'");
}

TEST_F(WorkerTest, AStartThatCannotSpawnSaysWhy) {
  spawner.fail_next = Error{.code = ErrorCode::worker_unavailable, .message = "no such file"};
  start();
  EXPECT_EQ(started, "no such file");
  EXPECT_EQ(status(), WorkerStatus::stopped);
}

TEST_F(WorkerTest, StartingTwiceIsRefused) {
  start_and_initialize();
  start();
  EXPECT_EQ(started, "the worker of plugin \"acme.x\" runs already");
}

TEST_F(WorkerTest, ADeathInACallIsToldAtOnce) {
  start_and_initialize();
  call();
  call();
  spawner.last().emit_stderr("assertion failed\n");
  spawner.last().exit_with_code(3);
  const auto text =
      "worker_crashed: the worker of plugin \"acme.x\" exited with code 3 during the "
      "call\n\nWorker stderr:\nassertion failed";
  EXPECT_THAT(answers, ElementsAre(text, text));
  EXPECT_EQ(status(), WorkerStatus::backoff);
  EXPECT_THAT(stderr_lines, ElementsAre("assertion failed"));
  EXPECT_THAT(
      log.alarms(),
      ElementsAre("warn worker crashed plugin=acme.x how=\"exited with code 3\" in_a_row=1"));
}

TEST_F(WorkerTest, LimitsThatWereHitAreCountedOverAllRuns) {
  spawner.group_obstacle = "no groups";
  start_and_initialize();
  spawner.last().limits_hit = {.processes = 2};
  EXPECT_EQ(workers().get_worker(k_uuid)->limits_hit, LimitsHit{.processes = 2});
  process::ExitStatus status{.kind = process::ExitStatus::Kind::signalled, .signal = SIGKILL};
  status.limits_hit = {.memory = 1, .processes = 3};
  status.limits_text = ": it passed its memory limit of 1 MiB (1 OOM kill)";
  spawner.last().exit(status);
  const auto seen = *workers().get_worker(k_uuid);
  EXPECT_EQ(seen.last_exit,
            "was killed by SIGKILL (9): it passed its memory limit of 1 MiB (1 OOM kill)");
  EXPECT_EQ(seen.limits_hit, (LimitsHit{.memory = 1, .processes = 3}));
  EXPECT_EQ(seen.limits.open_files_max, 4096u);
  EXPECT_EQ(seen.limits.processes_max, WorkerLimits::unlimited);  // there is no such group
  EXPECT_THAT(seen.limits_unenforced, IsEmpty());
}

TEST_F(WorkerTest, CallsInBackoffNameTheNextStart) {
  start_and_initialize();
  spawner.last().exit_with_code(0);
  loop.advance(400ms);
  call();
  EXPECT_THAT(answers, ElementsAre("worker_unavailable: Cannot execute \"acme.x:t\": the worker of "
                                   "plugin \"acme.x\" exited with code 0; it "
                                   "starts again in 0.6 s"));
  EXPECT_EQ(last_error.retry_after, 600ms);
}

TEST_F(WorkerTest, ACrashedWorkerStartsAgainAndServesWithIdsThatCountOn) {
  start_and_initialize();
  spawner.last().exit_with_code(0);
  loop.advance(1s - 1ns);
  EXPECT_EQ(spawner.processes.size(), 1u);
  loop.advance(1ns);
  ASSERT_EQ(spawner.processes.size(), 2u);
  EXPECT_EQ(status(), WorkerStatus::starting);
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"ok\":true}}\n");
  EXPECT_EQ(status(), WorkerStatus::running);
  (void)spawner.last().take_written();
  call();
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("\"id\":3,\"method\":\"executeTool\""));
  EXPECT_THAT(statuses, ElementsAre("backoff", "running"));
}

TEST_F(WorkerTest, TheTenthCrashWithinTenMinutesIsOneTooMany) {
  start_and_initialize();
  for (std::uint32_t crash = 1; crash < 10; ++crash) {
    spawner.last().exit_with_code(1);
    ASSERT_EQ(status(), WorkerStatus::backoff) << crash;
    loop.advance(backoff_delay(policy.restarts, crash, entropy.next()));
    answer_initialize();
    ASSERT_EQ(status(), WorkerStatus::running) << crash;
  }
  spawner.last().exit_with_code(1);
  EXPECT_EQ(status(), WorkerStatus::failed);
  EXPECT_EQ(statuses.back(), "failed");
  EXPECT_THAT(log.alarms().back(),
              "error worker gave up plugin=acme.x crashes=10 next_try_seconds=300");
  loop.advance(1min);
  call();
  EXPECT_EQ(answers.back(),
            "worker_unavailable: Cannot execute \"acme.x:t\": the worker of plugin \"acme.x\" "
            "crashed 10 times within 600 s, the last time it exited with code 1; it starts again "
            "in 240.0 s");
  EXPECT_EQ(last_error.retry_after, 4min);
  EXPECT_TRUE(workers().get_worker(k_uuid)->next_restart_at);

  loop.advance(4min - 1ns);
  EXPECT_EQ(spawner.processes.size(), 10u);
  loop.advance(1ns);
  EXPECT_EQ(spawner.processes.size(), 11u) << "it is tried again by itself";
  answer_initialize();
  EXPECT_EQ(status(), WorkerStatus::running);
}

TEST_F(WorkerTest, AFailedWorkerIsHealedByAStartByHand) {
  policy.restarts.crashes_max = 1;
  start_and_initialize();
  spawner.last().exit_with_code(1);
  ASSERT_EQ(status(), WorkerStatus::failed);
  start();
  answer_initialize();
  EXPECT_EQ(status(), WorkerStatus::running);
  loop.advance(1h);
  EXPECT_EQ(spawner.processes.size(), 2u) << "and the timed try is off";
}

TEST_F(WorkerTest, AWorkerThatRanLongStartsCountingAnew) {
  start_and_initialize();
  for (int crash = 1; crash <= 30; ++crash) {
    loop.advance(10min);
    spawner.last().exit_with_code(1);
    loop.advance(1250ms);
    answer_initialize();
    ASSERT_EQ(status(), WorkerStatus::running) << crash;
  }
  EXPECT_EQ(workers().get_worker(k_uuid)->total_crashes, 30u);
  EXPECT_EQ(workers().get_worker(k_uuid)->consecutive_crashes, 1u);
}

TEST_F(WorkerTest, ARestartThatFailsIsTriedAgain) {
  start_and_initialize();
  spawner.last().exit_with_code(1);
  loop.advance(1s);
  spawner.last().exit_with_code(1);
  EXPECT_EQ(status(), WorkerStatus::backoff);
  loop.advance(2s);
  EXPECT_EQ(spawner.processes.size(), 3u);
}

TEST_F(WorkerTest, StopIsTenSecondsThenTermThenFiveThenKill) {
  start_and_initialize();
  call();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  EXPECT_THAT(answers,
              ElementsAre("worker_unavailable: the worker of plugin \"acme.x\" was stopped"));
  loop.advance(10s - 1ns);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  loop.advance(1ns);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGTERM, SIGCONT));
  loop.advance(5s);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGTERM, SIGCONT, SIGKILL));
  EXPECT_EQ(stops, 0);
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(stops, 2);
}

TEST_F(WorkerTest, AnAnsweredShutdownLeavesHalfASecondToExit) {
  start_and_initialize();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":null}\n");
  loop.advance(500ms - 1ns);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  loop.advance(1ns);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGTERM, SIGCONT));
}

TEST_F(WorkerTest, AStopDoesNotWaitForAnAnswerThatCannotCome) {
  start_and_initialize();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  spawner.last().emit_stdout_closed();
  loop.advance(500ms);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGTERM, SIGCONT));
}

TEST_F(WorkerTest, AStopAfterAHangupAsksNobody) {
  start_and_initialize();
  spawner.last().emit_stdin_closed("broken pipe");
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGTERM, SIGCONT));
}

TEST_F(WorkerTest, AProcessThatSurvivesSigkillIsReportedAndLeft) {
  start_and_initialize();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  loop.advance(17s);
  EXPECT_EQ(stops, 1);
  EXPECT_THAT(log.alarms(), ElementsAre("error worker survives SIGKILL plugin=acme.x pid=1000"));
}

TEST_F(WorkerTest, StopWhileStartingFailsTheStart) {
  start();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  EXPECT_EQ(started, "the worker of plugin \"acme.x\" was stopped");
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGTERM, SIGCONT));
  spawner.last().exit_by_signal(SIGTERM);
  EXPECT_EQ(stops, 1);
}

TEST_F(WorkerTest, StopInBackoffStartsNothingAnyMore) {
  start_and_initialize();
  spawner.last().exit_with_code(1);
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  EXPECT_EQ(stops, 1);
  loop.advance(1h);
  EXPECT_EQ(spawner.processes.size(), 1u);
}

TEST_F(WorkerTest, StopAllAnswersWhenTheLastIsGone) {
  start_and_initialize();
  workers().stop_all(record_stop());
  EXPECT_EQ(stops, 0);
  spawner.last().exit_with_code(0);
  EXPECT_EQ(stops, 1);
  start();
  EXPECT_EQ(started, "the host is stopping");
}

TEST_F(WorkerTest, AClosedStandardOutputIsACrashOfWhatStillRuns) {
  start_and_initialize();
  call();
  spawner.last().emit_stdout_closed();
  loop.advance(500ms - 1ns);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  loop.advance(1ns);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_THAT(answers, ElementsAre("worker_crashed: the worker of plugin \"acme.x\" was killed by "
                                   "SIGKILL (9) because it closed its standard "
                                   "output during the call"));
}

TEST_F(WorkerTest, AClosedStandardInputIsACrashToo) {
  start_and_initialize();
  spawner.last().emit_stdin_closed("broken pipe");
  loop.advance(500ms);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(
      workers().get_worker(k_uuid)->last_exit,
      "was killed by SIGKILL (9) because it stopped reading its standard input (broken pipe)");
}

TEST_F(WorkerTest, AnswersToInitializeMayBeAsDeepAsALineAndNoDeeper) {
  start();
  // The message and its result are two levels around the rest.
  const auto answer = [&](int id, std::size_t depth) {
    spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":" + std::to_string(id) +
                               ",\"result\":" + std::string(depth, '[') + std::string(depth, ']') +
                               "}\n");
  };
  answer(1, 1023);
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(started, "Worker initialize returned ok=false");
  start();
  answer(2, 1024);
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(started,
            "the worker of plugin \"acme.x\" failed to initialize: the worker's answer is nested "
            "deeper than the limit of 1024 levels");
}

TEST_F(WorkerTest, AHangupBeforeTheAnswerToInitializeIsNotForgotten) {
  start();
  spawner.last().emit_stdin_closed("broken pipe");
  spawner.last().emit_stdout(k_initialized);
  EXPECT_EQ(started, "started");
  loop.advance(500ms);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
}

TEST_F(WorkerTest, CallsWaitOverARestart) {
  start_and_initialize();
  workers().stop_worker(k_uuid, AfterStop::expect_start, record_stop());
  call();
  spawner.last().exit_with_code(0);
  EXPECT_EQ(stops, 1);
  EXPECT_EQ(status(), WorkerStatus::starting);
  call();
  EXPECT_THAT(answers, IsEmpty());
  start();
  answer_initialize();
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("executeTool"));
  EXPECT_THAT(answers, IsEmpty());
}

TEST_F(WorkerTest, AStopForGoodFailsWhatWaitsForAStart) {
  start_and_initialize();
  workers().stop_worker(k_uuid, AfterStop::expect_start, record_stop());
  call();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  spawner.last().exit_with_code(0);
  EXPECT_THAT(answers,
              ElementsAre("worker_unavailable: the worker of plugin \"acme.x\" was stopped"));
  EXPECT_EQ(status(), WorkerStatus::stopped);

  workers().expect_worker(k_uuid, "acme.x");
  call();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  EXPECT_EQ(answers.size(), 2u);
}

TEST_F(WorkerTest, AForgottenWorkerIsGoneWithItsCounters) {
  start_and_initialize();
  workers().stop_worker(k_uuid, AfterStop::stay_stopped,
                        Reply<Done>([this](Result<Done>) { workers().forget_worker(k_uuid); }));
  spawner.last().exit_with_code(0);
  loop.run_ready();
  EXPECT_FALSE(workers().get_worker(k_uuid));
  EXPECT_TRUE(workers().diagnostics().empty());
}

TEST_F(WorkerTest, WhoeverCallsAgainFromTheAnswerOfACrashFindsTheBackoff) {
  start_and_initialize();
  std::string again;
  auto tool = std::make_shared<RegisteredTool>();
  tool->plugin_db_id = k_uuid;
  tool->namespaced_name = "acme.x:t";
  const auto later = Deadline::after(loop.now(), 30s);
  workers().call(tool, {.tool = "t", .deadline = later}, Reply<ToolResult>([&](Result<ToolResult>) {
                   workers().call(tool, {.tool = "t", .deadline = later},
                                  Reply<ToolResult>([&](Result<ToolResult> outcome) {
                                    again = outcome.error().message;
                                  }));
                 }));
  spawner.last().exit_with_code(1);
  EXPECT_THAT(again, HasSubstr("it starts again in 1.0 s"));
}

TEST_F(WorkerTest, AKilledProcessThatTheKernelHoldsIsGivenUp) {
  on_timeout = OnTimeout::kill;
  start_and_initialize();
  call(1s);
  loop.advance(1s);
  EXPECT_EQ(status(), WorkerStatus::running);
  loop.advance(2s);
  EXPECT_EQ(status(), WorkerStatus::backoff);
}

TEST_F(WorkerTest, KillAllSparesNobody) {
  start_and_initialize();
  workers().kill_all();
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
}

TEST_F(WorkerTest, ServicesHearOfARunBeforeTheCallsThatWaitedForIt) {
  services.on_started = [this] {
    workers().call("acme.x", {.method = "configChanged", .instance = 0},
                   Reply<std::string>([](Result<std::string>) {}));
  };
  start();
  call();
  (void)spawner.last().take_written();
  spawner.last().emit_stdout(k_initialized);
  const auto written = spawner.last().take_written();
  EXPECT_LT(written.find("configChanged"), written.find("executeTool")) << written;
  EXPECT_THAT(services.runs, ElementsAre("started 0"));
  spawner.last().exit_with_code(1);
  EXPECT_THAT(services.runs, ElementsAre("started 0", "ended 0"));
  loop.advance(1s);
  spawner.last().exit_with_code(1);
  EXPECT_THAT(services.runs, ElementsAre("started 0", "ended 0", "ended 0"));
}

}  // namespace
}  // namespace collet::worker
