#include <gtest/gtest.h>

#include "collet/json.hpp"
#include "json/document.hpp"

namespace collet {
namespace {

TEST(Json, IsAnEmptyObjectByDefault) {
  const Json json;
  EXPECT_EQ(json.text(), "{}");
  EXPECT_TRUE(json.is_object());
  EXPECT_EQ(json.value().size(), 0u);
}

TEST(Json, KeepsEveryTokensBytesAndDropsOnlyWhiteSpaceBetweenThem) {
  auto json = Json::parse(
      " {\n \"b\" : 1.0 , \"a\": 1234567890123456789012345,\r\n\t"
      "\"a\": [\"\\ud800\", \"x  y\"] } ");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->text(), R"({"b":1.0,"a":1234567890123456789012345,"a":["\ud800","x  y"]})");
}

TEST(Json, HoldsAnyKindOfValue) {
  EXPECT_FALSE(Json::parse("[1]")->is_object());
  EXPECT_EQ(Json::parse("null")->text(), "null");
  EXPECT_EQ(Json::parse(" \"s\" ")->text(), "\"s\"");
}

TEST(Json, NamesTheByteOfWhatIsMalformed) {
  auto json = Json::parse(R"({"a" 1})");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(json.error().message.substr(0, 27), "malformed JSON at byte 5: e");
}

TEST(Json, PartOfADocumentOutlivesEverythingButItself) {
  Json part;
  {
    auto document = std::make_shared<const json::Document>(
        *json::Document::parse(R"({"tool":"x","parameters":{"deep": [1, {"n": 2.50}]}})"));
    part = Json(document, *document->root().find("parameters"));
  }
  EXPECT_TRUE(part.is_object());
  EXPECT_EQ(part.text(), R"({"deep":[1,{"n":2.50}]})");
  const Json copy = part;
  part = Json();
  EXPECT_EQ(copy.value().find("deep")->size(), 2u);
}

TEST(Json, RefusesWhatIsTooLong) {
  const std::size_t bytes_max = json::ParseLimits{}.bytes_max;
  std::string text(bytes_max, ' ');
  text[0] = '1';
  EXPECT_TRUE(Json::parse(text));
  text += ' ';
  auto json = Json::parse(std::move(text));
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code, ErrorCode::payload_too_large);
  EXPECT_EQ(json.error().message, "a JSON text of 134217729 bytes is longer than 134217728 bytes");
}

}  // namespace
}  // namespace collet
