#include "schema/pattern/translate.hpp"

#include <gtest/gtest.h>

namespace collet::schema::pattern {
namespace {

std::string re2(std::string_view source) {
  return to_re2(*parse(source)).value_or("not RE2's");
}

std::string pcre2(std::string_view source) {
  const auto translated = to_pcre2(*parse(source));
  return translated ? *translated : translated.error().message;
}

TEST(PatternTranslate, LeavesNothingToTheMeaningOfRe2) {
  EXPECT_EQ(re2("^a$"), R"(\A\x{61}\z)");
  EXPECT_EQ(re2("[a-z_]|\\d+?"), R"([\x{5F}\x{61}-\x{7A}]|(?:[\x{30}-\x{39}]){1,}?)");
  EXPECT_EQ(re2("(a|b)(?:c|d)*"), R"((?:\x{61}|\x{62})(?:\x{63}|\x{64}){0,})");
  EXPECT_EQ(re2("[]"), R"([^\x{0}-\x{10FFFF}])");
  EXPECT_EQ(re2("[^\\p{Lu}\\P{sc=Greek}x]"), R"([^\x{78}\p{Lu}\P{Greek}])");
  EXPECT_EQ(re2("\\bx{2,3}"), R"(\b(?:\x{78}){2,3})");
}

TEST(PatternTranslate, DoesNotAskRe2ForWhatItLacks) {
  for (const char* source : {"(?=a)", "(?<!a)", "(a)\\1", "\\B", "\\p{LC}", "\\p{C}", "\\p{Cn}",
                             "\\p{scx=Greek}", "\\p{Alphabetic}", "a{501}"}) {
    EXPECT_EQ(re2(source), "not RE2's") << source;
  }
  EXPECT_NE(re2("a{500}"), "not RE2's");
  EXPECT_NE(re2("[ab]{250}"), "not RE2's");
  EXPECT_EQ(re2("[ab]{251}"), "not RE2's");
}

TEST(PatternTranslate, HasPcre2AccountForItsWork) {
  EXPECT_EQ(pcre2("^a$"), R"((?C0)\A\x{61}\z)");
  EXPECT_EQ(pcre2("(?:a|bc)*"), R"((?C0)(?:(?C0)\x{61}|(?C0)\x{62}\x{63}){0,})");
  EXPECT_EQ(pcre2("a*b"), R"((?C0)\x{61}{0,}(?C0)\x{62})");
  EXPECT_EQ(pcre2("a{130,}"), R"((?C0)(?:\x{61}{64}(?C0)){2,2}\x{61}{2,}(?C0))");
  EXPECT_EQ(pcre2("(?<!a)(?=b)"), R"((?C0)(?<!(?C0)\x{61})(?=(?C0)\x{62}))");
  EXPECT_EQ(pcre2("(a)\\1"), R"((?C0)((?C0)\x{61})(?C1)\g{1})");
  EXPECT_EQ(pcre2("\\1(a)"), R"((?C0)((?C0)\x{61}))");
  const std::string letters(65, 'a');
  EXPECT_EQ(pcre2(letters).find("(?C0)", 1), std::string(R"((?C0))").size() + 64 * 6);
}

TEST(PatternTranslate, NamesWhatPcre2CannotSay) {
  EXPECT_EQ(pcre2("(?<=a|bc)"), R"((?C0)(?<=(?C0)\x{61}|(?C0)\x{62}\x{63}))");
  EXPECT_EQ(pcre2("(?<=x(?:a|bc))"), "look-behind of varying length");
  EXPECT_EQ(pcre2("(?<=a*)"), "look-behind of unbounded length");
  EXPECT_EQ(pcre2("(?:ab){65536}"), "repetition beyond 65535");
  EXPECT_EQ(pcre2("a{0,65536}"), "repetition beyond 65535");
  EXPECT_EQ(pcre2("\\p{LC}\\p{sc=Grek}"), R"((?C0)[\p{L&}][\p{sc:Greek}])");
}

}  // namespace
}  // namespace collet::schema::pattern
