// The input is a schema and an instance, divided by the first line break. "@3" as schema is the
// third of those below, which are compiled once. Both evaluators have to agree, and what is made of
// the instance has to be JSON.
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fuzz_target.hpp"
#include "json/document.hpp"
#include "schema/compiler.hpp"
#include "schema/explain/explain.hpp"
#include "schema/machine.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/sources.hpp"

namespace collet {
namespace {

/// What comes with the most code behind it: tables of names, branches told apart, tracking,
/// numbers, patterns of both engines, recursion.
constexpr std::string_view k_schemas[] = {
    R"({"type":"object","properties":{"title":{"type":"string","minLength":1,"maxLength":9},"count":{"type":"integer","minimum":1,"maximum":100,"default":1},"tags":{"type":"array","items":{"type":"string"},"uniqueItems":true,"maxItems":4},"kind":{"enum":["low","high",3,null,[1],{"a":1}]},"on":{"type":"boolean"}},"required":["title"],"additionalProperties":false})",
    R"({"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"x":{"type":"integer"}},"required":["k","x"]},{"type":"object","properties":{"k":{"enum":["b","c"]},"y":{"type":"string"}},"required":["k"],"additionalProperties":false},{"type":"object","properties":{"k":{"const":"d"}},"required":["k"]}]})",
    R"({"anyOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"items":{"type":"number"},"contains":{"minimum":3},"minContains":2,"maxContains":3}],"unevaluatedProperties":{"type":"integer"},"unevaluatedItems":false})",
    R"({"type":"number","multipleOf":0.01,"minimum":-1e20,"exclusiveMaximum":9007199254740993})",
    R"({"type":"array","items":{"type":"string","pattern":"^(?=.*\\d)\\p{L}+\\d*$"},"propertyNames":true})",
    R"({"patternProperties":{"^x-":{"format":"date-time"},"[0-9]+$":{"$ref":"#"}},"propertyNames":{"maxLength":6},"minProperties":1,"maxProperties":5,"additionalProperties":{"$ref":"#/$defs/leaf"},"$defs":{"leaf":{"type":["string","null","array"],"items":{"$ref":"#"}}}})",
    R"({"$id":"http://f/tree","$dynamicAnchor":"node","type":"object","properties":{"data":true,"children":{"type":"array","items":{"$dynamicRef":"#node"}}},"unevaluatedProperties":false})",
    R"({"$schema":"http://json-schema.org/draft-07/schema#","if":{"properties":{"a":{"const":1}}},"then":{"required":["b"]},"else":{"not":{"required":["c"]}},"dependencies":{"b":["a"],"d":{"minProperties":2}},"items":[{"type":"integer"},{"format":"ipv4"}],"additionalItems":{"format":"uri"}})",
    R"({"prefixItems":[{"enum":[1,"1",true,{"a":[1,2]},1.5e3]},{"uniqueItems":true},{"format":"email"},{"format":"uuid"},{"format":"time"},{"format":"json-pointer"},{"format":"hostname"},{"format":"regex"},{"format":"ipv6"}],"items":{"allOf":[{"type":"string"},{"maxLength":3}]}})",
    R"({"$schema":"https://json-schema.org/draft/2020-12/schema","$ref":"https://json-schema.org/draft/2020-12/schema"})",
    R"({"anyOf":[{"type":"integer"},{"type":"boolean"},{"type":"array","items":{"type":"number"}},{"type":"object","properties":{"n":{"type":"number","default":1.50},"o":{"type":"object","properties":{"d":{"default":{}}},"default":{}}}}]})",
};

/// A schema and the text it was compiled from.
struct Compiled {
  Json text;
  Schema schema;
};

const Compiled* known_schema(std::size_t number) {
  static const auto k_compiled = [] {
    std::vector<Compiled> all;
    for (const std::string_view known : k_schemas) {
      const Json text = *Json::parse(std::string(known));
      auto schema = Schema::compile(text, fuzz::options());
      fuzz::require(schema.has_value(), "the fuzz target's own schemas compile");
      all.push_back({text, std::move(*schema)});
    }
    return all;
  }();
  return number < k_compiled.size() ? &k_compiled[number] : nullptr;
}

/// Whether one of the evaluators ended at a limit. They have different ones: the program leaves out
/// what cannot change the verdict.
bool met_a_limit(const Compiled& compiled, const Json& instance) {
  const SchemaOptions options = fuzz::options();
  schema::Sources sources(options);
  const auto root = sources.load_root(compiled.text.text());
  schema::Patterns patterns;
  const auto program = schema::compile_program(sources, *root, options.limits, patterns);
  const auto judgement = schema::judge(*program, patterns, instance.value(), options.limits);
  const auto explanation =
      schema::explain(sources, *root, patterns, instance.value(), {.limits = options.limits});
  return judgement.verdict == schema::Verdict::gave_up ||
         explanation.ending != schema::Ending::finished;
}

void check(const Compiled& compiled, const Json& instance) {
  const Schema& schema = compiled.schema;
  const bool fits = schema.accepts(instance);
  const auto violations = schema.evaluate(instance);
  fuzz::require(fits == violations.empty(),
                "violations are there exactly where the value does not fit");
  fuzz::require(violations.size() <= fuzz::options().limits.violations_max,
                "no more violations than allowed");
  for (const Violation& violation : violations) {
    fuzz::require(!violation.message.empty(), "a violation has a sentence");
  }
  const auto basic = schema.output(instance, SchemaOutput::basic);
  if (basic.value().find("valid")->as_bool() != fits) {
    fuzz::require(met_a_limit(compiled, instance), "both evaluators agree");
  }
  const auto adapted = schema.adapt(instance, {.fill_defaults = true, .coerce = true});
  if (adapted) {
    fuzz::require(Json::parse(adapted->text()).has_value(), "what is adapted is JSON");
    (void)schema.accepts(*adapted);
  }
}

}  // namespace
}  // namespace collet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace collet;
  const std::string text(data, data + size);
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return 0;
  const auto instance = Json::parse(text.substr(end + 1));
  if (!instance) return 0;
  if (text[0] == '@') {
    const auto* const known = known_schema(static_cast<std::size_t>(std::atoi(text.c_str() + 1)));
    if (known != nullptr) check(*known, *instance);
    return 0;
  }
  const auto document = Json::parse(text.substr(0, end));
  if (!document) return 0;
  auto schema = Schema::compile(*document, fuzz::options());
  if (schema) check({*document, std::move(*schema)}, *instance);
  return 0;
}
