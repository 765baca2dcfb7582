#include "base/closest_name.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace collet {
namespace {

std::string_view closest(std::string_view wanted, const std::vector<std::string>& candidates) {
  ClosestName search(wanted);
  for (const auto& candidate : candidates) search.offer(candidate);
  return search.result();
}

TEST(ClosestName, FindsTheNameWithTheFewestEdits) {
  const std::vector<std::string> names{"calc:subtract", "calc:add", "calc:adder"};
  EXPECT_EQ(closest("calc:ad", names), "calc:add");
  EXPECT_EQ(closest("calc:adde", names), "calc:add");  // as near as "adder": the first one stays
  EXPECT_EQ(closest("clac:subtract", names), "calc:subtract");
}

TEST(ClosestName, TakesTwoNeighboursInTheWrongOrderForOneEdit) {
  EXPECT_EQ(closest("titel", {"title"}), "title");
  EXPECT_EQ(closest("hihg", {"high"}), "high");
  EXPECT_EQ(closest("ettil", {"title"}), "");
}

TEST(ClosestName, TakesASingleLetterForNoOther) {
  EXPECT_EQ(closest("a", {"b", "ab"}), "");
  EXPECT_EQ(closest("a", {"b", "A"}), "A");
  EXPECT_EQ(closest("ab", {"ax"}), "ax");
}

TEST(ClosestName, IgnoresCase) {
  EXPECT_EQ(closest("CALC:ADD", {"calc:add"}), "calc:add");
}

TEST(ClosestName, OffersNothingThatIsFarAway) {
  EXPECT_EQ(closest("weather:today", {"calc:add", "notes:search"}), "");
  EXPECT_EQ(closest("", {"a"}), "");
  // Nine letters allow three edits, not four.
  EXPECT_EQ(closest("abcdefghi", {"abcdefxyz"}), "abcdefxyz");
  EXPECT_EQ(closest("abcdefghi", {"abcdexxyz"}), "");
}

TEST(ClosestName, AnswersTheValueThatBelongsToTheCandidate) {
  ClosestName search("add");
  search.offer("add", "calc:add");
  EXPECT_EQ(search.result(), "calc:add");
}

TEST(ClosestName, ComparesNamesUpToItsLimit) {
  const std::string at_limit(ClosestName::name_bytes_max, 'x');
  EXPECT_EQ(closest(at_limit, {at_limit}), at_limit);
  const std::string beyond = at_limit + "x";
  EXPECT_EQ(closest(beyond, {beyond}), "");
}

TEST(ClosestName, StopsComparingAtTheLimitOfCells) {
  const std::string wanted(100, 'a');
  const std::string other = std::string(94, 'a') + "bbbbbb";  // one edit too many
  const std::size_t affordable = ClosestName::cells_max / (100 * 100);
  {
    ClosestName search(wanted);
    for (std::size_t i = 0; i + 1 < affordable; ++i) search.offer(other);
    search.offer(wanted);
    EXPECT_EQ(search.result(), wanted);
  }
  {
    ClosestName search(wanted);
    for (std::size_t i = 0; i < affordable; ++i) search.offer(other);
    search.offer(wanted);
    EXPECT_EQ(search.result(), "");
  }
}

}  // namespace
}  // namespace collet
