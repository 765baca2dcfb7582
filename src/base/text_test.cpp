#include "base/text.hpp"

#include <gtest/gtest.h>

namespace collet {
namespace {

TEST(Text, IsCutBetweenCharacters) {
  EXPECT_EQ(cut("abü", 4), "abü");
  EXPECT_EQ(cut("abü", 3), "ab");
  EXPECT_EQ(cut("abüc", 4), "abü");
  EXPECT_EQ(cut("漢", 2), "");
  EXPECT_EQ(cut("", 0), "");
}

TEST(Text, WhatIsLeftOutShows) {
  EXPECT_EQ(shortened("abü", 4), "abü");
  EXPECT_EQ(shortened("abü", 3), "ab…");
}

TEST(Text, IsTrimmedOfWhiteSpaceOrWhatElseIsSaid) {
  EXPECT_EQ(trimmed(" \t\n\v\f\ra b\r "), "a b");
  EXPECT_EQ(trimmed("\va ", " "), "\va");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed(""), "");
}

}  // namespace
}  // namespace collet
