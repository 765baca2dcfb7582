#include "jsonrpc/pending_calls.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "base/virtual_loop.hpp"

namespace collet::jsonrpc {
namespace {
using namespace std::chrono_literals;

class PendingCallsTest : public testing::Test {
 protected:
  // Each answer as text: the result, or "<code>: <message>".
  Reply<std::string> record() {
    return Reply<std::string>([this](Result<std::string> outcome) {
      answers.push_back(outcome ? *outcome
                                : std::string(describe(outcome.error().code).name) + ": " +
                                      outcome.error().message);
    });
  }
  Deadline in(Clock::duration duration) const { return Deadline::after(loop.now(), duration); }

  VirtualLoop loop;
  std::vector<std::string> answers;
};

TEST_F(PendingCallsTest, AnswersByIdOnce) {
  PendingCalls calls(loop);
  const auto first = calls.add("a", Deadline::never(), {}, record());
  const auto second = calls.add("b", Deadline::never(), {}, record());
  EXPECT_EQ(first, 1u);
  EXPECT_EQ(second, 2u);
  EXPECT_TRUE(calls.answer(second, "two"));
  EXPECT_FALSE(calls.answer(second, "again"));
  EXPECT_TRUE(calls.was_issued(second));
  EXPECT_FALSE(calls.was_issued(3));
  EXPECT_FALSE(calls.was_issued(0));
  EXPECT_TRUE(calls.answer(first, "one"));
  EXPECT_EQ(answers, (std::vector<std::string>{"two", "one"}));
}

TEST_F(PendingCallsTest, ExpiresExactlyAtTheDeadline) {
  PendingCalls calls(loop);
  const auto id = calls.add("tool \"k:t\"", in(30s), {}, record());
  loop.advance(30s - 1ns);
  EXPECT_TRUE(answers.empty());
  loop.advance(1ns);
  EXPECT_EQ(answers,
            (std::vector<std::string>{"timeout: tool \"k:t\" did not answer within 30000 ms"}));
  EXPECT_FALSE(calls.answer(id, "late"));
  EXPECT_EQ(loop.pending_timers(), 0u);
}

TEST_F(PendingCallsTest, AnAnsweredCallLeavesNoTimer) {
  PendingCalls calls(loop);
  calls.answer(calls.add("a", in(30s), {}, record()), "ok");
  EXPECT_EQ(loop.pending_timers(), 0u);
}

TEST_F(PendingCallsTest, ACallerMayCancelFromAnyThread) {
  PendingCalls calls(loop);
  std::stop_source caller;
  calls.add("a", in(30s), caller.get_token(), record());
  std::thread([&] { caller.request_stop(); }).join();
  loop.run_ready();
  EXPECT_EQ(answers, (std::vector<std::string>{"cancelled: the caller cancelled"}));
}

TEST_F(PendingCallsTest, CancellingAfterTheAnswerDoesNothing) {
  PendingCalls calls(loop);
  std::stop_source caller;
  calls.answer(calls.add("a", in(30s), caller.get_token(), record()), "ok");
  caller.request_stop();
  loop.run_ready();
  EXPECT_EQ(answers, (std::vector<std::string>{"ok"}));
}

// Answers, cancellations, the deadline and the end of the connection in every order, each at once
// or when the loop comes to it: one answer, whatever comes first, and nothing left.
TEST_F(PendingCallsTest, EveryOrderOfEventsGivesOneAnswer) {
  enum Event { answer, answer_again, cancel, cancel_again, turn, deadline, end };
  std::vector<Event> order = {answer, answer_again, cancel, cancel_again, turn, deadline, end};
  do {
    answers.clear();
    PendingCalls calls(loop);
    std::stop_source source;
    const auto id = calls.add("a", in(1s), source.get_token(), record());
    const auto neighbour = calls.add("b", Deadline::never(), {}, record());
    for (const auto event : order) {
      switch (event) {
        case answer:
        case answer_again:
          calls.answer(id, "result");
          break;
        case cancel:
        case cancel_again:
          source.request_stop();
          break;
        case turn:
          loop.run_ready();
          break;
        case deadline:
          loop.advance(1s);
          break;
        case end:
          calls.answer(neighbour, "neighbour");
          calls.fail_all(Error{.code = ErrorCode::worker_crashed, .message = "it died"});
          break;
      }
    }
    loop.run_ready();
    ASSERT_EQ(answers.size(), 2u) << testing::PrintToString(order);
    ASSERT_EQ(std::ranges::count(answers, "neighbour"), 1) << testing::PrintToString(order);
    ASSERT_EQ(calls.size(), 0u);
    ASSERT_EQ(loop.pending_timers(), 0u);
  } while (std::ranges::next_permutation(order).found);
}

TEST_F(PendingCallsTest, ACancelThatIsUnderWayWhenTheCallsGoIsHarmless) {
  std::stop_source caller;
  {
    PendingCalls calls(loop);
    calls.add("a", in(30s), caller.get_token(), record());
    caller.request_stop();
  }
  loop.run_ready();
  EXPECT_EQ(
      answers,
      (std::vector<std::string>{"worker_unavailable: the connection to the worker was closed"}));
}

TEST_F(PendingCallsTest, HeldLinesGoWithTheirCalls) {
  PendingCalls calls(loop);
  const auto first = calls.add("a", in(1s), {}, record());
  const auto second = calls.add("b", in(30s), {}, record());
  const auto third = calls.add("c", in(30s), {}, record());
  calls.hold(third, "three\n");
  calls.hold(first, "one\n");
  calls.hold(second, "two\n");
  EXPECT_EQ(calls.held_bytes(), 14u);
  loop.advance(1s);
  EXPECT_EQ(answers,
            (std::vector<std::string>{
                "timeout: a did not answer within 1000 ms; its worker has not started yet"}));
  EXPECT_EQ(calls.held_bytes(), 10u);
  EXPECT_EQ(calls.take_held(), (std::vector<std::string>{"two\n", "three\n"}));
  EXPECT_EQ(calls.held_bytes(), 0u);
  calls.answer(second, "ok");
  EXPECT_EQ(calls.take_held(), std::vector<std::string>{});
}

TEST_F(PendingCallsTest, KnowsWhatThePeerMayStillBeBusyWith) {
  PendingCalls calls(loop);
  std::stop_source caller;
  const auto first = calls.add("a", in(5s), {}, record());
  const auto second = calls.add("b", in(30s), caller.get_token(), record());
  const auto third = calls.add("c", in(30s), {}, record());
  EXPECT_FALSE(calls.has_older_than(first));
  EXPECT_TRUE(calls.has_older_than(second));
  EXPECT_LT(calls.cancelled_until(), loop.now());
  EXPECT_EQ(calls.expired(), 0u);

  const auto until = loop.now() + 30s;
  caller.request_stop();
  loop.run_ready();
  EXPECT_EQ(calls.cancelled_until(), until);
  loop.advance(5s);
  EXPECT_EQ(calls.expired(), 1u);
  EXPECT_FALSE(calls.has_older_than(third));

  calls.fail_all(Error{.code = ErrorCode::worker_crashed, .message = "gone"});
  EXPECT_LT(calls.cancelled_until(), loop.now()) << "the next peer knows nothing of that call";
}

TEST_F(PendingCallsTest, TheTimeIsRoundedNotCut) {
  PendingCalls calls(loop);
  calls.add("a", in(200ms - 1us), {}, record());
  loop.advance(1s);
  EXPECT_EQ(answers, (std::vector<std::string>{"timeout: a did not answer within 200 ms"}));
}

TEST_F(PendingCallsTest, FailAllMeansThoseThatWaitNow) {
  PendingCalls calls(loop);
  for (int i = 0; i < 3; ++i) {
    calls.add("a", in(30s), {}, Reply<std::string>([&](Result<std::string>) {
                calls.add("new", in(30s), {}, record());
              }));
  }
  calls.fail_all(Error{.code = ErrorCode::worker_crashed, .message = "gone"});
  EXPECT_EQ(calls.size(), 3u);
  EXPECT_TRUE(answers.empty());
}

TEST_F(PendingCallsTest, AnAnswerMayDestroyTheCalls) {
  auto calls = std::make_unique<PendingCalls>(loop);
  const auto id =
      calls->add("a", in(30s), {}, Reply<std::string>([&](Result<std::string>) { calls.reset(); }));
  calls->answer(id, "ok");
  EXPECT_EQ(calls, nullptr);
}

}  // namespace
}  // namespace collet::jsonrpc
