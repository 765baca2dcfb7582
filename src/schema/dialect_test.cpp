#include "schema/dialect.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace collet::schema {
namespace {

using enum SchemaDraft;

constexpr SchemaDraft k_drafts[] = {draft4, draft6, draft7, draft2019_09, draft2020_12};

/// The drafts that know `name`, a digit for each: "46" for draft-04 and draft-06, "7", "9" and "0".
std::string drafts_with(std::string_view name) {
  std::string known;
  for (const auto& [draft, letter] : {std::pair{draft4, '4'},
                                      {draft6, '6'},
                                      {draft7, '7'},
                                      {draft2019_09, '9'},
                                      {draft2020_12, '0'}}) {
    if (find_keyword(name, dialect_of(draft)) != nullptr) known += letter;
  }
  return known;
}

TEST(Dialect, KnowsEveryKeywordWhereItsDraftHasIt) {
  for (const auto& [name, drafts] : {
           std::pair<std::string_view, std::string_view>{"id", "4"},
           {"$id", "6790"},
           {"$schema", "46790"},
           {"$ref", "46790"},
           {"$comment", "790"},
           {"$anchor", "90"},
           {"$vocabulary", "90"},
           {"$defs", "90"},
           {"$recursiveRef", "9"},
           {"$recursiveAnchor", "9"},
           {"$dynamicRef", "0"},
           {"$dynamicAnchor", "0"},
           {"definitions", "46790"},
           {"dependencies", "46790"},
           {"dependentSchemas", "90"},
           {"dependentRequired", "90"},
           {"const", "6790"},
           {"contains", "6790"},
           {"propertyNames", "6790"},
           {"examples", "6790"},
           {"if", "790"},
           {"then", "790"},
           {"else", "790"},
           {"readOnly", "790"},
           {"writeOnly", "790"},
           {"contentEncoding", "790"},
           {"contentMediaType", "790"},
           {"contentSchema", "90"},
           {"deprecated", "90"},
           {"minContains", "90"},
           {"maxContains", "90"},
           {"unevaluatedItems", "90"},
           {"unevaluatedProperties", "90"},
           {"items", "46790"},
           {"additionalItems", "4679"},
           {"prefixItems", "0"},
           {"exclusiveMaximum", "46790"},
           {"exclusiveMinimum", "46790"},
           {"format", "46790"},
           {"default", "46790"},
           {"type", "46790"},
           {"enum", "46790"},
           {"required", "46790"},
           {"Type", ""},
           {"", ""},
           {"itemsx", ""},
       }) {
    EXPECT_EQ(drafts_with(name), drafts) << name;
  }
}

TEST(Dialect, GivesKeywordsTheShapeOfTheirDraft) {
  const auto shape = [](std::string_view name, SchemaDraft draft) {
    return find_keyword(name, dialect_of(draft))->shape;
  };
  EXPECT_EQ(shape("exclusiveMaximum", draft4), Shape::exclusive_flag);
  EXPECT_EQ(shape("exclusiveMaximum", draft6), Shape::number);
  EXPECT_EQ(shape("enum", draft6), Shape::distinct_list);
  EXPECT_EQ(shape("enum", draft7), Shape::list);
  EXPECT_EQ(shape("items", draft2019_09), Shape::subschema_or_list);
  EXPECT_EQ(shape("items", draft2020_12), Shape::subschema);
}

TEST(Dialect, NamesEachKeywordAsTheDraftDoes) {
  EXPECT_EQ(name_of(Keyword::id, draft4), "id");
  EXPECT_EQ(name_of(Keyword::id), "$id");
  EXPECT_EQ(name_of(Keyword::all_of), "allOf");
  for (const SchemaDraft draft : k_drafts) {
    for (std::size_t number = 0; number < k_keyword_count; ++number) {
      const auto keyword = static_cast<Keyword>(number);
      const KeywordRow* row = find_keyword(name_of(keyword, draft), dialect_of(draft));
      if (row != nullptr) {
        EXPECT_EQ(row->keyword, keyword) << row->name;
      }
    }
  }
}

TEST(Dialect, IsNamedByItsMetaschema) {
  EXPECT_EQ(draft_named("http://json-schema.org/draft-04/schema#"), draft4);
  EXPECT_EQ(draft_named("http://json-schema.org/draft-06/schema"), draft6);
  EXPECT_EQ(draft_named("https://json-schema.org/draft-07/schema#"), draft7);
  EXPECT_EQ(draft_named("https://json-schema.org/draft/2019-09/schema"), draft2019_09);
  EXPECT_EQ(draft_named("http://json-schema.org/draft/2020-12/schema#"), draft2020_12);
  EXPECT_EQ(draft_named("http://json-schema.org/schema#"), draft2020_12);
  for (const char* other :
       {"", "#", "http", "https://", "json-schema.org/draft-07/schema",
        "ftp://json-schema.org/draft-07/schema", "http://json-schema.org/draft-05/schema#",
        "http://json-schema.org/draft-07/schema##", "http://json-schema.org/draft-07/schema#/x"}) {
    EXPECT_EQ(draft_named(other), std::nullopt) << other;
  }
}

TEST(Dialect, KnowsTheVocabulariesOfTwoDrafts) {
  EXPECT_EQ(vocabulary_named("https://json-schema.org/draft/2020-12/vocab/core"), Vocabulary::core);
  EXPECT_EQ(vocabulary_named("https://json-schema.org/draft/2019-09/vocab/format"),
            Vocabulary::format);
  EXPECT_EQ(vocabulary_named("https://json-schema.org/draft/2020-12/vocab/format-assertion"),
            Vocabulary::format);
  EXPECT_EQ(vocabulary_named("core"), std::nullopt);
  EXPECT_EQ(vocabulary_named("https://json-schema.org/draft/2020-12/vocab/cor"), std::nullopt);
  EXPECT_EQ(vocabulary_named("https://example.org/vocab/core"), std::nullopt);
}

std::expected<Dialect, std::string> narrowed(std::string vocabulary,
                                             SchemaDraft draft = draft2020_12) {
  const auto document = json::Document::parse(std::move(vocabulary));
  return with_vocabularies(dialect_of(draft), document->root());
}

TEST(Dialect, HasTheVocabulariesThatItsMetaschemaLists) {
  const auto dialect = narrowed(R"({"https://json-schema.org/draft/2020-12/vocab/validation":true,
      "https://example.org/vocab/optional":false})");
  ASSERT_TRUE(dialect);
  EXPECT_NE(find_keyword("minimum", *dialect), nullptr);
  EXPECT_NE(find_keyword("$ref", *dialect), nullptr) << "core is always there";
  EXPECT_EQ(find_keyword("properties", *dialect), nullptr);
  EXPECT_EQ(find_keyword("title", *dialect), nullptr);
  EXPECT_EQ(narrowed(R"({"https://example.org/vocab/needed":true})").error(),
            "https://example.org/vocab/needed");
}

TEST(Dialect, AssertsFormatsWhereAVocabularySaysSo) {
  const std::string in_2020 = "https://json-schema.org/draft/2020-12/vocab/";
  const std::string in_2019 = "https://json-schema.org/draft/2019-09/vocab/";
  const auto asserts = [](const std::string& uri, const char* required) {
    return narrowed("{\"" + uri + "\":" + required + "}")->asserts_format;
  };
  EXPECT_TRUE(asserts(in_2020 + "format-assertion", "true"));
  EXPECT_TRUE(asserts(in_2020 + "format-assertion", "false"));
  EXPECT_FALSE(asserts(in_2020 + "format-annotation", "true"));
  EXPECT_TRUE(asserts(in_2019 + "format", "true"));
  EXPECT_FALSE(asserts(in_2019 + "format", "false"));
  EXPECT_TRUE(dialect_of(draft7).asserts_format);
  EXPECT_FALSE(dialect_of(draft2019_09).asserts_format);
}

TEST(Dialect, LetsReferencesStandAloneUpToDraft7) {
  EXPECT_TRUE(dialect_of(draft4).ref_stands_alone());
  EXPECT_TRUE(dialect_of(draft7).ref_stands_alone());
  EXPECT_FALSE(dialect_of(draft2019_09).ref_stands_alone());
}

}  // namespace
}  // namespace collet::schema
