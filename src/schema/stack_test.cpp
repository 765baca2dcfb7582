// What schema.hpp promises of the stack: 2 MiB are enough for everything that the limits allow.
#include <gtest/gtest.h>
#include <pthread.h>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "collet/schema.hpp"
#include "schema/schema_test_support.hpp"

namespace collet {
namespace {

/// Frames without optimisation, or with red zones around what stands in them, are several times as
/// large: the promise is about the program as it is shipped.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr std::size_t k_frame_factor = 1;
#else
constexpr std::size_t k_frame_factor = 4;
#endif
constexpr std::size_t k_stack_bytes = k_frame_factor * (std::size_t{2} << 20);

/// Runs `work` on a thread with exactly that much stack, its guard page included.
void run_on_small_stack(const std::function<void()>& work) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, k_stack_bytes), 0);
  const auto body = [](void* argument) -> void* {
    (*static_cast<const std::function<void()>*>(argument))();
    return nullptr;
  };
  pthread_t thread{};
  std::function<void()> copy = work;
  ASSERT_EQ(pthread_create(&thread, &attributes, body, &copy), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  ASSERT_EQ(pthread_attr_destroy(&attributes), 0);
}

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

std::string nested(std::string_view open, std::string_view middle, std::string_view close,
                   int levels) {
  return repeated(open, levels) + std::string(middle) + repeated(close, levels);
}

/// As deep as JSON is read (json::ParseLimits::depth_max).
constexpr int k_levels = 999;

struct Hostile {
  const char* schema;
  const char* open;  ///< one level of the instance
  const char* close;
};

/// Each applies itself to every level of the instance, through as many others as it can.
constexpr Hostile k_hostile[] = {
    {R"({"$ref":"#/$defs/x","$defs":{"x":{"anyOf":[{"oneOf":[{"allOf":[
         {"properties":{"a":{"$ref":"#/$defs/x"}},"unevaluatedProperties":false}],"minProperties":0}]}]}}})",
     "{\"a\":", "}"},
    {R"({"patternProperties":{"^a":{"$ref":"#"}},"minProperties":1})", "{\"a\":", "}"},
    {R"({"additionalProperties":{"not":{"not":{"$ref":"#"}}},"unevaluatedProperties":{"type":"null"}})",
     "{\"a\":", "}"},
    {R"({"dependentSchemas":{"a":{"if":{"properties":{"a":{"$ref":"#"}}},"then":{"required":["a"]},"else":false}}})",
     "{\"a\":", "}"},
    {R"({"anyOf":[{"type":"object","required":["a"],"properties":{"a":{"$ref":"#"}}},
                  {"type":"object","required":["b"],"properties":{"b":{"$ref":"#"}}},{"type":"number"}],
         "unevaluatedProperties":false})",
     "{\"a\":", "}"},
    {R"({"oneOf":[{"properties":{"k":{"const":"n"},"a":{"$ref":"#"}},"required":["k","a"]},
                  {"properties":{"k":{"const":"m"},"a":{"$ref":"#"}},"required":["k","a"]}]})",
     "{\"k\":\"n\",\"a\":", "}"},
    {R"({"$id":"http://x/a","$dynamicAnchor":"n","allOf":[{"$ref":"b"}],"unevaluatedProperties":false,
         "$defs":{"b":{"$id":"b","$dynamicAnchor":"n","properties":{"a":{"allOf":[{"$dynamicRef":"#n"}]}}}}})",
     "{\"a\":", "}"},
    {R"({"items":{"$ref":"#"},"uniqueItems":true})", "[", "]"},
    {R"({"contains":{"anyOf":[{"$ref":"#"},false]},"minContains":1,"unevaluatedItems":false})", "[",
     "]"},
    {R"({"prefixItems":[{"allOf":[{"$ref":"#"},{"minItems":0}]}],"unevaluatedItems":false,"anyOf":[{"minItems":0}]})",
     "[", "]"},
    {R"({"properties":{"a":{"$ref":"#"},"b":{"default":{"a":{}}},"c":{"type":"integer"}}})",
     "{\"c\":\"5\",\"a\":", "}"},
};

TEST(SchemaStack, OfTwoMebibytesIsEnoughForTheDeepestInstance) {
  run_on_small_stack([] {
    for (const Hostile& hostile : k_hostile) {
      const Schema schema = compiled(hostile.schema);
      for (const char* const middle : {"{}", "[]", "1", "{\"b\":1}"}) {
        const Json instance = json_of(nested(hostile.open, middle, hostile.close, k_levels));
        const bool verdict = schema.accepts(instance);
        EXPECT_EQ(schema.evaluate(instance).empty(), verdict) << hostile.schema;
        (void)schema.output(instance, SchemaOutput::basic);
        (void)schema.output(instance, SchemaOutput::detailed);
        (void)schema.adapt(instance, {.fill_defaults = true, .coerce = true});
      }
    }
  });
}

TEST(SchemaStack, OfTwoMebibytesIsEnoughForTheDeepestSchema) {
  run_on_small_stack([] {
    const Json instance = json_of(nested("{\"a\":", "1", "}", k_levels));
    for (const auto& [open, close, levels] : {std::tuple{"{\"not\":", "}", 499},
                                              {"{\"allOf\":[", "]}", 249},
                                              {"{\"anyOf\":[{},", "]}", 249},
                                              {"{\"properties\":{\"a\":", "}}", 249},
                                              {"{\"then\":false,\"if\":", "}", 499},
                                              {"{\"dependentSchemas\":{\"a\":", "}}", 249},
                                              {"{\"unevaluatedProperties\":", "}", 499}}) {
      const Schema schema = compiled(nested(open, "{\"type\":\"object\"}", close, levels));
      (void)schema.accepts(instance);
      (void)schema.evaluate(instance);
      (void)schema.output(instance, SchemaOutput::detailed);
      (void)schema.adapt(instance, {.fill_defaults = true, .coerce = true});
    }
    // A value that is compared as deep as it is.
    const Schema deep = compiled("{\"const\":" + nested("[", "", "]", 498) + "}");
    EXPECT_TRUE(deep.accepts(json_of(nested("[", "", "]", 498))));
  });
}

// Without any nesting of the text: each definition leads to the next.
TEST(SchemaStack, OfTwoMebibytesIsEnoughForTheLongestChainOfDefinitions) {
  run_on_small_stack([] {
    for (const auto& [before, behind] :
         {std::pair{R"({"allOf":[{"$ref":"#/$defs/d)", R"("},{"minimum":0}]})"},
          {R"({"anyOf":[{"$ref":"#/$defs/d)", R"("},{"type":"null"}]})"},
          {R"({"items":{"$ref":"#/$defs/d)", R"("}})"},
          {R"({"$ref":"#/$defs/d)", R"(","title":"x"})"}}) {
      constexpr int definitions = 8'000;
      std::string text = R"({"$ref":"#/$defs/d1","$defs":{)";
      for (int i = 1; i < definitions; ++i) {
        text += "\"d" + std::to_string(i) + "\":" + before + std::to_string(i + 1) + behind + ",";
      }
      text += "\"d" + std::to_string(definitions) + R"(":{"type":"integer"}}})";
      const auto schema = Schema::compile(json_of(text));
      if (!schema) {
        EXPECT_NE(schema.error().message.find("more than 2000 references"), std::string::npos)
            << schema.error().message;
        continue;
      }
      (void)schema->accepts(json_of("[[1]]"));
      (void)schema->evaluate(json_of("[[1]]"));
      (void)schema->output(json_of("[[1]]"), SchemaOutput::detailed);
      (void)schema->adapt(json_of("[[\"1\"]]"), {.fill_defaults = true, .coerce = true});
    }
  });
}

}  // namespace
}  // namespace collet
