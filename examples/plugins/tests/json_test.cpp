#include "collet/plugin/json.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace collet::plugin {
namespace {

std::string rewritten(std::string_view text) {
  return Json::parse(text).dump();
}

std::string parse_error(std::string_view text) {
  try {
    return "parsed as " + rewritten(text);
  } catch (const JsonParseError& error) {
    return error.what();
  }
}

template <class Read>
std::string type_error(Read read) {
  try {
    read();
    return "no error";
  } catch (const JsonTypeError& error) {
    return error.what();
  }
}

TEST(Json, KeepsNumbersAsWritten) {
  for (const char* text : {"1.0", "-0", "1E5", "1234567890123456789012345", "1e400", "0.10"}) {
    EXPECT_EQ(rewritten(text), text);
    EXPECT_EQ(Json::parse(text).number_text(), text);
  }
}

TEST(Json, ReadsIntegersExactly) {
  EXPECT_EQ(Json::parse("9223372036854775807").as_integer(),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(Json::parse("-9223372036854775808").as_integer(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Json::parse("2.0").as_integer(), 2);
  EXPECT_EQ(Json::parse("2e2").as_integer(), 200);
  EXPECT_EQ(type_error([] { (void)Json::parse("9223372036854775808").as_integer(); }),
            "9223372036854775808 is beyond 64 bits");
  EXPECT_EQ(type_error([] { (void)Json::parse("1e300").as_integer(); }),
            "1e300 is beyond 2^53; write it without point and exponent");
  EXPECT_EQ(type_error([] { (void)Json::parse("2.5").as_integer(); }),
            "expected an integer, found 2.5");
}

TEST(Json, ReadsDoublesWithinTheirRange) {
  EXPECT_EQ(Json::parse("0.1").as_number(), 0.1);
  EXPECT_EQ(Json::parse("1e-400").as_number(), 0);
  EXPECT_EQ(type_error([] { (void)Json::parse("1e400").as_number(); }),
            "1e400 is beyond the range of a double");
}

TEST(Json, WritesNumbersShortest) {
  EXPECT_EQ(Json(0.1).dump(), "0.1");
  EXPECT_EQ(Json(3.0).dump(), "3");
  EXPECT_EQ(Json(-7).dump(), "-7");
  EXPECT_EQ(Json(std::numeric_limits<std::uint64_t>::max()).dump(), "18446744073709551615");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, StringsAreUtf8AndLoneSurrogatesSurvive) {
  EXPECT_EQ(Json::parse(R"("\u20ac\ud83d\ude00")").as_string(), "\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(rewritten("\"\\u20ac\""), "\"\xE2\x82\xAC\"");
  EXPECT_EQ(rewritten(R"("a\ud800b")"), R"("a\ud800b")");
  EXPECT_EQ(rewritten(R"("\ud800\ud800\udc00\udc00")"), "\"\\ud800\xF0\x90\x80\x80\\udc00\"");
  EXPECT_EQ(rewritten(R"("\"\\\/\b\f\n\r\t\u0000")"), R"("\"\\/\u0008\u000c\n\r\t\u0000")");
  EXPECT_EQ(rewritten("\"\xE2\x80\xA8\""), R"("\u2028")");
  EXPECT_EQ(Json("bad \xFF byte").dump(), "\"bad \xEF\xBF\xBD byte\"");
}

TEST(Json, ObjectsKeepOrderAndDuplicates) {
  const Json json = Json::parse(R"({"b":1,"a":2,"b":3})");
  EXPECT_EQ(json.dump(), R"({"b":1,"a":2,"b":3})");
  EXPECT_EQ(json.get<std::int64_t>("b"), 3);
  EXPECT_EQ(json.find("c"), nullptr);
}

TEST(Json, DropsOnlyWhiteSpace) {
  EXPECT_EQ(rewritten(" { \"a\" : [ 1 , true , null ] }\r\n"), R"({"a":[1,true,null]})");
}

TEST(Json, SaysWhereTextIsNoJson) {
  EXPECT_EQ(parse_error(""), "unexpected end of the text at byte 0");
  EXPECT_EQ(parse_error("{bad"), "expected a member name in double quotes at byte 1");
  EXPECT_EQ(parse_error("[1,]"), "expected a value at byte 3");
  EXPECT_EQ(parse_error(R"({"a" 1})"), "expected ':' at byte 5");
  EXPECT_EQ(parse_error("[1 2]"), "expected ',' or ']' at byte 3");
  EXPECT_EQ(parse_error("01"), "a number with a leading zero at byte 2");
  EXPECT_EQ(parse_error("1."), "expected a digit behind the point at byte 2");
  EXPECT_EQ(parse_error("nul"), "expected a value at byte 0");
  EXPECT_EQ(parse_error("1 1"), "unexpected text after the value at byte 2");
  EXPECT_EQ(parse_error("\"a"), "a string without an end at byte 2");
  EXPECT_EQ(parse_error("\"\\x\""), "an unknown escape at byte 2");
  EXPECT_EQ(parse_error("\"\\u12g4\""), "\\u needs four hexadecimal digits at byte 3");
  EXPECT_EQ(parse_error("\"\n\""),
            "a control character in a string (write it as \\u00XX) at byte 1");
  for (const char* text :
       {"\"\xFF\"", "\"\xC0\x80\"", "\"\xED\xA0\x80\"", "\"\xE2\x82\"", "\"\xF4\x90\x80\x80\""}) {
    EXPECT_EQ(parse_error(text), "a string that is not UTF-8 at byte 1");
  }
}

TEST(Json, NestsUpToTheLimit) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_EQ(rewritten(nested(Json::depth_max)), nested(Json::depth_max));
  EXPECT_EQ(parse_error(nested(Json::depth_max + 1)),
            "nested deeper than 1000 levels at byte 1000");
}

TEST(Json, NamesTheMemberThatIsWrong) {
  const Json json = Json::parse(R"({"top":"ten","list":[1,"2"],"none":null})");
  EXPECT_EQ(type_error([&] { (void)json.get<std::int64_t>("top"); }),
            R"("top": expected an integer, found a string)");
  EXPECT_EQ(type_error([&] { (void)json.get<std::string>("text"); }), R"("text" is missing)");
  EXPECT_EQ(type_error([&] { (void)json.get<std::vector<double>>("list"); }),
            R"("list": item 1: expected a number, found a string)");
  EXPECT_EQ(json.get<std::int64_t>("none", 5), 5);
  EXPECT_EQ(json.get<std::int64_t>("absent", 5), 5);
  EXPECT_EQ(type_error([] { (void)Json().as_object(); }), "expected an object, found null");
}

TEST(Json, IsBuiltStepByStep) {
  Json json;
  json.set("a", 1).set("b", Json::array({true, nullptr, "x", 2.5})).set("a", 2);
  json.set("list", Json().push_back(std::vector<std::string>{"p", "q"}));
  EXPECT_EQ(json.dump(), R"({"a":2,"b":[true,null,"x",2.5],"list":[["p","q"]]})");
  EXPECT_EQ(json, Json::parse(json.dump()));
  EXPECT_EQ(type_error([&] { json.push_back(1); }), "expected an array, found an object");
}

}  // namespace
}  // namespace collet::plugin
