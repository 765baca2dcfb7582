#include "tool/tool_schemas.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/logger.hpp"

namespace collet::tool {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto k_number_n =
    R"({"type":"object","properties":{"n":{"type":"integer","default":7}},"required":["n"]})";
constexpr auto k_invalid = R"({"properties":{"n":{"minLength":-1}}})";
constexpr auto k_problem =
    "parametersSchema is invalid at /properties/n/minLength: minLength must be a non-negative "
    "integer; got -1";

RegisteredTool tool_with(ToolDeclaration declared, PluginSettings plugin = {}) {
  auto compiled = compile_schemas(declared, plugin, SchemaDraft::draft7);
  return {.namespaced_name = "acme:a",
          .settings = {},
          .plugin_settings = {},
          .disabled = compiled.validation == Validation::enforce ? compiled.problem : "",
          .schemas = compiled.schemas};
}

RegisteredTool tool_with_parameters(std::string schema, PluginSettings plugin = {}) {
  return tool_with({.parameters_schema = std::move(schema), .settings = {}}, std::move(plugin));
}

RegisteredTool tool_with_output(std::string schema, Validation validation = Validation::enforce) {
  return tool_with({.parameters_schema = "{}",
                    .settings = {.output_schema = std::move(schema), .validation = validation}});
}

// --- compile ---

TEST(CompileSchemas, WhatAcceptsEverythingCostsNothing) {
  for (const auto* schema : {"{}", " { } ", "true"}) {
    const auto compiled = compile_schemas(
        {.parameters_schema = schema, .settings = {.output_schema = schema}}, {}, {});
    EXPECT_EQ(compiled.schemas, nullptr) << schema;
    EXPECT_EQ(compiled.problem, "") << schema;
  }
}

TEST(CompileSchemas, SaysWhichSchemaIsInvalidWhereAndHow) {
  const auto problem = [](std::string parameters, std::optional<std::string> output) {
    return compile_schemas({.parameters_schema = std::move(parameters),
                            .settings = {.output_schema = std::move(output)}},
                           {}, SchemaDraft::draft7)
        .problem;
  };
  EXPECT_EQ(problem(k_invalid, {}), k_problem);
  EXPECT_THAT(problem("{}", k_invalid),
              testing::StartsWith("outputSchema is invalid at /properties/n/minLength: "));
  EXPECT_THAT(problem("7", {}), testing::StartsWith("parametersSchema is invalid: "));
  EXPECT_THAT(problem("{", {}),
              testing::StartsWith("parametersSchema is no JSON: malformed JSON at byte "));
  EXPECT_EQ(problem(k_invalid, k_invalid),
            std::string(k_problem) +
                "; outputSchema is invalid at /properties/n/minLength: minLength must be a "
                "non-negative integer; got -1");
}

TEST(CompileSchemas, TheDraftIsTheSourcesUnlessTheSchemaNamesOne) {
  const auto draft = [](std::string schema, SchemaDraft given) {
    return compile_schemas({.parameters_schema = std::move(schema), .settings = {}}, {}, given)
        .schemas->parameters->draft();
  };
  EXPECT_EQ(draft(R"({"type":"object"})", SchemaDraft::draft7), SchemaDraft::draft7);
  EXPECT_EQ(draft(R"({"type":"object"})", SchemaDraft::draft2020_12), SchemaDraft::draft2020_12);
  EXPECT_EQ(draft(R"({"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object"})",
                  SchemaDraft::draft7),
            SchemaDraft::draft2020_12);
}

TEST(CompileSchemas, TheToolsModeWinsOverItsPlugins) {
  const auto mode = [](std::optional<Validation> tool, std::optional<Validation> plugin) {
    return compile_schemas({.parameters_schema = k_number_n, .settings = {.validation = tool}},
                           {.validation = plugin}, SchemaDraft::draft7)
        .validation;
  };
  EXPECT_EQ(mode({}, {}), Validation::enforce);
  EXPECT_EQ(mode({}, Validation::warn), Validation::warn);
  EXPECT_EQ(mode(Validation::enforce, Validation::off), Validation::enforce);
  EXPECT_EQ(mode(Validation::off, Validation::warn), Validation::off);
}

TEST(CompileSchemas, OffReadsNoSchema) {
  for (const auto* schema : {k_number_n, k_invalid, "no JSON at all"}) {
    const auto compiled = compile_schemas({.parameters_schema = schema, .settings = {}},
                                          {.validation = Validation::off}, SchemaDraft::draft7);
    EXPECT_EQ(compiled.schemas, nullptr);
    EXPECT_EQ(compiled.problem, "");
  }
}

// --- parameters ---

TEST(CheckParameters, WhatFitsPassesAsItIs) {
  const auto tool = tool_with_parameters(k_number_n);
  const auto passed = check_parameters(tool, *Json::parse(R"({"n": 12, "s": "\ud800"})"), nullptr);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->text(), R"({"n":12,"s":"\ud800"})");
}

TEST(CheckParameters, WhatDoesNotFitIsRefusedWithEveryViolation) {
  const auto tool = tool_with_parameters(k_number_n);
  const auto refused = check_parameters(tool, *Json::parse(R"({"n":"x"})"), nullptr);
  ASSERT_FALSE(refused);
  const auto& error = refused.error();
  EXPECT_EQ(error.code, ErrorCode::invalid_parameters);
  EXPECT_EQ(
      error.message,
      R"(parameters of acme:a do not fit its schema: /n must be an integer; got "x" (a string))");
  EXPECT_EQ(error.remedy,
            "mend the parameters and call again; `collet tool show acme:a` lists them");
  ASSERT_EQ(error.violations.size(), 1u);
  EXPECT_EQ(error.violations[0].instance_pointer, "/n");
  EXPECT_EQ(error.violations[0].schema_pointer, "/properties/n/type");
  EXPECT_EQ(error.violations[0].keyword, "type");
}

TEST(CheckParameters, TheHintCanBeTypedWhateverTheToolIsCalled) {
  auto tool = tool_with_parameters(R"({"required":["n"]})");
  tool.namespaced_name = "acme:it's new";
  EXPECT_EQ(
      check_parameters(tool, Json(), nullptr).error().remedy,
      R"(mend the parameters and call again; `collet tool show 'acme:it'\''s new'` lists them)");
}

TEST(CheckParameters, WarnSaysSoAndPassesThemOn) {
  const auto tool = tool_with_parameters(k_number_n, {.validation = Validation::warn});
  RecordingLogger log;
  const auto passed = check_parameters(tool, *Json::parse(R"({"n":"x"})"), &log);
  ASSERT_TRUE(passed);
  EXPECT_EQ(passed->text(), R"({"n":"x"})");
  EXPECT_THAT(log.alarms(),
              ElementsAre("warn parameters do not fit their schema, passing them on tool=acme:a "
                          "violations=\"/n must be an integer; got \\\"x\\\" (a string)\""));
  EXPECT_TRUE(check_parameters(tool, *Json::parse(R"({"n":1})"), &log));
  EXPECT_EQ(log.alarms().size(), 1u);
  EXPECT_TRUE(check_parameters(tool, *Json::parse(R"({"n":"x"})"), nullptr));
}

TEST(CheckParameters, OffLooksAtNothing) {
  const auto tool =
      tool_with_parameters(k_number_n, {.validation = Validation::off, .coerce = true});
  RecordingLogger log;
  EXPECT_EQ(check_parameters(tool, *Json::parse(R"({"n":"5"})"), &log)->text(), R"({"n":"5"})");
  EXPECT_THAT(log.alarms(), IsEmpty());
}

TEST(CheckParameters, AnInvalidSchemaDisablesItsToolOnly) {
  const auto refused =
      check_parameters(tool_with_parameters(k_invalid), *Json::parse("{}"), nullptr);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::tool_disabled);
  EXPECT_EQ(refused.error().message, R"(tool "acme:a" is disabled: its )" + std::string(k_problem));
  EXPECT_EQ(refused.error().remedy,
            "mend the schema and restart the plugin; until then the operator may let calls pass "
            "with validation = \"warn\" in collet.toml");
  for (const auto lenient : {Validation::warn, Validation::off}) {
    EXPECT_TRUE(check_parameters(tool_with_parameters(k_invalid, {.validation = lenient}),
                                 *Json::parse("[]"), nullptr));
  }
}

TEST(CheckParameters, DefaultsAndCoercionOnlyWhereAskedFor) {
  const auto passed = [](PluginSettings settings, std::string given) {
    const auto tool = tool_with_parameters(k_number_n, std::move(settings));
    const auto outcome = check_parameters(tool, *Json::parse(std::move(given)), nullptr);
    return outcome ? outcome->text() : std::string(describe(outcome.error().code).name);
  };
  EXPECT_EQ(passed({}, "{}"), "invalid_parameters");
  EXPECT_EQ(passed({}, R"({"n":"5"})"), "invalid_parameters");
  EXPECT_EQ(passed({.fill_defaults = true}, "{}"), R"({"n":7})");
  EXPECT_EQ(passed({.fill_defaults = true}, R"({"n":"5"})"), "invalid_parameters");
  EXPECT_EQ(passed({.coerce = true}, "{}"), "invalid_parameters");
  EXPECT_EQ(passed({.coerce = true}, R"({"n":"5"})"), R"({"n":5})");
  EXPECT_EQ(passed({.coerce = true}, R"({"n":"five"})"), "invalid_parameters");
  EXPECT_EQ(passed({.fill_defaults = true, .coerce = true}, R"({"m":1.0})"), R"({"m":1.0,"n":7})");
}

// --- results ---

TEST(CheckResult, DataMustFit) {
  const auto tool = tool_with_output(R"({"properties":{"n":{"type":"integer"}}})");
  EXPECT_TRUE(check_result(tool, {R"({"data":{"n":1}})"}, nullptr));
  const auto refused = check_result(tool, {R"({"content":"1","data":{"n":"x"}})"}, nullptr);
  ASSERT_FALSE(refused);
  const auto& error = refused.error();
  EXPECT_EQ(error.code, ErrorCode::invalid_result);
  EXPECT_EQ(error.message,
            "the result of acme:a does not fit its outputSchema: "
            "/data/n must be an integer; got \"x\" (a string)");
  EXPECT_EQ(error.remedy,
            "the plugin's author can mend it; until then the operator may let results pass with "
            "validation = \"warn\" in collet.toml");
  ASSERT_EQ(error.violations.size(), 1u);
  EXPECT_EQ(error.violations[0].instance_pointer, "/data/n");
  EXPECT_EQ(error.violations[0].schema_pointer, "/properties/n/type");
}

TEST(CheckResult, SentencesSayWhereInTheResult) {
  const auto sentence = [](std::string schema, std::string data) {
    const auto refused =
        check_result(tool_with_output(std::move(schema)), {R"({"data":)" + data + "}"}, nullptr);
    EXPECT_EQ(refused.error().violations.size(), 1u);
    EXPECT_TRUE(refused.error().violations[0].instance_pointer.starts_with("/data"));
    return refused.error().violations[0].message;
  };
  EXPECT_EQ(sentence(R"({"type":"object"})", "7"), "/data must be an object; got 7 (a number)");
  EXPECT_EQ(sentence(R"({"required":["n"]})", "{}"), R"(/data: missing required property "n")");
  EXPECT_EQ(sentence(R"({"properties":{"a":{"required":["n"]}}})", R"({"a":{}})"),
            R"(/data/a: missing required property "n")");
  EXPECT_EQ(sentence(R"({"items":{"type":"string"}})", R"(["x",null])"),
            "/data/1 must be a string; got null");
  constexpr auto* union_of_two =
      R"({"oneOf":[{"properties":{"x":{"type":"integer"},"y":{}}},{"required":["z"]}]})";
  EXPECT_EQ(
      sentence(union_of_two, R"({"x":"q","y":1})"),
      "/data fits none of the 2 alternatives; closest is the 1st: /data/x must be an integer; "
      "got \"q\" (a string)");
}

TEST(CheckResult, AResultWithoutDataDoesNotFit) {
  const auto tool = tool_with_output(R"({"type":"object"})");
  for (const auto* result : {R"({"content":"x"})", "{}", "null", "[1]", R"("text")"}) {
    const auto refused = check_result(tool, {result}, nullptr);
    ASSERT_FALSE(refused) << result;
    ASSERT_EQ(refused.error().violations.size(), 1u);
    EXPECT_EQ(refused.error().violations[0].instance_pointer, "");
    EXPECT_EQ(refused.error().violations[0].keyword, "required");
    EXPECT_EQ(refused.error().message,
              "the result of acme:a does not fit its outputSchema: the result has no data, which "
              "outputSchema describes");
  }
}

TEST(CheckResult, AResultThatSaysErrorIsNotHeldAgainstIt) {
  const auto tool = tool_with_output(R"({"type":"object"})");
  EXPECT_TRUE(check_result(tool, {R"({"error":"no"})"}, nullptr));
  EXPECT_TRUE(check_result(tool, {R"({"error":{"message":"no"},"data":7})"}, nullptr));
  EXPECT_FALSE(check_result(tool, {R"({"error":null,"data":7})"}, nullptr)) << "that is none";
  EXPECT_TRUE(check_result(tool, {R"({"error":null,"data":{}})"}, nullptr));
}

TEST(CheckResult, WarnSaysSoAndPassesItOn) {
  const auto tool =
      tool_with_output(R"({"properties":{"n":{"type":"integer"}}})", Validation::warn);
  RecordingLogger log;
  EXPECT_TRUE(check_result(tool, {R"({"data":{"n":"x"}})"}, &log));
  EXPECT_THAT(
      log.alarms(),
      ElementsAre(
          "warn result does not fit its schema, passing it on "
          "tool=acme:a violations=\"/data/n must be an integer; got \\\"x\\\" (a string)\""));
}

TEST(CheckResult, WithoutAnOutputSchemaNothingIsRead) {
  for (const auto& tool : {tool_with_parameters(k_number_n),
                           tool_with_output(R"({"type":"object"})", Validation::off)}) {
    EXPECT_FALSE(judges_results(tool));
    EXPECT_TRUE(check_result(tool, {"no JSON at all"}, nullptr));
  }
}

TEST(CheckResult, WhatIsNoJsonIsNoResult) {
  for (const auto mode : {Validation::enforce, Validation::warn}) {
    const auto refused =
        check_result(tool_with_output(R"({"type":"object"})", mode), {"{\"data\":"}, nullptr);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_result);
    EXPECT_THAT(refused.error().message, testing::StartsWith("the result of acme:a is no JSON: "));
  }
}

// --- texts ---

TEST(Summary, TellsTheFirstThree) {
  std::vector<Violation> violations;
  const auto add = [&] {
    violations.push_back({"", "", "", "v" + std::to_string(violations.size())});
  };
  EXPECT_EQ(summary(violations), "");
  add();
  EXPECT_EQ(summary(violations), "v0");
  add();
  add();
  EXPECT_EQ(summary(violations), "v0; v1; v2");
  add();
  EXPECT_EQ(summary(violations), "v0; v1; v2; and 1 more");
}

}  // namespace
}  // namespace collet::tool
