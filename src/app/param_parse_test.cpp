#include "app/param_parse.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace collet::app {
namespace {

/// The JSON, or "error: <message> [<remedy>]".
std::string build(std::string schema, const std::vector<std::string>& assignments) {
  const auto document = json::Document::parse(std::move(schema));
  if (!document) return "the schema is no JSON";
  const auto built = build_parameters(document->root(), assignments);
  if (built) return *built;
  EXPECT_EQ(built.error().code, ErrorCode::invalid_parameters);
  const auto& error = built.error();
  return "error: " + error.message + (error.remedy.empty() ? "" : " [" + error.remedy + "]");
}

/// One parameter `p` of that schema.
std::string one(const std::string& schema, const std::vector<std::string>& values) {
  std::vector<std::string> assignments;
  for (const auto& value : values) assignments.push_back("p=" + value);
  return build(R"({"type":"object","properties":{"p":)" + schema + "}}", assignments);
}

TEST(ParamParse, StringsStayAsTheyAre) {
  const std::string schema = R"({"type":"string"})";
  EXPECT_EQ(one(schema, {"text"}), R"({"p":"text"})");
  EXPECT_EQ(one(schema, {""}), R"({"p":""})");
  EXPECT_EQ(one(schema, {"12"}), R"({"p":"12"})");
  EXPECT_EQ(one(schema, {"true"}), R"({"p":"true"})");
  EXPECT_EQ(one(schema, {"null"}), R"({"p":"null"})");
  EXPECT_EQ(one(schema, {"[1]"}), R"({"p":"[1]"})");
  EXPECT_EQ(one(schema, {R"("x")"}), R"({"p":"\"x\""})");
  EXPECT_EQ(one(schema, {"a=b"}), R"({"p":"a=b"})");
}

TEST(ParamParse, NumbersKeepTheirDigits) {
  EXPECT_EQ(one(R"({"type":"integer"})", {"1234567890123456789012345"}),
            R"({"p":1234567890123456789012345})");
  EXPECT_EQ(one(R"({"type":"integer"})", {"1.0"}), R"({"p":1.0})");
  EXPECT_EQ(one(R"({"type":"integer"})", {"1e3"}), R"({"p":1e3})");
  EXPECT_EQ(one(R"({"type":"integer"})", {"-7"}), R"({"p":-7})");
  EXPECT_EQ(one(R"({"type":"number"})", {"0.10"}), R"({"p":0.10})");
}

TEST(ParamParse, WrongNumbersAreNamed) {
  EXPECT_EQ(one(R"({"type":"integer"})", {"1.5"}),
            R"(error: parameter "p": expected an integer, got "1.5")");
  EXPECT_EQ(one(R"({"type":"integer"})", {"ten"}),
            R"(error: parameter "p": expected an integer, got "ten")");
  for (const auto* text : {"", "+5", ".5", "0x1f", "1,5", "007", "NaN"}) {
    EXPECT_EQ(one(R"({"type":"number"})", {text}),
              "error: parameter \"p\": expected a number, got \"" + std::string(text) + "\"");
  }
}

TEST(ParamParse, BooleansAreTrueAndFalse) {
  EXPECT_EQ(one(R"({"type":"boolean"})", {"true"}), R"({"p":true})");
  EXPECT_EQ(one(R"({"type":"boolean"})", {"false"}), R"({"p":false})");
  EXPECT_EQ(one(R"({"type":"boolean"})", {"yes"}),
            R"(error: parameter "p": expected true or false, got "yes")");
  EXPECT_EQ(one(R"({"type":"null"})", {"null"}), R"({"p":null})");
}

TEST(ParamParse, ChoicesMatchTheirText) {
  const std::string schema = R"({"enum":["low","high",3,null]})";
  EXPECT_EQ(one(schema, {"high"}), R"({"p":"high"})");
  EXPECT_EQ(one(schema, {"3"}), R"({"p":3})");
  EXPECT_EQ(one(schema, {"null"}), R"({"p":null})");
  EXPECT_EQ(one(schema, {"hihg"}),
            R"(error: parameter "p": expected one of low, high, 3, null, got "hihg")"
            R"( [did you mean "high"?])");
  EXPECT_EQ(one(schema, {"medium"}),
            R"(error: parameter "p": expected one of low, high, 3, null, got "medium")");
  EXPECT_EQ(one(schema, {"highh"}),
            R"(error: parameter "p": expected one of low, high, 3, null, got "highh")"
            R"( [did you mean "high"?])");
  EXPECT_EQ(one(R"({"type":"string","enum":["1","2"]})", {"2"}), R"({"p":"2"})");
  EXPECT_EQ(one(R"({"const":"only"})", {"only"}), R"({"p":"only"})");
  EXPECT_EQ(one(R"({"oneOf":[{"const":"a"},{"const":"b"}]})", {"b"}), R"({"p":"b"})");
}

TEST(ParamParse, ListsRepeatTheFlagOrAreJson) {
  const std::string strings = R"({"type":"array","items":{"type":"string"}})";
  EXPECT_EQ(one(strings, {"a"}), R"({"p":["a"]})");
  EXPECT_EQ(one(strings, {"a", "b,c"}), R"({"p":["a","b,c"]})");
  EXPECT_EQ(one(strings, {R"(["a", "b"])"}), R"({"p":["a","b"]})");
  EXPECT_EQ(one(strings, {"[]"}), R"({"p":[]})");
  EXPECT_EQ(one(strings, {"[x]"}), R"({"p":["[x]"]})");
  const std::string integers = R"({"type":"array","items":{"type":"integer"}})";
  EXPECT_EQ(one(integers, {"1", "2"}), R"({"p":[1,2]})");
  EXPECT_EQ(one(integers, {"1", "b"}), R"(error: parameter "p": expected an integer, got "b")");
  EXPECT_EQ(one(R"({"type":"array"})", {"1", "b"}), R"({"p":[1,"b"]})");
  EXPECT_EQ(one(R"({"type":"string"})", {"a", "b"}),
            R"(error: parameter "p" is given 2 times, but is no list [give it once])");
}

TEST(ParamParse, UnionsTakeTheFirstThatFits) {
  EXPECT_EQ(one(R"({"type":["string","null"]})", {"null"}), R"({"p":null})");
  EXPECT_EQ(one(R"({"type":["string","null"]})", {"x"}), R"({"p":"x"})");
  EXPECT_EQ(one(R"({"anyOf":[{"type":"integer"},{"type":"string"}]})", {"5"}), R"({"p":5})");
  EXPECT_EQ(one(R"({"anyOf":[{"type":"integer"},{"type":"string"}]})", {"5x"}), R"({"p":"5x"})");
  EXPECT_EQ(one(R"({"anyOf":[{"type":"integer"},{"type":"null"}]})", {"x"}),
            R"(error: parameter "p": expected an integer, or null, got "x")");
  const std::string text_or_list =
      R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]})";
  EXPECT_EQ(one(text_or_list, {"a"}), R"({"p":"a"})");
  EXPECT_EQ(one(text_or_list, {"a", "b"}), R"({"p":["a","b"]})");
  EXPECT_EQ(one(text_or_list, {R"(["a"])"}), R"({"p":["a"]})");
}

TEST(ParamParse, ObjectsAreJsonOrDottedNames) {
  const std::string schema =
      R"({"type":"object","properties":{"n":{"type":"integer"},)"
      R"("deep":{"type":"object","properties":{"flag":{"type":"boolean"}}}}})";
  EXPECT_EQ(one(schema, {R"({"n": 1})"}), R"({"p":{"n":1}})");
  const auto whole = R"({"properties":{"p":)" + schema + "}}";
  EXPECT_EQ(build(whole, {"p.n=1", "p.deep.flag=true"}), R"({"p":{"n":1,"deep":{"flag":true}}})");
  EXPECT_EQ(build(whole, {"p.n=x"}), R"(error: parameter "p.n": expected an integer, got "x")");
  EXPECT_EQ(build(whole, {"p.m=1"}),
            R"(error: there is no parameter "m" in "p" [there are: n, deep])");
  EXPECT_EQ(build(whole, {"p.dep=1"}),
            R"(error: there is no parameter "dep" in "p" [did you mean "deep"?])");
  EXPECT_EQ(build(whole, {"p={}", "p.n=1"}),
            R"(error: parameter "p" is given whole and by its members [use one of the two forms])");
  EXPECT_EQ(build(whole, {"p=x"}),
            R"(error: parameter "p": expected an object as JSON, got "x" )"
            R"([write it as JSON, or its members as --param p.<member>=<value>])");
}

TEST(ParamParse, ANameWithADotWinsOverNesting) {
  EXPECT_EQ(build(R"({"properties":{"a.b":{"type":"integer"},"a":{"type":"object"}}})",
                  {"a.b=1", "a.c=2"}),
            R"({"a.b":1,"a":{"c":2}})");
}

TEST(ParamParse, UnknownTypesGuess) {
  EXPECT_EQ(one("{}", {"5"}), R"({"p":5})");
  EXPECT_EQ(one("{}", {"true"}), R"({"p":true})");
  EXPECT_EQ(one("{}", {"{\"a\": [1]}"}), R"({"p":{"a":[1]}})");
  EXPECT_EQ(one("{}", {R"("5")"}), R"({"p":"5"})");
  EXPECT_EQ(one("{}", {"hello"}), R"({"p":"hello"})");
  EXPECT_EQ(one("{}", {"1", "x"}), R"({"p":[1,"x"]})");
}

TEST(ParamParse, AToolWithoutDeclaredParametersTakesAny) {
  EXPECT_EQ(build("{}", {"a=1", "b.c=x", "b.d=true"}), R"({"a":1,"b":{"c":"x","d":true}})");
  EXPECT_EQ(build(R"({"type":"object"})", {"a=1"}), R"({"a":1})");
  EXPECT_EQ(build(R"({"type":"object","additionalProperties":false})", {"a=1"}),
            R"(error: there is no parameter "a" [it takes none])");
}

TEST(ParamParse, UndeclaredNamesAreRefusedUnlessTheSchemaInvitesThem) {
  const std::string declared = R"("properties":{"expression":{"type":"string"}})";
  EXPECT_EQ(build("{" + declared + "}", {"exression=1"}),
            R"(error: there is no parameter "exression" [did you mean "expression"?])");
  EXPECT_EQ(build("{" + declared + "}", {"zzz=1"}),
            R"(error: there is no parameter "zzz" [there are: expression])");
  EXPECT_EQ(build("{" + declared + R"(,"additionalProperties":true})", {"zzz=1"}), R"({"zzz":1})");
  EXPECT_EQ(build("{" + declared + R"(,"additionalProperties":{"type":"string"}})", {"z.z=1"}),
            R"({"z.z":"1"})");
}

TEST(ParamParse, ReferencesAndBranchesAreRead) {
  EXPECT_EQ(build(R"({"$defs":{"n":{"type":"integer"}},"properties":{"p":{"$ref":"#/$defs/n"}}})",
                  {"p=5"}),
            R"({"p":5})");
  EXPECT_EQ(build(R"({"allOf":[{"properties":{"a":{"type":"string"}}},)"
                  R"({"properties":{"b":{"type":"integer"}}}]})",
                  {"a=1", "b=2"}),
            R"({"a":"1","b":2})");
  EXPECT_EQ(one(R"({"allOf":[{"type":"string"},{"minLength":1}]})", {"5"}), R"({"p":"5"})");
  // A branch that says nothing of the type leaves every type open.
  EXPECT_EQ(one(R"({"anyOf":[{"type":"string"},{"minimum":1}]})", {"5"}), R"({"p":5})");
}

TEST(ParamParse, ACircularSchemaEnds) {
  EXPECT_EQ(build(R"({"$ref":"#"})", {"a=1"}), R"({"a":1})");
  EXPECT_EQ(build(R"({"properties":{"p":{"$ref":"#/properties/p"}}})", {"p=1"}), R"({"p":1})");
}

TEST(ParamParse, WantsNameAndValue) {
  EXPECT_EQ(build("{}", {"a"}),
            R"(error: --param wants name=value, got "a" [write for example --param name=text])");
  EXPECT_EQ(build("{}", {"=a"}),
            R"(error: --param wants name=value, got "=a" [write for example --param name=text])");
}

TEST(ParamParse, MembersComeInTheOrderOfTheFlags) {
  EXPECT_EQ(build(R"({"properties":{"a":{"type":"string"},"b":{"type":"array"}}})",
                  {"b=1", "a=x", "b=2"}),
            R"({"b":[1,2],"a":"x"})");
}

}  // namespace
}  // namespace collet::app
