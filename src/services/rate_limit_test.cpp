#include "services/rate_limit.hpp"

#include <gtest/gtest.h>

namespace collet::services {
namespace {

using std::chrono::seconds;

class RateLimitTest : public testing::Test {
 protected:
  /// Seconds to wait.
  long take(const std::string& key, int at) {
    return std::chrono::duration_cast<seconds>(limit.take(key, TimePoint(seconds(100 + at))))
        .count();
  }
  RateLimit limit{2, seconds(60)};
};

TEST_F(RateLimitTest, LetsSoManyThroughInAnyWindow) {
  EXPECT_EQ(take("a", 0), 0);
  EXPECT_EQ(take("a", 30), 0);
  EXPECT_EQ(take("a", 59), 1);
  EXPECT_EQ(take("a", 60), 0);
  EXPECT_EQ(take("a", 60), 30);
  EXPECT_EQ(take("a", 90), 0);
}

TEST_F(RateLimitTest, WhatIsRefusedDoesNotCount) {
  take("a", 0);
  take("a", 0);
  for (int i = 1; i < 60; ++i) EXPECT_EQ(take("a", i), 60 - i);
  EXPECT_EQ(take("a", 60), 0);
}

TEST_F(RateLimitTest, KeysAreApartAndForgotten) {
  take("a", 0);
  take("a", 0);
  EXPECT_EQ(take("b", 0), 0);
  EXPECT_EQ(limit.keys(), 2u);
  EXPECT_EQ(take("c", 61), 0);
  EXPECT_EQ(limit.keys(), 1u);
}

}  // namespace
}  // namespace collet::services
