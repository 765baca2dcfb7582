#include "worker/backoff.hpp"

#include <gtest/gtest.h>

namespace collet::worker {
namespace {
using namespace std::chrono_literals;

constexpr std::uint64_t k_no_jitter = 250, k_least = 0, k_most = 500;

TEST(Backoff, DoublesUpToItsLongest) {
  const BackoffPolicy policy;
  EXPECT_EQ(backoff_delay(policy, 1, k_no_jitter), 1s);
  EXPECT_EQ(backoff_delay(policy, 2, k_no_jitter), 2s);
  EXPECT_EQ(backoff_delay(policy, 9, k_no_jitter), 256s);
  EXPECT_EQ(backoff_delay(policy, 10, k_no_jitter), 5min);
  EXPECT_EQ(backoff_delay(policy, 4'000'000'000, k_no_jitter), 5min);
}

TEST(Backoff, IsMovedByAQuarterAtMost) {
  const BackoffPolicy policy;
  EXPECT_EQ(backoff_delay(policy, 1, k_least), 750ms);
  EXPECT_EQ(backoff_delay(policy, 1, k_most), 1250ms);
  for (std::uint64_t random = 0; random < 2000; ++random) {
    const auto delay = backoff_delay(policy, 3, random);
    EXPECT_GE(delay, 3s);
    EXPECT_LE(delay, 5s);
  }
}

}  // namespace
}  // namespace collet::worker
