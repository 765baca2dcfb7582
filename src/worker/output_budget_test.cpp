#include "worker/output_budget.hpp"

#include <gtest/gtest.h>

namespace collet::worker {
namespace {
using namespace std::chrono_literals;

constexpr OutputLimits k_small{.chatter_bytes_a_second_max = 10, .requests_a_second_max = 2};
const TimePoint k_start = TimePoint{} + 1h;

TEST(OutputBudget, IsSpentOnceASecondByChatter) {
  OutputBudget budget(k_small);
  EXPECT_FALSE(budget.spends_all_with_chatter(k_start, 10));
  EXPECT_TRUE(budget.spends_all_with_chatter(k_start + 500ms, 1));
  EXPECT_FALSE(budget.spends_all_with_chatter(k_start + 999ms, 100));
  EXPECT_EQ(budget.next_second(), k_start + 1s);
  EXPECT_FALSE(budget.spends_all_with_chatter(k_start + 1s, 10));
  EXPECT_TRUE(budget.spends_all_with_chatter(k_start + 1s, 1));
}

TEST(OutputBudget, IsSpentOnceASecondByRequests) {
  OutputBudget budget(k_small);
  EXPECT_FALSE(budget.spends_all_with_request(k_start));
  EXPECT_FALSE(budget.spends_all_with_request(k_start));
  EXPECT_TRUE(budget.spends_all_with_request(k_start));
  EXPECT_FALSE(budget.spends_all_with_request(k_start));
  EXPECT_FALSE(budget.spends_all_with_chatter(k_start, 100)) << "it is not read already";
  EXPECT_FALSE(budget.spends_all_with_request(k_start + 1s));
}

TEST(OutputBudget, BelongsToAProcess) {
  OutputBudget budget(k_small);
  EXPECT_TRUE(budget.spends_all_with_chatter(k_start, 11));
  budget.reset();
  EXPECT_FALSE(budget.spends_all_with_chatter(k_start, 10));
  EXPECT_TRUE(budget.spends_all_with_chatter(k_start, 1));
}

}  // namespace
}  // namespace collet::worker
