#include "collet/error.hpp"

#include <gtest/gtest.h>

#include <set>

#include "collet/deadline.hpp"
#include "collet/reply.hpp"

namespace collet {
namespace {

TEST(ErrorCodes, RowsStandInTheOrderOfTheEnum) {
  for (std::size_t i = 0; i < k_error_codes.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(k_error_codes[i].code), i) << k_error_codes[i].name;
  }
}

TEST(ErrorCodes, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const auto& row : k_error_codes) names.insert(row.name);
  EXPECT_EQ(names.size(), k_error_codes.size());
}

TEST(ErrorCodes, StatusesAreTheAgreedOnes) {
  EXPECT_EQ(describe(ErrorCode::tool_not_found).http_status, 404);
  EXPECT_EQ(describe(ErrorCode::invalid_parameters).http_status, 422);
  EXPECT_EQ(describe(ErrorCode::invalid_parameters).exit_code, 2);
  EXPECT_EQ(describe(ErrorCode::cancelled).http_status, 499);
  EXPECT_EQ(describe(ErrorCode::worker_crashed).http_status, 502);
  EXPECT_EQ(describe(ErrorCode::timeout).http_status, 504);
}

TEST(Reply, AnswersOnce) {
  int answers = 0;
  Reply<int> reply([&](Result<int> outcome) {
    ++answers;
    EXPECT_EQ(*outcome, 7);
  });
  EXPECT_TRUE(reply);
  reply(7);
  EXPECT_FALSE(reply);
  EXPECT_EQ(answers, 1);
}

TEST(Reply, AnswersInternalErrorWhenForgotten) {
  std::optional<ErrorCode> code;
  {
    Reply<int> forgotten([&](Result<int> outcome) { code = outcome.error().code; });
  }
  EXPECT_EQ(code, ErrorCode::internal_error);
}

TEST(Reply, AnswersWhatItHeldWhenAssignedOver) {
  int dropped = 0;
  Reply<int> reply([&](Result<int>) { ++dropped; });
  reply = Reply<int>();
  EXPECT_EQ(dropped, 1);
}

TEST(Reply, MovedFromOwesNothing) {
  int answers = 0;
  Reply<int> first([&](Result<int>) { ++answers; });
  Reply<int> second(std::move(first));
  second(1);
  EXPECT_EQ(answers, 1);
}

TEST(Deadline, ASumPastTheEndOfTimeIsNever) {
  const auto now = TimePoint(std::chrono::hours(1));
  EXPECT_TRUE(Deadline::after(now, Clock::duration::max()).is_never());
  EXPECT_FALSE(Deadline::after(now, std::chrono::hours(1)).is_never());
}

TEST(Deadline, ExpiresAtItsMoment) {
  using namespace std::chrono_literals;
  const auto now = TimePoint(1h);
  const auto deadline = Deadline::after(now, 10ms);
  EXPECT_FALSE(deadline.expired(now + 10ms - 1ns));
  EXPECT_TRUE(deadline.expired(now + 10ms));
  EXPECT_EQ(deadline.remaining(now + 4ms), 6ms);
  EXPECT_EQ(deadline.remaining(now + 1h), 0ms);
}

}  // namespace
}  // namespace collet
