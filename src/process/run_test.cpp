#include "process/run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>

#include "base/asio_loop.hpp"
#include "base/virtual_loop.hpp"
#include "process/fake_process.hpp"
#include "process/system_spawner.hpp"

namespace collet::process {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class RunTest : public testing::Test {
 protected:
  void start(RunOptions options = {}) {
    run(loop, spawner, {.executable = "/opt/tool/npm", .arguments = {"view"}}, std::move(options),
        Reply<RunOutcome>([this](Result<RunOutcome> with) { outcome = std::move(with); }));
  }
  FakeProcess& tool() { return spawner.last(); }

  VirtualLoop loop;
  FakeSpawner spawner;
  std::optional<Result<RunOutcome>> outcome;
};

TEST_F(RunTest, AnswersWithWhatItPrinted) {
  start();
  EXPECT_EQ(tool().request.executable, "/opt/tool/npm");
  EXPECT_THAT(tool().request.arguments, ElementsAre("view"));
  EXPECT_TRUE(tool().stdin_closed);
  tool().emit_stdout("one");
  tool().emit_stderr("warning");
  tool().emit_stdout(" two");
  tool().emit_stdout_closed();
  EXPECT_FALSE(outcome);
  tool().exit_with_code(3);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->status.describe(), "exited with code 3");
  EXPECT_EQ((*outcome)->stdout_text, "one two");
  EXPECT_EQ((*outcome)->stderr_tail, "warning");
  EXPECT_TRUE(tool().destroyed);
  EXPECT_EQ(loop.pending_timers(), 0u);
}

TEST_F(RunTest, AStartFailureIsAnsweredFromTheLoop) {
  spawner.fail_next = Error{.code = ErrorCode::worker_unavailable, .message = "no such file"};
  start();
  EXPECT_FALSE(outcome);
  loop.run_ready();
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().code, ErrorCode::worker_unavailable);
  EXPECT_EQ(outcome->error().message, "no such file");
}

TEST_F(RunTest, KillsAtTheDeadlineAndQuotesTheLastWords) {
  start({.deadline = Deadline::after(loop.now(), 10s)});
  tool().emit_stderr("waiting for the registry\n");
  loop.advance(10s - 1ns);
  EXPECT_FALSE(outcome);
  EXPECT_FALSE(tool().destroyed);
  loop.advance(1ns);
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_TRUE(tool().destroyed);
  EXPECT_EQ(outcome->error().code, ErrorCode::timeout);
  EXPECT_EQ(outcome->error().message,
            "npm did not end by its deadline and was killed; its standard error ended with:\n"
            "waiting for the registry");
  EXPECT_EQ(outcome->error().remedy,
            "run it by hand to see what it waits for, or give it more time");
}

TEST_F(RunTest, KillsAtTheDeadlineWithoutLastWords) {
  start({.deadline = Deadline::after(loop.now(), 10s)});
  loop.advance(10s);
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(outcome->error().message, "npm did not end by its deadline and was killed");
}

TEST_F(RunTest, SaysAtTheDeadlineWhichLimitsWereReached) {
  run(loop, spawner, {.executable = "/opt/tool/npm", .limits = ResourceLimits{.processes_max = 64}},
      {.deadline = Deadline::after(loop.now(), 10s)},
      Reply<RunOutcome>([this](Result<RunOutcome> with) { outcome = std::move(with); }));
  EXPECT_EQ(tool().request.limits, ResourceLimits{.processes_max = 64});
  tool().limits_hit = {.processes = 3};
  tool().emit_stderr("fork: try again\n");
  loop.advance(10s);
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_EQ(
      outcome->error().message,
      "npm did not end by its deadline and was killed; it reached its limit of 64 processes 3 "
      "times; its standard error ended with:\nfork: try again");
}

TEST_F(RunTest, KillsWhereNobodyWaitsAnyMore) {
  std::stop_source caller;
  start({.cancellation = caller.get_token()});
  EXPECT_FALSE(outcome);
  std::thread([&] { caller.request_stop(); }).join();
  loop.run_ready();
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_TRUE(tool().destroyed);
  EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
}

TEST_F(RunTest, AStopAfterTheEndDoesNothing) {
  std::stop_source caller;
  start({.cancellation = caller.get_token()});
  tool().exit_with_code(0);
  caller.request_stop();
  loop.run_ready();
  EXPECT_TRUE(outcome && *outcome);
}

TEST_F(RunTest, TakesOutputUpToTheLimit) {
  start({.stdout_bytes_max = 10});
  tool().emit_stdout("12345");
  tool().emit_stdout("67890");
  EXPECT_FALSE(outcome);
  tool().exit_with_code(0);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ((*outcome)->stdout_text, "1234567890");
}

TEST_F(RunTest, KillsOnePastTheLimitOfOutput) {
  start({.stdout_bytes_max = 10});
  tool().emit_stdout("12345");
  tool().emit_stdout("678901");
  ASSERT_TRUE(outcome && !*outcome);
  EXPECT_TRUE(tool().destroyed);
  EXPECT_EQ(outcome->error().code, ErrorCode::payload_too_large);
  EXPECT_EQ(outcome->error().message, "npm printed more than 10 bytes and was killed");
}

TEST_F(RunTest, KeepsTheTailOfStandardError) {
  const auto tail_of = [&](std::vector<std::string> pieces, std::size_t bytes_max) {
    start({.stderr_tail_bytes_max = bytes_max});
    for (const auto& piece : pieces) tool().emit_stderr(piece);
    tool().exit_with_code(0);
    return (*outcome)->stderr_tail;
  };
  EXPECT_EQ(tail_of({"12345678"}, 8), "12345678");
  EXPECT_EQ(tail_of({"123456789"}, 8), "23456789");
  EXPECT_EQ(tail_of({"1234", "5678", "9", "abcdefgh", "ijkl"}, 8), "efghijkl");
  EXPECT_EQ(tail_of({std::string(100000, 'x') + "end"}, 3), "end");
  EXPECT_EQ(tail_of({"anything"}, 0), "");
  // A character that the cut hits is left out: U+20AC has three bytes.
  EXPECT_EQ(tail_of({"\xe2\x82\xac"
                     "1234567"},
                    9),
            "1234567");
  EXPECT_EQ(tail_of({"\xe2\x82\xac"
                     "1234567"},
                    10),
            "\xe2\x82\xac"
            "1234567");
}

TEST_F(RunTest, HandsOnLinesOfBothStreams) {
  std::vector<std::string> lines;
  start({.on_line = [&](std::string_view line) { lines.emplace_back(line); }});
  tool().emit_stdout("a\nb");
  EXPECT_THAT(lines, ElementsAre("a"));
  tool().emit_stderr("error\r\n\n");
  tool().emit_stdout("c\n");
  EXPECT_THAT(lines, ElementsAre("a", "error", "", "bc"));
  tool().emit_stderr("unfinished");
  tool().exit_with_code(0);
  EXPECT_THAT(lines, ElementsAre("a", "error", "", "bc", "unfinished"));
  EXPECT_EQ((*outcome)->stdout_text, "a\nbc\n");
}

TEST_F(RunTest, CutsEndlessLines) {
  std::vector<std::size_t> sizes;
  start({.on_line = [&](std::string_view line) { sizes.push_back(line.size()); }});
  tool().emit_stderr(std::string(65535, 'x') + "\n");
  tool().emit_stderr(std::string(65537, 'x') + "\n");
  tool().exit_with_code(0);
  EXPECT_THAT(sizes, ElementsAre(65535u, 65536u, 1u));
}

TEST(RunReal, AnswersAndEndsByTheDeadline) {
  AsioLoop loop;
  const auto spawner = make_system_spawner(loop);
  const auto outcome_of = [&](std::string script, Deadline deadline) {
    std::optional<Result<RunOutcome>> outcome;
    run(loop, *spawner,
        {.executable = "sh",
         .arguments = {"-c", std::move(script)},
         .environment = {{"PATH", "/usr/bin:/bin"}}},
        {.deadline = deadline},
        Reply<RunOutcome>([&](Result<RunOutcome> with) { outcome = std::move(with); }));
    const auto give_up = loop.now() + 30s;
    while (!outcome && loop.context().run_one_until(give_up) != 0) {
    }
    return outcome.value();
  };
  const auto ended = outcome_of("cat; echo out; echo err >&2; exit 2", Deadline::never());
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status.code, 2);
  EXPECT_EQ(ended->stdout_text, "out\n");
  EXPECT_EQ(ended->stderr_tail, "err");

  const auto late = outcome_of("tail -f /dev/null", Deadline::after(loop.now(), 20ms));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::timeout);
  EXPECT_EQ(late.error().message, "sh did not end by its deadline and was killed");
}

}  // namespace
}  // namespace collet::process
