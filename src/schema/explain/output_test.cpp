// The output formats: literal texts, and the official suite's output tests, whose expectations are
// schemas that the output has to fit.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "schema/explain/explain_test_support.hpp"

namespace collet::schema {
namespace {

namespace fs = std::filesystem;

std::string output(std::string_view schema, std::string_view instance, SchemaOutput format) {
  return render(*Explained(std::string(schema), std::string(instance), {}, {.annotations = true}),
                format);
}

// Of 2020-12 core, section 12.4.2, put shortly.
constexpr std::string_view k_polygon =
    R"({"$id": "https://x.test/polygon",
        "$defs": {"point": {"type": "object", "properties": {"x": {"type": "number"}},
                            "additionalProperties": false, "required": ["x", "y"]}},
        "type": "array", "items": {"$ref": "#/$defs/point"}, "minItems": 3})";
constexpr std::string_view k_two_points = R"([{"x": 1}, {"x": 2, "z": 3}])";

TEST(Output, FlagSaysYesOrNo) {
  EXPECT_EQ(output("true", "1", SchemaOutput::flag), R"({"valid":true})");
  EXPECT_EQ(output("false", "1", SchemaOutput::flag), R"({"valid":false})");
}

TEST(Output, BasicListsEveryError) {
  EXPECT_EQ(
      output(k_polygon, k_two_points, SchemaOutput::basic),
      R"({"valid":false,"keywordLocation":"","absoluteKeywordLocation":"https://x.test/polygon#","instanceLocation":"","errors":[)"
      R"({"valid":false,"keywordLocation":"/minItems","absoluteKeywordLocation":"https://x.test/polygon#/minItems","instanceLocation":"","error":"the value must have at least 3 items; got 2"},)"
      R"({"valid":false,"keywordLocation":"/items/$ref/required","absoluteKeywordLocation":"https://x.test/polygon#/$defs/point/required","instanceLocation":"/0","error":"/0: missing required property \"y\""},)"
      R"({"valid":false,"keywordLocation":"/items/$ref/required","absoluteKeywordLocation":"https://x.test/polygon#/$defs/point/required","instanceLocation":"/1","error":"/1: missing required property \"y\""},)"
      R"({"valid":false,"keywordLocation":"/items/$ref/additionalProperties","absoluteKeywordLocation":"https://x.test/polygon#/$defs/point/additionalProperties","instanceLocation":"/1/z","error":"/1: unknown property \"z\"; known is \"x\""}]})");
}

TEST(Output, DetailedNestsAndCondenses) {
  EXPECT_EQ(
      output(k_polygon, k_two_points, SchemaOutput::detailed),
      R"({"valid":false,"keywordLocation":"","absoluteKeywordLocation":"https://x.test/polygon#","instanceLocation":"","errors":[)"
      R"({"valid":false,"keywordLocation":"/minItems","absoluteKeywordLocation":"https://x.test/polygon#/minItems","instanceLocation":"","error":"the value must have at least 3 items; got 2"},)"
      R"({"valid":false,"keywordLocation":"/items","absoluteKeywordLocation":"https://x.test/polygon#/items","instanceLocation":"","errors":[)"
      R"({"valid":false,"keywordLocation":"/items/$ref/required","absoluteKeywordLocation":"https://x.test/polygon#/$defs/point/required","instanceLocation":"/0","error":"/0: missing required property \"y\""},)"
      R"({"valid":false,"keywordLocation":"/items/$ref","absoluteKeywordLocation":"https://x.test/polygon#/$defs/point","instanceLocation":"/1","errors":[)"
      R"({"valid":false,"keywordLocation":"/items/$ref/required","absoluteKeywordLocation":"https://x.test/polygon#/$defs/point/required","instanceLocation":"/1","error":"/1: missing required property \"y\""},)"
      R"({"valid":false,"keywordLocation":"/items/$ref/additionalProperties","absoluteKeywordLocation":"https://x.test/polygon#/$defs/point/additionalProperties","instanceLocation":"/1/z","error":"/1: unknown property \"z\"; known is \"x\""}]}]}]})");
}

TEST(Output, DetailedIsTheOnlyErrorItself) {
  EXPECT_EQ(
      output(R"({"$id": "https://x.test/s", "properties": {"a": {"type": "null"}}})", R"({"a": 1})",
             SchemaOutput::detailed),
      R"_({"valid":false,"keywordLocation":"/properties/a/type","absoluteKeywordLocation":"https://x.test/s#/properties/a/type","instanceLocation":"/a","error":"/a must be null; got 1 (a number)"})_");
}

TEST(Output, HasTheAnnotationsOfWhatFits) {
  constexpr std::string_view schema =
      R"({"$id": "https://x.test/s", "title": "T", "properties": {"a": {"default": 1}, "b": {"format": "uri"}},
          "anyOf": [{"type": "null", "title": "lost"}, {"description": "kept"}]})";
  EXPECT_EQ(
      output(schema, R"({"a": 2})", SchemaOutput::basic),
      R"({"valid":true,"keywordLocation":"","absoluteKeywordLocation":"https://x.test/s#","instanceLocation":"","annotations":[)"
      R"({"valid":true,"keywordLocation":"/anyOf/1/description","absoluteKeywordLocation":"https://x.test/s#/anyOf/1/description","instanceLocation":"","annotation":"kept"},)"
      R"({"valid":true,"keywordLocation":"/properties","absoluteKeywordLocation":"https://x.test/s#/properties","instanceLocation":"","annotation":["a"]},)"
      R"({"valid":true,"keywordLocation":"/properties/a/default","absoluteKeywordLocation":"https://x.test/s#/properties/a/default","instanceLocation":"/a","annotation":1},)"
      R"({"valid":true,"keywordLocation":"/title","absoluteKeywordLocation":"https://x.test/s#/title","instanceLocation":"","annotation":"T"}]})");
  EXPECT_EQ(
      output(schema, R"({"a": 2})", SchemaOutput::detailed),
      R"({"valid":true,"keywordLocation":"","absoluteKeywordLocation":"https://x.test/s#","instanceLocation":"","annotations":[)"
      R"({"valid":true,"keywordLocation":"/anyOf/1/description","absoluteKeywordLocation":"https://x.test/s#/anyOf/1/description","instanceLocation":"","annotation":"kept"},)"
      R"({"valid":true,"keywordLocation":"/properties","absoluteKeywordLocation":"https://x.test/s#/properties","instanceLocation":"","annotation":["a"],"annotations":[)"
      R"({"valid":true,"keywordLocation":"/properties/a/default","absoluteKeywordLocation":"https://x.test/s#/properties/a/default","instanceLocation":"/a","annotation":1}]},)"
      R"({"valid":true,"keywordLocation":"/title","absoluteKeywordLocation":"https://x.test/s#/title","instanceLocation":"","annotation":"T"}]})");
}

TEST(Output, SaysLittleWhereThereIsNothingToSay) {
  EXPECT_EQ(output("true", "1", SchemaOutput::basic),
            R"({"valid":true,"keywordLocation":"","instanceLocation":"","annotations":[]})");
  EXPECT_EQ(output("true", "1", SchemaOutput::detailed),
            R"({"valid":true,"keywordLocation":"","instanceLocation":""})");
}

/// The values of a keyword's annotation at the root, as `basic` gives them.
std::string annotation(std::string_view schema, std::string_view instance, std::string_view keyword,
                       SchemaDraft draft = SchemaDraft::draft2020_12) {
  const Explained explained(std::string(schema), std::string(instance), {.draft = draft},
                            {.annotations = true});
  const std::string text = render(*explained, SchemaOutput::basic);
  const auto document = json::Document::parse(text);
  for (const json::Value unit : document->root().find("annotations")->elements()) {
    if (unit.find("keywordLocation")->equals(keyword)) {
      return std::string(unit.find("annotation")->raw());
    }
  }
  return "none";
}

TEST(Output, GivesTheAnnotationsOfApplicators) {
  EXPECT_EQ(annotation(R"({"properties": {"a": {}}})", R"({"a": 1, "b": 2})", "/properties"),
            R"(["a"])");
  EXPECT_EQ(annotation(R"({"patternProperties": {"a": {}}})", R"({"ba": 1, "b": 2})",
                       "/patternProperties"),
            R"(["ba"])");
  EXPECT_EQ(annotation(R"({"properties": {"a": {}}, "additionalProperties": {}})",
                       R"({"a": 1, "b": 2})", "/additionalProperties"),
            R"(["b"])");
  EXPECT_EQ(annotation(R"({"properties": {"a": {}}, "unevaluatedProperties": {}})",
                       R"({"a": 1, "b": 2})", "/unevaluatedProperties"),
            R"(["b"])");
  EXPECT_EQ(annotation(R"({"prefixItems": [{}, {}]})", "[1, 2, 3]", "/prefixItems"), "1");
  EXPECT_EQ(annotation(R"({"prefixItems": [{}, {}]})", "[1, 2]", "/prefixItems"), "true");
  EXPECT_EQ(annotation(R"({"prefixItems": [{}], "items": {}})", "[1, 2]", "/items"), "true");
  EXPECT_EQ(annotation(R"({"prefixItems": [{}], "items": {}})", "[1]", "/items"), "none");
  EXPECT_EQ(annotation(R"({"unevaluatedItems": {}})", "[1]", "/unevaluatedItems"), "true");
  EXPECT_EQ(annotation(R"({"contains": {"type": "null"}})", "[null, 1, null]", "/contains"),
            "[0,2]");
  EXPECT_EQ(annotation(R"({"items": [{}], "additionalItems": {}})", "[1, 2]", "/additionalItems",
                       SchemaDraft::draft2019_09),
            "true");
}

TEST(Output, GivesTheAnnotationsOfTheOtherVocabularies) {
  EXPECT_EQ(annotation(R"({"format": "uri"})", "1", "/format"), R"("uri")");
  EXPECT_EQ(annotation(R"({"contentMediaType": "text/html"})", R"("x")", "/contentMediaType"),
            R"("text/html")");
  EXPECT_EQ(annotation(R"({"contentMediaType": "text/html"})", "1", "/contentMediaType"), "none");
  EXPECT_EQ(annotation(R"({"contentSchema": { "type": "null" }})", R"("x")", "/contentSchema"),
            R"({"type":"null"})");
  EXPECT_EQ(annotation(R"({"examples": [1]})", "1", "/examples"), "[1]");
  EXPECT_EQ(annotation(R"({"deprecated": true})", "1", "/deprecated"), "true");
  EXPECT_EQ(annotation(R"({"if": {"title": "yes"}})", "1", "/if/title"), R"("yes")");
  EXPECT_EQ(annotation(R"({"if": {"title": "yes", "type": "null"}})", "1", "/if/title"), "none");
  EXPECT_EQ(annotation(R"({"not": {"title": "no", "type": "null"}})", "1", "/not/title"), "none");
}

TEST(Output, IsReadableAgainHoweverDeepTheInstance) {
  const std::string deep = std::string(900, '[') + "1,2" + std::string(900, ']');
  for (const SchemaOutput format : {SchemaOutput::basic, SchemaOutput::detailed}) {
    const std::string text =
        output(R"({"items": {"$ref": "#"}, "minItems": 2, "type": "array"})", deep, format);
    const auto document = json::Document::parse(text);
    ASSERT_TRUE(document) << document.error().message;
    EXPECT_EQ(document->root().find("valid")->as_bool(), false);
  }
}

TEST(Output, ProposesNamesAndValuesForTheFirstErrorsOnly) {
  ExplainOptions how;
  how.limits.violations_max = 2;
  const Explained explained(
      R"({"properties": {"title": {}, "kind": {"enum": ["low", "high"]}}, "additionalProperties": false})",
      R"({"titel": 1, "tilte": 2, "titlee": 3, "kind": "hihg"})", {}, how);
  const std::string basic = render(*explained, SchemaOutput::basic);
  EXPECT_TRUE(basic.contains(R"(must be one of low, high; got \"hihg\"; did you mean \"high\"?)"));
  EXPECT_TRUE(basic.contains(R"("unknown property \"titel\"; did you mean \"title\"?")"));
  EXPECT_TRUE(basic.contains(R"("unknown property \"tilte\"")"));
  EXPECT_TRUE(basic.contains(R"("unknown property \"titlee\"")"));
}

TEST(Output, IsNotMuchLongerThanItsLimit) {
  std::string items = "[1";
  for (int i = 1; i < 100'000; ++i) items += ",1";
  const std::string name(4000, 'n');
  const std::string text =
      output(R"({"items": {"allOf": [{"type": "null"}, {"$ref": "#/$defs/)" + name +
                 R"("}]}, "$defs": {")" + name + R"(": {"type": "array"}}})",
             items + "]", SchemaOutput::basic);
  EXPECT_GT(text.size(), output_bytes_max);
  EXPECT_LT(text.size(), output_bytes_max + 10'000);
  EXPECT_TRUE(json::Document::parse(text));
}

// ---- The official tests

std::optional<fs::path> suite_folder() {
  if (const char* given = std::getenv("COLLET_SCHEMA_SUITE")) return fs::path(given);
  const fs::path beside =
      fs::path(COLLET_SOURCE_DIR).parent_path() / "shared/data/json-schema-test-suite";
  if (fs::exists(beside / "output-tests")) return beside;
  return std::nullopt;
}

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class OutputSuite : public testing::TestWithParam<SchemaDraft> {};

TEST_P(OutputSuite, Holds) {
  const auto suite = suite_folder();
  if (!suite) {
    GTEST_SKIP() << "the JSON Schema Test Suite is neither at COLLET_SCHEMA_SUITE nor beside the "
                    "source; https://github.com/json-schema-org/JSON-Schema-Test-Suite has it";
  }
  const bool is_new = GetParam() == SchemaDraft::draft2020_12;
  const fs::path folder = *suite / "output-tests" / (is_new ? "draft2020-12" : "draft2019-09");
  const std::string output_schema = text_of(folder / "output-schema.json");
  const SchemaOptions options{.draft = GetParam(),
                              .resolver = [&](std::string_view uri) -> std::optional<std::string> {
                                if (!uri.ends_with("/output/schema")) return std::nullopt;
                                return output_schema;
                              }};
  std::size_t run = 0;
  for (const auto& file : fs::directory_iterator(folder / "content")) {
    const auto document = json::Document::parse(text_of(file.path()));
    ASSERT_TRUE(document) << file.path();
    for (const json::Value group : document->root().elements()) {
      for (const json::Value test : group.find("tests")->elements()) {
        const Explained explained(std::string(group.find("schema")->raw()),
                                  std::string(test.find("data")->raw()), options,
                                  {.annotations = true});
        for (const auto& [format, expected] : test.find("output")->members()) {
          ASSERT_TRUE(format.equals("basic")) << "the suite has a format that is not tested here";
          const std::string basic = render(*explained, SchemaOutput::basic);
          EXPECT_EQ(Explained(std::string(expected.raw()), basic, options).sentences(), "")
              << basic;
          ++run;
        }
        for (const SchemaOutput format : {SchemaOutput::flag, SchemaOutput::detailed}) {
          const std::string text = render(*explained, format);
          EXPECT_EQ(Explained(output_schema, text, options).sentences(), "") << text;
        }
      }
    }
  }
  EXPECT_GE(run, 4);
}

INSTANTIATE_TEST_SUITE_P(Official, OutputSuite,
                         testing::Values(SchemaDraft::draft2019_09, SchemaDraft::draft2020_12),
                         [](const auto& draft) {
                           return draft.param == SchemaDraft::draft2020_12 ? "draft2020_12"
                                                                           : "draft2019_09";
                         });

}  // namespace
}  // namespace collet::schema
