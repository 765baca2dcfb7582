#include "json/writer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "json/document.hpp"

namespace collet::json {
namespace {

using namespace std::string_literals;

std::string json_string(std::string_view text) {
  std::string out;
  append_string(out, text);
  return out;
}

TEST(AppendString, escapes_what_json_and_line_readers_need_escaped) {
  EXPECT_EQ(json_string(""), R"("")");
  EXPECT_EQ(json_string("plain / ASCII ~\x7F"), "\"plain / ASCII ~\x7F\"");
  EXPECT_EQ(json_string("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(json_string("\x00\x01\x1F"s), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(json_string("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"");
  EXPECT_EQ(json_string("\xE2\x80\xA7|\xE2\x80\xA8|\xE2\x80\xA9|\xE2\x80\xAA"),
            "\"\xE2\x80\xA7|\\u2028|\\u2029|\xE2\x80\xAA\"");
}

TEST(AppendString, replaces_each_broken_sequence_once) {
  const std::string replaced = "\xEF\xBF\xBD";
  EXPECT_EQ(json_string("a\xFFz"), "\"a" + replaced + "z\"");
  EXPECT_EQ(json_string("\x80\x80"), "\"" + replaced + replaced + "\"");
  EXPECT_EQ(json_string("\xE2\x82"), "\"" + replaced + "\"") << "cut short at the end";
  EXPECT_EQ(json_string("\xE2\x82!"), "\"" + replaced + "!\"") << "the byte after it is kept";
  EXPECT_EQ(json_string("\xF0\x9F\x98\""), "\"" + replaced + "\\\"\"");
  EXPECT_EQ(json_string("\xC0\xAF"), "\"" + replaced + replaced + "\"") << "overlong";
  EXPECT_EQ(json_string("\xE0\x80\x80"), "\"" + replaced + replaced + replaced + "\"")
      << "overlong";
  EXPECT_EQ(json_string("\xF4\x90\x80\x80"),
            "\"" + replaced + replaced + replaced + replaced + "\"")
      << "past U+10FFFF";
  EXPECT_EQ(json_string("\xF4\x8F\xBF\xBF"), "\"\xF4\x8F\xBF\xBF\"") << "U+10FFFF";
  EXPECT_EQ(json_string("\xED\x9F\xBF\xEE\x80\x80"), "\"\xED\x9F\xBF\xEE\x80\x80\"")
      << "around the surrogates";
}

TEST(AppendString, writes_wtf_8_surrogates_as_escapes) {
  EXPECT_EQ(json_string("\xED\xA0\x80"), R"("\ud800")");
  EXPECT_EQ(json_string("a\xED\xBF\xBFz"), R"("a\udfffz")");
  EXPECT_EQ(json_string("\xED\xA0"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"")
      << "half of one is no surrogate";
}

TEST(AppendString, finds_a_byte_to_escape_at_every_place) {
  for (std::size_t size = 0; size < 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (const auto& [byte, escape] :
           {std::pair{'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\x01', "\\u0001"}}) {
        std::string text(size, '!');
        text[place] = byte;
        const std::string expected =
            "\"" + std::string(place, '!') + escape + std::string(size - place - 1, '!') + "\"";
        ASSERT_EQ(json_string(text), expected);
      }
    }
  }
}

TEST(AppendString, reads_back_as_the_same_text) {
  std::string every_ascii;
  for (int byte = 0; byte < 0x80; ++byte) every_ascii.push_back(static_cast<char>(byte));
  for (const std::string& text : {every_ascii, "\xED\xA0\xBD \xF0\x9F\x98\x80 \xE2\x80\xA8"s}) {
    const auto document = Document::parse(json_string(text));
    ASSERT_TRUE(document) << document.error().message;
    EXPECT_EQ(document->root().as_string(), text);
  }
}

TEST(Writer, puts_commas_and_colons_by_itself) {
  Writer w;
  w.begin_object()
      .member("id", 7)
      .member("name", "a\"b")
      .member("big", std::int64_t{-9007199254740993})
      .member("on", true)
      .key("list")
      .begin_array()
      .string("a")
      .begin_object()
      .end_object()
      .begin_array()
      .end_array()
      .null()
      .boolean(false)
      .end_array()
      .raw_member("kept", "[1.0, 2]")
      .key("empty")
      .begin_object()
      .end_object()
      .member("", std::string("last"))
      .end_object();
  EXPECT_EQ(
      w.text(),
      R"({"id":7,"name":"a\"b","big":-9007199254740993,"on":true,"list":["a",{},[],null,false],)"
      R"("kept":[1.0, 2],"empty":{},"":"last"})");
}

TEST(Writer, writes_a_single_scalar) {
  EXPECT_EQ(std::move(Writer().string("x")).take(), R"("x")");
  EXPECT_EQ(Writer().null().text(), "null");
  EXPECT_EQ(Writer().raw("{}").text(), "{}");
}

TEST(Writer, writes_integers_to_both_ends) {
  EXPECT_EQ(Writer().integer(std::numeric_limits<std::int64_t>::min()).text(),
            "-9223372036854775808");
  EXPECT_EQ(Writer().integer(std::numeric_limits<std::int64_t>::max()).text(),
            "9223372036854775807");
  EXPECT_EQ(Writer().integer(0).text(), "0");
}

TEST(Writer, writes_the_shortest_double_that_reads_back_the_same) {
  const auto number = [](double value) { return Writer().number(value).text(); };
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(1), "1");
  EXPECT_EQ(number(-0.0), "-0");
  EXPECT_EQ(number(1e300), "1e+300");
  EXPECT_EQ(number(-2.2250738585072014e-308), "-2.2250738585072014e-308");
  EXPECT_EQ(number(std::nan("")), "null");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
  for (const double value : {1.0 / 3, 5e-324, 1.7976931348623157e308, 9007199254740993.0}) {
    const auto document = Document::parse(number(value));
    ASSERT_TRUE(document);
    EXPECT_EQ(document->root().as_double(), value);
  }
}

#ifndef NDEBUG
TEST(WriterDeathTest, asserts_the_nesting) {
  EXPECT_DEATH(Writer().begin_object().null(), "");
  EXPECT_DEATH(Writer().begin_array().key("k"), "");
  EXPECT_DEATH(Writer().begin_array().end_object(), "");
  EXPECT_DEATH(Writer().begin_object().key("k").end_object(), "");
  EXPECT_DEATH(Writer().null().null(), "");
}
#endif

}  // namespace
}  // namespace collet::json
