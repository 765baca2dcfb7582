// The input is a schema and an instance, divided by the first line break. "@3" as schema is the
// third of those below, which are compiled once. Both evaluators have to agree, and what is made of
// the instance has to be JSON.
//
// Schema reads its sources again for each explanation, which would take most of the time: one input
// in eight goes that way, through the public interface, the others through the modules behind it
// with sources that are read once. The input's own bytes choose, so that it replays the same way.
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.hpp"
#include "schema/adapt.hpp"
#include "schema/compile/compile.hpp"
#include "schema/explain/explain.hpp"
#include "schema/machine.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/sources.hpp"
#include "schema_target.hpp"

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

/// What a Schema holds, with its sources beside it.
class Parts {
 public:
  /// An input that is explained for a millisecond keeps a hundred others from being tried. The
  /// public interface is asked with the usual limits.
  static constexpr std::uint64_t k_explanation_steps_max = 10'000;

  explicit Parts(SchemaOptions options) : options_(std::move(options)) {}

  /// Null where `text` is no schema.
  static std::unique_ptr<Parts> make(const std::string& text, const SchemaOptions& options) {
    auto parts = std::make_unique<Parts>(options);
    const auto root = parts->sources_.load_root(text);
    if (!root) return nullptr;
    parts->root_ = *root;
    auto program =
        schema::compile_program(parts->sources_, *root, parts->options_.limits, parts->patterns_);
    if (!program) return nullptr;
    parts->program_ = std::move(*program);
    return parts;
  }

  /// `choice`: bits of the input that decide what is asked for besides.
  void check(const Json& instance, std::size_t choice) {
    const SchemaLimits& limits = options_.limits;
    const auto verdict = judge(instance);
    const auto explanation = schema::explain(sources_, root_, patterns_, instance.value(),
                                             {.annotations = (choice & 1) != 0,
                                              .limits = limits,
                                              .steps_max = k_explanation_steps_max,
                                              .findings_max = 2 * limits.nesting_max});
    const bool fits = verdict == schema::Verdict::fits;
    // They have different limits: the program leaves out what cannot change the verdict.
    if (verdict != schema::Verdict::gave_up && explanation.ending == schema::Ending::finished) {
      fuzz::require(fits == explanation.valid, "both evaluators agree");
    }
    // Each takes as long as all before, so an input asks for one of them.
    switch (choice >> 1 & 3U) {
      case 0:
        tell(explanation);
        break;
      case 1:
        render(explanation, SchemaOutput::basic);
        break;
      case 2:
        render(explanation, SchemaOutput::detailed);
        break;
      default:
        adapt(instance, fits);
        break;
    }
  }

 private:
  [[nodiscard]] schema::Verdict judge(const Json& instance) const {
    return schema::judge(*program_, patterns_, instance.value(), options_.limits).verdict;
  }

  void tell(const schema::Explanation& explanation) const {
    const auto violations = schema::violations_of(explanation, options_.limits.violations_max);
    fuzz::require(explanation.valid == violations.empty(),
                  "violations are there exactly where the value does not fit");
    fuzz::require_sound(violations);
  }

  static void render(const schema::Explanation& explanation, SchemaOutput format) {
    if (explanation.ending != schema::Ending::finished) return;
    const auto output = Json::parse(schema::render(explanation, format));
    fuzz::require(output && output->value().find("valid")->as_bool() == explanation.valid,
                  "an output is JSON and says what the explanation says");
  }

  void adapt(const Json& instance, bool fits) {
    const SchemaAdaptation wanted{.fill_defaults = schema::may_have_defaults(sources_),
                                  .coerce = !fits};
    if (!wanted.fill_defaults && !wanted.coerce) return;
    // The usual limits allow a quarter of a second, which is one and a half under the sanitizers.
    const auto text = schema::adapt(sources_, root_, instance.value(), wanted,
                                    {.added_bytes_max = 16'384, .steps_max = 5'000});
    if (!text) return;
    const auto adapted = Json::parse(*text);
    fuzz::require(adapted.has_value(), "what is adapted is JSON");
    (void)judge(*adapted);
  }

  SchemaOptions options_;
  schema::Sources sources_{options_};
  schema::Place root_{};
  schema::Patterns patterns_;
  std::optional<schema::Program> program_;
};

/// Whether one of the evaluators ended at a limit.
bool met_a_limit(const Json& text, const Json& instance, const SchemaOptions& options) {
  schema::Sources sources(options);
  const auto root = sources.load_root(text.text());
  schema::Patterns patterns;
  const auto program = schema::compile_program(sources, *root, options.limits, patterns);
  const auto judgement = schema::judge(*program, patterns, instance.value(), options.limits);
  const auto explanation = schema::explain(
      sources, *root, patterns, instance.value(),
      {.limits = options.limits, .steps_max = options.limits.explanation_steps_max});
  return judgement.verdict == schema::Verdict::gave_up ||
         explanation.ending != schema::Ending::finished;
}

/// The same through the public interface.
void check(const Json& text, const Schema& schema, const Json& instance,
           const SchemaOptions& options) {
  const bool fits = schema.accepts(instance);
  const auto violations = schema.evaluate(instance);
  fuzz::require(fits == violations.empty(),
                "violations are there exactly where the value does not fit");
  fuzz::require_sound(violations);
  const auto basic = schema.output(instance, SchemaOutput::basic);
  if (basic.value().find("valid")->as_bool() != fits) {
    fuzz::require(met_a_limit(text, instance, options), "both evaluators agree");
  }
  // Defaults that ask for defaults take as long as adapting may; Parts::adapt allows less.
  const auto adapted = schema.adapt(instance, {.coerce = true});
  if (adapted) {
    fuzz::require(Json::parse(adapted->text()).has_value(), "what is adapted is JSON");
    (void)schema.accepts(*adapted);
  }
}

/// One of k_schemas, compiled both ways.
struct Known {
  Json text;
  Schema schema;
  std::unique_ptr<Parts> parts;
};

const Known* known_schema(std::size_t number) {
  static const auto k_compiled = [] {
    const SchemaOptions options = fuzz::options(0);
    std::vector<Known> all;
    for (const std::string_view known : k_schemas) {
      const Json text = *Json::parse(std::string(known));
      auto schema = Schema::compile(text, options);
      fuzz::require(schema.has_value(), "the fuzz target's own schemas compile");
      all.push_back({text, std::move(*schema), Parts::make(text.text(), options)});
    }
    return all;
  }();
  return number < k_compiled.size() ? &k_compiled[number] : nullptr;
}

}  // namespace
}  // namespace collet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace collet;
  const fuzz::OneSecond limit;
  fuzz::reached(fuzz::Stage::started);
  const std::string text(data, data + size);
  const std::size_t end = text.find('\n');
  if (end == std::string::npos) return fuzz::k_not_kept;
  const auto instance = Json::parse(text.substr(end + 1));
  if (!instance) return fuzz::k_not_kept;
  const std::size_t choice = std::hash<std::string>{}(text);
  const bool in_public = choice % 32 == 0;
  if (text[0] == '@') {
    const auto* const known = known_schema(static_cast<std::size_t>(std::atoi(text.c_str() + 1)));
    if (known == nullptr) return fuzz::k_not_kept;
    fuzz::reached(fuzz::Stage::parsed);
    fuzz::reached(fuzz::Stage::accepted);
    if (in_public) {
      check(known->text, known->schema, *instance, fuzz::options(0));
    } else {
      known->parts->check(*instance, choice >> 5);
    }
    return 0;
  }
  const auto document = Json::parse(text.substr(0, end));
  if (!document) return fuzz::k_not_kept;
  fuzz::reached(fuzz::Stage::parsed);
  const SchemaOptions options = fuzz::options(size);
  if (in_public) {
    const auto schema = Schema::compile(*document, options);
    if (!schema) return fuzz::k_not_kept;
    fuzz::reached(fuzz::Stage::accepted);
    check(*document, *schema, *instance, options);
  } else {
    const auto parts = Parts::make(document->text(), options);
    if (!parts) return fuzz::k_not_kept;
    fuzz::reached(fuzz::Stage::accepted);
    parts->check(*instance, choice >> 5);
  }
  return 0;
}
