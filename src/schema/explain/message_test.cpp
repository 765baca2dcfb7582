// The exact sentences of every keyword, in one table: what a model reads when its call does not
// fit.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "schema/explain/explain_test_support.hpp"

namespace collet::schema {
namespace {

struct Row {
  std::string_view schema;
  std::string_view instance;
  std::string_view sentences;  ///< one on a line; none where the instance fits
};

constexpr Row k_rows[] = {
    // clang-format off
    {R"({"type": "integer"})",
     R"("12")",
     R"(the value must be an integer; got "12" (a string))"},
    {R"({"type": "string"})",
     R"(12)",
     R"(the value must be a string; got 12 (a number))"},
    {R"({"type": ["string", "null"]})",
     R"([1, 2])",
     R"(the value must be a string or null; got [1,2] (an array))"},
    {R"({"type": ["string", "number", "null"]})",
     R"(true)",
     R"(the value must be a string, a number or null; got true (a boolean))"},
    {R"({"type": "object"})",
     R"("{\"a\": 1}")",
     R"(the value must be an object; got "{\"a\": 1}" (a string); send the value itself, not a string of it)"},
    {R"({"type": "object"})",
     R"(null)",
     R"(the value must be an object; got null)"},
    {R"({"enum": ["low", "normal", "high"]})",
     R"("urgent")",
     R"(the value must be one of low, normal, high; got "urgent")"},
    {R"({"enum": ["low", "normal", "high"]})",
     R"("hihg")",
     R"(the value must be one of low, normal, high; got "hihg", did you mean "high"?)"},
    {R"({"enum": ["1", "true", "a b", 2, null]})",
     R"(1)",
     R"(the value must be one of "1", "true", "a b", 2, null; got 1)"},
    {R"({"enum": ["a"]})",
     R"("b")",
     R"(the value must be "a"; got "b")"},
    {R"({"enum": []})",
     R"(1)",
     R"(nothing is allowed here: the list of allowed values is empty)"},
    {R"({"enum": [1,2,3,4,5,6,7,8,9,10,11,12,13,14]})",
     R"(0)",
     R"(the value must be one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, … (2 more); got 0)"},
    {R"({"const": {"a": 1}})",
     R"({"a": 2})",
     R"(the value must be {"a":1}; got {"a":2})"},
    {R"({"multipleOf": 0.01})",
     R"(0.005)",
     R"(the value must be a multiple of 0.01; got 0.005)"},
    {R"({"minimum": 1})",
     R"(0)",
     R"(the value must be at least 1; got 0)"},
    {R"({"maximum": 50})",
     R"(51)",
     R"(the value must be at most 50; got 51)"},
    {R"({"exclusiveMinimum": 0})",
     R"(0)",
     R"(the value must be more than 0; got 0)"},
    {R"({"exclusiveMaximum": 1e400})",
     R"(1e400)",
     R"(the value must be less than 1e400; got 1e400)"},
    {R"({"minLength": 3})",
     R"("ab")",
     R"(the value must have at least 3 characters; got "ab" (2 characters))"},
    {R"({"minLength": 1})",
     R"("")",
     R"(the value must not be empty)"},
    {R"({"maxLength": 1})",
     R"("\u00e4\u00f6")",
     R"(the value must have at most 1 character; got "äö" (2 characters))"},
    {R"({"pattern": "^[a-z]+$"})",
     R"("A1")",
     R"(the value must match the pattern ^[a-z]+$; got "A1")"},
    {R"({"pattern": "^[a-z]+$", "description": "Lower-case letters."})",
     R"("A1")",
     R"(the value must match the pattern ^[a-z]+$ (Lower-case letters); got "A1")"},
    {R"({"pattern": "^[a-z]+$", "examples": ["abc"]})",
     R"("A1")",
     R"(the value must match the pattern ^[a-z]+$ (for example "abc"); got "A1")"},
    {R"_({"pattern": "^(a+)+$(?=x)"})_",
     R"("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab")",
     R"(the pattern ^(a+)+$(?=x) gave up on this text after 1,000,000 steps)"},
    {R"({"required": ["title"], "properties": {"title": {"type": "string", "description": "the note's title"}}})",
     R"({})",
     R"(missing required property "title" (string: the note's title))"},
    {R"({"required": ["a", "b", "c"], "properties": {"b": {"enum": ["x", "y"]}, "c": {"$ref": "#/$defs/c"}}, "$defs": {"c": {"type": "integer", "title": "Count"}}})",
     R"({})",
     R"(missing required properties "a", "b" (one of x or y) and "c" (integer: Count))"},
    {R"({"minProperties": 2})",
     R"({"a": 1})",
     R"(the value must have at least 2 properties; got 1)"},
    {R"({"maxProperties": 1})",
     R"({"a": 1, "a": 2})",
     R"(the value must have at most 1 property; got 2)"},
    {R"({"dependentRequired": {"card": ["address"]}})",
     R"({"card": 1})",
     R"(property "card" needs property "address" beside it)"},
    {R"({"dependentSchemas": {"a": {"required": ["b"]}}})",
     R"({"a": 1})",
     R"(missing required property "b")"},
    {R"({"dependencies": {"a": ["b"]}})",
     R"({"a": 1})",
     R"(property "a" needs property "b" beside it)"},
    {R"({"propertyNames": {"pattern": "^[a-z]+$"}})",
     R"({"Foo Bar": 1})",
     R"(property name "Foo Bar" must match the pattern ^[a-z]+$; got "Foo Bar")"},
    {R"({"propertyNames": false})",
     R"({"a": 1})",
     R"(property name "a" is not allowed)"},
    {R"({"properties": {"a": false}})",
     R"({"a": 1})",
     R"(/a: nothing is allowed here; leave it out)"},
    {R"({"patternProperties": {"^n_": {"type": "number"}}})",
     R"({"n_a": "x"})",
     R"(/n_a must be a number; got "x" (a string))"},
    {R"({"properties": {"title": {}, "body": {}}, "additionalProperties": false})",
     R"({"titel": 1})",
     R"(unknown property "titel", did you mean "title"?)"},
    {R"({"properties": {"title": {}, "body": {}}, "additionalProperties": false})",
     R"({"title": 1, "x": 2})",
     R"(unknown property "x"; known are "title" and "body")"},
    {R"({"additionalProperties": false})",
     R"({"x": 2})",
     R"(unknown property "x"; none are known here)"},
    {R"({"additionalProperties": {"type": "string"}})",
     R"({"x": 2})",
     R"(/x must be a string; got 2 (a number))"},
    {R"({"allOf": [{"properties": {"title": {}}}], "unevaluatedProperties": false})",
     R"({"titel": 1})",
     R"(unknown property "titel", did you mean "title"?)"},
    {R"({"anyOf": [{"properties": {"a": true}}, {"properties": {"b": true}, "required": ["b"]}], "unevaluatedProperties": false})",
     R"({"a": 1, "bb": 2})",
     R"(unknown property "bb", did you mean "b"?)"},
    {R"({"minItems": 2})",
     R"([1])",
     R"(the value must have at least 2 items; got 1)"},
    {R"({"maxItems": 1})",
     R"([1, 2])",
     R"(the value must have at most 1 item; got 2)"},
    {R"({"uniqueItems": true})",
     R"([1, {"a": 2}, 3, {"a": 2.0}])",
     R"(the value must not have two equal items; items 1 and 3 (counted from 0) are equal: {"a":2})"},
    {R"({"contains": {"const": "x"}})",
     R"(["a", "b", "c"])",
     R"(the value must contain at least 1 item that is "x"; found none in 3 items)"},
    {R"({"contains": {"type": "string"}})",
     R"([])",
     R"(the value must contain at least 1 item that is a string; it is empty)"},
    {R"({"contains": {"minimum": 5}})",
     R"([1])",
     R"(the value must contain at least 1 item that fits the schema at "contains"; found none in 1 item)"},
    {R"({"contains": {"type": "string"}, "minContains": 2})",
     R"(["a", 1, 2])",
     R"(the value must contain at least 2 items that are a string; found 1 in 3 items)"},
    {R"({"contains": {"type": "string"}, "maxContains": 1})",
     R"(["a", "b"])",
     R"(the value must contain at most 1 item that is a string; found 2 in 2 items)"},
    {R"({"prefixItems": [{"type": "string"}, {"type": "number"}], "items": false})",
     R"(["a", "b", 3, 4])",
     R"(/1 must be a number; got "b" (a string)
the value must have at most 2 items; got 4)"},
    {R"({"items": false})",
     R"([1])",
     R"(the value must be empty; got 1 item)"},
    {R"({"items": {"type": "string"}})",
     R"(["a", 1, "b", 2])",
     R"(/1 must be a string; got 1 (a number)
/3 must be a string; got 2 (a number))"},
    {R"({"unevaluatedItems": false})",
     R"([1])",
     R"(/0: unexpected item; nothing in the schema describes it)"},
    {R"({"not": {"type": "string"}})",
     R"("a")",
     R"(the value must not be a string; got "a" (a string))"},
    {R"({"not": {"required": ["a"]}})",
     R"({"a": 1})",
     R"(the value must not have the property "a")"},
    {R"({"not": {"required": ["a", "b"]}})",
     R"({"a": 1, "b": 2})",
     R"(the value must not have the properties "a" and "b" together)"},
    {R"({"not": {"enum": ["x", "y"]}})",
     R"("x")",
     R"(the value must not be one of x or y; got "x" (a string))"},
    {R"({"not": {"minimum": 3}})",
     R"(4)",
     R"(the value must not be what the schema at "not" describes; got 4 (a number))"},
    {R"({"not": {"minimum": 3, "title": "a big number"}})",
     R"(4)",
     R"(the value must not be a big number; got 4 (a number))"},
    {R"({"not": {}})",
     R"(4)",
     R"(nothing is allowed here)"},
    {R"({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}})",
     R"({"a": 1})",
     R"(missing required property "b")"},
    {R"({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}})",
     R"({"a": 2})",
     R"(missing required property "c")"},
    {R"({"anyOf": [{"type": "string"}, {"type": "null"}]})",
     R"(5)",
     R"(the value must be a string or null; got 5 (a number))"},
    {R"({"anyOf": [{"type": "string", "minLength": 3}, {"type": "null"}]})",
     R"("ab")",
     R"(the value must have at least 3 characters; got "ab" (2 characters))"},
    {R"({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]})",
     R"("c")",
     R"(the value must be one of a, b; got "c")"},
    {R"({"oneOf": [{"properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}, "required": ["kind", "radius"]}, {"properties": {"kind": {"const": "square"}, "side": {"type": "number"}}, "required": ["kind", "side"]}]})",
     R"({"kind": "cirle", "radius": 1})",
     R"(/kind must be one of circle, square; got "cirle", did you mean "circle"?)"},
    {R"({"oneOf": [{"$ref": "#/$defs/Square"}, {"$ref": "#/$defs/Circle"}, {"type": "null"}], "$defs": {"Circle": {"properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}, "required": ["kind", "radius"]}, "Square": {"properties": {"kind": {"const": "square"}, "side": {"type": "number"}}, "required": ["kind", "side"]}}})",
     R"({"kind": "circle", "radius": "5"})",
     R"(/radius must be a number; got "5" (a string))"},
    {R"({"anyOf": [{"required": ["a"], "properties": {"a": {}}}, {"required": ["b", "c"], "properties": {"b": {}, "c": {}}, "title": "B"}]})",
     R"({"b": 1})",
     R"(the value fits none of the 2 alternatives; closest is the 2nd (B): missing required property "c")"},
    {R"({"oneOf": [{"type": "integer"}, {"minimum": 2, "title": "big"}]})",
     R"(3)",
     R"(the value fits both the 1st and the 2nd (big) alternative, but must fit exactly one)"},
    {R"({"oneOf": [{"type": "integer"}, {"minimum": 2}, {"type": "string"}, true]})",
     R"(3)",
     R"(the value fits 3 of the 4 alternatives, the 1st and the 2nd among them, but must fit exactly one)"},
    {R"(false)",
     R"(1)",
     R"(nothing is allowed here)"},
    {R"({"allOf": [{"minimum": 3}, {"minimum": 3}, {"multipleOf": 2}]})",
     R"(1)",
     R"(the value must be at least 3; got 1
the value must be a multiple of 2; got 1)"},
    {R"({"properties": {"o": {"properties": {"list": {"items": {"required": ["id"]}}}}}})",
     R"({"o": {"list": [{"id": 1}, {}]}})",
     R"(/o/list/1: missing required property "id")"},
    {R"({"properties": {"a/b": {"properties": {"m~n": {"type": "null"}}}}})",
     R"({"a/b": {"m~n": 1}})",
     R"(/a~1b/m~0n must be null; got 1 (a number))"},
    {R"({"format": "date-time"})",
     R"("tomorrow")",
     R"(the value must have the format date-time (for example 2026-01-31T09:30:00Z); got "tomorrow")"},
    {R"({"format": "email"})",
     R"("ada")",
     R"(the value must have the format email (for example ada@example.com); got "ada")"},
    {R"({"format": "no-such-format"})",
     R"("x")",
     ""},
    {R"({"minimum": 5, "exclusiveMinimum": true, "$schema": "http://json-schema.org/draft-04/schema#"})",
     R"(5)",
     R"(the value must be more than 5; got 5)"},
    {R"({"maximum": 5, "exclusiveMaximum": true, "$schema": "http://json-schema.org/draft-04/schema#"})",
     R"(5)",
     R"(the value must be less than 5; got 5)"},
    {R"({"items": [true, true], "additionalItems": false, "$schema": "http://json-schema.org/draft-07/schema#"})",
     R"([1, 2, 3])",
     R"(the value must have at most 2 items; got 3)"},
    {R"({"propertyNames": {"maxLength": 3}})",
     R"({"o": 1, "long": 2, "longer": 3})",
     R"(property name "long" must have at most 3 characters; got "long" (4 characters)
property name "longer" must have at most 3 characters; got "longer" (6 characters))"},
    {R"({"properties": {"o": {"propertyNames": {"enum": ["a", "b"]}}}})",
     R"({"o": {"c": 1}})",
     R"(/o: property name "c" must be one of a, b; got "c")"},
    {R"({"type": "string"})",
     R"({"aaaaaaaaaaaaaaaaaaaa": [1, 2, 3, "bbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccc"]})",
     R"(the value must be a string; got {"aaaaaaaaaaaaaaaaaaaa":[1,2,3,"bbbbbbbbbbbbbbbbbbbbbbbb","c… (an object))"},
    {R"({"type": "number"})",
     R"("0123456789 0123456789 0123456789 0123456789 0123456789 0123456789")",
     R"(the value must be a number; got "0123456789 0123456789 0123456789 0123456789 0123456789 01234…" (a string))"},
    {R"({"type": "number"})",
     R"("\ud800 line\nfeed \" quote")",
     R"(the value must be a number; got "\ud800 line\nfeed \" quote" (a string))"},
    {R"({"anyOf": [{"anyOf": [{"minimum": 3, "title": "A"}, {"multipleOf": 2}], "title": "O"}, {"const": 7}]})",
     R"(1)",
     R"(the value fits none of the 2 alternatives; closest is the 2nd: the value must be 7; got 1)"},
    // clang-format on
};

TEST(Sentences, AreTheseToTheLetter) {
  for (const auto& [schema, instance, sentences] : k_rows) {
    const Explained explained{
        std::string(schema), std::string(instance), {.formats = SchemaFormats::enforce}};
    EXPECT_EQ(explained.sentences(), sentences) << schema << "\n  " << instance;
  }
}

TEST(Sentences, ComeWithTheirPlaces) {
  const Explained explained(
      R"({"$defs": {"note": {"properties": {"title": {"type": "string"}}, "additionalProperties": false}},
          "properties": {"notes": {"items": {"$ref": "#/$defs/note"}}}})",
      R"({"notes": [{"title": 1, "x": 2}]})");
  const auto violations = explained.violations();
  ASSERT_EQ(violations.size(), 2);
  EXPECT_EQ(violations[0].instance_pointer, "/notes/0/title");
  EXPECT_EQ(violations[0].schema_pointer, "/$defs/note/properties/title/type");
  EXPECT_EQ(violations[0].keyword, "type");
  EXPECT_EQ(violations[1].instance_pointer, "/notes/0");
  EXPECT_EQ(violations[1].schema_pointer, "/$defs/note/additionalProperties");
  EXPECT_EQ(violations[1].keyword, "additionalProperties");
}

TEST(Sentences, ComeInTheOrderOfTheInstance) {
  EXPECT_EQ(Explained(R"({"properties": {"a": {"type": "null"}, "b": {"type": "null"}},
                          "allOf": [{"properties": {"c": {"type": "null"}}}], "required": ["d"]})",
                      R"({"c": 1, "b": 2, "a": 3})")
                .sentences(),
            "missing required property \"d\"\n"
            "/c must be null; got 1 (a number)\n"
            "/b must be null; got 2 (a number)\n"
            "/a must be null; got 3 (a number)");
}

TEST(Sentences, AreNoMoreThanWereAskedFor) {
  const Explained explained(R"({"items": {"type": "null"}})", "[1, 2, 3]");
  EXPECT_EQ(explained.violations(0).size(), 0);
  EXPECT_EQ(explained.violations(2).size(), 2);
  EXPECT_EQ(explained.violations(4).size(), 3);
}

TEST(Sentences, ShortenLongPointersAtTheirBeginning) {
  const std::string key(200, 'k');
  const auto violations =
      Explained(R"({"additionalProperties": {"type": "null"}})", R"({")" + key + R"(": 1})")
          .violations();
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].instance_pointer, "/" + key);
  EXPECT_EQ(violations[0].message, "…" + std::string(120, 'k') + " must be null; got 1 (a number)");
}

TEST(Sentences, AreOneLineOfUtf8WhateverTheInstanceHolds) {
  EXPECT_EQ(Explained(R"({"additionalProperties": {"type": "null"}})", R"({"a\n\u0001\ud800b": 1})")
                .sentences(),
            "/a \xEF\xBF\xBD"
            "b must be null; got 1 (a number)");
  EXPECT_EQ(Explained(R"({"additionalProperties": false})", R"({"a\n\ud800": 1})").sentences(),
            R"(unknown property "a\n\ud800"; none are known here)");
}

TEST(Sentences, AskForTheNearestNamesOnlyWhereTheyAreNotGiven) {
  constexpr std::string_view schema =
      R"({"properties": {"header": {}, "headers": {}}, "additionalProperties": false})";
  EXPECT_EQ(Explained(std::string(schema), R"({"header": 1, "haeder": 2})").sentences(),
            "unknown property \"haeder\", did you mean \"headers\"?");
}

TEST(Sentences, ListNoMoreThanAFewNames) {
  std::string properties;
  std::string names;
  for (char c = 'a'; c <= 'j'; ++c) {
    properties += std::string(c == 'a' ? "" : ",") + "\"p" + c + "xxxx\": {}";
    names += std::string(c == 'a' ? "" : ",") + "\"p" + c + "xxxx\"";
  }
  EXPECT_EQ(Explained("{\"properties\": {" + properties + "}, \"additionalProperties\": false}",
                      R"({"zzzzzz": 1})")
                .sentences(),
            R"(unknown property "zzzzzz")");
  EXPECT_EQ(Explained("{\"required\": [" + names + "]}", "{}").sentences(),
            R"(missing required properties "paxxxx", "pbxxxx", "pcxxxx", "pdxxxx", "pexxxx", )"
            R"("pfxxxx", "pgxxxx", "phxxxx" and 2 more)");
}

TEST(Sentences, TellBranchesInsideOfBranchesAsFarAsOneCanRead) {
  const std::string kind = R"({"properties": {"k": {"const": 1}}, )";
  std::string schema = kind + R"("required": ["y"]})";
  for (int i = 0; i < 6; ++i) schema = kind + R"("anyOf": [{"required": ["x"]}, )" + schema + "]}";
  EXPECT_EQ(Explained(schema, R"({"k": 1})").sentences(),
            "the value fits none of the 2 alternatives; closest is the 2nd: "
            "the value fits none of the 2 alternatives; closest is the 2nd: "
            "the value fits none of the 2 alternatives; closest is the 2nd: "
            "the value fits none of the 2 alternatives");
}

TEST(Sentences, TellAFewViolationsOfTheClosestBranch) {
  EXPECT_EQ(Explained(R"({"anyOf": [{"required": ["x"]},
                                    {"properties": {"k": {"const": 1}, "a": {"type": "null"},
                                                    "b": {"type": "null"}, "c": {"type": "null"},
                                                    "d": {"type": "null"}}}]})",
                      R"({"k": 1, "a": 1, "b": 1, "c": 1, "d": 1})")
                .sentences(),
            "the value fits none of the 2 alternatives; closest is the 2nd: "
            "/a must be null; got 1 (a number); /b must be null; got 1 (a number); "
            "/c must be null; got 1 (a number); and 1 more");
}

// ---- Unions of many kinds of nodes, inside each other

/// One of `kinds`, told apart by "type"; its children are nodes again.
std::string node_schema(const std::vector<std::string>& kinds, std::string_view combination) {
  std::string branches;
  for (const std::string& kind : kinds) {
    branches += std::string(branches.empty() ? "" : ",") +
                R"({"type": "object", "required": ["type"],
        "properties": {"type": {"const": ")" +
                kind + R"("}, "text": {"type": "string"},
                       "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}})";
  }
  return R"({"$ref": "#/$defs/node", "$defs": {"node": {")" + std::string(combination) + "\": [" +
         branches + "]}}}";
}

/// `leaf` inside of `depth` sections.
std::string tree(const std::string& leaf, int depth) {
  std::string text = leaf;
  for (int i = 0; i < depth; ++i) text = R"({"type": "section", "children": [)" + text + "]}";
  return text;
}

std::string path(int depth) {
  std::string pointer;
  for (int i = 0; i < depth; ++i) pointer += "/children/0";
  return pointer;
}

std::vector<std::string> kinds(std::size_t count) {
  std::vector<std::string> names = {"text", "heading", "paragraph", "list", "item", "section"};
  while (names.size() < count) names.push_back("kind" + std::to_string(names.size() + 1));
  return names;
}

TEST(Unions, NameTheOneNodeWhoseTypeIsMisspelt) {
  for (const std::string_view combination : {"oneOf", "anyOf"}) {
    for (int depth = 1; depth <= 6; ++depth) {
      const std::string instance = tree(R"({"type": "txt"})", depth);
      const Explained seven(node_schema(kinds(7), combination), instance);
      EXPECT_EQ(seven.sentences(),
                path(depth) +
                    "/type must be one of text, heading, paragraph, list, item, section, "
                    "kind7; got \"txt\", did you mean \"text\"?");
      const Explained twenty(node_schema(kinds(20), combination), instance);
      EXPECT_EQ(twenty.sentences(),
                path(depth) +
                    "/type must be one of text, heading, paragraph, list, item, section, "
                    "kind7, kind8, kind9, kind10, kind11, kind12, … (8 more); "
                    "got \"txt\", did you mean \"text\"?");
      EXPECT_EQ(twenty->ending, Ending::finished);
      ASSERT_EQ(twenty.violations().size(), 1);
      EXPECT_EQ(twenty.violations()[0].instance_pointer, path(depth) + "/type");
    }
  }
}

TEST(Unions, TakeStepsForTheirBranchesAndNotForTheirPower) {
  // 20 branches of some 15 steps at each of 7 nodes; all of them together are 20^7.
  ExplainOptions how;
  how.steps_max = 5'000;
  const std::string schema = node_schema(kinds(20), "oneOf");
  const Explained differs(schema, tree(R"({"type": "txt"})", 6), {}, how);
  EXPECT_EQ(differs->ending, Ending::finished);
  EXPECT_LT(differs->findings.size(), 1'000);
  const Explained fits(schema, tree(R"({"type": "text"})", 6), {}, how);
  EXPECT_TRUE(fits->valid);
  how.annotations = true;
  const Explained annotated(schema, tree(R"({"type": "text"})", 6), {}, how);
  EXPECT_TRUE(annotated->valid);
}

TEST(Unions, TellWhatIsWrongInTheBranchThatWasMeant) {
  const std::string schema = node_schema(kinds(20), "oneOf");
  EXPECT_EQ(
      Explained(schema, tree(R"({"type": "list", "text": 5, "children": {}})", 2)).sentences(),
      path(2) + "/text must be a string; got 5 (a number)\n" + path(2) +
          "/children must be an array; got {} (an object)");
  EXPECT_EQ(Explained(schema, tree(R"({"text": "a"})", 1)).sentences(),
            "/children/0 fits none of the 20 alternatives; closest is the 1st: "
            "/children/0: missing required property \"type\"");
}

TEST(Unions, JudgeTheOnlyBranchOfTheRightTypeWhole) {
  // `priority` is no sign of another kind here.
  EXPECT_EQ(Explained(R"({"anyOf": [{"type": "null"},
                                    {"type": "object", "properties": {"priority": {"enum": ["a", "b"]},
                                                                      "title": {"type": "string"}}}]})",
                      R"({"priority": "c", "title": 5})")
                .sentences(),
            "/priority must be one of a, b; got \"c\"\n"
            "/title must be a string; got 5 (a number)");
}

TEST(Unions, JudgeTheClosestBranchWholeWhereAllAreRuledOut) {
  EXPECT_EQ(
      Explained(R"({"anyOf": [{"properties": {"kind": {"const": "circle"}, "unit": {"enum": ["m"]},
                                                    "r": {"type": "number"}}},
                                    {"properties": {"kind": {"const": "square"}}}]})",
                R"({"kind": "circle", "unit": "km", "r": "1"})")
          .sentences(),
      "the value fits none of the 2 alternatives; closest is the 1st: "
      "/unit must be \"m\"; got \"km\"; /r must be a number; got \"1\" (a string)");
}

TEST(Unions, TellTheirBranchesApartThroughAllOf) {
  EXPECT_EQ(Explained(R"({"$defs": {"base": {"type": "object", "required": ["id"]}},
                    "oneOf": [{"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"k": {"const": 1}}}]},
                              {"allOf": [{"$ref": "#/$defs/base"}, {"properties": {"k": {"const": 2}}}]}]})",
                      R"({"k": 2})")
                .sentences(),
            "missing required property \"id\"");
}

TEST(Unions, EndInTimeWhereNothingTellsTheirBranchesApart) {
  // Every branch fits whatever the others fit, so all of them are walked: 8^12 ways.
  std::string branches;
  for (int i = 0; i < 8; ++i) {
    branches += std::string(i == 0 ? "" : ",") + R"({"properties": {"p)" + std::to_string(i) +
                R"(": {"type": "string"}, "children": {"items": {"$ref": "#/$defs/n"}}}})";
  }
  const std::string defs = R"("$defs": {"n": {"anyOf": [)" + branches + "]}}";
  const Explained fits(R"({"$ref": "#/$defs/n",)" + defs + "}", tree(R"({"p0": "x"})", 12));
  EXPECT_TRUE(fits->valid);
  std::string leaf = "{";
  for (int i = 0; i < 8; ++i) {
    leaf += std::string(i == 0 ? "" : ",") + "\"p" + std::to_string(i) + "\": 1";
  }
  const Explained differs(R"({"$ref": "#/$defs/n",)" + defs + "}", tree(leaf + "}", 12));
  EXPECT_FALSE(differs->valid);
  EXPECT_EQ(differs->ending, Ending::finished);
  EXPECT_FALSE(differs.violations().empty());
}

TEST(Sentences, ListEachValueOnce) {
  EXPECT_EQ(
      Explained(R"({"anyOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]})", "\"x\"").sentences(),
      "the value must be one of a, b, c; got \"x\"");
}

}  // namespace
}  // namespace collet::schema
