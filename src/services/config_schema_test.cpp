#include "services/config_schema.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::IsEmpty;

ConfigSchema schema_of(std::string_view schema) {
  return ConfigSchema(R"({"id":"acme.x","instanceConfigSchema":)" + std::string(schema) + "}");
}

/// "<pointer>: <message>" of each violation.
std::vector<std::string> judge(std::string_view schema, std::string_view config) {
  std::vector<std::string> found;
  const auto document = *json::Document::parse(std::string(config));
  for (const auto& violation : schema_of(schema).judge(document.root())) {
    found.push_back(violation.instance_pointer + ": " + violation.message);
  }
  return found;
}

/// "fine", or the error's message.
std::string check(std::string_view schema, std::string_view config) {
  const auto document = *json::Document::parse(std::string(config));
  const auto checked = schema_of(schema).check(document.root());
  if (checked) return "fine";
  EXPECT_EQ(checked.error().code, ErrorCode::invalid_request);
  EXPECT_FALSE(checked.error().violations.empty());
  return checked.error().message;
}

std::string rewritten(std::string_view schema) {
  return with_secret_references(json::Document::parse(std::string(schema))->root());
}

constexpr std::string_view k_wrong =
    "Configuration does not match the plugin's instanceConfigSchema";
constexpr std::string_view k_uuid = "0b5f3a52-9c1e-4f7a-8a51-0123456789ab";
constexpr std::string_view k_token =
    R"({"properties":{"token":{"type":"string","format":"secret-ref","minLength":2}},)"
    R"("required":["token"]})";

TEST(ConfigSchema, WithoutASchemaEverythingFits) {
  for (const auto* manifest : {"{}", R"({"instanceConfigSchema":{}})"}) {
    const ConfigSchema schema((std::string(manifest)));
    EXPECT_EQ(schema.problem(), "");
    EXPECT_THAT(schema.judge(json::Document::parse(R"({"a":1})")->root()), IsEmpty());
  }
}

TEST(ConfigSchema, SaysWhatDoesNotFit) {
  constexpr auto schema = R"({"type":"object","properties":{"n":{"type":"integer","maximum":5},)"
                          R"("mail":{"type":"string","format":"email"}},)"
                          R"("required":["n"],"additionalProperties":false})";
  EXPECT_THAT(judge(schema, R"({"n":1,"mail":"a@example.com"})"), IsEmpty());
  EXPECT_THAT(judge(schema, "{}"), ElementsAre(R"(: missing required property "n" (integer))"));
  EXPECT_THAT(judge(schema, R"({"n":6,"mail":"x","b":1})"),
              ElementsAre("/n: /n must be at most 5; got 6",
                          "/mail: /mail must be an email address (for example ada@example.com); "
                          "got \"x\"",
                          R"(: unknown property "b"; known are "n" and "mail")"));
  EXPECT_EQ(check(schema, "{}"), k_wrong);
  EXPECT_EQ(check(schema, R"({"n":1})"), "fine");
}

TEST(ConfigSchema, IsDraft07UnlessItSaysOtherwise) {
  constexpr auto tuple = R"({"properties":{"a":{"items":[{"type":"string"}]}}})";
  EXPECT_EQ(check(tuple, R"({"a":[1]})"), k_wrong);
  constexpr auto newer =
      R"({"$schema":"https://json-schema.org/draft/2020-12/schema",)"
      R"("properties":{"a":{"prefixItems":[{"type":"string"}]},"s":{"format":"secret-ref"}}})";
  EXPECT_EQ(check(newer, R"({"a":[1]})"), k_wrong);
  EXPECT_EQ(check(newer, R"({"s":"x"})").substr(0, 20), "Plugin secret value ");
}

TEST(ConfigSchema, UnknownFormatsAndPasswordsAreNotJudged) {
  constexpr auto schema =
      R"({"properties":{"p":{"type":"string","format":"password"},"x":{"format":"x"}}})";
  EXPECT_EQ(check(schema, R"({"p":"hunter2","x":"y"})"), "fine");
}

TEST(ConfigSchema, AnInvalidSchemaIsAProblemAndLetsEverythingPass) {
  const auto schema = schema_of(R"({"properties":{"a":{"type":"text"}}})");
  EXPECT_EQ(schema.problem().substr(0, 62),
            "instanceConfigSchema is invalid at /properties/a/type: type mu");
  EXPECT_THAT(schema.judge(json::Document::parse(R"({"a":1})")->root()), IsEmpty());
}

TEST(ConfigSchema, AReferenceToASecretFitsWhereASchemaAsksForItsString) {
  EXPECT_EQ(check(k_token, R"({"token":{"type":"secret_ref","secretId":"x"}})"), "fine");
  EXPECT_EQ(check(k_token, R"({"token":{"type":"secret_ref","secretId":"x","version":"latest"}})"),
            "fine");
  EXPECT_EQ(check(k_token, R"({"token":{"type":"secret_ref","secretId":"x","version":1}})"),
            "fine");
}

TEST(ConfigSchema, ASecretItselfIsRefusedAndNotRepeated) {
  const auto text = [](std::string_view value) {
    return check(k_token, R"({"token":)" + std::string(value) + "}");
  };
  EXPECT_EQ(text("\"" + std::string(k_uuid) + "\""),
            R"(Plugin secret ref at token must use { type: "secret_ref", secretId, version? })");
  for (const auto* secret : {R"("sk-hunter2")", "12", "true", R"(["sk-hunter2"])", R"(" ")"}) {
    EXPECT_EQ(text(secret),
              R"(Plugin secret value at token must use { type: "secret_ref", secretId, version? })")
        << secret;
    EXPECT_EQ(judge(k_token, R"({"token":)" + std::string(secret) + "}").size(), 1u);
  }
}

TEST(ConfigSchema, AReferenceHasNoRoomForASecret) {
  for (const auto* wrong :
       {R"({"type":"secret_ref"})", R"({"type":"secret_ref","secretId":""})",
        R"({"type":"plain","value":"sk-hunter2"})", R"({"apiKey":"sk-hunter2"})",
        R"({"type":"secret_ref","secretId":"x","value":"sk-hunter2"})",
        R"({"type":"secret_ref","secretId":"x","version":0})"}) {
    const auto config = R"({"token":)" + std::string(wrong) + "}";
    EXPECT_EQ(check(k_token, config), k_wrong) << wrong;
    for (const auto& violation : judge(k_token, config)) {
      EXPECT_EQ(violation.find("hunter2"), std::string::npos) << violation;
    }
  }
}

TEST(ConfigSchema, NothingIsAReferenceThatIsNotGivenYetWhereTheRestOfTheSchemaLetsIt) {
  constexpr auto lenient =
      R"({"properties":{"token":{"type":["string","null"],"format":"secret-ref"}}})";
  EXPECT_EQ(check(lenient, R"({"token":""})"), "fine");
  EXPECT_EQ(check(lenient, R"({"token":null})"), "fine");
  EXPECT_EQ(check(k_token, R"({"token":""})"), k_wrong) << "minLength is 2";
  EXPECT_EQ(check(k_token, R"({"token":null})"), k_wrong);
}

TEST(ConfigSchema, FindsSecretsWhereverTheSchemaLeads) {
  constexpr auto schema = R"({"definitions":{"s":{"format":"secret-ref"}},)"
                          R"("properties":{"list":{"items":{"$ref":"#/definitions/s"}},)"
                          R"("either":{"anyOf":[{"type":"null"},{"$ref":"#/definitions/s"}]},)"
                          R"("a/b":{"properties":{"c.d":{"$ref":"#/definitions/s"}}}},)"
                          R"("patternProperties":{"_key$":{"$ref":"#/definitions/s"}}})";
  EXPECT_EQ(check(schema, R"({"list":[null,{"type":"secret_ref","secretId":"x"}]})"), "fine");
  EXPECT_EQ(check(schema, R"({"list":[null,"x"]})"),
            R"(Plugin secret value at list.1 must use { type: "secret_ref", secretId, version? })");
  EXPECT_EQ(check(schema, R"({"my_key":"x"})"),
            R"(Plugin secret value at my_key must use { type: "secret_ref", secretId, version? })");
  EXPECT_EQ(
      check(schema, R"({"a/b":{"c.d":"x"}})"),
      R"(Plugin secret value at a/b.c.d must use { type: "secret_ref", secretId, version? })");
  EXPECT_NE(check(schema, R"({"either":"x"})"), "fine");
}

TEST(ConfigSchema, WhatIsWrongBesideASecretIsToldWithIt) {
  constexpr auto schema = R"({"properties":{"n":{"type":"integer"},"s":{"format":"secret-ref"}}})";
  EXPECT_EQ(check(schema, R"({"n":"x","s":"y"})"), k_wrong);
  EXPECT_THAT(judge(schema, R"({"n":"x","s":"y"})"),
              ElementsAre(R"(/n: /n must be an integer; got "x" (a string))",
                          R"(/s: /s must use { type: "secret_ref", secretId, version? })"));
}

TEST(ConfigSchema, OnlySchemasThatMeanSecretsAreChanged) {
  for (const auto* same :
       {"true", R"({"type":"string","format":"email","allOf":[{"minLength":1}]})",
        R"({"default":{"format":"secret-ref"},"enum":[{"format":"secret-ref"}]})",
        R"({"properties":{"format":{"type":"string"},"default":{"type":"string"}}})",
        R"({"required":["format"],"items":[{},true],"dependencies":{"a":["b"]}})"}) {
    EXPECT_EQ(rewritten(same), same);
  }
  EXPECT_EQ(
      rewritten(R"({"properties":{"default":{"type":["string","null"],"format":"secret-ref"}}})"),
      R"({"properties":{"default":{"type":["string","null","object"],"format":"secret-ref",)"
      R"("allOf":[{"$ref":"urn:collet:secret-reference"}]}}})");
  EXPECT_EQ(rewritten(R"({"type":"object","allOf":[true],"format":"secret-ref"})"),
            R"({"type":["object"],"allOf":[true,{"$ref":"urn:collet:secret-reference"}],)"
            R"("format":"secret-ref"})");
}

}  // namespace
}  // namespace collet::services
