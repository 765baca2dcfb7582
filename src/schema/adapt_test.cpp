#include "schema/adapt.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace collet::schema {
namespace {

constexpr SchemaAdaptation k_both{.fill_defaults = true, .coerce = true};

/// What `instance` becomes; "unchanged" where nothing changes.
std::string adapted(std::string_view schema, std::string_view instance,
                    SchemaAdaptation adaptation = k_both, const AdaptLimits& limits = {},
                    SchemaDraft draft = SchemaDraft::draft2020_12) {
  const SchemaOptions options{.draft = draft};
  Sources sources(options);
  const auto root = sources.load_root(std::string(schema));
  EXPECT_TRUE(root) << (root ? "" : root.error().message);
  const auto document = json::Document::parse(std::string(instance));
  EXPECT_TRUE(document) << instance;
  auto text = adapt(sources, *root, document->root(), adaptation, limits);
  if (!text) return "unchanged";
  EXPECT_TRUE(json::Document::parse(*text)) << *text;
  return *text;
}

struct Row {
  std::string_view schema;
  std::string_view instance;
  std::string_view becomes;
};

void expect_rows(std::initializer_list<Row> rows, SchemaDraft draft = SchemaDraft::draft2020_12) {
  for (const auto& [schema, instance, becomes] : rows) {
    EXPECT_EQ(adapted(schema, instance, k_both, {}, draft), becomes)
        << schema << "\n  " << instance;
  }
}

// ---- Defaults

TEST(AdaptDefaults, FillsAbsentPropertiesBehindTheOthersInTheOrderOfTheSchema) {
  constexpr std::string_view schema =
      R"({"properties": {"b": {"default": 2}, "a": {"default": "x"}, "c": {}}})";
  expect_rows({{schema, "{}", R"({"b":2,"a":"x"})"},
               {schema, R"({"z": 1})", R"({"z":1,"b":2,"a":"x"})"},
               {schema, R"({"a": null, "b": 0})", "unchanged"},
               {schema, R"([])", "unchanged"}});
}

TEST(AdaptDefaults, LooksThroughReferencesAndAllOf) {
  expect_rows({
      {R"({"$ref": "#/$defs/o", "$defs": {"o": {"properties": {"a": {"default": 1}}}}})", "{}",
       R"({"a":1})"},
      {R"({"allOf": [{"properties": {"a": {"default": 1}}}, {"properties": {"b": {"default": 2}}}]})",
       "{}", R"({"a":1,"b":2})"},
      {R"({"properties": {"a": {"$ref": "#/$defs/i"}}, "$defs": {"i": {"default": [1]}}})", "{}",
       R"({"a":[1]})"},
      {R"({"properties": {"a": {"$ref": "#/$defs/i", "default": 2}}, "$defs": {"i": {"default": 1}}})",
       "{}", R"({"a":2})"},
  });
}

TEST(AdaptDefaults, FillsNothingWhereTwoSchemasNameDifferentOnes) {
  expect_rows({
      {R"({"allOf": [{"properties": {"a": {"default": 1}}}, {"properties": {"a": {"default": 2}}}]})",
       "{}", "unchanged"},
      {R"({"allOf": [{"properties": {"a": {"default": 1}}}, {"properties": {"a": {"default": 1.0}}}]})",
       "{}", R"({"a":1})"},
      {R"({"properties": {"a": {"allOf": [{"default": 1}, {"default": 2}]}}})", "{}", "unchanged"},
  });
}

TEST(AdaptDefaults, LeavesWhatOnlyOneReadingOfManySays) {
  constexpr std::string_view branch = R"({"properties": {"a": {"default": 1}}})";
  for (const std::string_view around :
       {R"({"anyOf": [%]})", R"({"oneOf": [%]})", R"({"if": %})", R"({"if": true, "then": %})",
        R"({"if": false, "else": %})", R"({"not": %})", R"({"dependentSchemas": {"b": %}})",
        R"({"patternProperties": {"b": %}})",
        R"({"$dynamicRef": "#x", "$defs": {"x": {"$dynamicAnchor": "x", "allOf": [%]}}})"}) {
    std::string schema(around);
    schema.replace(schema.find('%'), 1, branch);
    EXPECT_EQ(adapted(schema, R"({"b": {}})"), "unchanged") << schema;
  }
}

TEST(AdaptDefaults, ReachesObjectsInsideOfObjectsAndArrays) {
  expect_rows({
      {R"({"properties": {"o": {"properties": {"a": {"default": 1}}}}})", R"({"o": {"x": []}})",
       R"({"o":{"x":[],"a":1}})"},
      {R"({"properties": {"o": {"properties": {"a": {"default": 1}}}}})", "{}", "unchanged"},
      {R"({"items": {"properties": {"a": {"default": 1}}}})", "[{}, 1, {\"a\": 2}]",
       R"([{"a":1},1,{"a":2}])"},
      {R"({"prefixItems": [true, {"properties": {"a": {"default": 1}}}], "items": false})",
       "[{}, {}, {}]", R"([{},{"a":1},{}])"},
      {R"({"additionalProperties": {"properties": {"a": {"default": 1}}}})", R"({"k": {}})",
       R"({"k":{"a":1}})"},
  });
  expect_rows(
      {{R"({"items": [true], "additionalItems": {"properties": {"a": {"default": 1}}}})",
        "[{}, {}]", R"([{},{"a":1}])"},
       {R"({"additionalItems": {"properties": {"a": {"default": 1}}}})", "[{}]", "unchanged"},
       // What stands beside $ref does not count before 2019-09.
       {R"({"properties": {"a": {"$ref": "#/definitions/x", "default": 1}},
                    "definitions": {"x": {}}})",
        "{}", "unchanged"}},
      SchemaDraft::draft7);
}

TEST(AdaptDefaults, AreCompletedThemselves) {
  expect_rows(
      {{R"({"properties": {"o": {"default": {"b": 2}, "properties": {"a": {"default": 1}}}}})",
        "{}", R"({"o":{"b":2,"a":1}})"}});
}

TEST(AdaptDefaults, OfASchemaThatRefersToItselfEndAtTheirLimit) {
  constexpr std::string_view schema = R"({"properties": {"next": {"$ref": "#", "default": {}}}})";
  AdaptLimits limits;
  limits.nested_defaults_max = 3;
  EXPECT_EQ(adapted(schema, "{}", k_both, limits), R"({"next":{"next":{"next":{}}}})");
  limits.nested_defaults_max = 2;
  EXPECT_EQ(adapted(schema, "{}", k_both, limits), R"({"next":{"next":{}}})");
}

TEST(AdaptDefaults, AddNoMoreThanTheirLimit) {
  constexpr std::string_view schema =
      R"({"properties": {"a": {"default": "xx"}, "b": {"default": 1}}})";
  AdaptLimits limits;
  limits.added_bytes_max = 7;  // a, "xx", b, 1
  EXPECT_EQ(adapted(schema, "{}", k_both, limits), R"({"a":"xx","b":1})");
  limits.added_bytes_max = 6;
  EXPECT_EQ(adapted(schema, "{}", k_both, limits), R"({"a":"xx"})");
  limits.added_bytes_max = 4;
  EXPECT_EQ(adapted(schema, "{}", k_both, limits), R"({"b":1})");

  // Ten defaults, each with ten inside of it, and so on: 10^16 if nobody counts.
  std::string wide = R"({"properties": {)";
  for (int i = 0; i < 10; ++i) {
    wide += (i > 0 ? "," : "") + ("\"p" + std::to_string(i)) + R"(": {"$ref": "#", "default": {}})";
  }
  limits.added_bytes_max = 4000;  // 1,000 times p0 and {}
  const std::string text = adapted(wide + "}}", "{}", k_both, limits);
  EXPECT_EQ(std::ranges::count(text, ':'), 1000);
}

TEST(AdaptDefaults, GiveUpAResultThatNoReaderTakes) {
  constexpr std::string_view schema =
      R"({"properties": {"a": {"default": [[]]}}, "additionalProperties": {"$ref": "#"}})";
  AdaptLimits limits;
  limits.depth_max = 4;
  EXPECT_EQ(adapted(schema, R"({"o": {}})", k_both, limits), R"({"o":{"a":[[]]},"a":[[]]})");
  limits.depth_max = 3;
  EXPECT_EQ(adapted(schema, R"({"o": {}})", k_both, limits), "unchanged");
}

TEST(AdaptDefaults, StopAtTheirSteps) {
  constexpr std::string_view schema = R"({"items": {"properties": {"a": {"default": 1}}}})";
  AdaptLimits limits;
  limits.steps_max = 4;
  EXPECT_EQ(adapted(schema, "[{},{},{}]", k_both, limits), "unchanged");
  limits.steps_max = 100;
  EXPECT_EQ(adapted(schema, "[{},{},{}]", k_both, limits), R"([{"a":1},{"a":1},{"a":1}])");
}

TEST(AdaptDefaults, EndWithTheStepsHoweverManyMembersAreLeft) {
  // Each member would be looked up in each branch.
  std::string branches;
  std::string members;
  for (int i = 0; i < 4'000; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    branches += comma + R"({"properties":{"p)" + std::to_string(i) + R"(":{}}})";
    members += comma + "\"m" + std::to_string(i) + "\":0";
  }
  AdaptLimits limits;
  limits.steps_max = 10'000;  // two members
  const std::clock_t begin = std::clock();
  EXPECT_EQ(adapted(R"({"allOf":[)" + branches + "]}", "{" + members + "}", k_both, limits),
            "unchanged");
  EXPECT_LT(std::clock() - begin, 4 * CLOCKS_PER_SEC);  // 16 million look-ups take longer
}

TEST(AdaptDefaults, AreLookedForBehindSoManyReferencesAndNoMore) {
  const auto chain = [](int references) {
    std::string text = R"({"properties":{"a":{"$ref":"#/$defs/d1"}},"$defs":{)";
    for (int i = 1; i < references; ++i) {
      text +=
          "\"d" + std::to_string(i) + R"(":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"},";
    }
    return text + "\"d" + std::to_string(references) + R"(":{"default":1}}})";
  };
  EXPECT_EQ(adapted(chain(199), "{}"), R"({"a":1})");
  EXPECT_EQ(adapted(chain(200), "{}"), "unchanged");
}

TEST(AdaptDefaults, OfAChainOfReferencesInADiamondAreFoundInTime) {
  std::string schema = R"({"properties": {"a": {"$ref": "#/$defs/d0"}}, "$defs": {)";
  for (int i = 0; i < 40; ++i) {
    const std::string next = R"({"$ref": "#/$defs/d)" + std::to_string(i + 1) + R"("})";
    schema += "\"d" + std::to_string(i) + R"(": {"allOf": [)" + next + "," + next + "]},";
  }
  schema += R"("d40": {"default": 7, "type": "integer"}}})";
  EXPECT_EQ(adapted(schema, "{}"), R"({"a":7})");
  EXPECT_EQ(adapted(schema, R"({"a": "8"})"), R"({"a":8})");
}

// ---- Coercion

TEST(AdaptCoercion, ReadsNumbersToTheLastByte) {
  expect_rows({
      {R"({"type": "integer"})", R"("12")", "12"},
      {R"({"type": "integer"})", R"("-0")", "-0"},
      {R"({"type": "integer"})", R"("123456789012345678901234567890")",
       "123456789012345678901234567890"},
      {R"({"type": "integer"})", R"("1.0")", "1.0"},
      {R"({"type": "integer"})", R"("1.5")", "unchanged"},
      {R"({"type": "number"})", R"("1.5")", "1.5"},
      {R"({"type": "number"})", R"("1e3")", "1e3"},
      {R"({"type": "number"})", R"("\u0031")", "1"},
      {R"({"type": "number"})", R"(" 1")", "unchanged"},
      {R"({"type": "number"})", R"("1 ")", "unchanged"},
      {R"({"type": "number"})", R"("+1")", "unchanged"},
      {R"({"type": "number"})", R"("01")", "unchanged"},
      {R"({"type": "number"})", R"("1.")", "unchanged"},
      {R"({"type": "number"})", R"(".5")", "unchanged"},
      {R"({"type": "number"})", R"("1e")", "unchanged"},
      {R"({"type": "number"})", R"("-")", "unchanged"},
      {R"({"type": "number"})", R"("0x10")", "unchanged"},
      {R"({"type": "number"})", R"("NaN")", "unchanged"},
      {R"({"type": "number"})", R"("")", "unchanged"},
      {R"({"type": "number"})", "true", "unchanged"},
  });
}

TEST(AdaptCoercion, ReadsBooleans) {
  expect_rows({
      {R"({"type": "boolean"})", R"("true")", "true"},
      {R"({"type": "boolean"})", R"("false")", "false"},
      {R"({"type": "boolean"})", R"("True")", "unchanged"},
      {R"({"type": "boolean"})", R"("1")", "unchanged"},
      {R"({"type": "boolean"})", "0", "unchanged"},
      {R"({"type": "null"})", R"("null")", "unchanged"},
      {R"({"type": "string"})", "12", "unchanged"},
  });
}

TEST(AdaptCoercion, LeavesWhatFitsAlready) {
  expect_rows({
      {R"({"type": ["string", "integer"]})", R"("12")", "unchanged"},
      {R"({"type": ["integer", "null"]})", R"("12")", "12"},
      {R"({"type": ["integer", "boolean"]})", R"("true")", "true"},
      {R"({})", R"("12")", "unchanged"},
      {R"({"enum": [12]})", R"("12")", "unchanged"},
  });
}

TEST(AdaptCoercion, TakesTheTypesOfAllThatApplies) {
  expect_rows({
      {R"({"$ref": "#/$defs/i", "$defs": {"i": {"type": "integer"}}})", R"("1")", "1"},
      {R"({"allOf": [{"type": ["integer", "string"]}, {"type": ["integer", "null"]}]})", R"("1")",
       "1"},
      {R"({"anyOf": [{"type": "integer"}, {"type": "null"}]})", R"("1")", "1"},
      {R"({"oneOf": [{"type": "integer"}, {"type": "string"}]})", R"("1")", "unchanged"},
      {R"({"anyOf": [{"type": "integer"}, {}]})", R"("1")", "unchanged"},
      {R"({"anyOf": [{"type": "integer"}, false]})", R"("1")", "1"},
      {R"({"anyOf": [{"$ref": "#"}, {"type": "integer"}]})", R"("1")", "unchanged"},
  });
}

TEST(AdaptCoercion, LooksAtSoManyNestedBranchesAndNoMore) {
  const auto nested = [](int levels) {
    std::string text = R"({"type":"integer"})";
    for (int i = 0; i < levels; ++i) text = "{\"anyOf\":[" + text + "]}";
    return text;
  };
  EXPECT_EQ(adapted(nested(199), "\"5\""), "5");
  EXPECT_EQ(adapted(nested(200), "\"5\""), "unchanged");
}

TEST(AdaptCoercion, MakesAnArrayOfOne) {
  constexpr std::string_view strings = R"({"type": "array", "items": {"type": "string"}})";
  constexpr std::string_view numbers = R"({"type": "array", "items": {"type": "number"}})";
  expect_rows({
      {strings, R"("a")", R"(["a"])"},
      {strings, R"("\u0061")", R"(["\u0061"])"},
      {strings, R"("")", "unchanged"},
      {strings, R"("[\"a\"]")", "unchanged"},
      {strings, "null", "unchanged"},
      {strings, "1", "unchanged"},
      {numbers, "1.50", "[1.50]"},
      {numbers, R"("1")", "[1]"},
      {numbers, R"("x")", "unchanged"},
      {R"({"type": "array"})", R"({"a": 1})", R"([{"a":1}])"},
      {R"({"type": "array"})", "[1]", "unchanged"},
      {R"({"type": ["array", "null"]})", "1", "unchanged"},
      {R"({"type": "array", "items": {"type": "array"}})", "1", "unchanged"},
      {R"({"type": "array", "items": {"$ref": "#"}})", "1", "unchanged"},
      {R"({"type": "array", "prefixItems": [{"type": "integer"}]})", R"("1")", "[1]"},
  });
}

TEST(AdaptCoercion, ReachesMembersAndItems) {
  expect_rows({
      {R"({"properties": {"n": {"type": "integer"}, "l": {"items": {"type": "boolean"}}}})",
       R"({ "n" : "5", "l": ["true", "no", false], "x": "7" })",
       R"({"n":5,"l":[true,"no",false],"x":"7"})"},
      // Every occurrence of a repeated key is a member of its own.
      {R"({"properties": {"n": {"type": "integer"}}})", R"({"n": "1", "n": "2"})",
       R"({"n":1,"n":2})"},
  });
}

TEST(Adapt, KeepsTheBytesOfAllOtherTokens) {
  EXPECT_EQ(
      adapted(
          R"({"properties": {"n": {"type": "integer"}}})",
          R"({ "\u006b" : 1.0E+2 , "s": "\ud800\/", "n": "1", "big": 12345678901234567890123 })"),
      R"({"\u006b":1.0E+2,"s":"\ud800\/","n":1,"big":12345678901234567890123})");
}

TEST(Adapt, DoesOnlyWhatWasAskedFor) {
  constexpr std::string_view schema =
      R"({"properties": {"a": {"default": 1}, "n": {"type": "integer"}}})";
  EXPECT_EQ(adapted(schema, R"({"n": "5"})", {.fill_defaults = true}), R"({"n":"5","a":1})");
  EXPECT_EQ(adapted(schema, R"({"n": "5"})", {.coerce = true}), R"({"n":5})");
  EXPECT_EQ(adapted(schema, R"({"n": "5"})", {}), "unchanged");
}

TEST(AdaptDefaults, AreOnlyLookedForWhereASchemaSpeaksOfOne) {
  const SchemaOptions options{.resolver = [](std::string_view) -> std::optional<std::string> {
    return R"({"default": 1})";
  }};
  const auto may = [&](std::string schema) {
    Sources sources(options);
    const auto root = sources.load_root(std::move(schema));
    EXPECT_TRUE(root);
    EXPECT_TRUE(sources.resolve(*root, "https://x.test/other"));
    return may_have_defaults(sources);
  };
  const auto may_alone = [&](std::string schema) {
    Sources sources(options);
    EXPECT_TRUE(sources.load_root(std::move(schema)));
    return may_have_defaults(sources);
  };
  EXPECT_FALSE(may_alone(R"({"properties": {"a": {"type": "integer"}}})"));
  EXPECT_TRUE(may_alone(R"({"properties": {"a": {"default": 1}}})"));
  EXPECT_TRUE(may_alone(R"({"properties": {"a": {"def\u0061ult": 1}}})"));
  EXPECT_TRUE(may(R"({"$ref": "https://x.test/other"})"));
}

}  // namespace
}  // namespace collet::schema
