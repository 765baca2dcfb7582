#include "schema/keywords.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace collet::schema {
namespace {

using enum SchemaDraft;

/// The text of the keyword's value; "absent" where it does not count.
std::string found(std::string_view schema, Keyword keyword, SchemaDraft draft = draft2020_12) {
  const auto document = json::Document::parse(std::string(schema));
  EXPECT_TRUE(document) << schema;
  const Keywords keywords(document->root(), dialect_of(draft));
  const auto value = keywords[keyword];
  EXPECT_EQ(keywords.has(keyword), value.has_value());
  EXPECT_EQ((keywords.present() & bit_of(keyword)) != 0, value.has_value());
  return value ? std::string(value->raw()) : "absent";
}

TEST(Keywords, AreFoundByWhatTheyAre) {
  constexpr std::string_view schema = R"({"minimum":1,"x-other":2,"type":"integer"})";
  EXPECT_EQ(found(schema, Keyword::minimum), "1");
  EXPECT_EQ(found(schema, Keyword::type), "\"integer\"");
  EXPECT_EQ(found(schema, Keyword::maximum), "absent");
  EXPECT_EQ(found("{}", Keyword::type), "absent");
}

TEST(Keywords, AreWhatTheirDecodedNameSays) {
  EXPECT_EQ(found(R"({"m\u0069nimum":1})", Keyword::minimum), "1");
  EXPECT_EQ(found(R"({"minimum\u0000":1})", Keyword::minimum), "absent");
}

TEST(Keywords, CountByTheirLastOccurrence) {
  EXPECT_EQ(found(R"({"minimum":1,"minimum":2})", Keyword::minimum), "2");
}

TEST(Keywords, AreThoseOfTheDialect) {
  EXPECT_EQ(found(R"({"const":1})", Keyword::const_, draft4), "absent");
  EXPECT_EQ(found(R"({"const":1})", Keyword::const_, draft6), "1");
  EXPECT_EQ(found(R"({"id":"a"})", Keyword::id, draft4), "\"a\"");
  EXPECT_EQ(found(R"({"id":"a"})", Keyword::id, draft6), "absent");
  EXPECT_EQ(found(R"({"additionalItems":false})", Keyword::additional_items), "absent");
}

TEST(Keywords, AreAloneWithAReferenceUpToDraft7) {
  constexpr std::string_view schema = R"({"maximum":1,"$ref":"#","definitions":{}})";
  EXPECT_EQ(found(schema, Keyword::maximum, draft7), "absent");
  EXPECT_EQ(found(schema, Keyword::definitions, draft7), "absent");
  EXPECT_EQ(found(schema, Keyword::ref, draft7), "\"#\"");
  EXPECT_EQ(found(schema, Keyword::maximum, draft2019_09), "1");
}

}  // namespace
}  // namespace collet::schema
