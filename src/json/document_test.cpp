#include "json/document.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "json/fingerprint.hpp"

namespace collet::json {
namespace {

using namespace std::string_literals;

/// A text with every kind of token, used to be cut and spoilt.
constexpr std::string_view sample =
    R"({"name": "caf\u00e9 \ud83d\ude00 \"q\" \\", "list":[1, -2.5e+10, 0, true,false ,null, [], {}],)"
    "\r\n\t"
    R"("nested":{"a":{"b":[[["deep"]]]},"":""},"é€😀":-0.0E-7})";

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

/// "offset: message" of the refusal, or "accepted".
std::string verdict(std::string_view text, ParseLimits limits = {}) {
  Parser parser(limits);
  const auto value = parser.parse(text);
  if (value) return "accepted";
  return std::to_string(value.error().offset) + ": " + value.error().message;
}

Document parsed(std::string text) {
  auto document = Document::parse(std::move(text));
  if (!document) throw std::runtime_error(document.error().message);
  return std::move(*document);
}

/// Visits every value below `value`, itself included, and uses all accessors on it.
std::size_t visit_all(Value value) {
  std::size_t visited = 1;
  EXPECT_EQ(value.raw().substr(0, 1).find_first_of(" \t\r\n,:"), std::string_view::npos);
  (void)value.as_bool();
  (void)value.as_int64();
  (void)value.as_double();
  (void)value.as_string();
  std::size_t children = 0;
  for (const Value element : value.elements()) {
    visited += visit_all(element);
    ++children;
  }
  for (const auto& [key, member] : value.members()) {
    EXPECT_TRUE(key.is_string());
    EXPECT_TRUE(value.find(*key.as_string()));
    visited += visit_all(key) + visit_all(member);
    ++children;
  }
  EXPECT_EQ(value.size(), children);
  return visited;
}

// ---- Grammar: what is refused, where, and in which words

struct Refusal {
  std::string text;
  std::string expected;
  friend std::ostream& operator<<(std::ostream& out, const Refusal& refusal) {
    return out << refusal.text;
  }
};

class Refused : public testing::TestWithParam<Refusal> {};

TEST_P(Refused, names_what_was_expected_and_where) {
  EXPECT_EQ(verdict(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Structure, Refused,
    testing::Values(
        Refusal{"", "0: expected a value, but the text ends here"},
        Refusal{" \n\t\r ", "5: expected a value, but the text ends here"},
        Refusal{"\xEF\xBB\xBF{}", "0: expected a value, found a byte order mark"},
        Refusal{"{} x", "3: expected the end of the text after the value"},
        Refusal{"1 2", "2: expected the end of the text after the value"},
        Refusal{"{},", "2: expected the end of the text after the value"},
        Refusal{"\"a\"b", "3: expected the end of the text after the value"},
        Refusal{"[1]]", "3: expected the end of the text after the value"},
        Refusal{"{}\0"s, "2: expected the end of the text after the value"},
        Refusal{"\0"s, "0: expected a value"}, Refusal{"[1\0]"s, "2: expected the number to end"},
        Refusal{"[", "1: expected a value, but the text ends here"},
        Refusal{"[,]", "1: expected a value"}, Refusal{"[1,]", "3: expected a value"},
        Refusal{"[1 2]", "3: expected ',' or ']' after an array element"},
        Refusal{"[1:2]", "2: expected ',' or ']' after an array element"},
        Refusal{"[1}", "2: expected ',' or ']' after an array element"},
        Refusal{"[1", "2: expected ',' or ']' after an array element, but the text ends here"},
        Refusal{"[\"a\"\"b\"]", "4: expected ',' or ']' after an array element"},
        Refusal{"[[],[]", "6: expected ',' or ']' after an array element, but the text ends here"},
        Refusal{"{", "1: expected an object key in double quotes, but the text ends here"},
        Refusal{"{a:1}", "1: expected an object key in double quotes"},
        Refusal{"{'a':1}", "1: expected an object key in double quotes"},
        Refusal{"{1:1}", "1: expected an object key in double quotes"},
        Refusal{"{,}", "1: expected an object key in double quotes"},
        Refusal{"{\"a\":1,}", "7: expected an object key in double quotes"},
        Refusal{"{]", "1: expected an object key in double quotes"},
        Refusal{"{\"a\" 1}", "5: expected ':' after an object key"},
        Refusal{"{\"a\",1}", "4: expected ':' after an object key"},
        Refusal{"{\"a\"", "4: expected ':' after an object key, but the text ends here"},
        Refusal{"{\"a\":}", "5: expected a value"},
        Refusal{"{\"a\":", "5: expected a value, but the text ends here"},
        Refusal{"{\"a\"::1}", "5: expected a value"},
        Refusal{"{\"a\":1 \"b\":2}", "7: expected ',' or '}' after an object member"},
        Refusal{"{\"a\":1]", "6: expected ',' or '}' after an object member"},
        Refusal{"{\"a\":{}",
                "7: expected ',' or '}' after an object member, but the text ends here"},
        Refusal{"]", "0: expected a value"}, Refusal{":", "0: expected a value"},
        Refusal{"[1,\f2]", "3: expected a value"},
        Refusal{"[1\v]", "2: expected the number to end"}, Refusal{"[\x1A]", "1: expected a value"},
        Refusal{"/**/1", "0: expected a value"}));

INSTANTIATE_TEST_SUITE_P(
    Tokens, Refused,
    testing::Values(
        Refusal{"-", "1: expected a digit after '-', but the text ends here"},
        Refusal{"-x", "1: expected a digit after '-'"},
        Refusal{"01", "1: expected no digit after a leading zero"},
        Refusal{"-00", "2: expected no digit after a leading zero"},
        Refusal{"[1.]", "3: expected a digit after the decimal point"},
        Refusal{"1.e3", "2: expected a digit after the decimal point"},
        Refusal{"1e", "2: expected a digit in the exponent, but the text ends here"},
        Refusal{"[1E+]", "4: expected a digit in the exponent"},
        Refusal{"1.5.2", "3: expected the number to end"},
        Refusal{"0x10", "1: expected the number to end"},
        Refusal{"1\"a\"", "1: expected the number to end"},
        Refusal{"[1\\\"]", "2: expected the number to end"}, Refusal{".5", "0: expected a value"},
        Refusal{"+1", "0: expected a value"}, Refusal{"NaN", "0: expected a value"},
        Refusal{"\\\"a\\\"", "0: expected a value"}, Refusal{"nul", "0: expected 'null'"},
        Refusal{"[tru]", "1: expected 'true'"}, Refusal{"truex", "0: expected 'true'"},
        Refusal{"[false\"\"]", "1: expected 'false'"}, Refusal{"True", "0: expected a value"},
        Refusal{"[fals,e]", "1: expected 'false'"},
        Refusal{R"("\x")", "1: expected one of \" \\ / b f n r t u after a backslash"},
        Refusal{R"({"a\q":1})", "3: expected one of \" \\ / b f n r t u after a backslash"},
        Refusal{R"("\U0041")", "1: expected one of \" \\ / b f n r t u after a backslash"},
        Refusal{R"("\\\'")", "3: expected one of \" \\ / b f n r t u after a backslash"},
        Refusal{R"("\u12")", "1: expected four hexadecimal digits after '\\u'"},
        Refusal{R"(["\u004g"])", "2: expected four hexadecimal digits after '\\u'"},
        Refusal{R"("\ud800\u")", "7: expected four hexadecimal digits after '\\u'"},
        Refusal{R"(["abc)", "1: expected the string that begins here to be closed by '\"'"},
        Refusal{R"(["a","b\"])", "5: expected the string that begins here to be closed by '\"'"},
        Refusal{"\"a\nb\"", "2: expected control characters inside a string to be escaped"},
        Refusal{"[\"\\\x01\"]", "3: expected control characters inside a string to be escaped"},
        Refusal{"\"a\0b\""s, "2: expected control characters inside a string to be escaped"},
        Refusal{"\"\xFF\"", "1: expected valid UTF-8"},
        Refusal{"[\"ok\", \"\xED\xA0\x80\"]", "8: expected valid UTF-8"},
        Refusal{"\"\xC0\xAF\"", "1: expected valid UTF-8"},
        Refusal{"\xFE\xFF", "0: expected valid UTF-8"}));

TEST(Parse, refuses_every_proper_start_of_a_text) {
  ASSERT_EQ(verdict(sample), "accepted");
  for (std::size_t length = 0; length < sample.size(); ++length) {
    ASSERT_NE(verdict(sample.substr(0, length)), "accepted") << length;
  }
}

TEST(Parse, survives_every_byte_in_every_place) {
  std::size_t accepted = 0;
  Parser parser;
  for (std::size_t place = 0; place < sample.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text(sample);
      text[place] = static_cast<char>(byte);
      if (const auto value = parser.parse(text)) {
        ++accepted;
        visit_all(*value);
      } else {
        ASSERT_LE(value.error().offset, text.size());
        ASSERT_FALSE(value.error().message.empty());
      }
    }
  }
  // Letters in strings, digits in numbers, other white space.
  EXPECT_GT(accepted, sample.size());
}

/// The check that stage 1, which is no instrumented code, reads nothing past the end: there is no
/// page after the text.
TEST(Parse, reads_nothing_past_the_end_of_the_text) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const pages =
      mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(pages, MAP_FAILED);
  char* const end = static_cast<char*>(pages) + page;
  ASSERT_EQ(mprotect(end, page, PROT_NONE), 0);
  Parser parser;
  for (std::size_t size = 1; size <= 300; ++size) {
    std::string string_text = "\"" + std::string(size, 'x') + "\"";
    std::string unclosed = "\"" + std::string(size, '\\');
    std::string array_text = "[" + std::string(size, ' ') + "1]";
    for (const std::string& text : {string_text, unclosed, array_text, std::string(size, '7'),
                                    std::string(size, '['), std::string(size, ' '), "tru"s, "-"s}) {
      char* const begin = end - text.size();
      std::memcpy(begin, text.data(), text.size());
      const auto value = parser.parse({begin, text.size()});
      EXPECT_EQ(value.has_value(), Document::parse(text).has_value());
      if (value) {
        EXPECT_EQ(value->raw(), text);
      }
    }
  }
  munmap(pages, 2 * page);
}

// ---- Tokens keep their bytes

TEST(Tokens, keep_their_bytes) {
  for (const std::string token :
       {"1.0", "-0", "-0.0", "1e400", "-1E+05", "0.10", "1234567890123456789012345",
        "3.141592653589793238462643383279", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0041\\/\"",
        "\"\\u0000\"", "\"\xC3\xA9\"", "\"\x7F\"", "true", "false", "null", "[]", "{}"}) {
    const Document document = parsed("[ " + token + " ,{\"k\":" + token + "\n}]");
    const Value root = document.root();
    ASSERT_EQ(root.size(), 2u);
    EXPECT_EQ((*root.elements().begin()).raw(), token);
    EXPECT_EQ((*++root.elements().begin()).find("k")->raw(), token);
    EXPECT_EQ(compact(root), "[" + token + ",{\"k\":" + token + "}]");
    EXPECT_EQ(parsed(" " + token + " ").root().raw(), token) << "alone";
  }
}

TEST(Tokens, keep_a_number_of_any_length) {
  const std::string number = "-" + std::string(100'000, '9') + "." + std::string(100'000, '1');
  EXPECT_EQ(parsed("[" + number + "]").root().raw(), "[" + number + "]");
}

TEST(Members, keep_order_and_duplicates) {
  const Document document = parsed(R"({"b":1,"a":2,"b":3,"\u0062":4,"c":5})");
  std::string seen;
  for (const auto& [key, value] : document.root().members()) {
    seen += std::string(key.raw()) + "=" + std::string(value.raw()) + " ";
  }
  EXPECT_EQ(seen, R"("b"=1 "a"=2 "b"=3 "\u0062"=4 "c"=5 )");
  EXPECT_EQ(document.root().size(), 5u);
  EXPECT_EQ(document.root().find("b")->raw(), "4") << "the last one counts";
  EXPECT_EQ(compact(document.root()), document.text());
}

TEST(Members, step_over_nested_values) {
  const Document document = parsed(R"({"a":{"x":[1,{"y":[]}]},"b":[[],[[2]]],"c":{}})");
  const Value root = document.root();
  EXPECT_EQ(root.find("a")->raw(), R"({"x":[1,{"y":[]}]})");
  EXPECT_EQ(root.find("b")->size(), 2u);
  EXPECT_EQ(root.find("c")->size(), 0u);
  EXPECT_FALSE(root.find("x"));
  EXPECT_EQ(visit_all(root), 17u);
}

TEST(Value, has_no_content_of_another_kind) {
  const Document document = parsed(R"([1,"s",{"k":2},[3]])");
  for (const Value element : document.root().elements()) {
    if (!element.is_object()) {
      EXPECT_EQ(element.members().begin(), element.members().end());
      EXPECT_FALSE(element.find("k"));
    }
    if (!element.is_array()) {
      EXPECT_EQ(element.elements().begin(), element.elements().end());
    }
  }
}

TEST(Value, knows_its_kind) {
  const Document document = parsed(R"([null,true,1,"s",[],{}])");
  std::vector<Kind> kinds;
  for (const Value element : document.root().elements()) kinds.push_back(element.kind());
  EXPECT_EQ(kinds, (std::vector{Kind::null, Kind::boolean, Kind::number, Kind::string, Kind::array,
                                Kind::object}));
}

// ---- White space goes, and nothing else

TEST(Compact, drops_white_space_between_tokens_only) {
  const Document document = parsed(
      "\r\n{\n  \"a b\" : [ 1.0 ,\t-0 , \" x \\n y \" ] ,\r\n  \"o\" : { } ,\n  \"l\" : [ ] , "
      "\"t\" : "
      "true\n}\n ");
  EXPECT_EQ(compact(document.root()), R"({"a b":[1.0,-0," x \n y "],"o":{},"l":[],"t":true})");
  EXPECT_EQ(compact(*document.root().find("a b")), R"([1.0,-0," x \n y "])");
  EXPECT_EQ(compact(*document.root().find("o")), "{}");
  EXPECT_EQ(compact(*document.root().find("t")), "true");
  std::string out = "data: ";
  append_compact(out, *document.root().find("l"));
  EXPECT_EQ(out, "data: []");
}

// ---- Limits, at and one past

TEST(Limits, bytes_max) {
  EXPECT_EQ(verdict("[1234567]", {.bytes_max = 9}), "accepted");
  EXPECT_EQ(verdict("[12345678]", {.bytes_max = 9}),
            "9: the text has 10 bytes, more than bytes_max = 9");
}

TEST(Limits, depth_max) {
  EXPECT_EQ(verdict(nested(1000)), "accepted");
  EXPECT_EQ(verdict(nested(1001)), "1000: the text is nested deeper than depth_max = 1000");
  EXPECT_EQ(verdict(R"({"a":[{}]})", {.depth_max = 3}), "accepted");
  EXPECT_EQ(verdict(R"({"a":[{"b":[]}]})", {.depth_max = 3}),
            "11: the text is nested deeper than depth_max = 3");
  EXPECT_EQ(verdict("7", {.depth_max = 0}), "accepted") << "a scalar opens nothing";
  EXPECT_EQ(verdict("[]", {.depth_max = 0}), "0: the text is nested deeper than depth_max = 0");
}

TEST(Limits, hold_for_documents_too) {
  EXPECT_TRUE(Document::parse("[[]]", {.bytes_max = 4, .depth_max = 2}));
  EXPECT_EQ(Document::parse("[[]] ", {.bytes_max = 4}).error().message,
            "the text has 5 bytes, more than bytes_max = 4");
  EXPECT_EQ(Document::parse("[[]]", {.depth_max = 1}).error().offset, 1u);
  EXPECT_TRUE(Document::parse("[[]]", {.depth_max = 1}).error().is_too_deep);
  EXPECT_FALSE(Document::parse("[[]", {.depth_max = 2}).error().is_too_deep);
}

/// Texts that break off with as many values and keys for each structural byte as there can be: the
/// tape has room for them.
TEST(Limits, leave_room_for_every_start_of_a_text) {
  for (const std::uint32_t depth : {1u, 2u, 63u, 64u, 65u, 1000u}) {
    for (const std::string opening : {"[", "{\"\":", "[[],", "{\"\":{},\"\":"}) {
      std::string text;
      for (std::uint32_t i = 0; i < depth; ++i) text += opening;
      for (const std::string ending :
           {"", "0", "\"\"", "{", "{\"\"", "{\"\":", "{\"\":0", "[0,0"}) {
        EXPECT_NE(verdict(text + ending, {.depth_max = depth}), "accepted");
        EXPECT_NE(verdict(text + ending, {.depth_max = depth + 1}), "accepted");
      }
    }
  }
}

TEST(Limits, depth_counts_only_what_is_open) {
  std::string text = "[";
  for (int i = 0; i < 2000; ++i) text += "[[]],";
  EXPECT_EQ(verdict(text + "[]]", {.depth_max = 3}), "accepted");
}

TEST(Limits, a_million_levels_need_no_stack) {
  constexpr std::uint32_t depth = 1'000'000;
  const std::string text = nested(depth);
  Parser parser({.depth_max = depth});
  const auto value = parser.parse(text);
  ASSERT_TRUE(value);
  EXPECT_EQ(value->raw(), text);
  EXPECT_EQ(compact(*value), text);
  EXPECT_EQ(verdict(std::string(depth, '['), {.depth_max = depth}),
            "1000000: expected a value, but the text ends here");
}

// ---- Strings

TEST(Strings, find_escapes_at_every_block_border) {
  for (std::size_t size = 0; size <= 200; ++size) {
    const std::string filler(size, 'x');
    const Document document =
        parsed("{\"" + filler + "\\n\":\"" + filler + "\\\"\",\"" + filler + "\\\\\":\"\\u00e9" +
               filler + "\",\"" + filler + "\":\"" + filler + "\"}");
    const Value root = document.root();
    ASSERT_EQ(root.size(), 3u);
    EXPECT_EQ(root.find(filler + "\n")->as_string(), filler + "\"");
    EXPECT_EQ(root.find(filler + "\\")->as_string(), "\xC3\xA9" + filler);
    EXPECT_EQ(root.find(filler)->as_string(), filler);
    EXPECT_EQ(verdict("[\"" + filler + "\\z\"]"),
              std::to_string(size + 2) + ": expected one of \" \\ / b f n r t u after a backslash");
    EXPECT_EQ(verdict("[\"" + filler + "\\u00\"]"),
              std::to_string(size + 2) + ": expected four hexadecimal digits after '\\u'");
  }
}

TEST(Strings, end_at_a_quote_behind_an_even_number_of_backslashes) {
  for (std::size_t backslashes = 0; backslashes <= 140; ++backslashes) {
    const std::string text = "[\"" + std::string(backslashes, '\\') + "\"]";
    EXPECT_EQ(verdict(text) == "accepted", backslashes % 2 == 0) << backslashes;
  }
}

TEST(Strings, keep_white_space_and_structure_inside) {
  const Document document = parsed("[\" , ] } : \" \t , \"\\\" \" ]");
  EXPECT_EQ((*document.root().elements().begin()).as_string(), " , ] } : ");
  EXPECT_EQ((*++document.root().elements().begin()).as_string(), "\" ");
}

TEST(Strings, decode) {
  const auto decoded = [](std::string token) {
    return parsed(std::move(token)).root().as_string();
  };
  EXPECT_EQ(decoded(R"("")"), "");
  EXPECT_EQ(decoded(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(decoded(R"("\u0041\u00e9\u20AC")"), "A\xC3\xA9\xE2\x82\xAC");
  EXPECT_EQ(decoded(R"("a\u0000b")"), "a\0b"s);
  EXPECT_EQ(decoded(R"("\ud83d\ude00")"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(decoded(R"("\uDBFF\uDFFF")"), "\xF4\x8F\xBF\xBF");
  EXPECT_EQ(decoded(R"("\ud83d")"), "\xED\xA0\xBD");
  EXPECT_EQ(decoded(R"("\ude00\ud83d")"), "\xED\xB8\x80\xED\xA0\xBD");
  EXPECT_EQ(decoded(R"("\ud83d\ud83d\ude00")"), "\xED\xA0\xBD\xF0\x9F\x98\x80");
  EXPECT_EQ(decoded(R"("\ud83d\\u0041")"), "\xED\xA0\xBD\\u0041");
  EXPECT_EQ(decoded(R"("\ud83d\n")"), "\xED\xA0\xBD\n");
}

TEST(Strings, equal_their_decoded_text) {
  const Document document = parsed(R"(["abc","a\u0062c","",7,"\n"])");
  auto element = document.root().elements().begin();
  EXPECT_TRUE((*element).equals("abc"));
  EXPECT_FALSE((*element).equals("abcd"));
  EXPECT_FALSE((*element).equals("ab"));
  ++element;
  EXPECT_TRUE((*element).equals("abc"));
  EXPECT_FALSE((*element).equals("a\\u0062c"));
  EXPECT_FALSE((*element).equals(""));
  ++element;
  EXPECT_TRUE((*element).equals(""));
  ++element;
  EXPECT_FALSE((*element).equals("7")) << "a number is no string";
  ++element;
  EXPECT_TRUE((*element).equals("\n"));
}

TEST(Strings, as_keys_are_found_by_their_decoded_text) {
  const Document document = parsed(R"({"a\/b":1,"\ud800":2,"q\"":3,"":4})");
  EXPECT_EQ(document.root().find("a/b")->raw(), "1");
  EXPECT_EQ(document.root().find("\xED\xA0\x80")->raw(), "2");
  EXPECT_EQ(document.root().find("q\"")->raw(), "3");
  EXPECT_EQ(document.root().find("")->raw(), "4");
  EXPECT_FALSE(document.root().find("a\\/b"));
}

// ---- Numbers and literals

TEST(Numbers, as_int64) {
  const auto integer = [](std::string token) { return parsed(std::move(token)).root().as_int64(); };
  EXPECT_EQ(integer("0"), 0);
  EXPECT_EQ(integer("-0"), 0);
  EXPECT_EQ(integer("-17"), -17);
  EXPECT_EQ(integer("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(integer("9223372036854775808"), std::nullopt);
  EXPECT_EQ(integer("-9223372036854775809"), std::nullopt);
  for (const char* token : {"1.0", "1e3", "1E0", "\"1\"", "true", "null", "[1]"}) {
    EXPECT_EQ(integer(token), std::nullopt) << token;
  }
}

TEST(Numbers, as_double) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto number = [](std::string token) { return parsed(std::move(token)).root().as_double(); };
  EXPECT_EQ(number("0.1"), 0.1);
  EXPECT_EQ(number("1e3"), 1000.0);
  EXPECT_EQ(number("1E+2"), 100.0);
  EXPECT_EQ(number("123456789012345678901234567890"), 1.2345678901234568e29);
  EXPECT_EQ(number("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(number("5e-324"), 5e-324);
  EXPECT_EQ(number("1e400"), infinity);
  EXPECT_EQ(number("-1e400"), -infinity);
  EXPECT_EQ(number("0.001e312"), infinity);
  EXPECT_EQ(number("1e99999999999999999999"), infinity);
  EXPECT_EQ(number(std::string(400, '9')), infinity);
  EXPECT_EQ(number("1e-400"), 0.0);
  EXPECT_EQ(number("1e-99999999999999999999"), 0.0);
  EXPECT_EQ(number("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(number("0e999999"), 0.0);
  EXPECT_TRUE(std::signbit(*number("-0")));
  EXPECT_TRUE(std::signbit(*number("-1e-400")));
  EXPECT_EQ(number("\"1\""), std::nullopt);
  EXPECT_EQ(number("null"), std::nullopt);
}

/// The nodes of a text, keys included.
std::vector<detail::Node> nodes_of(std::string text) {
  const auto document = Document::parse(std::move(text));
  const detail::Tape& tape = document->root().tape();
  return {tape.nodes.get(), tape.nodes.get() + tape.size};
}

TEST(Nodes, of_equal_strings_have_equal_words_wherever_they_stand) {
  for (std::size_t length = 0; length < 40; ++length) {
    std::string content;
    for (std::size_t i = 0; i < length; ++i) content.push_back(static_cast<char>('a' + i % 26));
    const std::string token = '"' + content + '"';
    const auto nodes = nodes_of("{" + token + ":[" + token + ", " + token + "],\"padding\":0}");
    const std::uint32_t alone = nodes_of(token).front().word;  // near the end of its text
    EXPECT_EQ(nodes[1].word, alone) << token;
    EXPECT_EQ(nodes[3].word, alone) << token;
    EXPECT_EQ(nodes[4].word, alone) << token;
    EXPECT_EQ(alone,
              detail::Node::string_word(detail::fingerprint(detail::edges_of(content), length)));
    if (length == 0) continue;
    EXPECT_NE(nodes_of('"' + content.substr(1) + '"').front().word, alone) << token;
  }
}

TEST(Nodes, of_escaped_strings_say_so) {
  const auto nodes = nodes_of(R"(["a", "\u0061"])");
  EXPECT_FALSE(nodes[1].is_escaped());
  EXPECT_TRUE(nodes[2].is_escaped());
  EXPECT_EQ(nodes[2].kind(), Kind::string);
  EXPECT_NE(nodes[1].word, nodes[2].word);
}

TEST(Nodes, of_short_numbers_know_integers) {
  for (const char* text : {"0", "-0", "7", "-16777215", "6.0", "-0.000000"}) {
    EXPECT_EQ(nodes_of(text).front().form(), detail::Node::short_integer) << text;
    EXPECT_EQ(nodes_of(text).front().kind(), Kind::number) << text;
  }
  for (const char* text : {"0.5", "6.10", "-0.000001", "16777216", "1e2", "0.0000001"}) {
    EXPECT_EQ(nodes_of(text).front().form(), static_cast<std::uint32_t>(Kind::number)) << text;
  }
  const auto shorts = [](const char* text) {
    return Document::parse(text)->root().short_number()->packed();
  };
  EXPECT_EQ(shorts("6.0"), shorts("6"));
  EXPECT_EQ(shorts("-0.0"), shorts("0"));
  EXPECT_EQ(shorts("6.10"), shorts("6.1"));
}

TEST(Literals, as_bool) {
  EXPECT_EQ(parsed("true").root().as_bool(), true);
  EXPECT_EQ(parsed("false").root().as_bool(), false);
  EXPECT_EQ(parsed("null").root().as_bool(), std::nullopt);
  EXPECT_EQ(parsed("\"true\"").root().as_bool(), std::nullopt);
  EXPECT_TRUE(parsed("null").root().is_null());
}

// ---- Lifetimes and buffers

TEST(Document, keeps_its_values_over_a_move) {
  for (const std::string& text : {"[1]"s, "[\"" + std::string(100, 'x') + "\"]"}) {
    Document first = parsed(text);
    const Value root = first.root();
    const Document second = std::move(first);
    EXPECT_EQ(root.raw(), text);
    EXPECT_EQ(second.text(), text);
    EXPECT_EQ(root.size(), 1u);
  }
}

TEST(Document, counts_its_memory) {
  const std::string text = "[" + std::string(100'000, ' ') + "1,2,3]";
  const std::size_t memory = parsed(text).memory();
  EXPECT_GE(memory, text.size() + 4 * sizeof(detail::Node));
  EXPECT_LE(memory, 2 * text.size());
}

TEST(Parser, reads_one_text_after_the_other) {
  Parser parser;
  EXPECT_EQ((*parser.parse("[1,2]")).size(), 2u);
  EXPECT_FALSE(parser.parse("[1,2"));
  EXPECT_FALSE(parser.parse("\"\xFF\""));
  EXPECT_EQ((*parser.parse(R"({"a":1})")).find("a")->raw(), "1");
  Parser moved = std::move(parser);
  EXPECT_EQ((*moved.parse("7")).raw(), "7");
}

TEST(Parser, gives_a_large_buffer_back_when_a_small_text_follows) {
  Parser parser;
  ASSERT_TRUE(parser.parse("[1]"));
  const std::size_t small = parser.memory();
  EXPECT_LT(small, 16u << 10);

  const std::string large = "\"" + std::string(9u << 20, 'x') + "\"";
  ASSERT_TRUE(parser.parse(large));
  EXPECT_GT(parser.memory(), 9u << 20);
  ASSERT_TRUE(parser.parse("[1]"));
  EXPECT_EQ(parser.memory(), small) << "structural indexes";

  std::string many = "[0";
  for (int i = 0; i < 1'000'000; ++i) many += ",0";
  const auto value = parser.parse(many + "]");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->size(), 1'000'001u);
  EXPECT_GT(parser.memory(), 16u << 20);
  ASSERT_TRUE(parser.parse("[1]"));
  EXPECT_EQ(parser.memory(), small) << "structural indexes and tape";
}

TEST(Parser, keeps_a_buffer_up_to_a_mebibyte) {
  Parser parser;
  ASSERT_TRUE(parser.parse("\"" + std::string(200'000, 'x') + "\""));
  const std::size_t grown = parser.memory();
  EXPECT_GT(grown, 200'000u);
  ASSERT_TRUE(parser.parse("[1]"));
  EXPECT_EQ(parser.memory(), grown);
}

}  // namespace
}  // namespace collet::json
