// The exact sentences of every keyword, in one table: what a model reads when its call does not
// fit.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
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
     R"(the value must be one of low, normal, high; got "hihg"; did you mean "high"?)"},
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
     R"(the pattern ^(a+)+$(?=x) gave up on this text after 1,000,000 steps; send a simpler one)"},
    {R"({"required": ["title"], "properties": {"title": {"type": "string", "description": "the note's title"}}})",
     R"({})",
     R"(missing required property "title" (string: the note's title))"},
    {R"({"required": ["a", "b", "c"], "properties": {"b": {"enum": ["x", "y"]}, "c": {"$ref": "#/$defs/c"}}, "$defs": {"c": {"type": "integer", "title": "Count"}}})",
     R"({})",
     R"(missing required properties "a", "b" (one of x, y) and "c" (integer: Count))"},
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
     R"(property name "Foo Bar" must match the pattern ^[a-z]+$)"},
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
     R"(unknown property "titel"; did you mean "title"?)"},
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
     R"(unknown property "titel"; did you mean "title"?)"},
    {R"({"anyOf": [{"properties": {"a": true}}, {"properties": {"b": true}, "required": ["b"]}], "unevaluatedProperties": false})",
     R"({"a": 1, "bb": 2})",
     R"(unknown property "bb"; did you mean "b"?)"},
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
     R"(the value must not be one of x, y; got "x" (a string))"},
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
     R"(/kind must be one of circle, square; got "cirle"; did you mean "circle"?)"},
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
     R"(the value must be a date-time (for example 2026-01-31T09:30:00Z); got "tomorrow")"},
    {R"({"format": "email"})",
     R"("ada")",
     R"(the value must be an email address (for example ada@example.com); got "ada")"},
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
     R"(property name "long" must have at most 3 characters
property name "longer" must have at most 3 characters)"},
    {R"({"properties": {"o": {"propertyNames": {"enum": ["a", "b"]}}}})",
     R"({"o": {"c": 1}})",
     R"(/o: property name "c" must be one of a, b)"},
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
    // ---- Missing properties
    {R"({"required": ["kind"], "properties": {"kind": {"const": "circle"}}})",
     R"({})",
     R"(missing required property "kind" (must be "circle"))"},
    {R"({"required": ["n"], "properties": {"n": {"const": 7, "description": "The version."}}})",
     R"({})",
     R"(missing required property "n" (must be 7: The version))"},
    {R"({"required": ["k"], "properties": {"k": {"anyOf": [{"const": "a"}, {"$ref": "#/$defs/k"}]}}, "$defs": {"k": {"enum": ["b", "a"]}}})",
     R"({})",
     R"(missing required property "k" (one of a, b))"},
    {R"({"required": ["k"], "properties": {"k": {"enum": [1,2,3,4,5,6,7,8,9,10,11,12,13]}}})",
     R"({})",
     R"(missing required property "k" (one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, … (1 more)))"},
    {R"({"required": ["path"], "properties": {"path": {"type": "string"}}})",
     R"({"file_path": "a", "edits": []})",
     R"(missing required property "path" (string); did you mean it by "file_path"?)"},
    {R"({"required": ["path"]})",
     R"({"Path": "a"})",
     R"(missing required property "path"; did you mean it by "Path"?)"},
    {R"({"required": ["old_text", "new_text"], "properties": {"new_text": {}}})",
     R"({"oldText": "a", "new_text": "b"})",
     R"(missing required property "old_text"; did you mean it by "oldText"?)"},
    {R"({"required": ["old_text", "new_text", "path"]})",
     R"({"oldText": "a", "newtext": "b"})",
     R"(missing required properties "old_text", "new_text" and "path"; did you mean "old_text" by "oldText" and "new_text" by "newtext"?)"},
    {R"({"required": ["path"], "properties": {"file_path": {}}})",
     R"({"file_path": "a"})",
     R"(missing required property "path")"},
    {R"({"allOf": [{"required": ["path"]}, {"properties": {"file_path": {}}}]})",
     R"({"file_path": "a"})",
     R"(missing required property "path")"},
    {R"({"required": ["path"], "patternProperties": {"^file": {}}})",
     R"({"file_path": "a"})",
     R"(missing required property "path")"},
    {R"({"required": ["path"], "properties": {"path": {}}, "additionalProperties": false})",
     R"({"file_path": "a"})",
     R"(missing required property "path"
unknown property "file_path"; did you mean "path"?)"},
    {R"({"dependentRequired": {"card": ["address", "zip"]}, "properties": {"zip": {"type": "string"}}})",
     R"({"card": 1})",
     R"(property "card" needs properties "address" and "zip" (string) beside it)"},
    {R"({"dependentRequired": {"a": ["b"], "c": ["d", "e"], "f": ["g"]}})",
     R"({"a": 1, "c": 1})",
     R"(property "a" needs property "b" beside it; property "c" needs properties "d" and "e" beside it)"},
    {R"({"dependentRequired": {"a": ["b"], "a": ["c"]}})",
     R"({"a": 1})",
     R"(property "a" needs property "c" beside it)"},
    {R"({"dependentRequired": {"a": ["x"], "b": ["x"], "c": ["x"], "d": ["x"]}})",
     R"({"a": 1, "b": 1, "c": 1, "d": 1})",
     R"(property "a" needs property "x" beside it; property "b" needs property "x" beside it; property "c" needs property "x" beside it; and there are more like it)"},

    // ---- Branches that are told apart by what is not there
    {R"({"properties": {"shape": {"oneOf": [{"type": "object", "properties": {"kind": {"const": "circle"}, "r": {"type": "number"}}, "required": ["kind", "r"]}, {"type": "object", "properties": {"kind": {"const": "rect"}}, "required": ["kind"]}, {"type": "object", "properties": {"kind": {"const": "poly"}}, "required": ["kind"]}]}}})",
     R"({"shape": {"r": 1}})",
     R"(/shape: missing required property "kind" (one of circle, rect, poly))"},
    {R"({"anyOf": [{"type": "null"}, {"properties": {"v": {"const": 1}, "kind": {"const": "a"}}, "required": ["v", "kind"]}, {"allOf": [{"properties": {"v": {"const": 1}, "kind": {"enum": ["b", "c"]}}, "required": ["v", "kind"]}]}]})",
     R"({"Kind": "a"})",
     R"(missing required property "kind" (one of a, b, c); did you mean it by "Kind"?)"},
    {R"({"anyOf": [{"required": ["a"]}, {"required": ["b"]}, {"required": ["c"]}]})",
     R"({})",
     R"(the value needs at least one of the properties "a", "b", "c")"},
    {R"({"properties": {"o": {"oneOf": [{"required": ["a"]}, {"required": ["b", "c"]}]}}})",
     R"({"o": {}})",
     R"(/o needs exactly one of the properties "a", "b" with "c")"},
    {R"({"anyOf": [{"required": ["query"]}, {"required": ["id"]}]})",
     R"({"Query": 1})",
     R"(the value needs at least one of the properties "query", "id"; did you mean "query" by "Query"?)"},
    {R"({"anyOf": [{"required": ["a"], "properties": {"x": {}}}, {"required": ["a"], "properties": {"y": {}}}]})",
     R"({})",
     R"(missing required property "a")"},
    {R"({"oneOf": [{"required": ["a"]}, {"required": ["b"], "title": "B"}, {"required": ["c"]}]})",
     R"({"a": 1, "b": 2})",
     R"(the value must have exactly one of the properties "a", "b", "c"; got "a", "b")"},

    {R"({"anyOf": [{"required": ["a", "b", "c", "d", "e", "kind"], "properties": {"kind": {"const": "x"}}}, {"required": ["a", "b", "c", "d", "kind"], "properties": {"kind": {"const": "y"}}}]})",
     R"({})",
     R"(missing required property "kind" (one of x, y))"},
    {R"({"anyOf": [{"required": ["a", "b", "c", "d"]}, {"required": ["e"]}]})",
     R"({})",
     R"(the value fits none of the 2 alternatives; closest is the 1st: missing required properties "a", "b", "c" and "d")"},
    {R"({"properties": {"a": {"type": "string"}}, "then": {"required": ["a"]}, "if": true})",
     R"({})",
     R"(missing required property "a" (string))"},
    {R"({"oneOf": [{"required": ["a", "b", "c", "d"]}, {"required": ["a"]}]})",
     R"({"a": 1, "b": 2, "c": 3, "d": 4})",
     R"(the value fits both the 1st and the 2nd alternative, but must fit exactly one)"},

    // ---- The branch that was meant
    {R"({"properties": {"shape": {"oneOf": [{"type": "object", "properties": {"kind": {"const": "circle"}, "r": {"exclusiveMinimum": 0}}, "required": ["kind", "r"]}, {"type": "object", "properties": {"kind": {"const": "rect"}}, "required": ["kind"]}, {"type": "object", "properties": {"kind": {"const": "poly"}}, "required": ["kind"]}]}}})",
     R"({"shape": {"kind": "circle", "r": -1}})",
     R"(/shape/r must be more than 0; got -1)"},

    // ---- One mistake, one sentence
    {R"({"type": "string", "format": "email", "pattern": "^[a-z]+@[a-z]+\\.[a-z]+$"})",
     R"("ada")",
     R"(the value must be an email address (for example ada@example.com); got "ada")"},
    {R"({"format": "email", "pattern": "@example\\.org$"})",
     R"("ada@example.com")",
     R"(the value must match the pattern @example\.org$; got "ada@example.com")"},
    {R"({"format": "uuid", "pattern": "^.{36}$", "$schema": "http://json-schema.org/draft-07/schema#"})",
     R"("zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz")",
     R"(the value must be a UUID (for example 123e4567-e89b-42d3-a456-426614174000); got "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz")"},
    {R"({"format": "no-such-format", "pattern": "^a$"})",
     R"("b")",
     R"(the value must match the pattern ^a$; got "b")"},
    {R"({"prefixItems": [true, true], "maxItems": 2, "items": false})",
     R"([1, 2, 3, 4])",
     R"(the value must have at most 2 items; got 4)"},
    {R"({"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "array", "prefixItems": [true, true], "maxItems": 2, "items": false}}]})",
     R"([[1, 2, 3, 4]])",
     R"(/0 must have at most 2 items; got 4)"},
    {R"({"anyOf": [{"minItems": 4}, {"items": {"prefixItems": [true, true], "maxItems": 2, "items": false}, "title": "pairs"}]})",
     R"([[1, 2, 3, 4], 1, [1, 2, 3]])",
     R"(the value fits none of the 2 alternatives; closest is the 1st: the value must have at least 4 items; got 3)"},
    {R"({"anyOf": [{"properties": {"k": {"const": 1}, "pair": {"prefixItems": [true, true], "maxItems": 2, "items": false}, "x": {"type": "null"}}}, {"required": ["y"]}]})",
     R"({"k": 1, "pair": [1, 2, 3, 4], "x": 0})",
     R"(the value fits none of the 2 alternatives; closest is the 1st: /pair must have at most 2 items; got 4; /x must be null; got 0 (a number))"},
    {R"({"type": "integer", "multipleOf": 1, "maximum": 100})",
     R"(101.5)",
     R"(the value must be an integer; got 101.5 (a number)
the value must be at most 100; got 101.5)"},
    {R"({"type": "integer", "multipleOf": 5})",
     R"(101.5)",
     R"(the value must be a multiple of 5; got 101.5)"},
    {R"({"type": "string", "multipleOf": 5})",
     R"(101.5)",
     R"(the value must be a string; got 101.5 (a number)
the value must be a multiple of 5; got 101.5)"},
    {R"({"type": "integer", "multipleOf": 0.2})",
     R"(101.5)",
     R"(the value must be an integer; got 101.5 (a number)
the value must be a multiple of 0.2; got 101.5)"},

    // ---- Characters that are not seen
    {"{\"const\": \"a\"}",
     "\"a\xE2\x80\xAE\xC2\x9B\xE2\x80\x8B\xF3\xA0\x81\x81\"",
     R"(the value must be "a"; got "a\u202e\u009b\u200b\udb40\udc41")"},
    {"{\"pattern\": \"^\xE2\x80\xAEx$\", \"description\": \"A\\u200bB \\u0007\"}",
     "\"a\"",
     R"(the value must match the pattern ^\u202ex$ (A\u200bB \u0007); got "a")"},
    {"{\"additionalProperties\": {\"type\": \"null\"}}",
     "{\"\xC2\x9B\\u202e\\n\": 1}",
     R"(/\u009b\u202e\u000a must be null; got 1 (a number))"},
    {"{\"additionalProperties\": false}",
     "{\"\xEF\xBB\xBF\\u202e\\n\": 1}",
     R"(unknown property "\ufeff\u202e\n"; none are known here)"},
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
            R"(/a\u000a\u0001\ud800b must be null; got 1 (a number))");
  EXPECT_EQ(Explained(R"({"additionalProperties": false})", R"({"a\n\ud800": 1})").sentences(),
            R"(unknown property "a\n\ud800"; none are known here)");
}

TEST(Sentences, AskForTheNearestNamesOnlyWhereTheyAreNotGiven) {
  constexpr std::string_view schema =
      R"({"properties": {"header": {}, "headers": {}}, "additionalProperties": false})";
  EXPECT_EQ(Explained(std::string(schema), R"({"header": 1, "haeder": 2})").sentences(),
            "unknown property \"haeder\"; did you mean \"headers\"?");
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
                    "kind7; got \"txt\"; did you mean \"text\"?");
      const Explained twenty(node_schema(kinds(20), combination), instance);
      EXPECT_EQ(twenty.sentences(),
                path(depth) +
                    "/type must be one of text, heading, paragraph, list, item, section, "
                    "kind7, kind8, kind9, kind10, kind11, kind12, … (8 more); "
                    "got \"txt\"; did you mean \"text\"?");
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

/// 64 branches, each ruled out by another one of its 64 properties.
std::string hostile_union() {
  constexpr int size = 64;
  std::string branches;
  for (int branch = 0; branch < size; ++branch) {
    std::string properties;
    for (int i = 0; i < size; ++i) {
      properties += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) +
                    (i == branch ? R"(": {"const": "x"})" : R"(": {})");
    }
    branches += (branch == 0 ? "" : ",") + (R"({"properties": {)" + properties + "}}");
  }
  return R"({"anyOf": [)" + branches + "]}";
}

TEST(Unions, TakeStepsForWhatTheirBranchesKnowOnce) {
  std::string instance;
  for (int i = 0; i < 64; ++i) instance += (i == 0 ? "{\"p" : ",\"p") + std::to_string(i) + "\": 1";
  ExplainOptions how;
  how.steps_max = 8'000;  // some 85 for the telltales of a branch, 20 to liken it to the instance
  const Explained differs(hostile_union(), instance + "}", {}, how);
  EXPECT_EQ(differs->ending, Ending::finished);
  EXPECT_EQ(differs.violations().size(), 1);
  how.steps_max = 6'000;
  EXPECT_EQ(Explained(hostile_union(), instance + "}", {}, how)->ending, Ending::out_of_steps);
}

TEST(Unions, TakeStepsForTheValuesThatTellTheirBranchesApart) {
  // 1,000 values are compared for the verdict, and again to find the branch that came closest.
  std::string values = "0";
  for (int i = 1; i < 1'000; ++i) values += "," + std::to_string(i);
  const std::string branch =
      R"({"properties": {"a": {"enum": [)" + values + R"(]}}, "required": ["b"]})";
  const std::string schema = R"({"anyOf": [)" + branch + "," + branch + "]}";
  ExplainOptions how;
  how.steps_max = 5'000;
  EXPECT_EQ(Explained(schema, R"({"a": 999})", {}, how)->ending, Ending::out_of_steps);
  how.steps_max = 7'000;
  EXPECT_EQ(Explained(schema, R"({"a": 999})", {}, how)->ending, Ending::finished);
}

TEST(Unions, TellWhatIsWrongInTheBranchThatWasMeant) {
  const std::string schema = node_schema(kinds(20), "oneOf");
  EXPECT_EQ(
      Explained(schema, tree(R"({"type": "list", "text": 5, "children": {}})", 2)).sentences(),
      path(2) + "/text must be a string; got 5 (a number)\n" + path(2) +
          "/children must be an array; got {} (an object)");
  EXPECT_EQ(
      Explained(schema, tree(R"({"text": "a"})", 1)).sentences(),
      "/children/0: missing required property \"type\" (one of text, heading, paragraph, list, "
      "item, section, kind7, kind8, kind9, kind10, kind11, kind12, … (8 more))");
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

TEST(Sentences, StartAtThePointerThatTheInstanceHas) {
  constexpr std::string_view schema =
      R"({"properties": {"s": {"anyOf": [
            {"properties": {"k": {"const": "a"}, "x": {"type": "integer"}}},
            {"required": ["z"]}]}}, "required": ["n"]})";
  ExplainOptions how;
  how.instance_pointer = "/data";
  const Explained explained(std::string(schema), R"({"s": {"k": "a", "x": "q"}})", {}, how);
  EXPECT_EQ(explained.sentences(),
            "/data: missing required property \"n\"\n"
            "/data/s fits none of the 2 alternatives; closest is the 1st: "
            "/data/s/x must be an integer; got \"q\" (a string)");
  EXPECT_EQ(explained.violations()[0].instance_pointer, "/data");
  EXPECT_EQ(explained.violations()[1].instance_pointer, "/data/s");
  EXPECT_EQ(Explained(R"({"type": "null"})", "1", {}, how).sentences(),
            "/data must be null; got 1 (a number)");
  const auto compiled = Schema::compile(*Json::parse(R"({"items": {"type": "null"}})"));
  ASSERT_TRUE(compiled);
  const auto violations = compiled->evaluate(*Json::parse("[1]"), {.instance_pointer = "/data"});
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].instance_pointer, "/data/0");
  EXPECT_EQ(violations[0].message, "/data/0 must be null; got 1 (a number)");
  how.steps_max = 1;
  EXPECT_EQ(Explained(R"({"type": "null"})", "1", {}, how).sentences(),
            "/data: the explanation ended after 1 steps, and there may be more to mend; send a "
            "smaller value");
}

TEST(Sentences, OfTheBranchThatWasMeantHaveItsPlaces) {
  const Explained explained(
      R"({"properties": {"shape": {"oneOf": [
            {"properties": {"kind": {"const": "circle"}, "r": {"exclusiveMinimum": 0}}},
            {"properties": {"kind": {"const": "rect"}}},
            {"properties": {"kind": {"const": "poly"}}}]}}})",
      R"({"shape": {"kind": "circle", "r": -1}})");
  const auto violations = explained.violations();
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].instance_pointer, "/shape/r");
  EXPECT_EQ(violations[0].schema_pointer,
            "/properties/shape/oneOf/0/properties/r/exclusiveMinimum");
  EXPECT_EQ(violations[0].keyword, "exclusiveMinimum");
}

TEST(Sentences, OfAPatternBesideAFormatHaveThePlaceOfWhatFailed) {
  constexpr std::string_view schema = R"({"format": "date", "pattern": "^\\d{4}-\\d\\d-\\d\\d$"})";
  for (const auto& [formats, keyword] : {std::pair{SchemaFormats::annotate, "pattern"},
                                         std::pair{SchemaFormats::enforce, "format"}}) {
    const Explained explained(std::string(schema), R"("31.01.2026")", {.formats = formats});
    const auto violations = explained.violations();
    ASSERT_EQ(violations.size(), 1);
    EXPECT_EQ(violations[0].message,
              R"(the value must be a date (for example 2026-01-31); got "31.01.2026")");
    EXPECT_EQ(violations[0].keyword, keyword);
    EXPECT_EQ(violations[0].schema_pointer, "/" + std::string(keyword));
  }
}

TEST(Sentences, SayTheFormatWhereItsExampleFitsThePatternToo) {
  // Only UTC is allowed: the format alone does not tell, its example does.
  const auto schema = Schema::compile(
      *Json::parse(R"({"format": "date-time", "pattern": "^\\d{4}-\\d\\d-\\d\\dT[\\d:]+Z$"})"));
  ASSERT_TRUE(schema);
  const auto violations = schema->evaluate(*Json::parse(R"("2026-01-31T09:30:00+01:00")"));
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].message,
            "the value must be a date-time (for example 2026-01-31T09:30:00Z); got "
            "\"2026-01-31T09:30:00+01:00\"");
}

TEST(Sentences, LookForWhatWasMeantAmongAFewStrangers) {
  std::string members;
  for (int i = 0; i < 31; ++i) members += "\"stranger " + std::to_string(i) + "\": 0, ";
  const std::string schema = R"({"required": ["path"]})";
  EXPECT_EQ(Explained(schema, "{" + members + R"("Path": 0})").sentences(),
            R"(missing required property "path"; did you mean it by "Path"?)");
  EXPECT_EQ(Explained(schema, "{" + members + R"("other": 0, "Path": 0})").sentences(),
            R"(missing required property "path")");
}

TEST(Unions, OfBranchesThatOnlyRequireListAFew) {
  std::string branches;
  for (char c = 'a'; c <= 'j'; ++c) {
    branches += std::string(c == 'a' ? "" : ",") + R"({"required": [")" + c + "\"]}";
  }
  EXPECT_EQ(Explained(R"({"anyOf": [)" + branches + "]}", "{}").sentences(),
            R"(the value needs at least one of the properties "a", "b", "c", "d", "e", "f", "g", )"
            R"("h", … (2 more))");
}

TEST(Sentences, ListEachValueOnce) {
  EXPECT_EQ(
      Explained(R"({"anyOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]})", "\"x\"").sentences(),
      "the value must be one of a, b, c; got \"x\"");
}

}  // namespace
}  // namespace collet::schema
