#include "schema/pattern/table.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "json/utf8.hpp"

namespace collet::schema::pattern {
namespace {

std::optional<Table> built(std::string_view source,
                           std::uint32_t states = PatternLimits().dfa_states_max) {
  return Table::build(*parse(source), states);
}

TEST(PatternTable, ReadsEveryCodePointByItsOwnBytes) {
  // Every end of a range stands at a place where the UTF-8 changes its form.
  const auto table =
      built(R"(^[\u007f-\u0080\u07ff-\u0800\u0fff-\u1000\u{d7ff}-\u{d800}\u{dfff}-\u{e000})"
            R"(\uffff-\u{10000}\u{3ffff}-\u{40000}\u{10ffff}]$)");
  ASSERT_TRUE(table);
  constexpr std::array<char32_t, 15> members = {0x7F,   0x80,    0x7FF,   0x800,   0xFFF,
                                                0x1000, 0xD7FF,  0xD800,  0xDFFF,  0xE000,
                                                0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF};
  for (char32_t c = 0; c <= code_point_max; ++c) {
    std::string text;
    json::utf8::append(text, c);
    const bool is_member = std::find(members.begin(), members.end(), c) != members.end();
    ASSERT_EQ(table->search(text), is_member) << std::hex << static_cast<std::uint32_t>(c);
  }
}

TEST(PatternTable, MatchesNoMalformedText) {
  const auto table = built("^[^]$");
  ASSERT_TRUE(table);
  for (const char* text : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF",
                           "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x82", "\xF0\x9F\x90"}) {
    EXPECT_FALSE(table->search(text));
  }
}

TEST(PatternTable, KeepsFewStatesAndColumns) {
  // Dead, matched, start, and behind h, t, t, p, s, ":" and "/".
  EXPECT_EQ(built("^https?://")->states(), 10u);
  // The end of the text, "-", digits, and all the rest: 4 columns of 2 bytes.
  EXPECT_EQ(built(R"(^\d{4}-\d{2}-\d{2}$)")->states(), 13u);
  EXPECT_EQ(built(R"(^\d{4}-\d{2}-\d{2}$)")->memory(), 13u * 4 * 2);
  EXPECT_EQ(built("^[a-z0-9_-]{1,64}$")->states(), 67u);
  EXPECT_EQ(built("a*")->states(), 2u);
}

TEST(PatternTable, LeavesTheRestToOtherEngines) {
  for (const char* source : {R"(\bx)", "(?=x)", "(?<!x)", R"((x)\1)", R"(\p{L})", "^.{0,500}$"}) {
    EXPECT_FALSE(built(source)) << source;
  }
  EXPECT_FALSE(built("a", 0));
}

TEST(PatternTable, HasRowIndicesOf16Bits) {
  // 3 columns (the end of the text, a, all the rest) for n + 3 rows.
  EXPECT_TRUE(built("^a{21842}$", 1'000'000));
  EXPECT_FALSE(built("^a{21843}$", 1'000'000));
}

TEST(PatternTable, GivesUpEarlyOnWhatWouldGrow) {
  for (const char* source :
       {"(a|b)*a(a|b){20}", "((a{100}){100}){100}", "(?:(?:(?:){1000}){1000}){1000}",
        "(?:a{4294967295}){4294967295}", ".{0,250}x.{0,250}"}) {
    EXPECT_FALSE(built(source)) << source;
  }
}

}  // namespace
}  // namespace collet::schema::pattern
