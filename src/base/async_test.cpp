#include "base/async.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/join.hpp"
#include "base/virtual_loop.hpp"

namespace collet {
namespace {

// Answers `value` at once or from a later task.
void answer(Loop& loop, bool later, int value, Reply<int> reply) {
  if (!later) return reply(value);
  loop.post([value, reply = std::move(reply)]() mutable { reply(value); });
}

Async<Result<int>> sum(Loop& loop, bool later) {
  int total = 0;
  for (int i = 1; i <= 3; ++i) {
    const auto part =
        co_await reply_of<int>([&](Reply<int> reply) { answer(loop, later, i, std::move(reply)); });
    total += *part;
  }
  co_return total;
}

Async<Result<std::string>> describe_sum(Loop& loop, bool later) {
  const auto total = co_await sum(loop, later);
  if (*total > 100) co_return fail(ErrorCode::overloaded, "too much");
  co_return "sum " + std::to_string(*total);
}

class AsyncTest : public testing::TestWithParam<bool> {};

TEST_P(AsyncTest, GoesOnWhetherAStepAnswersAtOnceOrLater) {
  VirtualLoop loop;
  std::string text;
  start(describe_sum(loop, GetParam()),
        Reply<std::string>([&](Result<std::string> outcome) { text = *outcome; }));
  loop.run_ready();
  EXPECT_EQ(text, "sum 6");
}

INSTANTIATE_TEST_SUITE_P(AtOnceAndLater, AsyncTest, testing::Bool());

Async<Result<int>> forgotten() {
  auto outcome = co_await reply_of<int>([](Reply<int>) {});
  co_return outcome;
}

TEST(Async, AStepThatForgetsItsAnswerFailsTheFlowInsteadOfHangingIt) {
  std::optional<ErrorCode> code;
  start(forgotten(), Reply<int>([&](Result<int> outcome) { code = outcome.error().code; }));
  EXPECT_EQ(code, ErrorCode::internal_error);
}

TEST(Join, AnswersWithTheLastOfItsReplies) {
  bool all = false;
  Reply<Done> first, second;
  {
    const Join join(Reply<Done>([&](Result<Done>) { all = true; }));
    first = join.one();
    second = join.one();
    first(Done{});
  }
  EXPECT_FALSE(all);
  second(fail(ErrorCode::timeout, "late"));
  EXPECT_TRUE(all);
}

TEST(Join, WithoutRepliesAnswersWhenItGoes) {
  bool all = false;
  {
    const Join join(Reply<Done>([&](Result<Done>) { all = true; }));
  }
  EXPECT_TRUE(all);
}

TEST(Async, ALongChainOfReadyStepsDoesNotGrowTheStack) {
  VirtualLoop loop;
  struct Flow {
    static Async<Result<int>> run() {
      int total = 0;
      for (int i = 0; i < 200'000; ++i) {
        auto one = co_await reply_of<int>([](Reply<int> reply) { reply(1); });
        total += *one;
      }
      co_return total;
    }
  };
  int total = 0;
  start(Flow::run(), Reply<int>([&](Result<int> outcome) { total = *outcome; }));
  EXPECT_EQ(total, 200'000);
}

}  // namespace
}  // namespace collet
