// The limits of SchemaLimits, and those that are constants, each on both sides. Others have their
// tests beside their own files: AdaptLimits (adapt_test), PatternLimits and the depth of groups
// (pattern/), ExplainOptions and the size of outputs (explain/), text that is decoded in place
// (value/text_test).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "collet/schema.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/schema_test_support.hpp"

namespace collet {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

bool fits(const Schema& schema, const std::string& instance) {
  const Json value = json_of(instance);
  const bool verdict = schema.accepts(value);
  EXPECT_EQ(schema.evaluate(value).empty(), verdict) << instance;
  return verdict;
}

// ---- Of a schema

TEST(SchemaLimits, BytesOfTheText) {
  const std::string text = R"({"title":")" + std::string(50, 'x') + "\"}";
  const SchemaLimits exact{.bytes_max = text.size()};
  compiled(text, {.limits = exact});
  const SchemaLimits less{.bytes_max = text.size() - 1};
  EXPECT_EQ(refusal(text, {.limits = less}).message, "the schema has 62 bytes; the limit is 61");
}

TEST(SchemaLimits, BytesOfADocumentThatIsReferredTo) {
  const SchemaResolver resolver = [](std::string_view) {
    return std::optional(std::string(62, ' ') + "{}");
  };
  compiled(R"({"$ref":"http://x/"})", {.resolver = resolver, .limits = {.bytes_max = 64}});
  EXPECT_EQ(
      refusal(R"({"$ref":"http://x/"})", {.resolver = resolver, .limits = {.bytes_max = 63}})
          .message,
      R"("http://x/" cannot be resolved: "http://x/" is not usable: the schema has 64 bytes; )"
      "the limit is 63");
}

TEST(SchemaLimits, BytesOfAllDocumentsThatAreReferredTo) {
  const SchemaResolver resolver = [](std::string_view) {
    return std::optional(std::string(98, ' ') + "{}");
  };
  const std::string schema =
      R"({"type":"integer","allOf":[{"$ref":"http://x/a"},{"$ref":"http://x/b"},{"$ref":"http://x/a#"}]})";
  const Schema two =
      compiled(schema, {.resolver = resolver, .limits = {.resolved_bytes_max = 200}});
  EXPECT_FALSE(fits(two, "null")) << "explaining reads them again, within the same limit";
  const SchemaError error =
      refusal(schema, {.resolver = resolver, .limits = {.resolved_bytes_max = 199}});
  EXPECT_EQ(error.pointer, "/allOf/1/$ref");
  EXPECT_EQ(error.message,
            R"("http://x/b" cannot be resolved: the documents that the schema refers to have more )"
            "than 199 bytes together");
}

TEST(SchemaLimits, NestingOfTheText) {
  const auto nested = [](int levels) {
    std::string text = "true";
    for (int i = 0; i < levels; ++i) text = "{\"not\":" + text + "}";
    return text;
  };
  compiled(nested(500));
  EXPECT_THAT(refusal(nested(501)).message, HasSubstr("nested deeper than depth_max = 500"));
}

TEST(SchemaLimits, Subschemas) {
  const std::string three = R"({"items":{"minimum":1},"contains":{"minimum":2}})";
  compiled(three, {.limits = {.subschemas_max = 3}});
  EXPECT_EQ(refusal(three, {.limits = {.subschemas_max = 2}}).message,
            "the schema has more than 2 subschemas");
}

TEST(SchemaLimits, Documents) {
  const SchemaResolver endless = [](std::string_view uri) -> std::optional<std::string> {
    return R"({"items":{"$ref":")" + std::string(uri) + "x\"}}";
  };
  EXPECT_THAT(
      refusal(R"({"$ref":"http://x/"})", {.resolver = endless, .limits = {.documents_max = 20}})
          .message,
      HasSubstr("more than 20 documents"));
  const SchemaResolver one = [](std::string_view) { return std::optional<std::string>("true"); };
  compiled(R"({"$ref":"http://x/"})", {.resolver = one, .limits = {.documents_max = 2}});
  refusal(R"({"$ref":"http://x/"})", {.resolver = one, .limits = {.documents_max = 1}});
}

TEST(SchemaLimits, MetaschemasThatAreNamed) {
  // http://x/1 is described by http://x/11, and so on: as many as the URI may grow.
  const auto metaschemas = [](std::size_t count) -> SchemaResolver {
    return [longest = std::string_view("http://x/").size() +
                      count](std::string_view uri) -> std::optional<std::string> {
      const bool is_last = uri.size() == longest;
      return is_last ? "{}" : R"({"$schema":")" + std::string(uri) + "1\"}";
    };
  };
  const std::string schema = R"({"$schema":"http://x/1"})";
  compiled(schema, {.resolver = metaschemas(4), .limits = {.documents_max = 4}});
  EXPECT_EQ(refusal(schema, {.resolver = metaschemas(5), .limits = {.documents_max = 4}}).message,
            "the schema names more than 4 metaschemas");
}

TEST(SchemaLimits, BytesOfAUri) {
  const auto with_id = [](std::size_t bytes) {
    return "{\"$defs\":{\"a\":{\"$id\":\"http://x/" + std::string(bytes - 9, 'a') + "\"}}}";
  };
  compiled(with_id(4096));
  EXPECT_EQ(refusal(with_id(4097)).message, "the URI has 4097 bytes; the limit is 4096");
  EXPECT_THAT(refusal("{\"$ref\":\"http://x/" + std::string(5000, 'a') + "\"}").message,
              HasSubstr("the URI has 5009 bytes; the limit is 4096"));
}

TEST(SchemaLimits, Patterns) {
  const std::string two = R"({"pattern":"a","items":{"pattern":"b"},"contains":{"pattern":"a"}})";
  compiled(two, {.limits = {.patterns_max = 2}});
  EXPECT_THAT(refusal(two, {.limits = {.patterns_max = 1}}).message,
              HasSubstr("there are more than 1"));
}

TEST(SchemaLimits, BytesOfAPattern) {
  const auto pattern = [](std::size_t bytes) {
    return "{\"pattern\":\"" + std::string(bytes, 'a') + "\"}";
  };
  compiled(pattern(16'384));
  const SchemaError error = refusal(pattern(16'385));
  EXPECT_EQ(error.pointer, "/pattern");
  EXPECT_THAT(error.message, HasSubstr("cannot be used: longer than 16384 bytes"));
}

TEST(SchemaLimits, MemoryOfAllPatterns) {
  schema::Patterns patterns;
  std::size_t bytes = 0;
  for (int number = 0;; ++number) {
    // Nearly as large as PCRE2 makes one.
    const std::string source = "(?=x)[a-z]{60000}" + std::to_string(number);
    const auto added = patterns.add(source, 1'000'000);
    if (!added) {
      EXPECT_EQ(added.error().message, "all together take over 16 MiB");
      EXPECT_GT(bytes + schema::Pattern::compile(source)->memory(), schema::Patterns::bytes_max);
      break;
    }
    bytes += patterns[*added].memory();
  }
  EXPECT_LE(bytes, schema::Patterns::bytes_max);
}

TEST(SchemaLimits, ReferencesInARow) {
  const auto chain = [](int references) {
    std::string text = R"({"$ref":"#/$defs/d1","$defs":{)";
    for (int i = 1; i < references; ++i) {
      text +=
          "\"d" + std::to_string(i) + R"(":{"$ref":"#/$defs/d)" + std::to_string(i + 1) + "\"},";
    }
    return text + "\"d" + std::to_string(references) + R"(":{"type":"null"}}})";
  };
  EXPECT_TRUE(fits(compiled(chain(50), {.limits = {.nesting_max = 51}}), "null"));
  compiled(chain(50), {.limits = {.nesting_max = 50}});
  EXPECT_EQ(refusal(chain(51), {.limits = {.nesting_max = 50}}).message,
            "the schema refers to itself for ever, or through more than 50 references");
}

TEST(SchemaLimits, DigitsOfADivisor) {
  EXPECT_TRUE(
      fits(compiled("{\"multipleOf\":" + std::string(1000, '3') + "}"), std::string(1000, '3')));
  EXPECT_EQ(refusal("{\"multipleOf\":" + std::string(1001, '3') + "}").message,
            "multipleOf must have at most 1000 digits");
}

// ---- Of an evaluation

TEST(SchemaLimits, NestedApplications) {
  const auto nested = [](int levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  const Schema schema = compiled(R"({"items":{"$ref":"#"}})", {.limits = {.nesting_max = 50}});
  EXPECT_TRUE(schema.accepts(json_of(nested(50))));
  EXPECT_FALSE(schema.accepts(json_of(nested(51))));
  const auto violations = schema.evaluate(json_of(nested(51)));
  ASSERT_THAT(violations, SizeIs(1));
  EXPECT_THAT(violations[0].message, HasSubstr("50"));
}

TEST(SchemaLimits, StepsOfWhatFits) {
  const std::string schema = R"({"type":"array","items":{"$ref":"#"},"maxItems":9})";
  const Json instance = json_of("[[],[[],[]],[[[]]]]");
  const std::uint64_t steps = compiled(schema).steps(instance);
  EXPECT_TRUE(compiled(schema, {.limits = {.steps_max = steps}}).accepts(instance));
  // A step or two is not looked at: that of what stands behind the last application.
  EXPECT_FALSE(compiled(schema, {.limits = {.steps_max = steps - 3}}).accepts(instance));
}

TEST(SchemaLimits, StepsOfAnEvaluation) {
  // Each level tries both branches, so the steps double with it.
  const Schema schema = compiled(
      R"({"$defs":{"t":{"anyOf":[{"type":"array","items":{"$ref":"#/$defs/t"},"minItems":1},
          {"type":"array","items":{"$ref":"#/$defs/t"},"minItems":1,"maxItems":1}]}},"$ref":"#/$defs/t"})",
      {.limits = {.steps_max = 10'000}});
  const auto nested = [](int levels) {
    return json_of(std::string(levels, '[') + "1" + std::string(levels, ']'));
  };
  EXPECT_LT(schema.steps(nested(8)), 10'000U);
  EXPECT_FALSE(schema.accepts(nested(8)));
  EXPECT_FALSE(schema.accepts(nested(100)));
  EXPECT_LT(schema.steps(nested(100)), 11'000U);
}

// One search stays within its own limit; many of them are stopped by the evaluation's.
TEST(SchemaLimits, StepsOfAnExplanation) {
  const std::string schema = R"({"items":{"type":"string"}})";
  std::string items = "[0";
  for (int i = 1; i < 1'000; ++i) items += ",0";
  const Json instance = json_of(items + "]");
  const auto last_of = [&](std::uint64_t steps) {
    const Schema limited =
        compiled(schema, {.limits = {.explanation_steps_max = steps, .violations_max = 5'000}});
    return limited.evaluate(instance).back().message;
  };
  EXPECT_EQ(last_of(4'000), "/999 must be a string; got 0 (a number)");
  EXPECT_THAT(last_of(800), HasSubstr("the explanation ended after 800 steps"));
}

TEST(SchemaLimits, StepsOfManyExpensiveSearches) {
  const Schema schema = compiled(R"({"items":{"pattern":"^(?=(a|a)*!)b|^a*$"}})",
                                 {.limits = {.steps_max = 3'000'000}});
  const std::string costly = "\"" + std::string(12, 'a') + "\"";
  std::string list = "[" + costly;
  for (int i = 1; i < 1000; ++i) list += "," + costly;
  const Json value = json_of(list + "]");
  EXPECT_TRUE(schema.accepts(json_of("[" + costly + "]")));
  EXPECT_FALSE(schema.accepts(value));
  EXPECT_LT(schema.steps(value), 4'000'000U);
}

TEST(SchemaLimits, GivingUpIsNoSuccessUnderNot) {
  const Schema schema = compiled(R"({"not":{"items":{"items":{"items":{"const":1}}}}})",
                                 {.limits = {.nesting_max = 3}});
  EXPECT_FALSE(schema.accepts(json_of("[[[2]]]")));
  EXPECT_FALSE(schema.evaluate(json_of("[[[2]]]")).empty());
}

TEST(SchemaLimits, ViolationsOfOneEvaluation) {
  const Schema schema = compiled(R"({"items":{"type":"string"}})");
  const auto wrong = [](int count) {
    std::string text = "[0";
    for (int i = 1; i < count; ++i) text += ",0";
    return json_of(text + "]");
  };
  EXPECT_THAT(schema.evaluate(wrong(31)), SizeIs(31));
  EXPECT_THAT(schema.evaluate(wrong(32)), SizeIs(32));
  EXPECT_THAT(schema.evaluate(wrong(1000)), SizeIs(32));
  EXPECT_THAT(compiled(R"({"items":{"type":"string"}})", {.limits = {.violations_max = 0}})
                  .evaluate(wrong(2)),
              SizeIs(0));
}

/// The steps of an evaluation that takes longer than its instructions and parts tell.
std::uint64_t steps_of(const std::string& schema, const std::string& instance) {
  return compiled(schema).steps(json_of(instance));
}

TEST(SchemaLimits, StepsCountTheBytesOfLongBounds) {
  const std::string digits(64'000, '7');
  EXPECT_GE(steps_of(R"({"maximum":)" + digits + "}", "12345678901"), 1'000U);
  // Significant digits are limited, zeros in front are not.
  EXPECT_GE(steps_of(R"({"multipleOf":0.)" + std::string(64'000, '0') + "1}", "12345678901"),
            1'000U);
}

TEST(SchemaLimits, StepsCountTheBytesThatUniqueItemsCompares) {
  const std::string text(32'000, 'x');
  EXPECT_GE(steps_of(R"({"uniqueItems":true})",
                     "[\"" + text + "a" + text + "\",\"" + text + "b" + text + "\"]"),
            1'000U);
}

TEST(SchemaLimits, StepsCountTheBytesOfEscapedStrings) {
  const std::string text(64'000, 'x');
  EXPECT_GE(steps_of(R"({"enum":["a"]})", "\"\\n" + text + "\""), 1'000U);
}

TEST(SchemaLimits, StepsCountWhatAFormatTakes) {
  const auto steps_for = [](const std::string& format, const std::string& text) {
    const std::string schema =
        R"({"$schema":"http://json-schema.org/draft-07/schema#","format":")" + format + "\"}";
    return steps_of(schema, "\"" + text + "\"");
  };
  EXPECT_GE(steps_for("regex", std::string(100, 'a')), 800U);
  std::string label;
  for (int i = 0; i < 50; ++i) label += "\u00e4";
  EXPECT_GE(steps_for("idn-hostname", label), 1'000U);
  EXPECT_GE(steps_for("hostname", "Xn--exmple-cua.com"), 180U);
  EXPECT_LT(steps_for("hostname", "example.com"), 10U) << "plain names take little";
  EXPECT_LT(steps_for("email", std::string(8'000, 'a')), 2'200U);
  EXPECT_GE(steps_for("uri-template", std::string(1'000, 'a')), 500U);
  EXPECT_LT(steps_for("date-time", "2026-11-20T10:00:00Z"), 10U);
}

TEST(SchemaLimits, StepsCountTheMembersPassedOnTheWayToADiscriminator) {
  std::string members;
  for (int i = 0; i < 4'000; ++i) members += "\"p" + std::to_string(i) + "\":0,";
  const std::string branch = R"({"type":"object","required":["k"],"properties":{"k":{"const":")";
  EXPECT_GE(steps_of(R"({"oneOf":[)" + branch + R"(a"}}},)" + branch + R"(b"}}}]})",
                     "{" + members + R"("k":"a"})"),
            2'000U);  // once for the choice, once for the branch
}

TEST(SchemaLimits, StepsCountWhatIsRememberedOfManyItems) {
  std::string items = "[0";
  for (int i = 1; i < 64'000; ++i) items += ",0";
  const std::string plain = R"({"anyOf":[{"items":{}}]})";
  const std::string noting = R"({"anyOf":[{"items":{}}],"unevaluatedItems":false})";
  EXPECT_GE(steps_of(noting, items + "]"), steps_of(plain, items + "]") + 100);
}

TEST(SchemaLimits, StepsCountTheResourcesAroundADynamicReference) {
  const std::string inner = R"({"$id":"i","$dynamicAnchor":"n","items":{"$dynamicRef":"#n"}})";
  const std::string schema =
      R"({"$id":"http://h/o","$dynamicAnchor":"n","$ref":"i","$defs":{"i":)" + inner + "}}";
  const std::uint64_t one = steps_of(schema, "[[]]");
  EXPECT_GE(steps_of(schema, "[[],[]]"), one + 2);
}

}  // namespace
}  // namespace collet
