#include "collet/schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "json/document.hpp"
#include "schema/schema_test_support.hpp"

namespace collet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using enum SchemaDraft;

/// Both evaluators' verdict; they have to agree.
bool fits(const Schema& schema, const std::string& instance) {
  const Json value = json_of(instance);
  const bool verdict = schema.accepts(value);
  EXPECT_EQ(schema.evaluate(value).empty(), verdict) << instance;
  EXPECT_EQ(schema.output(value, SchemaOutput::basic).value().find("valid")->as_bool(), verdict)
      << instance;
  return verdict;
}

struct Case {
  SchemaDraft draft;
  const char* schema;
  std::vector<const char*> valid;
  std::vector<const char*> invalid;
};

// One line for each keyword at least; the official suite (suite_test.cpp) goes much further, but is
// not part of this repository.
TEST(Schema, JudgesByEveryKeyword) {
  const Case cases[] = {
      {draft2020_12, "true", {"1", "null"}, {}},
      {draft2020_12, "false", {}, {"1", "{}"}},
      {draft2020_12, R"({"type":"integer"})", {"1", "1.0", "1e2", "-0"}, {"1.5", "\"1\"", "1e-1"}},
      {draft2020_12, R"({"type":["string","null"]})", {"\"\"", "null"}, {"0", "[]"}},
      {draft2020_12,
       R"({"enum":["a",1,null,[1],{"a":1}]})",
       {"\"a\"", "1.0", "null", "[1.0]", "{\"a\":1}"},
       {"\"b\"", "2", "false", "[]", "{\"a\":2}"}},
      {draft2020_12, R"({"const":{"a":[1,2]}})", {R"({"a":[1,2]})"}, {R"({"a":[2,1]})", "{}"}},
      {draft2020_12, R"({"multipleOf":0.0001})", {"0.0075", "3", "\"x\""}, {"0.00751"}},
      {draft2020_12,
       R"({"maximum":9007199254740992})",
       {"9007199254740992", "-1e400"},
       {"9007199254740993", "1e400"}},
      {draft2020_12, R"({"exclusiveMaximum":3.5})", {"3.49", "3"}, {"3.5", "3.50", "4"}},
      {draft2020_12, R"({"minimum":1.1})", {"1.1", "1.10", "2"}, {"1", "1.09999999999999999999"}},
      {draft2020_12, R"({"exclusiveMinimum":0,"minimum":-5})", {"0.000001"}, {"0", "-1"}},
      {draft4, R"({"minimum":0,"exclusiveMinimum":true})", {"0.1"}, {"0", "0.0"}},
      {draft2020_12,
       R"({"minLength":2,"maxLength":3})",
       {"\"ab\"", "\"\\u00e4\xC3\xA4\xF0\x9F\x92\xA9\""},
       {"\"a\"", "\"abcd\"", "\"\xF0\x9F\x92\xA9\""}},
      {draft2020_12, R"({"pattern":"^\\d+$"})", {"\"12\"", "12"}, {"\"1a\"", "\"12\\n\""}},
      {draft2020_12, R"({"minItems":1,"maxItems":2})", {"[1]", "{}"}, {"[]", "[1,2,3]"}},
      {draft2020_12,
       R"({"uniqueItems":true})",
       {"[1,true,\"1\"]"},
       {"[1,2,1.0]", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]"}},
      {draft2020_12,
       R"({"prefixItems":[{"type":"string"}],"items":{"type":"integer"}})",
       {"[]", "[\"a\",1,2]"},
       {"[1]", "[\"a\",\"b\"]"}},
      {draft2019_09,
       R"({"items":[{"type":"string"}],"additionalItems":{"type":"integer"}})",
       {"[]", "[\"a\",1,2]"},
       {"[1]", "[\"a\",\"b\"]"}},
      {draft2020_12,
       R"({"contains":{"type":"integer"},"minContains":2,"maxContains":3})",
       {"[1,\"a\",2]"},
       {"[1]", "[1,2,3,4]", "[]"}},
      {draft2020_12, R"({"contains":{"const":1},"minContains":0})", {"[]", "[2]"}, {}},
      {draft2020_12,
       R"({"minProperties":1,"maxProperties":2})",
       {"{\"a\":1}"},
       {"{}", R"({"a":1,"b":2,"c":3})"}},
      {draft2020_12,
       R"({"required":["a","long name of a property"]})",
       {R"({"a":1,"long name of a property":2})", "[]"},
       {"{\"a\":1}", "{}"}},
      {draft2020_12,
       R"({"properties":{"a":{"type":"integer"}},"additionalProperties":false})",
       {"{}", "{\"a\":1}", "{\"\\u0061\":1}"},
       {"{\"b\":1}", "{\"a\":\"x\"}", R"({"a":1,"a":"x"})"}},
      {draft2020_12,
       R"({"patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false})",
       {R"({"x-a":1})"},
       {R"({"x-a":"b"})", R"({"a":1})"}},
      {draft2020_12, R"({"propertyNames":{"maxLength":2}})", {"{\"ab\":1}"}, {"{\"abc\":1}"}},
      {draft2020_12,
       R"({"dependentRequired":{"a":["b"]}})",
       {"{\"b\":1}", R"({"a":1,"b":1})"},
       {"{\"a\":1}"}},
      {draft2020_12,
       R"({"dependentSchemas":{"a":{"maxProperties":1}}})",
       {"{\"a\":1}", R"({"b":1,"c":1})"},
       {R"({"a":1,"b":1})"}},
      {draft7,
       R"({"dependencies":{"a":["b"],"c":false}})",
       {"{}", R"({"a":1,"b":1})"},
       {"{\"a\":1}", "{\"c\":1}"}},
      {draft2020_12, R"({"allOf":[{"minimum":1},{"maximum":3}]})", {"2"}, {"0", "4"}},
      {draft2020_12,
       R"({"anyOf":[{"type":"string"},{"minimum":3}]})",
       {"\"a\"", "3", "null"},
       {"2"}},
      {draft2020_12, R"({"oneOf":[{"multipleOf":2},{"multipleOf":3}]})", {"2", "3"}, {"6", "1"}},
      {draft2020_12, R"({"not":{"type":"null"}})", {"1"}, {"null"}},
      {draft2020_12,
       R"({"if":{"minimum":10},"then":{"multipleOf":5},"else":{"multipleOf":2}})",
       {"15", "4"},
       {"11", "3"}},
      {draft2020_12,
       R"({"$ref":"#/$defs/a","$defs":{"a":{"$anchor":"here","type":"string"}}})",
       {"\"\""},
       {"1"}},
      {draft2020_12,
       R"({"$ref":"#here","$defs":{"a":{"$anchor":"here","type":"string"}}})",
       {"\"\""},
       {"1"}},
      {draft7,
       R"({"$ref":"#/definitions/a","maximum":1,"definitions":{"a":{"type":"integer"}}})",
       {"5"},
       {"\"\""}},
      {draft2020_12,
       R"({"type":"object","additionalProperties":{"$ref":"#"}})",
       {R"({"a":{"b":{}}})"},
       {R"({"a":{"b":1}})"}},
      {draft2019_09,
       R"({"$recursiveAnchor":true,"additionalProperties":{"$recursiveRef":"#"},"type":"object"})",
       {R"({"a":{}})"},
       {R"({"a":1})"}},
      {draft2020_12,
       R"({"$id":"http://x/leaf","$dynamicAnchor":"node","type":"object","additionalProperties":{"$dynamicRef":"#node"}})",
       {R"({"a":{}})"},
       {R"({"a":1})"}},
      {draft2020_12,
       R"({"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false})",
       {"{\"a\":1}"},
       {R"({"a":1,"b":1})"}},
      {draft2020_12,
       R"({"allOf":[{"type":"object","allOf":[{}],"unevaluatedProperties":false}]})",
       {"{}"},
       {"1", "{\"a\":1}"}},
      {draft2020_12,
       R"({"prefixItems":[true],"contains":{"const":2},"unevaluatedItems":false})",
       {"[1,2]"},
       {"[1,2,3]"}},
      {draft7, R"({"format":"date"})", {"\"2026-02-28\"", "1"}, {"\"2026-02-30\""}},
      {draft2020_12, R"({"format":"date"})", {"\"never\""}, {}},
      {draft2020_12,
       R"({"contentMediaType":"application/json","contentEncoding":"base64"})",
       {"\"{\""},
       {}},
  };
  for (const Case& test : cases) {
    const Schema schema = compiled(test.schema, {.draft = test.draft});
    for (const char* instance : test.valid)
      EXPECT_TRUE(fits(schema, instance)) << test.schema << "\n" << instance;
    for (const char* instance : test.invalid)
      EXPECT_FALSE(fits(schema, instance)) << test.schema << "\n" << instance;
  }
}

TEST(Schema, TakesTheLastOfARepeatedKeyInItsOwnText) {
  EXPECT_TRUE(fits(compiled(R"({"dependencies":{"a":["b"],"a":{}}})"), R"({"a":1})"));
  EXPECT_FALSE(fits(compiled(R"({"dependentRequired":{"a":[],"a":["b"]}})"), R"({"a":1})"));
  EXPECT_TRUE(fits(compiled(R"({"dependentSchemas":{"a":false,"a":true}})"), R"({"a":1})"));
  EXPECT_TRUE(fits(compiled(R"({"properties":{"a":false,"a":true}})"), R"({"a":1})"));
  EXPECT_FALSE(fits(compiled(R"({"minimum":1,"minimum":5})"), "3"));
}

TEST(Schema, JudgesEveryOccurrenceOfARepeatedKeyOfAnInstance) {
  const Schema schema = compiled(R"({"properties":{"n":{"type":"integer"}},"maxProperties":2})");
  EXPECT_TRUE(fits(schema, R"({"n":6,"n":7})"));
  EXPECT_FALSE(fits(schema, R"({"n":6,"n":"x"})"));
  EXPECT_FALSE(fits(schema, R"({"n":"x","n":6})"));
  EXPECT_FALSE(fits(schema, R"({"n":1,"n":1,"n":1})")) << "each counts as a property";
}

TEST(Schema, PicksTheBranchThatAPropertyNames) {
  const Schema schema = compiled(R"({"oneOf":[
      {"type":"object","properties":{"kind":{"const":"circle"},"r":{"type":"number"}},"required":["kind","r"]},
      {"type":"object","properties":{"kind":{"enum":["square","box"]},"a":{"type":"number"}},"required":["kind","a"]}]})");
  EXPECT_TRUE(fits(schema, R"({"kind":"circle","r":1})"));
  EXPECT_TRUE(fits(schema, R"({"kind":"box","a":1})"));
  EXPECT_FALSE(fits(schema, R"({"kind":"box","r":1})"));
  EXPECT_FALSE(fits(schema, R"({"kind":"oval","r":1})"));
  EXPECT_FALSE(fits(schema, R"({"r":1})"));
  EXPECT_FALSE(fits(schema, R"({"kind":1})"));
  EXPECT_FALSE(fits(schema, R"({"kind":"circle","kind":"box","r":1,"a":1})"));
  EXPECT_FALSE(fits(schema, "[]"));
}

TEST(Schema, KnowsMoreRequiredNamesThanAWordHasBits) {
  std::string names;
  std::string members;
  for (int i = 0; i < 200; ++i) {
    names += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\"";
    members += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\":1";
  }
  const Schema schema =
      compiled("{\"required\":[" + names + "],\"properties\":{\"p199\":{\"type\":\"integer\"}}}");
  EXPECT_TRUE(fits(schema, "{" + members + "}"));
  EXPECT_FALSE(fits(schema, "{" + members.substr(0, members.rfind(',')) + "}"));
  EXPECT_FALSE(fits(schema, "{" + members.substr(members.find(',') + 1) + "}"));
}

TEST(Schema, NamesThePlaceAndTheFaultOfASchemaThatIsNone) {
  const auto told = [](const char* schema) {
    const SchemaError error = refusal(schema);
    return error.pointer + " " + error.message;
  };
  EXPECT_EQ(told("1"), " a schema must be an object or a boolean, not a number");
  EXPECT_EQ(told(R"({"properties":{"a":{"minLength":-1}}})"),
            "/properties/a/minLength minLength must be a non-negative integer; got -1");
  EXPECT_EQ(told(R"({"type":"banana"})"),
            "/type type must be one of null, boolean, integer, number, string, array, object, or a "
            "list of them; got \"banana\"");
  EXPECT_EQ(told(R"({"required":true})"),
            "/required required must be an array of property names; got true");
  EXPECT_EQ(told(R"({"anyOf":[]})"),
            "/anyOf anyOf must be a non-empty array of schemas; got an empty array");
  EXPECT_EQ(told(R"({"multipleOf":0})"),
            "/multipleOf multipleOf must be a number greater than 0; got 0");
  EXPECT_EQ(told(R"({"items":{"$ref":"#/$defs/gone"}})"),
            "/items/$ref \"#/$defs/gone\" cannot be resolved: the pointer leads nowhere");
  EXPECT_EQ(told(R"({"$ref":"#gone"})"),
            "/$ref \"#gone\" cannot be resolved: there is no anchor of that name");
  EXPECT_EQ(
      told(R"({"$ref":"http://example.org/x"})"),
      "/$ref \"http://example.org/x\" cannot be resolved: nothing is known of "
      "\"http://example.org/x\"; "
      "schemas are never fetched from the network: put the definition into the schema itself");
  EXPECT_THAT(told(R"({"a~/b":1,"patternProperties":{"(":{}}})"),
              HasSubstr("/patternProperties/( the pattern \"(\" cannot be used: "));
  EXPECT_THAT(
      told(R"({"pattern":"(?<=a+)b"})"),
      HasSubstr(
          "/pattern the pattern \"(?<=a+)b\" cannot be used: look-behind of unbounded length"));
  EXPECT_EQ(told(R"({"$schema":"http://example.org/dialect"})"),
            "/$schema $schema names a dialect that is not known: \"http://example.org/dialect\"; "
            "the drafts "
            "4, 6, 7, 2019-09 and 2020-12 are");
  EXPECT_EQ(told(R"({"$defs":{"a":{"$id":"x#frag"}}})"),
            "/$defs/a/$id $id must not have a fragment; use $anchor; got \"x#frag\"");
}

TEST(Schema, RefusesToApplyItselfToOneValueForEver) {
  EXPECT_THAT(refusal(R"({"$ref":"#"})").message, HasSubstr("for ever"));
  EXPECT_THAT(
      refusal(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})")
          .message,
      HasSubstr("for ever"));
  EXPECT_THAT(refusal(R"({"anyOf":[{"type":"null"},{"not":{"$ref":"#"}}]})").message,
              HasSubstr("for ever"));
  EXPECT_THAT(
      refusal(R"({"$dynamicAnchor":"d","anyOf":[{"type":"string"},{"$dynamicRef":"#d"}]})").message,
      HasSubstr("for ever"));
  EXPECT_THAT(
      refusal(R"({"$recursiveAnchor":true,"not":{"$recursiveRef":"#"}})", {.draft = draft2019_09})
          .message,
      HasSubstr("for ever"));
  // Going into the value ends with the value.
  EXPECT_TRUE(fits(compiled(R"({"anyOf":[{"type":"null"},{"items":{"$ref":"#"},"type":"array"}]})"),
                   "[[null]]"));
}

TEST(Schema, ReadsOtherDocumentsFromTheResolverOnly) {
  std::vector<std::string> asked;
  const SchemaResolver resolver = [&](std::string_view uri) -> std::optional<std::string> {
    asked.emplace_back(uri);
    if (uri == "http://example.org/schemas/text.json") return R"({"type":"string","minLength":2})";
    return std::nullopt;
  };
  const Schema schema =
      compiled(R"({"items":{"$ref":"text.json"}})",
               {.base_uri = "http://example.org/schemas/main.json", .resolver = resolver});
  EXPECT_THAT(asked, ElementsAre("http://example.org/schemas/text.json"));
  EXPECT_TRUE(fits(schema, R"(["ab"])"));
  EXPECT_FALSE(fits(schema, R"(["a"])"));
  EXPECT_THAT(asked, SizeIs(1)) << "explaining asks nobody";
  const auto violations = schema.evaluate(json_of(R"(["a"])"));
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_EQ(violations[0].instance_pointer, "/0");
}

TEST(Schema, KnowsTheMetaschemas) {
  for (const char* uri :
       {"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema#", "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema"}) {
    const Schema meta = compiled(std::string(R"({"$ref":")") + uri + "\"}");
    EXPECT_TRUE(fits(meta, R"({"properties":{"a":{"minLength":1}}})")) << uri;
    EXPECT_FALSE(fits(meta, R"({"properties":{"a":{"minLength":-1}}})")) << uri;
  }
}

TEST(Schema, TakesTheDraftFromTheSchemaThenFromTheOptions) {
  EXPECT_EQ(compiled(R"({"$schema":"http://json-schema.org/draft-07/schema#"})").draft(), draft7);
  EXPECT_EQ(compiled("{}", {.draft = draft6}).draft(), draft6);
  EXPECT_EQ(compiled(R"({"$schema":"http://json-schema.org/schema#"})").draft(), draft2020_12);
}

// ---- Work is counted, whatever it is spent on

Json list_of(int count, const std::function<std::string(int)>& item, const char* brackets = "[]") {
  std::string text(1, brackets[0]);
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",") + item(i);
  return json_of(text + brackets[1]);
}

TEST(SchemaWork, LargeEnumsAreSearchedNotScanned) {
  const auto number = [](int i) { return std::to_string(i * 3); };
  const auto large = [](int i) { return std::to_string(i + 1) + "000000000000000000000"; };
  const auto object = [](int i) { return "{\"a\":" + std::to_string(i) + "}"; };
  for (const std::function<std::string(int)>& item :
       {std::function<std::string(int)>(number), {large}, {object}}) {
    const Json values = list_of(20'000, item);
    const Schema schema = compiled("{\"items\":{\"enum\":" + values.text() + "}}");
    EXPECT_TRUE(schema.accepts(values));
    EXPECT_FALSE(schema.accepts(json_of("[1]")));
    EXPECT_FALSE(schema.accepts(json_of("[{\"a\":-1}]")));
  }
}

TEST(SchemaWork, WalksOverManyMembersAreSteps) {
  const auto member = [](int i) { return "\"p" + std::to_string(i) + "\":0"; };
  const Json object = list_of(8'000, member, "{}");
  const Schema schema = compiled(
      R"({"allOf":[{"maxProperties":9000},{"properties":{"a":false}},{"properties":{"b":false}}]})");
  EXPECT_TRUE(schema.accepts(object));
  EXPECT_GT(schema.steps(object), 2'000U);
}

TEST(SchemaWork, ManyDependenciesTakeOneWalk) {
  const auto name = [](int i) { return "\"p" + std::to_string(i) + "\""; };
  const auto member = [&](int i) { return name(i) + ":0"; };
  const Schema needs_all =
      compiled("{\"dependentRequired\":{\"p0\":" + list_of(20'000, name).text() + "}}");
  EXPECT_TRUE(needs_all.accepts(list_of(20'000, member, "{}")));
  EXPECT_FALSE(needs_all.accepts(list_of(19'999, member, "{}")));
  const auto pair = [&](int i) { return name(i) + ":[\"p0\"]"; };
  const Schema each = compiled("{\"dependentRequired\":" + list_of(5'000, pair, "{}").text() + "}");
  EXPECT_TRUE(each.accepts(list_of(5'000, member, "{}")));
}

TEST(SchemaWork, ManyReferencesAreResolvedInTurn) {
  const auto definition = [](int i) {
    return "\"d" + std::to_string(i) + "\":{\"type\":\"integer\"}";
  };
  const auto reference = [](int i) {
    return "\"p" + std::to_string(i) + "\":{\"$ref\":\"#/$defs/d" + std::to_string(i) + "\"}";
  };
  const Schema schema =
      compiled("{\"$defs\":" + list_of(10'000, definition, "{}").text() +
               ",\"properties\":" + list_of(10'000, reference, "{}").text() + "}");
  EXPECT_FALSE(fits(schema, R"({"p9999":"x"})"));
}

// What stands in line of an allOf does so once, however many references lead into it.
TEST(SchemaWork, NestedAllOfsAreCompiledOnce) {
  std::string text = R"({"minimum":0})";
  std::string references;
  for (int i = 0; i < 200; ++i) {
    text = "{\"$anchor\":\"a" + std::to_string(i) + "\",\"allOf\":[" + text + "]}";
    references += (i == 0 ? "" : ",") + std::string("{\"$ref\":\"#a") + std::to_string(i) + "\"}";
  }
  const Schema schema = compiled("{\"$defs\":{\"x\":" + text + "},\"allOf\":[" + references + "]}",
                                 {.limits = {.subschemas_max = 1000}});
  EXPECT_TRUE(fits(schema, "0"));
  EXPECT_FALSE(fits(schema, "-1"));
}

TEST(SchemaWork, NamesOfOneHashAreFoundAllTheSame) {
  // Equal in their first and last eight bytes and in length.
  const auto name = [](int i) { return "\"prefix--" + std::to_string(100'000 + i) + "--suffix\""; };
  const auto member = [&](int i) { return name(i) + ":0"; };
  const Schema schema = compiled("{\"required\":" + list_of(20'000, name).text() + "}");
  EXPECT_TRUE(schema.accepts(list_of(20'000, member, "{}")));
  EXPECT_FALSE(schema.accepts(list_of(19'999, member, "{}")));
}

TEST(SchemaWork, ChainsOfReferencesAreFollowedOnce) {
  const auto link = [](int i) {
    return "\"a" + std::to_string(i) + "\":{\"$ref\":\"#/properties/a" + std::to_string(i + 1) +
           "\"}";
  };
  std::string text = "{\"properties\":" + list_of(1'500, link, "{}").text();
  text.insert(text.size() - 1, ",\"a1500\":{\"type\":\"integer\"}");
  const Schema schema = compiled(text + "}");
  EXPECT_TRUE(fits(schema, R"({"a0":1})"));
  EXPECT_FALSE(fits(schema, R"({"a7":"x"})"));
}

TEST(SchemaWork, ManyResourcesAreFoundAtOnce) {
  const auto resource = [](int i) {
    return "\"d" + std::to_string(i) + "\":{\"$id\":\"r" + std::to_string(i) + "\"}";
  };
  const auto property = [](int i) { return "\"p" + std::to_string(i) + "\":{\"minimum\":1}"; };
  compiled("{\"$defs\":" + list_of(10'000, resource, "{}").text() +
           ",\"properties\":" + list_of(10'000, property, "{}").text() + "}");
}

// A place is checked by the dialect that it has for good, whatever is referred to first.
TEST(SchemaReferences, APlaceThatNoKeywordMakesASchemaNamesNothing) {
  const std::string crossing =
      R"({"$schema":"http://json-schema.org/draft-04/schema#","allOf":[{"$ref":"#/u/x"},{"$ref":"#/u"}],
          "u":{"id":"http://u/","$id":"http://u/","$schema":"https://json-schema.org/draft/2020-12/schema",
               "x":{"minProperties":1,"$dynamicRef":5}}})";
  EXPECT_TRUE(fits(compiled(crossing), R"({"a":1})"));
  EXPECT_FALSE(fits(compiled(crossing), "{}"));
  EXPECT_THAT(refusal(R"({"items":{"anyOf":[{"type":"string"},{"$ref":"#late"}]},
      "unknown":{"deep":{"$anchor":"late","type":"integer"}},"properties":{"z":{"$ref":"#/unknown/deep"}}})")
                  .message,
              HasSubstr("there is no anchor of that name"));
}

TEST(SchemaReferences, DynamicOnesAreNamedByTheirDecodedFragment) {
  const Schema schema = compiled(
      R"({"$id":"http://x/strict","$dynamicAnchor":"node","$ref":"tree","unevaluatedProperties":false,
          "$defs":{"tree":{"$id":"tree","$dynamicAnchor":"node","properties":{"kids":{"items":{"$dynamicRef":"#n%6Fde"}}}}}})");
  EXPECT_TRUE(fits(schema, R"({"kids":[{"kids":[]}]})"));
  EXPECT_FALSE(fits(schema, R"({"kids":[{"kid":[]}]})"));
}

// ---- What the compiler makes of it

TEST(SchemaProgram, TakesAsFewInstructionsAsItDoes) {
  struct Pin {
    const char* schema;
    const char* instance;
    std::uint64_t steps;
  };
  const Pin pins[] = {
      {R"({"type":"string"})", "\"a\"", 0},
      {R"({"type":"string","minLength":1,"maxLength":9})", "\"a\"", 1},
      {R"({"type":"integer","minimum":1,"maximum":9})", "5", 1},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"type":"null"}}})", "null", 0},
      {R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},
           "required":["a"],"additionalProperties":false})",
       R"({"a":"x","b":1})", 1},
      {R"({"allOf":[{"minimum":1},{"maximum":9}]})", "5", 2},
      {R"({"type":"array","items":{"type":"string"}})", R"(["a","b","c"])", 1},
      {R"({"oneOf":[{"type":"object","properties":{"k":{"const":"a"}},"required":["k"]},
                    {"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]})",
       R"({"k":"b"})", 3},
      {R"({"type":"object","properties":{"a":true},"unevaluatedProperties":false})", R"({"a":1})",
       1},
      {R"({"title":"nothing asserted","description":"at all"})", "{}", 0},
  };
  for (const Pin& pin : pins) {
    const Schema schema = compiled(pin.schema);
    EXPECT_TRUE(fits(schema, pin.instance)) << pin.schema;
    EXPECT_EQ(schema.steps(json_of(pin.instance)), pin.steps) << pin.schema;
  }
}

TEST(SchemaProgram, IsNoLargerThanThreeTimesATypicalText) {
  const std::string text = R"({"type":"object","properties":{
    "title":{"type":"string","minLength":1,"maxLength":200,"description":"The note's title, one line"},
    "body":{"type":"string","description":"The text, in Markdown"},
    "priority":{"type":"string","enum":["low","normal","high"],"description":"How urgent it is"},
    "count":{"type":"integer","minimum":1,"maximum":100,"description":"How many copies"},
    "tags":{"type":"array","items":{"type":"string"},"maxItems":20,"description":"Free words to find it by"},
    "dueDate":{"type":"string","description":"A day, as 2026-01-31"},
    "archived":{"type":"boolean","description":"Whether it is put away"},
    "owner":{"type":"string","description":"Who wrote it"}},
    "required":["title","body"],"additionalProperties":false})";
  const Schema schema = compiled(text);
  EXPECT_LT(schema.memory(), 3 * json_of(text).text().size());
}

TEST(SchemaCompile, RefusesAWrongPlaceHoweverOftenItIsReferredTo) {
  const auto fault_of = [](const std::string& schema) {
    const auto compiled = Schema::compile(*Json::parse(schema));
    return compiled ? "" : compiled.error().pointer + ": " + compiled.error().message;
  };
  EXPECT_EQ(fault_of(R"({"anyOf":[{"$ref":"#/x"},{"$ref":"#/x"}],)"
                     R"("x":{"type":"object","properties":{"a":{"const":"q"}},"required":[1]}})"),
            "/x/required: required must be an array of property names; got an array");
  EXPECT_EQ(fault_of(R"({"properties":{"a":{"$ref":"#/x"},"b":{"$ref":"#/x"}},"x":{"format":1}})"),
            "/x/format: format must be a string; got 1");
}

}  // namespace
}  // namespace collet
