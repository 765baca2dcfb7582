#include "statistics.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace calc {
namespace {

TEST(Statistics, DescribesNumbersInAnyOrder) {
  const Statistics found = describe({4, 1, 3, 2});
  EXPECT_EQ(found.count, 4);
  EXPECT_EQ(found.sum, 10);
  EXPECT_EQ(found.mean, 2.5);
  EXPECT_EQ(found.median, 2.5);
  EXPECT_DOUBLE_EQ(found.stdev.value(), 1.2909944487358056);
  EXPECT_EQ(found.min, 1);
  EXPECT_EQ(found.max, 4);
}

TEST(Statistics, MedianOfAnOddCountIsTheOneInTheMiddle) {
  EXPECT_EQ(describe({9, 1, 5}).median, 5);
}

TEST(Statistics, OneNumberHasNoDeviation) {
  const Statistics found = describe({7});
  EXPECT_EQ(found.stdev, std::nullopt);
  EXPECT_EQ(found.median, 7);
}

TEST(Statistics, RefusesWhatHasNoFigures) {
  EXPECT_THROW(describe({}), std::invalid_argument);
  EXPECT_THROW(describe({1e308, 1e308}), std::overflow_error);
}

}  // namespace
}  // namespace calc
