#include "worker/restarts.hpp"

#include <gtest/gtest.h>

namespace collet::worker {
namespace {
using namespace std::chrono_literals;

constexpr std::uint64_t k_no_jitter = 250, k_least = 0, k_most = 500;
constexpr TimePoint k_start{1h};

TEST(Backoff, DoublesUpToItsLongest) {
  const RestartPolicy policy;
  EXPECT_EQ(backoff_delay(policy, 1, k_no_jitter), 1s);
  EXPECT_EQ(backoff_delay(policy, 2, k_no_jitter), 2s);
  EXPECT_EQ(backoff_delay(policy, 9, k_no_jitter), 256s);
  EXPECT_EQ(backoff_delay(policy, 10, k_no_jitter), 5min);
  EXPECT_EQ(backoff_delay(policy, 4'000'000'000, k_no_jitter), 5min);
}

TEST(Backoff, IsMovedByAQuarterAtMost) {
  const RestartPolicy policy;
  EXPECT_EQ(backoff_delay(policy, 1, k_least), 750ms);
  EXPECT_EQ(backoff_delay(policy, 1, k_most), 1250ms);
  for (std::uint64_t random = 0; random < 2000; ++random) {
    const auto delay = backoff_delay(policy, 3, random);
    EXPECT_GE(delay, 3s);
    EXPECT_LE(delay, 5s);
  }
}

TEST(RestartBudget, TheTenthCrashWithinTenMinutesIsOneTooMany) {
  const RestartPolicy policy;
  Restarts restarts(policy);
  for (int crash = 1; crash < 10; ++crash) {
    EXPECT_FALSE(restarts.crashed(k_start, 0s, k_no_jitter).has_failed) << crash;
  }
  const auto next = restarts.crashed(k_start + 10min - 1ns, 0s, k_no_jitter);
  EXPECT_TRUE(next.has_failed);
  EXPECT_EQ(next.delay, 5min);
  EXPECT_EQ(restarts.total(), 10u);
}

TEST(RestartBudget, ACrashOfTenMinutesAgoDoesNotCount) {
  const RestartPolicy policy;
  Restarts restarts(policy);
  for (int crash = 1; crash < 10; ++crash) (void)restarts.crashed(k_start, 0s, k_no_jitter);
  const auto next = restarts.crashed(k_start + 10min, 0s, k_no_jitter);
  EXPECT_FALSE(next.has_failed);
  EXPECT_EQ(next.delay, 5min) << "they are in a row all the same";
}

TEST(RestartBudget, AWorkerThatFailedStaysSoUntilItRunsForLong) {
  const RestartPolicy policy;
  Restarts restarts(policy);
  for (int crash = 1; crash <= 10; ++crash) (void)restarts.crashed(k_start, 0s, k_no_jitter);
  const auto retry = restarts.crashed(k_start + 1h, 10min - 1ns, k_no_jitter);
  EXPECT_TRUE(retry.has_failed) << "though only this crash lies in the window";
  EXPECT_EQ(retry.delay, 5min);
  EXPECT_FALSE(restarts.crashed(k_start + 2h, 10min, k_no_jitter).has_failed);
}

TEST(RestartBudget, IsNeverPassedHoweverItFlaps) {
  const RestartPolicy policy;
  Restarts restarts(policy);
  std::deque<TimePoint> starts;
  TimePoint now = k_start;
  for (int crash = 0; crash < 10'000; ++crash) {
    const auto next = restarts.crashed(now, 0s, static_cast<std::uint64_t>(crash) * 97);
    now += next.delay;
    starts.push_back(now);
    while (now - starts.front() >= policy.window) starts.pop_front();
    ASSERT_LE(starts.size(), policy.crashes_max) << crash;
  }
}

TEST(RestartBudget, AWorkerThatRanLongBeginsAnew) {
  const RestartPolicy policy;
  Restarts restarts(policy);
  for (int crash = 1; crash < 5; ++crash) (void)restarts.crashed(k_start, 0s, k_no_jitter);
  EXPECT_EQ(restarts.crashed(k_start, 10min - 1ns, k_no_jitter).delay, 16s);
  EXPECT_EQ(restarts.crashed(k_start, 10min, k_no_jitter).delay, 1s);
  EXPECT_EQ(restarts.in_a_row(), 1u);
}

TEST(RestartBudget, IsWholeAgainWhenSomebodyStartsItOnPurpose) {
  const RestartPolicy policy;
  Restarts restarts(policy);
  for (int crash = 1; crash < 10; ++crash) (void)restarts.crashed(k_start, 0s, k_no_jitter);
  restarts.forgive();
  const auto next = restarts.crashed(k_start, 0s, k_no_jitter);
  EXPECT_FALSE(next.has_failed);
  EXPECT_EQ(next.delay, 1s);
  EXPECT_EQ(restarts.total(), 10u);
}

}  // namespace
}  // namespace collet::worker
