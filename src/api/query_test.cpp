#include "api/query.hpp"

#include <gtest/gtest.h>

namespace collet::api {
namespace {

TEST(Query, AClampedLimitTakesTheNearest) {
  EXPECT_EQ(clamped_limit(""), 25u);
  EXPECT_EQ(clamped_limit("limit=7"), 7u);
  EXPECT_EQ(clamped_limit("limit=0"), 1u);
  EXPECT_EQ(clamped_limit("limit=-3"), 1u);
  EXPECT_EQ(clamped_limit("limit=500"), 500u);
  EXPECT_EQ(clamped_limit("limit=501"), 500u);
  EXPECT_EQ(clamped_limit("limit=x"), 25u);
  EXPECT_EQ(clamped_limit("limit=7x"), 25u);
}

TEST(Query, AStrictLimitIsRefusedWhereItIsNone) {
  EXPECT_EQ(strict_limit(""), 25u);
  EXPECT_EQ(strict_limit("limit=1"), 1u);
  EXPECT_EQ(strict_limit("limit=500"), 500u);
  for (const auto* odd : {"limit=0", "limit=501", "limit=-1", "limit=x", "limit="}) {
    const auto limit = strict_limit(odd);
    ASSERT_FALSE(limit) << odd;
    EXPECT_EQ(limit.error().message, "limit must be a number between 1 and 500");
  }
}

TEST(Query, TheFirstValueCounts) {
  EXPECT_EQ(query_text("a=1&b=%20x&b=y", "b"), " x");
  EXPECT_EQ(query_text("a=1", "b"), std::nullopt);
}

}  // namespace
}  // namespace collet::api
