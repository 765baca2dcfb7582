#include "schema/marks.hpp"

#include <gtest/gtest.h>

namespace collet::schema {
namespace {

TEST(Marks, HasWhatWasMarkedAndNothingElse) {
  for (const std::uint32_t position : {0U, 1U, 63U, 64U, 127U, 128U, 4'000U}) {
    Marks marks;
    marks.mark(position);
    for (const std::uint32_t other : {0U, 1U, 63U, 64U, 127U, 128U, 4'000U, 5'000U}) {
      EXPECT_EQ(marks.has(other), other == position) << position << ' ' << other;
    }
  }
}

TEST(Marks, AddsThoseOfABranchOfAnySize) {
  Marks few;
  few.mark(3);
  Marks many;
  many.mark(64);
  many.mark(200);
  few.add(many);
  EXPECT_TRUE(few.has(3) && few.has(64) && few.has(200));
  EXPECT_FALSE(few.has(65) || few.has(4));
  many.add(Marks());
  EXPECT_TRUE(many.has(200));
  EXPECT_FALSE(many.has(3));
}

TEST(Marks, TellsTheWordsBeyondTheFirst) {
  Marks marks;
  EXPECT_EQ(marks.rest_size(), 0U);
  marks.mark(63);
  EXPECT_EQ(marks.rest_size(), 0U);
  marks.mark(64);
  EXPECT_EQ(marks.rest_size(), 1U);
  marks.mark(64 * 3);
  EXPECT_EQ(marks.rest_size(), 3U);
}

}  // namespace
}  // namespace collet::schema
