#include "schema/shape.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "json/pointer.hpp"
#include "schema/keywords.hpp"

namespace collet::schema {
namespace {

using enum SchemaDraft;

/// "/pointer sentence" for the first keyword of `schema` that is wrong; "" where none is.
std::string fault_in(std::string_view schema, SchemaDraft draft,
                     Strictness strictness = Strictness::metaschema) {
  const auto document = json::Document::parse(std::string(schema));
  EXPECT_TRUE(document) << schema;
  for (const auto& [key, value] : document->root().members()) {
    const KeywordRow* row = find_keyword(key, dialect_of(draft));
    if (row == nullptr) continue;
    if (const auto fault = shape_fault(*row, value, draft, strictness)) {
      std::string told;
      json::append_path(told, document->root(), fault->where.index());
      return told + " " + fault->message;
    }
  }
  return "";
}

struct Row {
  std::string_view schema;
  std::string_view fault;
  std::vector<SchemaDraft> drafts{draft4, draft6, draft7, draft2019_09, draft2020_12};
};

TEST(Shape, NamesWhatNoEvaluationCanDoWith) {
  const Row rows[] = {
      {R"({"title":1})", "/title title must be a string; got 1"},
      {R"({"uniqueItems":"yes"})", R"(/uniqueItems uniqueItems must be true or false; got "yes")"},
      {R"({"minLength":-1})", "/minLength minLength must be a non-negative integer; got -1"},
      {R"({"minLength":1.5})", "/minLength minLength must be a non-negative integer; got 1.5"},
      {R"({"minLength":2.0})", ""},
      {R"({"minLength":"2"})", R"(/minLength minLength must be a non-negative integer; got "2")"},
      {R"({"maximum":null})", "/maximum maximum must be a number; got null"},
      {R"({"multipleOf":0})", "/multipleOf multipleOf must be a number greater than 0; got 0"},
      {R"({"multipleOf":-1})", "/multipleOf multipleOf must be a number greater than 0; got -1"},
      {R"({"multipleOf":1e-9})", ""},
      {R"({"enum":{}})", "/enum enum must be an array; got an object"},
      {R"({"required":[1]})",
       "/required required must be an array of property names; got an array"},
      {R"({"required":true})", "/required required must be an array of property names; got true"},
      {R"({"dependentRequired":{"a":"b"}})",
       "/dependentRequired dependentRequired must be an object of arrays of property names; got an "
       "object",
       {draft2019_09, draft2020_12}},
      {R"({"dependencies":{"a":[1]}})",
       "/dependencies/a a dependency must be a schema or an array of property names"},
      {R"({"type":"text"})",
       "/type type must be one of null, boolean, integer, number, string, array, object, or a list "
       "of them; got \"text\""},
      {R"({"type":[]})",
       "/type type must be one of null, boolean, integer, number, string, array, object, or a list "
       "of them; got an empty array"},
      {R"({"$vocabulary":{"a":1}})",
       "/$vocabulary $vocabulary must be an object of true and false; got an object",
       {draft2019_09, draft2020_12}},
      {R"({"allOf":[]})", "/allOf allOf must be a non-empty array of schemas; got an empty array"},
      {R"({"properties":[]})",
       "/properties properties must be an object of schemas; got an empty array"},
      {R"({"pattern":["a very long list"],"title":"x"})",
       "/pattern pattern must be a string; got an array"},
      {R"({"default":null,"unknown":[1,1]})", ""},
  };
  for (const Row& row : rows) {
    for (const SchemaDraft draft : row.drafts) {
      EXPECT_EQ(fault_in(row.schema, draft), row.fault) << row.schema;
      EXPECT_EQ(fault_in(row.schema, draft, Strictness::evaluation), row.fault) << row.schema;
    }
  }
}

TEST(Shape, QuotesNoLongValues) {
  EXPECT_EQ(
      fault_in("{\"minLength\":\"" + std::string(58, 'x') + "\"}", draft7),
      "/minLength minLength must be a non-negative integer; got \"" + std::string(58, 'x') + "\"");
  EXPECT_EQ(fault_in("{\"minLength\":\"" + std::string(59, 'x') + "\"}", draft7),
            "/minLength minLength must be a non-negative integer; got a longer string");
  EXPECT_EQ(fault_in("{\"minLength\":-" + std::string(61, '1') + "}", draft7),
            "/minLength minLength must be a non-negative integer; got a longer number");
}

TEST(Shape, NamesWhatOnlyTheMetaschemaRefuses) {
  const std::vector<SchemaDraft> from_6 = {draft6, draft7, draft2019_09, draft2020_12};
  const std::vector<SchemaDraft> from_2019 = {draft2019_09, draft2020_12};
  const Row rows[] = {
      {R"({"required":["a","b","a"]})",
       R"(/required/2 required must not hold a value twice; got "a")"},
      {R"({"required":["a","\u0061"]})",
       R"(/required/1 required must not hold a value twice; got "\u0061")"},
      {R"({"required":[]})",
       "/required required must be a non-empty array of property names; got an empty array",
       {draft4}},
      {R"({"required":[]})", "", from_6},
      {R"({"type":["string","null","string"]})",
       R"(/type/2 type must not hold a value twice; got "string")"},
      {R"({"type":["string","null"]})", ""},
      {R"({"dependentRequired":{"a":["b","c"],"d":["b","b"]}})",
       R"(/dependentRequired/d/1 dependentRequired must not hold a value twice; got "b")",
       from_2019},
      {R"({"dependencies":{"a":{},"d":["b","b"]}})",
       R"(/dependencies/d/1 dependencies must not hold a value twice; got "b")"},
      {R"({"dependencies":{"a":[]}})",
       "/dependencies/a dependencies must be a non-empty array of property names; got an empty "
       "array",
       {draft4}},
      {R"({"dependencies":{"a":[]}})", "", from_6},
      {R"({"enum":[]})",
       "/enum enum must be a non-empty array; got an empty array",
       {draft4, draft6}},
      {R"({"enum":[1,2,1.0]})",
       "/enum/2 enum must not hold a value twice; got 1.0",
       {draft4, draft6}},
      {R"({"enum":[1,1]})", "", {draft7, draft2019_09, draft2020_12}},
      {R"({"enum":[]})", "", {draft7, draft2019_09, draft2020_12}},
      {R"({"items":[]})",
       "/items items must be a schema or a non-empty array of schemas; got an empty array",
       {draft4, draft6, draft7, draft2019_09}},
  };
  for (const Row& row : rows) {
    for (const SchemaDraft draft : row.drafts) {
      EXPECT_EQ(fault_in(row.schema, draft), row.fault) << row.schema;
      EXPECT_EQ(fault_in(row.schema, draft, Strictness::evaluation), "") << row.schema;
    }
  }
}

TEST(Shape, KnowsTheNamesOfAnchors) {
  const auto fault = [](std::string_view anchor, SchemaDraft draft) {
    const std::string told = fault_in("{\"$anchor\":\"" + std::string(anchor) + "\"}", draft);
    return told.substr(0, told.find(';'));
  };
  constexpr std::string_view of_2019 =
      R"(/$anchor $anchor must be a letter and then letters, digits, "-", "_", ":" and ".")";
  constexpr std::string_view of_2020 =
      R"(/$anchor $anchor must be a letter or "_" and then letters, digits, "-", "_" and ".")";
  for (const char* const fits : {"a", "Z9-_.z", "items.list"}) {
    EXPECT_EQ(fault(fits, draft2019_09), "") << fits;
    EXPECT_EQ(fault(fits, draft2020_12), "") << fits;
  }
  for (const char* const wrong : {"", "1", "-a", ".a", "#a", "a b", "a/b", "\xC3\xA4", "a%20"}) {
    EXPECT_EQ(fault(wrong, draft2019_09), of_2019) << wrong;
    EXPECT_EQ(fault(wrong, draft2020_12), of_2020) << wrong;
  }
  EXPECT_EQ(fault("a:b", draft2019_09), "");
  EXPECT_EQ(fault("a:b", draft2020_12), of_2020);
  EXPECT_EQ(fault("_a", draft2019_09), of_2019);
  EXPECT_EQ(fault("_a", draft2020_12), "");
  EXPECT_EQ(fault("1", draft7), "") << "no keyword there";
}

TEST(Shape, OfASchemaIsAnObjectOrFromDraft6OnABoolean) {
  const auto fault = [](std::string_view text, SchemaDraft draft,
                        Strictness strictness = Strictness::metaschema) {
    const auto document = json::Document::parse(std::string(text));
    return schema_fault(document->root(), draft, strictness).value_or("");
  };
  EXPECT_EQ(fault("{}", draft4), "");
  EXPECT_EQ(fault("true", draft6), "");
  EXPECT_EQ(fault("true", draft4), "a schema of draft-04 must be an object, not a boolean");
  EXPECT_EQ(fault("true", draft4, Strictness::evaluation), "");
  EXPECT_EQ(fault("[]", draft4), "a schema of draft-04 must be an object, not an array");
  EXPECT_EQ(fault("1", draft2020_12), "a schema must be an object or a boolean, not a number");
  EXPECT_EQ(fault("null", draft2020_12, Strictness::evaluation),
            "a schema must be an object or a boolean, not null");
}

}  // namespace
}  // namespace collet::schema
