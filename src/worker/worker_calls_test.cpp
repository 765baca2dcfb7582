// What goes back and forth between a worker's process and its host.
#include <csignal>

#include "worker/worker_fixture.hpp"

namespace collet::worker {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

TEST_F(WorkerTest, OneThatReadsNothingWhileItStartsOrStopsIsToldSo) {
  constexpr auto k_request = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"config.get\"}\n";
  constexpr auto k_refusal =
      R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,)"
      R"("message":"this worker asked its host for more than it read the answers of"}})"
      "\n";
  policy.unsent_bytes_max = 1000;
  start();
  spawner.last().emit_stdout(k_request);
  (void)spawner.last().take_written();
  spawner.last().unwritten = 1001;
  services.replies[0]("{}");
  EXPECT_EQ(spawner.last().take_written(), k_refusal);
  spawner.last().unwritten = 0;
  spawner.last().emit_stdout(k_initialized);
  EXPECT_EQ(started, "started");

  workers().stop_worker(k_uuid, AfterStop::stay_stopped, record_stop());
  spawner.last().emit_stdout(k_request);
  (void)spawner.last().take_written();
  spawner.last().unwritten = 1001;
  services.replies[1]("{}");
  EXPECT_EQ(spawner.last().take_written(), k_refusal);
  EXPECT_THAT(spawner.last().signals, IsEmpty());
  EXPECT_EQ(workers().get_worker(k_uuid)->protocol_limits_hit,
            ProtocolLimitsHit{.unsent_bytes = 2});

  spawner.last().emit_stdout(k_request);
  spawner.last().unwritten = 2002;
  services.replies[2]("{}");
  EXPECT_THAT(spawner.last().signals, ElementsAre(SIGKILL)) << "what it is told has an end, too";
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
