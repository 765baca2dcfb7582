#include "collet/schema.hpp"

#include <map>
#include <memory>
#include <utility>

#include "json/document.hpp"
#include "schema/adapt.hpp"
#include "schema/compile/compile.hpp"
#include "schema/explain/explain.hpp"
#include "schema/machine.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/program.hpp"
#include "schema/sources.hpp"

namespace collet {

namespace {

/// Where a schema came from, as far as it is more than its own text.
struct Origin {
  std::string base_uri;
  std::map<std::string, std::string, std::less<>> resolved_texts;  ///< by URI
};

}  // namespace

struct Schema::Impl {
  std::string text;
  std::unique_ptr<const Origin> origin;  ///< null for most
  SchemaLimits limits;
  SchemaFormats formats = SchemaFormats::as_dialect_says;
  SchemaDraft default_draft = SchemaDraft::draft2020_12;
  SchemaDraft draft = SchemaDraft::draft2020_12;
  bool may_have_defaults = false;
  schema::Patterns patterns;
  schema::Program program;

  /// Reads the sources again and calls `use` with them and their root. Explanations are rare and
  /// want the whole text; keeping it parsed would treble what a schema holds.
  template <class Use>
  auto with_sources(Use&& use) const {
    SchemaOptions options{.draft = default_draft, .formats = formats, .limits = limits};
    if (origin) {
      options.base_uri = origin->base_uri;
      options.resolver = [this](std::string_view uri) -> std::optional<std::string> {
        const auto known = origin->resolved_texts.find(uri);
        if (known == origin->resolved_texts.end()) return std::nullopt;
        return known->second;
      };
    }
    schema::Sources sources(options);
    const auto root = sources.load_root(text);
    return use(sources, *root);  // it was loaded before
  }

  [[nodiscard]] schema::Judgement judge(const json::Value& instance) const {
    return schema::judge(program, patterns, instance, limits);
  }
};

Schema::Schema(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

std::expected<Schema, SchemaError> Schema::compile(const Json& document, SchemaOptions options) {
  auto impl = std::make_shared<Impl>();
  impl->text = document.text();
  impl->text.shrink_to_fit();
  schema::Sources sources(options);
  const auto root = sources.load_root(impl->text);
  if (!root) return std::unexpected(root.error());
  auto program = schema::compile_program(sources, *root, options.limits, impl->patterns);
  if (!program) return std::unexpected(std::move(program.error()));
  impl->program = std::move(*program);
  impl->limits = options.limits;
  impl->formats = options.formats;
  impl->default_draft = options.draft;
  impl->draft = sources.dialect_at(*root).draft;
  impl->may_have_defaults = schema::may_have_defaults(sources);
  auto resolved_texts = sources.resolved_texts();
  if (!options.base_uri.empty() || !resolved_texts.empty()) {
    impl->origin = std::make_unique<const Origin>(options.base_uri, std::move(resolved_texts));
  }
  return Schema(std::move(impl));
}

bool Schema::accepts(const json::Value& instance) const {
  return impl_->judge(instance).verdict == schema::Verdict::fits;
}

bool Schema::accepts(const Json& instance) const {
  return accepts(instance.value());
}

std::vector<Violation> Schema::evaluate(const json::Value& instance,
                                        const EvaluationOptions& options) const {
  const schema::Judgement judgement = impl_->judge(instance);
  const SchemaLimits& limits = impl_->limits;
  if (judgement.verdict == schema::Verdict::fits || limits.violations_max == 0) return {};
  auto violations = impl_->with_sources([&](schema::Sources& sources, schema::Place root) {
    return schema::violations_of(schema::explain(sources, root, impl_->patterns, instance,
                                                 {.instance_pointer = options.instance_pointer,
                                                  .limits = limits,
                                                  .steps_max = limits.explanation_steps_max}),
                                 limits.violations_max);
  });
  if (violations.empty()) {
    // The program came to a limit, and the explanation, which has others, did not.
    violations.push_back(
        {options.instance_pointer, "", "",
         judgement.verdict == schema::Verdict::gave_up
             ? "judging the value passed a limit of this schema's evaluation; send "
               "a smaller or flatter value"
             : "the value does not fit the schema"});
  }
  return violations;
}

std::vector<Violation> Schema::evaluate(const Json& instance,
                                        const EvaluationOptions& options) const {
  return evaluate(instance.value(), options);
}

Json Schema::output(const Json& instance, SchemaOutput format) const {
  const bool fits = accepts(instance);
  const std::string verdict = fits ? R"({"valid":true})" : R"({"valid":false})";
  if (format == SchemaOutput::flag) return *Json::parse(verdict);
  const auto text = impl_->with_sources([&](schema::Sources& sources, schema::Place root) {
    const auto explanation = schema::explain(sources, root, impl_->patterns, instance.value(),
                                             {.annotations = true,
                                              .limits = impl_->limits,
                                              .steps_max = impl_->limits.explanation_steps_max});
    // Telling all takes longer than judging and may end at a limit where judging did not.
    return explanation.ending == schema::Ending::finished ? schema::render(explanation, format)
                                                          : verdict;
  });
  return *Json::parse(text);
}

std::optional<Json> Schema::adapt(const Json& instance, SchemaAdaptation adaptation) const {
  adaptation.fill_defaults = adaptation.fill_defaults && impl_->may_have_defaults;
  // In what fits, nothing has a wrong type.
  adaptation.coerce = adaptation.coerce && !accepts(instance);
  if (!adaptation.fill_defaults && !adaptation.coerce) return std::nullopt;
  auto text = impl_->with_sources([&](schema::Sources& sources, schema::Place root) {
    return schema::adapt(sources, root, instance.value(), adaptation);
  });
  if (!text) return std::nullopt;
  return *Json::parse(std::move(*text));
}

SchemaDraft Schema::draft() const {
  return impl_->draft;
}

std::size_t Schema::memory() const {
  std::size_t bytes = sizeof(Impl) + impl_->text.capacity() + impl_->program.memory();
  if (!impl_->origin) return bytes;
  bytes += sizeof(Origin) + impl_->origin->base_uri.size();
  for (const auto& [uri, text] : impl_->origin->resolved_texts) bytes += uri.size() + text.size();
  return bytes;
}

std::uint64_t Schema::steps(const Json& instance) const {
  return impl_->judge(instance.value()).steps;
}

}  // namespace collet
