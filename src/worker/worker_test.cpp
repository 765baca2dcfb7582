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

TEST_F(WorkerTest, CallsWaitForAWorkerThatStarts) {
  workers().expect_worker(k_uuid, "acme.x");
  call();
  start();
  call();
  (void)spawner.last().take_written();
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"ok\":true}}\n");
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("\"id\":1,\"method\":\"executeTool\""));
  EXPECT_THAT(answers, IsEmpty());
}

TEST_F(WorkerTest, ACallThatExpiresWhileItWaitsIsNotSent) {
  start();
  call(1s);
  loop.advance(1s);
  EXPECT_THAT(
      answers,
      ElementsAre(
          "timeout: \"acme.x:t\" did not answer within 1000 ms; its worker has not started yet"));
  (void)spawner.last().take_written();
  spawner.last().emit_stdout(k_initialized);
  EXPECT_EQ(spawner.last().take_written(), "");
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

TEST_F(WorkerTest, AFloodIsReadNoFasterThanItsBudget) {
  policy.output.chatter_bytes_a_second_max = 100;
  start_and_initialize();
  const auto noise = std::string(49, 'x') + "\n";
  spawner.last().emit_stdout(noise + noise);
  EXPECT_FALSE(spawner.last().stdout_paused) << "as much as may be, without the line ends";
  spawner.last().emit_stdout("xxx\n");
  EXPECT_TRUE(spawner.last().stdout_paused);
  loop.advance(1s - 1ns);
  EXPECT_TRUE(spawner.last().stdout_paused);
  loop.advance(1ns);
  EXPECT_FALSE(spawner.last().stdout_paused);
  EXPECT_EQ(workers().get_worker(k_uuid)->times_paused, 1u);
  // Notifications count, answers do not.
  for (int i = 0; i < 2; ++i) {
    spawner.last().emit_stdout(
        R"({"jsonrpc":"2.0","method":"log","params":{"message":"0123456789012345678"}})"
        "\n");
  }
  EXPECT_TRUE(spawner.last().stdout_paused);
  loop.advance(1s);
  call();
  spawner.last().emit_stdout(R"({"jsonrpc":"2.0","id":2,"result":")" + std::string(500, 'x') +
                             "\"}\n");
  EXPECT_FALSE(spawner.last().stdout_paused);
  EXPECT_THAT(log.alarms(), testing::Contains(HasSubstr("floods its standard output")).Times(1));
}

TEST_F(WorkerTest, APauseEndsWithItsProcess) {
  policy.output.chatter_bytes_a_second_max = 1;
  start_and_initialize();
  spawner.last().emit_stdout("noise\n");
  spawner.last().exit_with_code(1);
  loop.advance(1s);
  answer_initialize();
  EXPECT_EQ(status(), WorkerStatus::running);
  EXPECT_FALSE(spawner.last().stdout_paused);
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

TEST_F(WorkerTest, AWorkerThatAsksAndNeverReadsIsKilled) {
  policy.unsent_bytes_max = 1000;
  start_and_initialize();
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"config.get\"}\n{\"jsonrpc\":\"2.0\",\"id\":2,"
      "\"method\":\"config.get\"}\n");
  spawner.last().unwritten = 1000;
  services.replies[0]("{}");
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  spawner.last().unwritten = 1001;
  services.replies[1]("{}");
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
  EXPECT_EQ(workers().get_worker(k_uuid)->protocol_limits_hit,
            ProtocolLimitsHit{.unsent_bytes = 1});
}

TEST_F(WorkerTest, CallsThatWaitForAStartHaveALimitOfBytesWhichTheyGiveBack) {
  policy.unsent_bytes_max = 500;  // a call's line has a little over 250 bytes
  start();
  call(1s);
  call(30s);
  call(30s);
  EXPECT_THAT(answers, ElementsAre(HasSubstr(
                           "overloaded: the worker of plugin \"acme.x\" does not read its input")));
  loop.advance(1s);
  call(30s);
  EXPECT_EQ(answers.size(), 2u) << "the expired call's bytes are free again";
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

TEST_F(WorkerTest, NoiseHurtsNobodyAndIsCounted) {
  start_and_initialize();
  call();
  for (int i = 0; i < 100; ++i) spawner.last().emit_stdout("hello world\n\n{\"half\":\n[]\n");
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":\"2\",\"result\":1}\n{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":"
      "1}\n");
  EXPECT_THAT(answers, IsEmpty());
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":1}\n");
  EXPECT_THAT(answers, ElementsAre("1"));
  EXPECT_EQ(workers().get_worker(k_uuid)->invalid_lines, 302u);
  EXPECT_EQ(log.alarms().size(), 5u);
}

TEST_F(WorkerTest, AnAnswerThatIsTooLongAnswersItsCallAsSoonAsThatIsSeen) {
  policy.channel.line_bytes_max = 200;
  start_and_initialize();
  const std::string head = R"({"jsonrpc":"2.0","id":2,"result":")";
  call();
  call();
  spawner.last().emit_stdout(head + std::string(200 - head.size(), 'x'));
  EXPECT_THAT(answers, IsEmpty());
  spawner.last().emit_stdout("x");
  EXPECT_THAT(
      answers,
      ElementsAre("invalid_result: the worker's answer is longer than the limit of 200 bytes for a "
                  "line"));
  EXPECT_EQ(last_error.remedy, "let the tool return less, or raise workers.line_bytes_max");
  spawner.last().emit_stdout("xxx\"}\n{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":1}\n");
  EXPECT_EQ(answers.back(), "1") << "the stream goes on behind it";
  const auto seen = *workers().get_worker(k_uuid);
  EXPECT_EQ(seen.protocol_limits_hit, ProtocolLimitsHit{.line_bytes = 1});
  EXPECT_EQ(seen.invalid_lines, 0u);
  EXPECT_EQ(seen.late_replies, 0u);
  EXPECT_THAT(log.alarms(), IsEmpty());
}

TEST_F(WorkerTest, AnAnswerThatIsTooDeepAnswersItsCall) {
  policy.channel.depth_max = 4;
  start_and_initialize();
  call();
  call();
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":[[[1]]]}\n");
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":[[[[1]]]]}\n");
  EXPECT_THAT(answers, ElementsAre("[[[1]]]",
                                   "invalid_result: the worker's answer is nested deeper than the "
                                   "limit of 4 levels"));
  EXPECT_EQ(workers().get_worker(k_uuid)->protocol_limits_hit, ProtocolLimitsHit{.depth = 1});
}

TEST_F(WorkerTest, ALineOverALimitThatDoesNotSayWhatItAnswersIsNoise) {
  policy.channel.line_bytes_max = 200;
  policy.channel.depth_max = 4;
  start_and_initialize();
  call(1s);
  spawner.last().emit_stdout(std::string(201, 'x') + "\n[[[[[1]]]]]\n");
  EXPECT_THAT(answers, IsEmpty());
  const auto seen = *workers().get_worker(k_uuid);
  EXPECT_EQ(seen.protocol_limits_hit, (ProtocolLimitsHit{.line_bytes = 1, .depth = 1}));
  EXPECT_EQ(seen.invalid_lines, 2u);
  EXPECT_THAT(log.alarms(), ElementsAre(HasSubstr("longer than the limit of a line"),
                                        HasSubstr("nested deeper than a line may be")));
  // And one that says so answers nothing that nobody waits for.
  loop.advance(1s);
  for (const auto* id : {"2", "99"}) {
    spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":" + std::string(id) +
                               ",\"result\":[[[[1]]]]}\n");
  }
  EXPECT_THAT(answers, ElementsAre(HasSubstr("timeout")));
  EXPECT_EQ(workers().get_worker(k_uuid)->late_replies, 1u);
  EXPECT_EQ(workers().get_worker(k_uuid)->invalid_lines, 3u);
}

TEST_F(WorkerTest, LateAndDoubleAnswersAreCountedAndDropped) {
  start_and_initialize();
  call(1s);
  loop.advance(1s);
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":1}\n{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":2}\n");
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_EQ(workers().get_worker(k_uuid)->late_replies, 2u);
  EXPECT_EQ(status(), WorkerStatus::running) << "a slow answer is no crime";
}

TEST_F(WorkerTest, APluginMayAskToBeKilledWhenACallTimesOut) {
  on_timeout = OnTimeout::kill;
  start_and_initialize();
  call(1s);
  loop.advance(1s);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
}

TEST_F(WorkerTest, ACancelledCallFreesItsPlace) {
  start_and_initialize();
  std::stop_source caller;
  call(30s, caller.get_token());
  caller.request_stop();
  loop.run_ready();
  EXPECT_THAT(answers, ElementsAre("cancelled: the caller cancelled"));
  EXPECT_EQ(workers().get_worker(k_uuid)->pending_requests, 0u);
}

TEST_F(WorkerTest, CallsInFlightHaveALimit) {
  policy.calls_pending_max = 2;
  start_and_initialize();
  call();
  call();
  EXPECT_THAT(answers, IsEmpty());
  call();
  EXPECT_THAT(
      answers,
      ElementsAre(
          "overloaded: the worker of plugin \"acme.x\" has 2 calls in flight, which is the limit"));
  EXPECT_EQ(workers().get_worker(k_uuid)->protocol_limits_hit,
            ProtocolLimitsHit{.calls_pending = 1});
  EXPECT_EQ(last_error.overload, Overload::calls_pending);
}

TEST_F(WorkerTest, BytesThatAWorkerDoesNotReadHaveALimit) {
  policy.unsent_bytes_max = 1000;
  start_and_initialize();
  spawner.last().unwritten = 1000;
  call();
  EXPECT_THAT(answers, IsEmpty());
  spawner.last().unwritten = 1001;
  call();
  EXPECT_THAT(answers, ElementsAre("overloaded: the worker of plugin \"acme.x\" does not read its "
                                   "input; 1001 bytes wait for it"));
  EXPECT_EQ(workers().get_worker(k_uuid)->protocol_limits_hit,
            ProtocolLimitsHit{.unsent_bytes = 1});
  EXPECT_EQ(last_error.overload, Overload::unsent_bytes);
}

TEST_F(WorkerTest, AWorkerMayAskItsHost) {
  start_and_initialize();
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"config.get\",\"params\":{}}\n"
      "{\"jsonrpc\":\"2.0\",\"id\":\"two\",\"method\":\"nope\"}\n"
      "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":{\"level\":\"info\"}}\n");
  EXPECT_THAT(services.requests, ElementsAre("acme.x config.get {}", "acme.x nope {}"));
  EXPECT_THAT(services.notifications, ElementsAre("acme.x log {\"level\":\"info\"}"));
  services.replies[1](std::unexpected(
      Error{.message = "Host does not handle method \"nope\"", .rpc_code = -32601}));
  services.replies[0]("{}");
  EXPECT_EQ(spawner.last().take_written(),
            "{\"jsonrpc\":\"2.0\",\"id\":\"two\",\"error\":{\"code\":-32601,\"message\":\"Host "
            "does not handle method \\\"nope\\\"\"}}\n"
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n");
}

TEST_F(WorkerTest, AnAnswerOfTheHostForAnEarlierProcessIsNotSentToTheNext) {
  start_and_initialize();
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"config.get\",\"params\":{}}\n");
  spawner.last().exit_with_code(1);
  loop.advance(1s);
  (void)spawner.last().take_written();
  services.replies[0]("{}");
  EXPECT_EQ(spawner.last().take_written(), "");
}

TEST_F(WorkerTest, OtherRequestsGoTheSameWay) {
  start_and_initialize();
  std::string health;
  workers().call("acme.x", {.method = "health", .deadline = Deadline::after(loop.now(), 2s)},
                 Reply<std::string>([&](Result<std::string> outcome) { health = *outcome; }));
  EXPECT_EQ(spawner.last().take_written(),
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"health\",\"params\":{}}\n");
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"status\":\"ok\"}}\n");
  EXPECT_EQ(health, "{\"status\":\"ok\"}");
}

TEST_F(WorkerTest, ARequestForACompanyIsTiedToIt) {
  start_and_initialize();
  workers().call("acme.x",
                 {.method = "getData", .params_json = R"({"key":"k"})", .company_id = "c"},
                 Reply<std::string>([](Result<std::string>) {}));
  EXPECT_EQ(
      spawner.last().take_written(),
      R"({"jsonrpc":"2.0","id":2,"method":"getData","params":{"key":"k"},)"
      R"("paperclipInvocation":{"id":"00000000-0000-40fa-8000-0000000000fa","scope":{"companyId":"c"}}})"
      "\n");
}

TEST_F(WorkerTest, ACallIsKnownToTheHostsServicesUntilItsAnswer) {
  start_and_initialize();
  const auto ask = [&](const std::string& member) {
    spawner.last().emit_stdout(R"({"jsonrpc":"2.0","id":1,"method":"config.get","params":{})" +
                               member + "}\n");
    return services.requests.back();
  };
  const auto named = R"(,"paperclipInvocationId":"00000000-0000-40fa-8000-0000000000fa")";
  EXPECT_EQ(ask(named), "acme.x config.get {} for ?");
  call();
  EXPECT_EQ(ask(named), "acme.x config.get {} for default");
  EXPECT_EQ(ask(""), "acme.x config.get {}");
  EXPECT_EQ(ask(R"(,"paperclipInvocationId":null)"), "acme.x config.get {}");
  EXPECT_EQ(ask(R"(,"paperclipInvocationId":7)"), "acme.x config.get {} for ?");
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":null}\n");
  EXPECT_EQ(ask(named), "acme.x config.get {} for ?");
  call(1s);
  EXPECT_EQ(ask(named), "acme.x config.get {} for default");
  loop.advance(1s);
  EXPECT_EQ(ask(named), "acme.x config.get {} for ?") << "also when it timed out";
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

TEST_F(WorkerTest, RequestsThatWaitForTheHostHaveALimit) {
  policy.host_calls_pending_max = 2;
  start_and_initialize();
  const auto ask = [&](int id) {
    spawner.last().emit_stdout(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                               R"(,"method":"state.get","params":{}})" + "\n");
    return spawner.last().take_written();
  };
  EXPECT_EQ(ask(1), "");
  EXPECT_EQ(ask(2), "");
  EXPECT_EQ(
      ask(3),
      R"({"jsonrpc":"2.0","id":3,"error":{"code":-32603,"message":"2 requests of this worker )"
      R"(wait for the host, which is the limit; wait for some of the answers before you ask for more"}})"
      "\n");
  services.replies[0]("1");
  EXPECT_EQ(spawner.last().take_written(), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":1}\n");
  EXPECT_EQ(ask(4), "");
  EXPECT_EQ(services.requests.size(), 3u);
}

TEST_F(WorkerTest, AFloodOfRequestsIsReadNoFasterThanItsBudget) {
  policy.output.requests_a_second_max = 2;
  start_and_initialize();
  const std::string line = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"log\"}\n";
  spawner.last().emit_stdout(line + line);
  EXPECT_FALSE(spawner.last().stdout_paused);
  spawner.last().emit_stdout(line);
  EXPECT_TRUE(spawner.last().stdout_paused);
  loop.advance(1s);
  EXPECT_FALSE(spawner.last().stdout_paused);
  EXPECT_EQ(services.requests.size(), 3u) << "none is lost";
}

TEST_F(WorkerTest, CallsToUnknownPluginsAreRefused) {
  call();
  EXPECT_THAT(answers, ElementsAre("worker_unavailable: Cannot execute \"acme.x:t\": the worker of "
                                   "plugin \"acme.x\" is not running"));
}

}  // namespace
}  // namespace collet::worker
