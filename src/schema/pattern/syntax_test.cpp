#include "schema/pattern/syntax.hpp"

#include <gtest/gtest.h>

#include <string>

namespace collet::schema::pattern {
namespace {

/// "offset: message" of the refusal, or "accepted".
std::string verdict(std::string_view source) {
  const auto tree = parse(source);
  if (tree) return "accepted";
  return std::to_string(tree.error().offset) + ": " + tree.error().message;
}

std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (; count > 0; --count) all += text;
  return all;
}

TEST(PatternSyntax, NamesWhatIsWrongAndWhere) {
  EXPECT_EQ(verdict("^(abc]"), "1: unclosed group");
  EXPECT_EQ(verdict("a(b(c)"), "1: unclosed group");
  EXPECT_EQ(verdict("ab)"), "2: unmatched )");
  EXPECT_EQ(verdict("a|b)|c"), "3: unmatched )");
  EXPECT_EQ(verdict("x[abc"), "1: unclosed character class");
  EXPECT_EQ(verdict("[a\\]"), "0: unclosed character class");
  EXPECT_EQ(verdict("[z-a]"), "1: character range out of order");
  EXPECT_EQ(verdict("[a-z"), "0: unclosed character class");
  EXPECT_EQ(verdict("[a-"), "0: unclosed character class");
  EXPECT_EQ(verdict("a\\"), "1: \\ at the end");
  EXPECT_EQ(verdict("[\\"), "1: \\ at the end");
  EXPECT_EQ(verdict("a\xC3"), "1: not UTF-8");
  EXPECT_EQ(verdict("[\xFF]"), "1: not UTF-8");
}

TEST(PatternSyntax, RefusesRepetitionsOfNothing) {
  EXPECT_EQ(verdict("*"), "0: nothing to repeat");
  EXPECT_EQ(verdict("a|+"), "2: nothing to repeat");
  EXPECT_EQ(verdict("(?)"), "0: unknown kind of group (?)");
  EXPECT_EQ(verdict("a**"), "2: nothing to repeat");
  EXPECT_EQ(verdict("a{1}{2}"), "4: nothing to repeat");
  EXPECT_EQ(verdict("{2}"), "0: nothing to repeat");
  EXPECT_EQ(verdict("x|{2,}"), "2: nothing to repeat");
  EXPECT_EQ(verdict("^*"), "1: nothing to repeat");
  EXPECT_EQ(verdict("\\b+"), "2: nothing to repeat");
  EXPECT_EQ(verdict("(?=a)*"), "5: nothing to repeat");
  EXPECT_EQ(verdict("a{3,2}"), "1: repetition out of order");
  EXPECT_EQ(verdict("a{99999999999999999999}"), "accepted");
  EXPECT_EQ(verdict("a{2,99999999999999999999}"), "accepted");
}

TEST(PatternSyntax, LetsBracketsAndBracesStandForThemselves) {
  for (const char* source : {"]", "}", "{", "a{", "a{}", "a{,2}", "a{1", "a{1,x}", "{a}", "[[]"}) {
    EXPECT_EQ(verdict(source), "accepted") << source;
  }
}

TEST(PatternSyntax, IsStrictAboutEscapedLetters) {
  EXPECT_EQ(verdict(R"(^\S(|(.|\n)*\S)\Z)"), "15: unknown escape \\Z");
  for (const char c : std::string("aeghijlmoqyzACEFGHIJKLMNOQRTUVXYZ")) {
    const std::string escape = {'\\', c};
    EXPECT_EQ(verdict(escape), "0: unknown escape " + escape);
    EXPECT_EQ(verdict("[" + escape + "]"), "1: unknown escape " + escape);
  }
  EXPECT_EQ(verdict("[\\B]"), "1: unknown escape \\B");
  EXPECT_EQ(verdict("[\\1]"), "1: unknown escape \\1");
  EXPECT_EQ(verdict("\\é"), "0: unknown escape \\é");
  EXPECT_EQ(verdict("\\00"), "0: unknown escape \\0");
  EXPECT_EQ(verdict("\\c"), "0: \\c without a letter");
  EXPECT_EQ(verdict("\\c1"), "0: \\c without a letter");
  EXPECT_EQ(verdict("\\x4"), "0: \\x without two hexadecimal digits");
  EXPECT_EQ(verdict("\\x4g"), "0: \\x without two hexadecimal digits");
  EXPECT_EQ(verdict("\\u123"), "0: \\u without four hexadecimal digits");
  EXPECT_EQ(verdict("\\u{}"), "0: \\u{…} is no code point");
  EXPECT_EQ(verdict("\\u{110000}"), "0: \\u{…} is no code point");
  EXPECT_EQ(verdict("\\u{10FFFF}"), "accepted");
  EXPECT_EQ(verdict("\\u{0000000010FFFF}"), "accepted");
  EXPECT_EQ(verdict("\\ud83d\\u12"), "6: \\u without four hexadecimal digits");
}

TEST(PatternSyntax, KnowsItsKindsOfGroups) {
  EXPECT_EQ(verdict("(?P<name>x)"), "0: unknown kind of group (?P");
  EXPECT_EQ(verdict("(?#comment)a"), "0: unknown kind of group (?#");
  EXPECT_EQ(verdict("(?>a)"), "0: unknown kind of group (?>");
  EXPECT_EQ(verdict("a(?"), "1: unknown kind of group (?");
  EXPECT_EQ(verdict("(?i)abc"), "0: modifiers such as (?i: are not supported");
  EXPECT_EQ(verdict("(?ims)abc"), "0: modifiers such as (?i: are not supported");
  EXPECT_EQ(verdict("(?-i:abc)"), "0: modifiers such as (?i: are not supported");
}

TEST(PatternSyntax, ResolvesReferences) {
  EXPECT_EQ(verdict("(?<a>x)(?<b>y)\\k<b>\\1"), "accepted");
  const auto tree = parse("(?<a>x)(?<b>y)\\k<b>\\1");
  ASSERT_EQ(tree->references.size(), 2u);
  EXPECT_EQ(tree->references[0].group, 2u);
  EXPECT_EQ(tree->references[1].group, 1u);
  EXPECT_EQ(verdict("\\2(a)(b)"), "accepted");
  EXPECT_EQ(verdict("(a)\\2"), "3: there is no group 2");
  EXPECT_EQ(verdict("\\99999999999999999999"), "0: there is no group 4294967294");
  EXPECT_EQ(verdict("x\\k<n>"), "1: no group is named n");
  EXPECT_EQ(verdict("\\k"), "0: unknown escape \\k");
  EXPECT_EQ(verdict("(?<n>a)|(?<n>b)"), "11: two groups of one name");
  EXPECT_EQ(verdict("(?<>a)"), "3: bad group name");
  EXPECT_EQ(verdict("(?<1a>a)"), "3: bad group name");
  EXPECT_EQ(verdict("(?<a-b>a)"), "3: bad group name");
  EXPECT_EQ(verdict("(?<a"), "3: bad group name");
}

TEST(PatternSyntax, KnowsThePropertiesByTheirExactNames) {
  for (const char* name : {"L", "Letter", "gc=L", "General_Category=Letter", "digit", "punct", "LC",
                           "Script=Greek", "sc=Grek", "scx=Greek", "Script_Extensions=Grek",
                           "sc=Qaac", "sc=Zyyy", "Any", "ASCII", "Assigned", "Alpha", "space"}) {
    EXPECT_EQ(verdict("\\p{" + std::string(name) + "}"), "accepted") << name;
    EXPECT_EQ(verdict("[\\P{" + std::string(name) + "}]"), "accepted") << name;
  }
  EXPECT_EQ(verdict("\\p{Greek}"), "0: unknown property \\p{Greek}");
  EXPECT_EQ(verdict("a\\P{letter}"), "1: unknown property \\P{letter}");
  for (const char* name : {"", "=", "gc=", "sc=L", "gc=Greek", "L&", "Script", "sc=Grek:Greek",
                           "Alphabetic=Yes", " L", "L:Letter", "IsGreek"}) {
    EXPECT_EQ(verdict("\\p{" + std::string(name) + "}"),
              "0: unknown property \\p{" + std::string(name) + "}");
  }
  EXPECT_EQ(verdict("\\p"), "0: \\p without a property in braces");
  EXPECT_EQ(verdict("\\pL"), "0: \\p without a property in braces");
  EXPECT_EQ(verdict("\\P{L"), "0: \\P without a property in braces");
  EXPECT_EQ(verdict("\\p{" + std::string(100, 'L') + "}"), "0: \\p without a property in braces");
}

TEST(PatternSyntax, LimitsTheDepthOfGroups) {
  const auto nested = [](std::size_t depth) {
    return repeated("(", depth) + "a" + repeated(")", depth);
  };
  EXPECT_EQ(verdict(nested(200)), "accepted");
  EXPECT_EQ(verdict(nested(201)), "200: groups nest deeper than 200");
  EXPECT_EQ(verdict(repeated("(?=", 200) + repeated(")", 200)), "accepted");
  EXPECT_EQ(verdict(repeated("(?:", 100'000)), "600: groups nest deeper than 200");
}

TEST(PatternSyntax, KeepsRangesSortedAndApart) {
  const auto ranges = [](std::string_view source) {
    return std::get<CharacterSet>(parse(source)->root.form).ranges;
  };
  EXPECT_EQ(ranges("[x-za-cb-dea]"), (std::vector<Range>{{'a', 'e'}, {'x', 'z'}}));
  EXPECT_EQ(ranges("[^a-y]"), (std::vector<Range>{{0, '`'}, {'z', code_point_max}}));
  EXPECT_EQ(ranges("[^]"), (std::vector<Range>{{0, code_point_max}}));
  EXPECT_EQ(ranges("[]"), std::vector<Range>{});
  EXPECT_EQ(ranges("[^\\d\\D]"), std::vector<Range>{});
}

}  // namespace
}  // namespace collet::schema::pattern
