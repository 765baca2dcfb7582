#include "schema/value/text.hpp"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>

namespace collet::schema {
namespace {

using namespace std::string_literals;

json::Document parsed(std::string text) {
  auto document = json::Document::parse(std::move(text));
  if (!document) throw std::runtime_error(document.error().message);
  return std::move(*document);
}

struct Row {
  std::string token;
  std::string text;
  std::size_t code_points;
};

TEST(Text, is_decoded_and_counted) {
  for (const auto& [token, text, count] : {
           Row{R"("")", "", 0},
           Row{R"("abc")", "abc", 3},
           Row{R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t", 8},
           Row{R"("a\u0000b")", "a\0b"s, 3},
           Row{R"("\u0041\u00e9\u20AC")", "A\xC3\xA9\xE2\x82\xAC", 3},
           Row{R"("\u007f\u0080\u07ff\u0800\uffff")",
               "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF", 5},
           Row{R"("\ud83d\ude00")", "\xF0\x9F\x98\x80", 1},
           Row{R"("\uD800\uDC00\uDBFF\uDFFF")", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 2},
           Row{"\"é€😀\"", "é€😀", 3},
           Row{"\"é\\n€\\u00e9😀\"", "é\n€é😀", 5},
           // Lone surrogates, in front of everything that is not their other half.
           Row{R"("\ud83d")", "\xED\xA0\xBD", 1},
           Row{R"("\ud83dx")", "\xED\xA0\xBDx", 2},
           Row{R"("\ud83d\n")", "\xED\xA0\xBD\n", 2},
           Row{R"("\ud83d\\u0041")", "\xED\xA0\xBD\\u0041", 7},
           Row{R"("\ude00\ud83d")", "\xED\xB8\x80\xED\xA0\xBD", 2},
           Row{R"("\ud83d\ud83d\ude00")", "\xED\xA0\xBD\xF0\x9F\x98\x80", 2},
           Row{R"("\ud83d\u0041")", "\xED\xA0\xBD\x41", 2},
           Row{"\"\xF4\x8F\xBF\xBF\"", "\xF4\x8F\xBF\xBF", 1},
       }) {
    const json::Document document = parsed(token);
    EXPECT_EQ(Text(document.root()).view(), text) << token;
    EXPECT_EQ(Text(document.root()).view(), *document.root().as_string()) << token;
    EXPECT_EQ(code_points(document.root()), count) << token;
    EXPECT_EQ(count_code_points(text), count) << token;
  }
}

TEST(Text, views_the_document_where_nothing_is_escaped) {
  const json::Document document = parsed(R"([ "plain" ])");
  const Text text(*document.root().elements().begin());
  EXPECT_EQ(text.view().data(), document.text().data() + 3);
}

/// Both sides of Text::inline_bytes, which is counted in bytes of the token.
TEST(Text, keeps_short_ones_itself) {
  const auto stands_inside = [](const Text& text) {
    const auto* const object = reinterpret_cast<const char*>(&text);
    return text.view().data() >= object && text.view().data() < object + sizeof(Text);
  };
  const std::string most(Text::inline_bytes - 2, 'x');
  const json::Document at_limit = parsed("\"\\n" + most + "\"");
  const json::Document past_limit = parsed("\"\\n" + most + "x\"");
  const Text inside(at_limit.root()), outside(past_limit.root());
  EXPECT_TRUE(stands_inside(inside));
  EXPECT_FALSE(stands_inside(outside));
  EXPECT_EQ(inside.view(), "\n" + most);
  EXPECT_EQ(outside.view(), "\n" + most + "x");
}

TEST(Text, agrees_with_the_reader_of_json_for_random_strings) {
  std::mt19937 random(20261120);
  const std::string pieces[] = {"a",         "é",         "€",         "😀",
                                R"(\n)",     R"(\")",     R"(\\)",     R"(\u00e9)",
                                R"(\ud83d)", R"(\ude00)", R"(\uFFFF)", "xyzw"};
  for (int i = 0; i < 3000; ++i) {
    std::string token = "\"";
    for (auto n = random() % 40; n > 0; --n) token += pieces[random() % std::size(pieces)];
    token += '"';
    const json::Document document = parsed(token);
    const std::string text = *document.root().as_string();
    std::size_t count = 0;
    for (const char c : text) count += (c & 0xC0) != 0x80;
    ASSERT_EQ(Text(document.root()).view(), text) << token;
    ASSERT_EQ(code_points(document.root()), count) << token;
    ASSERT_EQ(count_code_points(text), count) << token;
  }
}

TEST(CodePoints, are_read_of_sequences_of_every_length) {
  EXPECT_EQ(code_point_of(std::string_view("\0", 1)), 0x0);
  EXPECT_EQ(code_point_of("\x7F"), 0x7F);
  EXPECT_EQ(code_point_of("\xC2\x80"), 0x80);
  EXPECT_EQ(code_point_of("\xDF\xBF"), 0x7FF);
  EXPECT_EQ(code_point_of("\xE0\xA0\x80"), 0x800);
  EXPECT_EQ(code_point_of("\xED\xA0\x80"), 0xD800);
  EXPECT_EQ(code_point_of("\xEF\xBF\xBF"), 0xFFFF);
  EXPECT_EQ(code_point_of("\xF0\x90\x80\x80"), 0x10000);
  EXPECT_EQ(code_point_of("\xF4\x8F\xBF\xBF"), 0x10FFFF);
}

TEST(CodePoints, count_every_length_and_place) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t place = 0; place <= size; ++place) {
      std::string text(size, 'x');
      text.insert(place, "😀");
      ASSERT_EQ(count_code_points(text), size + 1);
      ASSERT_EQ(code_points(parsed('"' + text + '"').root()), size + 1);
    }
  }
}

}  // namespace
}  // namespace collet::schema
