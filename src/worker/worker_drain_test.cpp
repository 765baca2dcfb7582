// What becomes of calls in flight when their worker is to stop.
#include <csignal>

#include "worker/worker_fixture.hpp"

namespace collet::worker {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class WorkerDrainTest : public WorkerTest {
 protected:
  WorkerDrainTest() { policy.drain_grace = 5s; }
  void stop(AfterStop after = AfterStop::stay_stopped) {
    workers().stop_worker(k_uuid, after, record_stop());
  }
  void answer(int id) {
    spawner.last().emit_stdout(R"({"jsonrpc":"2.0","id":)" + std::to_string(id) +
                               R"(,"result":{}})"
                               "\n");
  }
};

TEST_F(WorkerDrainTest, AStopLetsCallsInFlightEndAndAsksThen) {
  start_and_initialize();
  call();
  call();
  (void)spawner.last().take_written();
  stop();
  EXPECT_EQ(status(), WorkerStatus::stopping);
  answer(2);
  EXPECT_EQ(spawner.last().take_written(), "");
  answer(3);
  EXPECT_THAT(answers, ElementsAre("{}", "{}"));
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("shutdown"));
  spawner.last().exit_with_code(0);
  EXPECT_EQ(stops, 1);
  EXPECT_EQ(status(), WorkerStatus::stopped);
}

TEST_F(WorkerDrainTest, AnAnswerThatIsTooLongEndsItsCallToo) {
  policy.channel.line_bytes_max = 200;
  start_and_initialize();
  call();
  (void)spawner.last().take_written();
  stop();
  spawner.last().emit_stdout(R"({"jsonrpc":"2.0","id":2,"result":")" + std::string(200, 'x'));
  EXPECT_THAT(answers, ElementsAre(HasSubstr("invalid_result")));
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("shutdown"));
}

TEST_F(WorkerDrainTest, TheyHaveFiveSeconds) {
  start_and_initialize();
  call();
  (void)spawner.last().take_written();
  stop();
  loop.advance(5s - 1ns);
  EXPECT_THAT(answers, IsEmpty());
  EXPECT_EQ(spawner.last().take_written(), "");
  loop.advance(1ns);
  EXPECT_THAT(answers,
              ElementsAre("worker_unavailable: the worker of plugin \"acme.x\" was stopped"));
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("shutdown"));
}

TEST_F(WorkerDrainTest, AnIdleWorkerIsAskedAtOnce) {
  start_and_initialize();
  stop();
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("shutdown"));
}

TEST_F(WorkerDrainTest, AQuestionForItsHealthIsNoCall) {
  start_and_initialize();
  loop.advance(31s);
  ASSERT_THAT(spawner.last().take_written(), HasSubstr("health"));
  stop();
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("shutdown"));
}

TEST_F(WorkerDrainTest, NewCallsAreRefusedMeanwhile) {
  start_and_initialize();
  call();
  stop();
  call();
  EXPECT_THAT(answers, ElementsAre(HasSubstr("worker_unavailable: Cannot execute")));
}

TEST_F(WorkerDrainTest, BeforeARestartNewCallsWaitAndNobodyWaitsForThem) {
  start_and_initialize();
  call();
  (void)spawner.last().take_written();
  stop(AfterStop::expect_start);
  call();
  answer(2);
  EXPECT_THAT(answers, ElementsAre("{}"));
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("shutdown"));
  spawner.last().exit_with_code(0);
  start();
  answer_initialize();
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("executeTool"));
  EXPECT_THAT(answers, ElementsAre("{}"));
}

TEST_F(WorkerDrainTest, WhatOnlyThisProcessIsToldDoesNotWaitForTheNext) {
  start_and_initialize();
  std::string outcome;
  const auto tell = [&] {
    workers().call(k_uuid, {.method = "configChanged", .only_running = true},
                   Reply<std::string>([&](Result<std::string> answer) {
                     outcome = answer ? *answer : describe(answer.error().code).name;
                   }));
  };
  tell();
  answer(2);
  EXPECT_EQ(outcome, "{}");
  call();
  stop(AfterStop::expect_start);
  tell();
  EXPECT_EQ(outcome, "worker_unavailable");
}

TEST_F(WorkerDrainTest, ACallThatItsCallerGivesUpIsWaitedForNoLonger) {
  start_and_initialize();
  call(1s);
  (void)spawner.last().take_written();
  stop();
  loop.advance(1050ms);
  EXPECT_THAT(answers, ElementsAre(HasSubstr("timeout")));
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("shutdown"));
}

TEST_F(WorkerDrainTest, ADeathMeanwhileEndsTheCallsAndTheStop) {
  for (const auto after : {AfterStop::stay_stopped, AfterStop::expect_start}) {
    answers.clear();
    stops = 0;
    after == AfterStop::stay_stopped ? start_and_initialize() : start();
    if (after == AfterStop::expect_start) answer_initialize();
    call();
    stop(after);
    spawner.last().exit_by_signal(SIGSEGV);
    EXPECT_THAT(answers,
                ElementsAre(HasSubstr("worker_crashed: the worker of plugin \"acme.x\" was "
                                      "killed by SIGSEGV")));
    EXPECT_EQ(stops, 1);
  }
  EXPECT_EQ(status(), WorkerStatus::starting);
}

TEST_F(WorkerDrainTest, AHangupMeanwhileEndsThemToo) {
  start_and_initialize();
  call();
  (void)spawner.last().take_written();
  stop();
  spawner.last().emit_stdout_closed();
  EXPECT_EQ(answers.size(), 1u);
  EXPECT_THAT(spawner.last().take_written(), Not(HasSubstr("shutdown")));
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGTERM, SIGCONT));
}

}  // namespace
}  // namespace collet::worker
