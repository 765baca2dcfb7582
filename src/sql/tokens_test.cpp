#include "sql/tokens.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collet::sql {
namespace {
using testing::ElementsAre;

// "kind value" of each token, or the error.
std::vector<std::string> tokens(std::string_view sql) {
  const auto all = tokenize(sql);
  if (!all) return {all.error().message};
  std::vector<std::string> lines;
  for (const auto& token : *all) {
    static constexpr std::string_view kinds[] = {"word",   "name",      "text",
                                                 "number", "parameter", "symbol"};
    lines.push_back(std::string(kinds[static_cast<int>(token.kind)]) + " " + token.value);
  }
  return lines;
}

TEST(Tokens, WordsAreFoldedAndNamesAreNot) {
  EXPECT_THAT(tokens(R"(SELECT Foo_1, "Foo ""x""" FROM übung)"),
              ElementsAre("word select", "word foo_1", "symbol ,", R"(name Foo "x")", "word from",
                          "word übung"));
}

TEST(Tokens, StringsComeInThreeForms) {
  EXPECT_THAT(tokens("'it''s \\n'"), ElementsAre("text it's \\n"));
  EXPECT_THAT(tokens(R"(E'a\n\'b\\''c\x41\101\u00fc\q')"), ElementsAre("text a\n'b\\'cAAüq"));
  EXPECT_THAT(tokens("$$it's$$ $a$ $$ $a$"), ElementsAre("text it's", "text  $$ "));
}

TEST(Tokens, ParametersNumbersAndOperators) {
  EXPECT_THAT(
      tokens("$12::int->>'a' #>> b @> 1.5e-3 .5 1."),
      ElementsAre("parameter 12", "symbol ::", "word int", "symbol ->>", "text a", "symbol #>>",
                  "word b", "symbol @>", "number 1.5e-3", "number .5", "number 1."));
  EXPECT_THAT(tokens("a ? b ?| c ?& d"), ElementsAre("word a", "symbol ?", "word b", "symbol ?|",
                                                     "word c", "symbol ?&", "word d"));
  EXPECT_THAT(tokens("?||?"), ElementsAre("symbol ?", "symbol ||", "symbol ?"));
}

TEST(Tokens, CommentsAreLeftOut) {
  EXPECT_THAT(tokens("a -- it's\n/* b /* ' */ */ c--"), ElementsAre("word a", "word c"));
}

TEST(Tokens, SayWhatIsWrongAndWhere) {
  EXPECT_THAT(tokens("a\n'b"), ElementsAre("line 2: a string does not end"));
  EXPECT_THAT(tokens("E'b\\"), ElementsAre("line 1: a string does not end"));
  EXPECT_THAT(tokens("E'\\xg'"), ElementsAre("line 1: a string has a wrong escape"));
  EXPECT_THAT(tokens("E'\\U00110000'"), ElementsAre("line 1: a string has a wrong escape"));
  EXPECT_THAT(tokens("$a$ x $b$"), ElementsAre("line 1: a string does not end"));
  EXPECT_THAT(tokens("\"a"), ElementsAre("line 1: a quoted name does not end"));
  EXPECT_THAT(tokens("\"\""), ElementsAre("line 1: a quoted name is empty"));
  EXPECT_THAT(tokens("\n\n/* /* */"), ElementsAre("line 3: a comment does not end"));
  EXPECT_THAT(tokens("a $ b"), ElementsAre("line 1: there is a single $"));
  EXPECT_THAT(tokens("12abc"), ElementsAre("line 1: a number runs into a word"));
  EXPECT_THAT(tokens("a \x01"), ElementsAre("line 1: a character does not belong into SQL"));
  EXPECT_THAT(tokens(std::string_view("a\0b", 3)),
              ElementsAre("line 1: a character does not belong into SQL"));
  EXPECT_THAT(tokens("U&'x'"), ElementsAre("line 1: U& strings and names are not known here"));
}

TEST(Tokens, LongNamesAreCutAsPostgresCutsThem) {
  const std::string longest(63, 'a');
  EXPECT_THAT(tokens(longest + "b"), ElementsAre("word " + longest));
  EXPECT_THAT(tokens('"' + longest + "b\""), ElementsAre("name " + longest));
}

TEST(Tokens, StatementsEndAtSemicolons) {
  const std::string_view sql = ";a; b ';' ;;\nc";
  const auto all = *tokenize(sql);
  const auto statements = split_statements(all);
  ASSERT_EQ(statements.size(), 3u);
  EXPECT_EQ(statements[1].size(), 2u);
  EXPECT_EQ(line_of(sql, statements[1].front().begin), 1u);
  EXPECT_EQ(line_of(sql, statements[2].front().begin), 2u);
}

TEST(Tokens, PartsEndAtCommasInNoBracket) {
  const auto all = *tokenize("a, f(b, c[1, 2]), d");
  const auto parts = split_at_commas(all);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[1].size(), 11u);
  EXPECT_EQ(closing(all, 3), 12u);
  EXPECT_EQ(closing(Tokens(all).first(8), 3), 8u);
}

TEST(Tokens, AreWrittenAsSqliteReadsThem) {
  EXPECT_EQ(quoted_name("a\"b"), R"("a""b")");
  EXPECT_EQ(quoted_text("it's"), "'it''s'");
}

}  // namespace
}  // namespace collet::sql
