// The verdict of every keyword in every draft, by small literal cases.
#include "schema/explain/explain.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "schema/explain/explain_test_support.hpp"

namespace collet::schema {
namespace {

using enum SchemaDraft;

constexpr SchemaDraft k_all[] = {draft4, draft6, draft7, draft2019_09, draft2020_12};

/// A schema with instances that fit it and instances that do not.
struct Row {
  std::string_view schema;
  std::initializer_list<std::string_view> fit;
  std::initializer_list<std::string_view> differ;
};

void expect_rows(SchemaDraft first, SchemaDraft last, std::initializer_list<Row> rows) {
  for (const SchemaDraft draft : k_all) {
    if (draft < first || draft > last) continue;
    for (const auto& [schema, fit, differ] : rows) {
      for (const auto instances : {&fit, &differ}) {
        for (const std::string_view instance : *instances) {
          const SchemaOptions options{.draft = draft};
          const Explained plain{std::string(schema), std::string(instance), options};
          const Explained annotated{
              std::string(schema), std::string(instance), options, {.annotations = true}};
          EXPECT_EQ(plain->valid, instances == &fit)
              << schema << "\n  " << instance << " in draft " << static_cast<int>(draft);
          EXPECT_EQ(annotated->valid, plain->valid) << schema << "\n  " << instance;
          EXPECT_EQ(plain.violations().empty(), plain->valid) << schema << "\n  " << instance;
        }
      }
    }
  }
}

TEST(Explain, JudgesTypes) {
  expect_rows(draft4, draft2020_12,
              {{R"({"type": "null"})", {"null"}, {"0", "false", "\"\""}},
               {R"({"type": "boolean"})", {"true", "false"}, {"0", "\"true\""}},
               {R"({"type": "integer"})", {"1", "1.0", "1e3", "-0"}, {"1.5", "1e-1", "\"1\""}},
               {R"({"type": "number"})", {"1", "1.5", "1e400"}, {"\"1\"", "null"}},
               {R"({"type": "string"})", {"\"\""}, {"1", "[]"}},
               {R"({"type": "array"})", {"[]"}, {"{}", "\"[]\""}},
               {R"({"type": "object"})", {"{}"}, {"[]", "null"}},
               {R"({"type": ["integer", "null"]})", {"1", "null"}, {"1.5", "\"\""}}});
}

TEST(Explain, JudgesValues) {
  expect_rows(draft4, draft2020_12,
              {{R"({"enum": [1, "a", [{"x": 1.0}]]})",
                {"1.0", "\"\\u0061\"", R"([{"x": 1}])"},
                {"2", "\"b\"", R"([{"x": 2}])", "true"}}});
  expect_rows(draft6, draft2020_12,
              {
                  {R"({"const": {"a": 1, "b": 2}})", {R"({"b": 2, "a": 1.0})"}, {R"({"a": 1})"}},
                  {R"({"const": false})", {"false"}, {"0", "null"}},
                  {R"({"const": null})", {"null"}, {"0"}},
              });
  expect_rows(draft7, draft2020_12, {{R"({"enum": []})", {}, {"null"}}});
  expect_rows(draft4, draft4, {{R"({"const": 1})", {"2"}, {}}});
}

TEST(Explain, JudgesNumbersExactly) {
  expect_rows(draft4, draft2020_12,
              {{R"({"multipleOf": 0.0001})", {"0.0075", "0", "\"x\""}, {"0.00751"}},
               {R"({"multipleOf": 2})", {"4", "1e300"}, {"3"}},
               {R"({"minimum": 9007199254740993})", {"9007199254740993"}, {"9007199254740992"}},
               {R"({"maximum": 3.0})", {"3", "2.9", "\"9\""}, {"3.0000000000000000001"}}});
  expect_rows(draft6, draft2020_12,
              {{R"({"exclusiveMinimum": 3})", {"3.1"}, {"3.0", "2"}},
               {R"({"exclusiveMaximum": 3})", {"2.9"}, {"3.0", "4"}}});
  expect_rows(draft4, draft4,
              {{R"({"minimum": 3, "exclusiveMinimum": true})", {"4"}, {"3", "2"}},
               {R"({"minimum": 3, "exclusiveMinimum": false})", {"3"}, {"2"}},
               {R"({"maximum": 3, "exclusiveMaximum": true})", {"2"}, {"3", "4"}}});
}

TEST(Explain, JudgesStrings) {
  expect_rows(draft4, draft2020_12,
              {{R"({"minLength": 2})", {"\"ab\"", "1"}, {"\"a\"", "\"\\ud83d\\ude00\""}},
               {R"({"maxLength": 2.0})", {"\"ab\"", "\"\\ud83d\\ude00\""}, {"\"abc\""}},
               {R"({"pattern": "b+"})", {"\"abc\"", "1"}, {"\"ac\""}}});
}

TEST(Explain, AssertsFormatsAsTheDialectAndTheOptionsSay) {
  expect_rows(draft4, draft7,
              {{R"({"format": "ipv4"})", {"\"127.0.0.1\"", "1"}, {"\"x\""}},
               {R"({"format": "unheard-of"})", {"\"x\""}, {}}});
  expect_rows(draft2019_09, draft2020_12, {{R"({"format": "ipv4"})", {"\"x\""}, {}}});
  EXPECT_FALSE(
      Explained(R"({"format": "ipv4"})", "\"x\"", {.formats = SchemaFormats::enforce})->valid);
  EXPECT_TRUE(Explained(R"({"format": "ipv4"})", "\"x\"",
                        {.draft = draft7, .formats = SchemaFormats::annotate})
                  ->valid);
}

TEST(Explain, JudgesObjects) {
  expect_rows(
      draft4, draft2020_12,
      {{R"({"required": ["a", "b"]})", {R"({"a": 1, "b": 2})", "[]"}, {R"({"a": 1})"}},
       {R"({"minProperties": 2})", {R"({"a": 1, "a": 2})"}, {R"({"a": 1})"}},
       {R"({"maxProperties": 1})", {"{}"}, {R"({"a": 1, "a": 2})"}},
       {R"({"properties": {"a": {"type": "null"}}})",
        {R"({"a": null})", R"({"b": 1})"},
        {R"({"a": 1})"}},
       // Every occurrence of a repeated key is judged; of a repeated keyword the last one counts.
       {R"({"properties": {"a": {"type": "null"}}})", {}, {R"({"a": 1, "a": null})"}},
       {R"({"properties": {"a": {"type": "string"}, "a": {"type": "null"}}})",
        {R"({"a": null})"},
        {}},
       {R"({"patternProperties": {"^n": {"type": "null"}, "x$": {"type": "null"}}})",
        {R"({"n": null, "ax": null})"},
        {R"({"n": 1})", R"({"ax": 1})"}},
       {R"({"properties": {"a": {}}, "patternProperties": {"^n": {}}, "additionalProperties": {"type": "null"}})",
        {R"({"a": 1, "n1": 1, "z": null})"},
        {R"({"z": 1})"}},
       {R"({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}})",
        {R"({"a": 1, "b": 2})", R"({"c": 1, "d": 2})", "{}"},
        {R"({"a": 1})", R"({"c": 1})"}}});
  expect_rows(draft6, draft2020_12,
              {{R"({"propertyNames": {"maxLength": 1}})", {R"({"a": 1})"}, {R"({"ab": 1})"}},
               {R"({"properties": {"a": false, "b": true}})", {R"({"b": 1})"}, {R"({"a": 1})"}}});
  expect_rows(draft2019_09, draft2020_12,
              {{R"({"dependentRequired": {"a": ["b"]}})", {R"({"b": 1})"}, {R"({"a": 1})"}},
               {R"({"dependentSchemas": {"a": {"required": ["b"]}}})", {"{}"}, {R"({"a": 1})"}}});
}

TEST(Explain, JudgesArrays) {
  expect_rows(draft4, draft2020_12,
              {{R"({"minItems": 1})", {"[1]", "{}"}, {"[]"}},
               {R"({"maxItems": 1})", {"[1]"}, {"[1, 2]"}},
               {R"({"uniqueItems": true})",
                {"[1, true]"},
                {"[1, 1.0]", R"([{"a": 1, "b": 2}, {"b": 2, "a": 1}])"}},
               {R"({"uniqueItems": false})", {"[1, 1]"}, {}},
               {R"({"items": {"type": "null"}})", {"[]", "[null]"}, {"[null, 1]"}}});
  expect_rows(draft4, draft2019_09,
              {{R"({"items": [{"type": "null"}, {}], "additionalItems": {"type": "null"}})",
                {"[null, 1, null]", "[null]"},
                {"[1]", "[null, 1, 1]"}},
               {R"({"additionalItems": {"type": "null"}})", {"[1]"}, {}},
               {R"({"items": {}, "additionalItems": {"type": "null"}})", {"[1]"}, {}}});
  expect_rows(draft2020_12, draft2020_12,
              {{R"({"prefixItems": [{"type": "null"}], "items": {"type": "string"}})",
                {"[]", "[null]", "[null, \"a\"]"},
                {"[1]", "[null, 1]"}}});
  expect_rows(draft6, draft2020_12,
              {{R"({"contains": {"type": "null"}})", {"[1, null]", "{}"}, {"[]", "[1]"}}});
  expect_rows(draft6, draft7,
              {{R"({"contains": {"type": "null"}, "minContains": 2})", {"[null]"}, {}}});
  expect_rows(draft2019_09, draft2020_12,
              {{R"({"contains": {"type": "null"}, "minContains": 2, "maxContains": 3})",
                {"[null, null]", "[null, 1, null, null]"},
                {"[null]", "[null, null, null, null]"}},
               {R"({"contains": {"type": "null"}, "minContains": 0})", {"[]", "[1]"}, {}},
               {R"({"minContains": 2, "maxContains": 0})", {"[]"}, {}}});
}

TEST(Explain, CombinesSchemas) {
  expect_rows(draft4, draft2020_12,
              {{R"({"allOf": [{"minimum": 2}, {"maximum": 4}]})", {"3"}, {"1", "5"}},
               {R"({"anyOf": [{"minimum": 4}, {"maximum": 2}]})", {"1", "5"}, {"3"}},
               {R"({"oneOf": [{"minimum": 2}, {"maximum": 4}]})", {"1", "5"}, {"3"}},
               {R"({"oneOf": [{"minimum": 9}, {"minimum": 8}]})", {}, {"1", "9"}},
               {R"({"not": {"minimum": 2}})", {"1"}, {"2", "\"a\""}}});
  expect_rows(draft7, draft2020_12,
              {{R"({"if": {"minimum": 5}, "then": {"multipleOf": 5}, "else": {"multipleOf": 2}})",
                {"10", "4"},
                {"6", "3"}},
               {R"({"then": false, "else": false})", {"1"}, {}},
               {R"({"if": false})", {"1"}, {}}});
  expect_rows(draft4, draft6, {{R"({"if": {}, "then": {"minimum": 5}})", {"1"}, {}}});
}

TEST(Explain, FollowsReferences) {
  expect_rows(
      draft4, draft7,
      {{R"({"definitions": {"n": {"type": "null"}}, "properties": {"a": {"$ref": "#/definitions/n", "type": "string"}}})",
        {R"({"a": null})"},
        {R"({"a": "x"})"}}});
  expect_rows(
      draft2019_09, draft2020_12,
      {{R"({"$defs": {"n": {"minimum": 3}}, "properties": {"a": {"$ref": "#/$defs/n", "maximum": 4}}})",
        {R"({"a": 3})"},
        {R"({"a": 2})", R"({"a": 5})"}},
       {R"({"$defs": {"n": {"$anchor": "here", "type": "null"}}, "items": {"$ref": "#here"}})",
        {"[null]"},
        {"[1]"}}});
  expect_rows(draft4, draft2020_12,
              {{R"({"properties": {"next": {"$ref": "#"}}, "required": ["v"]})",
                {R"({"v": 1, "next": {"v": 1}})"},
                {R"({"v": 1, "next": {}})"}}});
}

TEST(Explain, TakesTheOutermostDynamicAnchor) {
  constexpr std::string_view list =
      R"({"$id": "https://x.test/strict", "$ref": "list", "$defs": {
            "item": {"$dynamicAnchor": "item", "type": "string"},
            "list": {"$id": "list", "items": {"$dynamicRef": "#item"},
                     "$defs": {"any": {"$dynamicAnchor": "item"}}}}})";
  // The same name as a plain anchor at the start: a $ref.
  constexpr std::string_view plain =
      R"({"$id": "https://x.test/strict", "$ref": "list", "$defs": {
            "item": {"$dynamicAnchor": "item", "type": "string"},
            "list": {"$id": "list", "items": {"$dynamicRef": "#item"},
                     "$defs": {"any": {"$anchor": "item"}}}}})";
  expect_rows(draft2020_12, draft2020_12,
              {{list, {R"(["a"])"}, {"[1]"}}, {plain, {R"(["a"])", "[1]"}, {}}});
}

TEST(Explain, TakesTheOutermostRecursiveAnchor) {
  constexpr std::string_view tree =
      R"({"$id": "https://x.test/strict", "$recursiveAnchor": true, "$ref": "tree", "required": ["v"],
          "$defs": {"tree": {"$id": "tree", "$recursiveAnchor": true,
                             "properties": {"sub": {"$recursiveRef": "#"}}}}})";
  constexpr std::string_view closed =
      R"({"$id": "https://x.test/strict", "$recursiveAnchor": true, "$ref": "tree", "required": ["v"],
          "$defs": {"tree": {"$id": "tree", "properties": {"sub": {"$recursiveRef": "#"}}}}})";
  expect_rows(draft2019_09, draft2019_09,
              {{tree, {R"({"v": 1, "sub": {"v": 1}})"}, {R"({"v": 1, "sub": {}})"}},
               {closed, {R"({"v": 1, "sub": {}})"}, {}}});
}

TEST(Explain, KnowsWhatIsUnevaluated) {
  expect_rows(
      draft2019_09, draft2020_12,
      {{R"({"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": false})",
        {R"({"a": 1})"},
        {R"({"b": 1})"}},
       // Cousins see nothing of each other.
       {R"({"allOf": [{"properties": {"a": {}}}, {"unevaluatedProperties": false}]})",
        {"{}"},
        {R"({"a": 1})"}},
       // A failed branch contributes nothing, a second one that fits does.
       {R"({"anyOf": [{"properties": {"a": {"type": "null"}}, "required": ["a"]}, {"properties": {"b": {}}}],
            "unevaluatedProperties": false})",
        {R"({"a": null})", R"({"b": 1})", R"({"a": null, "b": 1})"},
        {R"({"a": 1})", R"({"a": 1, "b": 1})"}},
       {R"({"if": {"properties": {"k": {"const": 1}}, "required": ["k"]}, "then": {"properties": {"a": {}}},
            "else": {"properties": {"b": {}}}, "unevaluatedProperties": false})",
        {R"({"k": 1, "a": 1})", R"({"b": 1})"},
        {R"({"k": 1, "b": 1})", R"({"a": 1})", R"({"k": 2})"}},
       {R"({"not": {"not": {"properties": {"a": {}}}}, "unevaluatedProperties": false})",
        {},
        {R"({"a": 1})"}},
       {R"({"dependentSchemas": {"a": {"properties": {"b": {}}}}, "properties": {"a": {}},
            "unevaluatedProperties": false})",
        {R"({"a": 1, "b": 1})"},
        {R"({"b": 1})"}},
       {R"({"allOf": [{"unevaluatedProperties": true}], "unevaluatedProperties": false})",
        {R"({"x": 1})"},
        {}},
       {R"({"$ref": "#/$defs/a", "$defs": {"a": {"patternProperties": {"^a": {}}}},
            "unevaluatedProperties": {"type": "null"}})",
        {R"({"ab": 1, "z": null})"},
        {R"({"z": 1})"}},
       {R"({"properties": {"o": {"properties": {"a": {}}}}, "unevaluatedProperties": false})",
        {R"({"o": {"x": 1}})"},
        {R"({"a": 1})"}}});
  expect_rows(draft2020_12, draft2020_12,
              {{R"({"prefixItems": [{}], "contains": {"const": 7}, "unevaluatedItems": false})",
                {"[7]", "[1, 7, 7]"},
                {"[1, 7, 2]"}},
               {R"({"anyOf": [{"prefixItems": [{"const": 1}, {}]}, {"prefixItems": [{}]}],
                    "unevaluatedItems": false})",
                {"[1, 2]", "[2]"},
                {"[2, 2]"}}});
  expect_rows(draft2019_09, draft2019_09,
              {{R"({"items": [{}], "contains": {"const": 7}, "unevaluatedItems": false})",
                {"[7]"},
                {"[1, 7]"}},
               {R"({"allOf": [{"items": [{}], "additionalItems": {}}], "unevaluatedItems": false})",
                {"[1, 2, 3]"},
                {}}});
  expect_rows(draft4, draft7,
              {{R"({"unevaluatedProperties": false, "unevaluatedItems": false})", {"[1]"}, {}}});
}

TEST(Explain, LeavesOutVocabulariesThatTheMetaschemaDoesNotName) {
  const SchemaOptions options{.resolver = [](std::string_view uri) -> std::optional<std::string> {
    if (uri != "https://x.test/meta") return std::nullopt;
    return R"({"$schema": "https://json-schema.org/draft/2020-12/schema",
               "$vocabulary": {"https://json-schema.org/draft/2020-12/vocab/core": true,
                               "https://json-schema.org/draft/2020-12/vocab/applicator": true}})";
  }};
  constexpr std::string_view schema =
      R"({"$schema": "https://x.test/meta", "minimum": 5, "properties": {"a": false}})";
  EXPECT_TRUE(Explained(std::string(schema), "1", options)->valid);
  EXPECT_FALSE(Explained(std::string(schema), R"({"a": 1})", options)->valid);
}

TEST(Explain, IgnoresWhatItDoesNotKnow) {
  expect_rows(
      draft4, draft2020_12,
      {{R"({"frobnicate": false, "$comment": "x", "title": "x", "default": 1})", {"null"}, {}}});
}

// ---- Limits

TEST(ExplainLimits, EndAnEvaluationThatNestsTooDeep) {
  ExplainOptions how;
  how.limits.nesting_max = 6;  // the root, and items and $ref for each level
  constexpr std::string_view schema = R"({"items": {"$ref": "#"}})";
  EXPECT_TRUE(Explained(std::string(schema), "[[[]]]", {}, how)->valid);
  const Explained deep(std::string(schema), "[[[[]]]]", {}, how);
  EXPECT_FALSE(deep->valid);
  EXPECT_EQ(deep->ending, Ending::too_deep);
  EXPECT_EQ(
      deep.sentences(),
      "/0/0/0: the evaluation ended here, at 6 schemas inside each other; send a flatter value");
  // No `not` turns that into a fit.
  EXPECT_FALSE(
      Explained(
          R"({"not": {"$ref": "#/$defs/l"}, "$defs": {"l": {"items": {"$ref": "#/$defs/l"}}}})",
          "[[[[[[]]]]]]", {}, how)
          ->valid);
}

TEST(ExplainLimits, LeaveRoomOnTheStackForTheDeepestEvaluation) {
  const std::string deep = std::string(490, '[') + std::string(490, ']');
  std::string schema = R"({"items": {"allOf": [{"anyOf": [{"$ref": "#"}]}]}})";
  const Explained fits(schema, deep);
  EXPECT_TRUE(fits->valid);
  schema = R"({"items": {"allOf": [{"anyOf": [{"$ref": "#"}, false]}]}, "minItems": 1})";
  const Explained differs(schema, deep);
  EXPECT_FALSE(differs->valid);
  EXPECT_EQ(differs.violations().size(), 1);
  schema = R"({"items": {"allOf": [{"anyOf": [{"allOf": [{"$ref": "#"}]}]}]}})";
  EXPECT_EQ(Explained(schema, deep)->ending, Ending::too_deep);
}

TEST(ExplainLimits, EndAnEvaluationThatTakesTooManySteps) {
  // Twice the work with every level: 2^40.
  std::string schema = R"({"$defs": {"d0": {"minimum": 5})";
  for (int i = 1; i <= 40; ++i) {
    const std::string below = R"({"$ref": "#/$defs/d)" + std::to_string(i - 1) + R"("})";
    schema += ",\"d" + std::to_string(i) + R"(": {"allOf": [)" + below + "," + below + "]}";
  }
  schema += R"(}, "allOf": [{"$ref": "#/$defs/d40"}, {"type": "string"}]})";
  ExplainOptions how;
  how.steps_max = 100'000;
  const Explained endless(schema, "1", {}, how);
  EXPECT_FALSE(endless->valid);
  EXPECT_EQ(endless->ending, Ending::out_of_steps);
  EXPECT_EQ(endless.sentences(),
            "the value must be at least 5; got 1\n"
            "the explanation ended after 100,000 steps, and there may be more to mend; send a "
            "smaller value");
  EXPECT_EQ(endless.violations(1).size(), 1);
  EXPECT_FALSE(Explained(schema, "9", {}, how)->valid);  // whatever there is to come
}

TEST(ExplainLimits, CountAStepForEveryKeywordAndSubschema) {
  ExplainOptions how;
  how.steps_max = 4;  // the root, properties, the member, type
  constexpr std::string_view schema = R"({"properties": {"a": {"type": "null"}}})";
  EXPECT_TRUE(Explained(std::string(schema), R"({"a": null})", {}, how)->valid);
  how.steps_max = 3;
  EXPECT_FALSE(Explained(std::string(schema), R"({"a": null})", {}, how)->valid);
}

/// `text` `count` times, with commas between.
std::string repeated(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out.append(i == 0 ? "" : ",").append(text);
  return out;
}

std::string object_of(std::size_t members) {
  std::string out = "{";
  for (std::size_t i = 0; i < members; ++i) {
    out += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":1";
  }
  return out + "}";
}

TEST(ExplainLimits, CountWhatAKeywordReads) {
  struct Reading {
    std::string schema;  ///< that reads about 1,000 members, items or 10 KB
    std::string instance;
  };
  const std::string object = object_of(1000);
  const std::string array = "[" + repeated("1", 1000) + "]";
  std::string different = "[0";
  for (int i = 1; i < 1000; ++i) different += "," + std::to_string(i);
  different += "]";
  const std::string digits(10'000, '7');
  const Reading rows[] = {
      {R"({"properties": {"z": {}}})", object},
      {R"({"patternProperties": {}})", object},
      {R"({"properties": {"m0": {}}, "additionalProperties": true})", object},
      {R"({"unevaluatedProperties": true})", object},
      {R"({"required": ["m999"]})", object},
      {R"({"dependentRequired": {"z": []}})", object},
      {R"({"dependentSchemas": {"z": {}}})", object},
      {R"({"prefixItems": [true], "unevaluatedItems": true})", array},
      {R"({"uniqueItems": true})", different},
      {R"({"not": {"enum": [)" + repeated("[]", 3000) + "]}}", "1"},
      {R"({"minimum": -)" + digits + "}", "1"},
      {R"({"maximum": )" + digits + "}", "1"},
      {R"({"exclusiveMinimum": 1})", digits},
      {R"({"exclusiveMaximum": )" + digits + "}", "1"},
  };
  for (const auto& [schema, instance] : rows) {
    const std::string often = R"({"allOf": [)" + repeated(schema, 100) + "]}";
    ExplainOptions how;
    how.steps_max = 2'000;  // 100 applications of about 4 steps, but for what they read
    EXPECT_EQ(Explained(often, instance, {}, how)->ending, Ending::out_of_steps)
        << schema.substr(0, 80);
    how.steps_max = 200'000;
    EXPECT_EQ(Explained(often, instance, {}, how)->ending, Ending::finished)
        << schema.substr(0, 80);
  }
}

TEST(ExplainLimits, KeepAFewOfVeryManyFindings) {
  std::string items = "[1";
  for (int i = 1; i < 100'000; ++i) items += ",1";
  ExplainOptions how;
  const Explained wrong(R"({"items": {"type": "null"}, "contains": {"type": "string"}})",
                        items + "]", {}, how);
  EXPECT_FALSE(wrong->valid);
  EXPECT_EQ(wrong->ending, Ending::finished);
  EXPECT_LE(wrong->findings.size(), how.findings_max);
  const auto violations = wrong.violations();
  ASSERT_EQ(violations.size(), 32);
  EXPECT_EQ(violations[0].keyword, "contains");
  EXPECT_EQ(violations[31].message, "/30 must be null; got 1 (a number)");
}

TEST(ExplainLimits, TellTheTruthWithoutRoomForFindings) {
  ExplainOptions how;
  how.findings_max = 0;
  const Explained wrong(R"({"type": "null"})", "1", {}, how);
  EXPECT_FALSE(wrong->valid);
  EXPECT_EQ(wrong.sentences(), "the value does not fit the schema");
  how.findings_max = 1;
  EXPECT_EQ(Explained(R"({"type": "null"})", "1", {}, how).sentences(),
            "the value does not fit the schema");
}

TEST(ExplainLimits, APatternThatGivesUpIsAViolationAlsoUnderNot) {
  const std::string text = '"' + std::string(60, 'a') + "b\"";
  const Explained plain(R"_({"pattern": "^(a+)+$(?=x)"})_", text);
  EXPECT_FALSE(plain->valid);
  EXPECT_EQ(plain->ending, Ending::pattern_gave_up);
  const Explained negated(R"_({"not": {"pattern": "^(a+)+$(?=x)"}})_", text);
  EXPECT_FALSE(negated->valid);
  EXPECT_EQ(
      negated.sentences(),
      "the pattern ^(a+)+$(?=x) gave up on this text after 1,000,000 steps; send a simpler one");
  const Explained key(R"_({"patternProperties": {"^(a+)+$(?=x)": {}}})_", "{" + text + ": 1}");
  EXPECT_FALSE(key->valid);
  EXPECT_EQ(
      key.sentences(),
      "the pattern ^(a+)+$(?=x) gave up on this text after 1,000,000 steps; send a simpler one");
}

}  // namespace
}  // namespace collet::schema
