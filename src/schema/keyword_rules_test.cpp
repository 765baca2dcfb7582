#include "schema/keyword_rules.hpp"

#include <gtest/gtest.h>

#include <string>

namespace collet::schema {
namespace {

using json::Value;

const std::string k_no_value = "absent";

std::string text_of(std::optional<Value> value) {
  return value ? std::string(value->raw()) : k_no_value;
}

/// A subschema on its own, in one draft.
struct Read {
  Read(std::string text, SchemaDraft draft)
      : document(*json::Document::parse(std::move(text))),
        keywords(document.root(), dialect_of(draft)) {}
  json::Document document;
  Keywords keywords;
};

TEST(KeywordRules, ItemsAreCalledDifferentlyBefore2020) {
  struct Case {
    std::string schema;
    SchemaDraft draft;
    std::string prefix;
    std::string rest;
  };
  const Case cases[] = {
      {R"({"prefixItems": [1], "items": {}})", SchemaDraft::draft2020_12, "[1]", "{}"},
      {R"({"prefixItems": [1], "items": {}})", SchemaDraft::draft2019_09, k_no_value, "{}"},
      {R"({"items": [1], "additionalItems": {}})", SchemaDraft::draft2019_09, "[1]", "{}"},
      {R"({"items": [1], "additionalItems": {}})", SchemaDraft::draft4, "[1]", "{}"},
      {R"({"items": {}, "additionalItems": false})", SchemaDraft::draft7, k_no_value, "{}"},
      {R"({"additionalItems": false})", SchemaDraft::draft7, k_no_value, k_no_value},
  };
  for (const Case& c : cases) {
    const Read read(c.schema, c.draft);
    const auto [prefix, rest] = item_keywords(read.keywords);
    EXPECT_EQ(text_of(prefix), c.prefix) << c.schema;
    EXPECT_EQ(text_of(rest), c.rest) << c.schema;
  }
}

TEST(KeywordRules, OnlyAFlagThatIsSetExcludesTheLimitBesideIt) {
  const auto excludes = [](const char* text) {
    const auto document = *json::Document::parse(text);
    return excludes_limit_beside(document.root());
  };
  EXPECT_TRUE(excludes("true"));
  EXPECT_FALSE(excludes("false"));
  EXPECT_FALSE(excludes("3"));
  EXPECT_FALSE(excludes_limit_beside(std::nullopt));
}

class References : public testing::Test {
 protected:
  /// What `place` in `schema`, by pointer, stands for.
  std::string behind(std::string schema, std::uint32_t references_max) {
    const SchemaOptions options;
    Sources sources(options);
    const auto root = sources.load_root(std::move(schema));
    if (!root) return root.error().message;
    return sources.pointer(behind_bare_references(sources, *root, references_max));
  }
};

TEST_F(References, AreFollowedWhileNothingElseIsAsked) {
  const std::string schema = R"({"$ref": "#/$defs/a", "title": "t", "$defs": {
      "a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/c", "type": "object"}, "c": true}})";
  EXPECT_EQ(behind(schema, 8), "/$defs/b");
  EXPECT_EQ(behind(schema, 1), "/$defs/a");
  EXPECT_EQ(behind(schema, 0), "");
}

TEST_F(References, ThatLeadNowhereAreNotFollowed) {
  EXPECT_EQ(behind(R"({"$ref": "#/$defs/none"})", 8), "");
  EXPECT_EQ(behind(R"({"$ref": "#"})", 8), "");
}

}  // namespace
}  // namespace collet::schema
