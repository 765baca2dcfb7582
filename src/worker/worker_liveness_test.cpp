// When a worker that runs is asked, left alone, or killed (liveness_test.cpp has the rules alone).
#include <csignal>

#include "worker/worker_fixture.hpp"

namespace collet::worker {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(WorkerTest, AnIdleWorkerIsAskedForItsHealth) {
  start_and_initialize();
  loop.advance(30s - 1ns);
  EXPECT_EQ(spawner.last().take_written(), "");
  loop.advance(1ns);
  EXPECT_EQ(spawner.last().take_written(),
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"health\",\"params\":{}}\n");
  EXPECT_EQ(workers().get_worker(k_uuid)->pending_requests, 0u) << "it is no call";
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"status\":\"ok\"}}\n");
  loop.advance(29s);
  EXPECT_EQ(spawner.last().take_written(), "");
  EXPECT_EQ(status(), WorkerStatus::running);
}

TEST_F(WorkerTest, ADeafWorkerIsKilledAndStartedAgain) {
  start_and_initialize();
  call(5s);
  loop.advance(6s);  // the call ends after 5, and at once its health is asked for, in vain
  EXPECT_THAT(answers, ElementsAre(HasSubstr("timeout: ")));
  EXPECT_THAT(spawner.last().take_written(), HasSubstr("\"method\":\"health\""));
  loop.advance(29s);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  loop.advance(1s);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_EQ(status(), WorkerStatus::backoff);
  EXPECT_EQ(workers().get_worker(k_uuid)->last_exit,
            "was killed by SIGKILL (9) because it answered neither its calls by their deadlines "
            "nor \"health\"");
}

TEST_F(WorkerTest, ADeafWorkerIsFoundThoughCallsGoOnComing) {
  start_and_initialize();
  for (int second = 0; second < 41; ++second) {
    call(5s);
    loop.advance(1s);
  }
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
}

TEST_F(WorkerTest, AWorkerThatIsBusyInACallIsLeftAlone) {
  start_and_initialize();
  call(1h);
  call(5s);  // behind the other in its input
  loop.advance(1h - 1s);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  EXPECT_EQ(status(), WorkerStatus::running);
  loop.advance(33s);
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL)) << "both are late now";
}

TEST_F(WorkerTest, AWorkerThatIsBusyInACancelledCallIsLeftAlone) {
  start_and_initialize();
  std::stop_source stop;
  call(1h, stop.get_token());
  call(5s);
  stop.request_stop();
  loop.advance(1h - 1s);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
}

TEST_F(WorkerTest, AnyAnswerShowsThatItListens) {
  start_and_initialize();
  call(5s);
  loop.advance(6s);
  spawner.last().emit_stdout(
      "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32601,\"message\":\"what?\"}}\n");
  loop.advance(20s);
  call(5s);  // id 4
  loop.advance(6s);
  spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":4,\"result\":{}}\n");  // late
  loop.advance(29s);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
}

TEST_F(WorkerTest, QuestionsThatNobodyAnswersDoNotPileUp) {
  start_and_initialize();
  for (int i = 0; i < 5; ++i) {
    call();
    const auto id = std::to_string(2 + 2 * i);  // the questions are between
    spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{}}\n");
    (void)spawner.last().take_written();
    loop.advance(31s);
    EXPECT_THAT(spawner.last().take_written(), HasSubstr("\"method\":\"health\"")) << i;
    EXPECT_EQ(workers().get_worker(k_uuid)->pending_requests, 0u) << i;
  }
}

TEST_F(WorkerTest, AStoppedProcessIsKilledWithinThreeSeconds) {
  start_and_initialize();
  call();
  loop.advance(500ms);
  spawner.last().stopped = true;
  loop.advance(3s);
  ASSERT_THAT(spawner.last().signals, ElementsAre(SIGKILL));
  spawner.last().exit_by_signal(SIGKILL);
  EXPECT_THAT(answers, ElementsAre(HasSubstr("worker_crashed: the worker of plugin \"acme.x\" was "
                                             "killed by SIGKILL (9) because it was stopped by a "
                                             "signal and did not go on during the call")));
}

TEST_F(WorkerTest, AProcessThatGoesOnAtOnceIsLeftAlone) {
  start_and_initialize();
  spawner.last().stopped = true;
  loop.advance(1s);
  spawner.last().stopped = false;
  loop.advance(5s);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
}

}  // namespace
}  // namespace collet::worker
