#include "schema/pattern/references.hpp"

#include <gtest/gtest.h>

#include <string>

namespace collet::schema::pattern {
namespace {

/// A letter for each reference: plain, empty, stale.
std::string kinds(std::string_view source) {
  std::string letters;
  for (const ReferenceKind kind : kinds_of_references(*parse(source))) {
    letters += "pes"[static_cast<std::size_t>(kind)];
  }
  return letters;
}

TEST(PatternReferences, ArePlainBehindAGroupThatNoRepetitionSkips) {
  EXPECT_EQ(kinds(R"((a)\1)"), "p");
  EXPECT_EQ(kinds(R"((a)?\1)"), "p");
  EXPECT_EQ(kinds(R"((?:(a)|b)\1)"), "p");
  EXPECT_EQ(kinds(R"((?:(a)\1)*)"), "p");
  EXPECT_EQ(kinds(R"((?:(a)\1|b)*)"), "p");
  EXPECT_EQ(kinds(R"((?:(a)+\1)*)"), "p");
  EXPECT_EQ(kinds(R"((?:(?=(a))\1)*)"), "p");
  EXPECT_EQ(kinds(R"((?:x(a))*\1)"), "p");
  EXPECT_EQ(kinds(R"((?:(a)|b){0,1}\1)"), "p");
}

TEST(PatternReferences, AreEmptyWhereTheGroupComesLaterOrNeverEnds) {
  EXPECT_EQ(kinds(R"(\1(a))"), "e");
  EXPECT_EQ(kinds(R"((?:\1(a))*)"), "e");
  EXPECT_EQ(kinds(R"((a\1)*)"), "e");
  EXPECT_EQ(kinds(R"((?:(a)|\1)*)"), "e");
  EXPECT_EQ(kinds(R"((?!(a))\1)"), "e");
  EXPECT_EQ(kinds(R"((?!(a)\1))"), "p");
}

TEST(PatternReferences, AreStaleWhereAnIterationSkipsTheGroup) {
  EXPECT_EQ(kinds(R"((?:(a)|b)*\1)"), "s");
  EXPECT_EQ(kinds(R"((?:(a)|b){2}\1)"), "s");
  EXPECT_EQ(kinds(R"((?:(a)?b)*\1)"), "s");
  EXPECT_EQ(kinds(R"((?:(a)?\1)*)"), "s");
  EXPECT_EQ(kinds(R"((?:(?:(a)|b)\1)+)"), "s");
  EXPECT_EQ(kinds(R"((?:(a)(?:(b)|c))*\1\2)"), "ps");
}

}  // namespace
}  // namespace collet::schema::pattern
