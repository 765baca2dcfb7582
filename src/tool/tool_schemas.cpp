#include "tool/tool_schemas.hpp"

#include <algorithm>
#include <expected>
#include <string_view>
#include <utility>
#include <vector>

#include "base/logger.hpp"
#include "collet/limits.hpp"
#include "json/document.hpp"
#include "tool/shell_word.hpp"

namespace collet::tool {
namespace {

/// A sentence stays one that is read to its end; the error's violations have the rest.
constexpr std::size_t k_violations_told = 3;

/// What judging one value may cost: calls are judged where they arrive, so it is a tenth of a
/// second in which the host's loop does nothing else.
constexpr std::uint64_t k_steps_max = 10'000'000;
constexpr std::uint64_t k_explanation_steps_max = 400'000;

/// Whether nothing can fail: `{}` and `true`.
bool accepts_everything(const json::Value& schema) {
  return schema.as_bool() == true || (schema.is_object() && schema.size() == 0);
}

/// The schema that is compiled, nothing where everything fits, or what is wrong with it.
std::expected<std::optional<Schema>, std::string> compile(std::string_view name,
                                                          const std::string& text,
                                                          SchemaDraft draft) {
  const auto document = Json::parse(text);
  if (!document)
    return std::unexpected(std::string(name) + " is no JSON: " + document.error().message);
  if (accepts_everything(document->value())) return std::nullopt;
  auto schema = Schema::compile(
      *document,
      {.draft = draft,
       .limits = {.steps_max = k_steps_max, .explanation_steps_max = k_explanation_steps_max}});
  if (!schema) return std::unexpected(std::string(name) + " is " + invalidity(schema.error()));
  return *std::move(schema);
}

Error disabled_error(const RegisteredTool& tool) {
  return {.code = ErrorCode::tool_disabled,
          .message = "tool \"" + tool.namespaced_name + "\" is disabled: its " + tool.disabled,
          .remedy =
              "mend the schema and restart the plugin; until then the operator may let calls "
              "pass with validation = \"warn\" in collet.toml"};
}

Error parameters_error(const RegisteredTool& tool, std::vector<Violation> violations) {
  return {.code = ErrorCode::invalid_parameters,
          .message = "parameters of " + tool.namespaced_name +
                     " do not fit its schema: " + summary(violations),
          .remedy = "mend the parameters and call again; `collet tool show " +
                    shell_word(tool.namespaced_name) + "` lists them",
          .violations = std::move(violations)};
}

Error result_error(const RegisteredTool& tool, std::vector<Violation> violations) {
  return {.code = ErrorCode::invalid_result,
          .message = "the result of " + tool.namespaced_name +
                     " does not fit its outputSchema: " + summary(violations),
          .remedy =
              "the plugin's author can mend it; until then the operator may let results pass "
              "with validation = \"warn\" in collet.toml",
          .violations = std::move(violations)};
}

/// The value of a member that is there and not null.
std::optional<json::Value> present(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return member && !member->is_null() ? member : std::nullopt;
}

/// How a result, whose text was parsed, falls short of `schema`.
std::vector<Violation> judge_result(const Schema& schema, const json::Value& result) {
  // What says error has no data to speak of; `"error": null` says none.
  if (present(result, "error")) return {};
  const auto data = result.find("data");
  if (!data) {
    return {{.instance_pointer = "",
             .schema_pointer = "",
             .keyword = "required",
             .message = "the result has no data, which outputSchema describes"}};
  }
  return schema.evaluate(*data, {.instance_pointer = "/data"});
}

void warn(Logger* log, std::string_view event, const RegisteredTool& tool,
          std::span<const Violation> violations) {
  if (log == nullptr) return;
  log->warn(event, {{"tool", tool.namespaced_name}, {"violations", summary(violations)}});
}

}  // namespace

CompiledSchemas compile_schemas(const ToolDeclaration& tool, const PluginSettings& plugin,
                                SchemaDraft draft) {
  const auto validation =
      tool.settings.validation.value_or(plugin.validation.value_or(Validation::enforce));
  if (validation == Validation::off)
    return {.validation = validation, .schemas = {}, .problem = {}};

  ToolSchemas schemas{.validation = validation,
                      .adaptation = {.fill_defaults = plugin.fill_defaults.value_or(false),
                                     .coerce = plugin.coerce.value_or(false)}};
  std::string problem;
  const auto take = [&](auto compiled, std::optional<Schema>& into) {
    if (compiled) {
      into = *std::move(compiled);
    } else {
      problem += (problem.empty() ? "" : "; ") + compiled.error();
    }
  };
  take(compile("parametersSchema", tool.parameters_schema, draft), schemas.parameters);
  if (const auto& output = tool.settings.output_schema) {
    take(compile("outputSchema", *output, draft), schemas.output);
  }
  const bool judges = schemas.parameters || schemas.output;
  return {.validation = validation,
          .schemas = judges ? std::make_shared<const ToolSchemas>(std::move(schemas)) : nullptr,
          .problem = std::move(problem)};
}

Result<Json> check_parameters(const RegisteredTool& tool, Json given, Logger* log) {
  if (!tool.disabled.empty()) return std::unexpected(disabled_error(tool));
  if (!tool.schemas || !tool.schemas->parameters) return given;
  const auto& schema = *tool.schemas->parameters;
  const auto& adaptation = tool.schemas->adaptation;
  if (adaptation.fill_defaults || adaptation.coerce) {
    if (auto adapted = schema.adapt(given, adaptation)) given = *std::move(adapted);
  }
  auto violations = schema.evaluate(given);
  if (violations.empty()) return given;
  if (tool.schemas->validation == Validation::enforce) {
    return std::unexpected(parameters_error(tool, std::move(violations)));
  }
  warn(log, "parameters do not fit their schema, passing them on", tool, violations);
  return given;
}

bool judges_results(const RegisteredTool& tool) {
  return tool.schemas && tool.schemas->output;
}

Result<Done> check_result(const RegisteredTool& tool, const ToolResult& result, Logger* log) {
  if (!judges_results(tool)) return Done{};
  // Whoever provides the tool has a limit of its own.
  json::Parser parser({.bytes_max = limits::json::bytes_ceiling});
  const auto parsed = parser.parse(result.json);
  if (!parsed) {
    return fail(ErrorCode::invalid_result,
                "the result of " + tool.namespaced_name + " is no JSON: " + parsed.error().message +
                    " at byte " + std::to_string(parsed.error().offset),
                "whoever provides the tool can mend it");
  }
  auto violations = judge_result(*tool.schemas->output, *parsed);
  if (violations.empty()) return Done{};
  if (tool.schemas->validation == Validation::enforce) {
    return std::unexpected(result_error(tool, std::move(violations)));
  }
  warn(log, "result does not fit its schema, passing it on", tool, violations);
  return Done{};
}

std::string invalidity(const SchemaError& error) {
  std::string text = "invalid";
  if (!error.uri.empty()) text += " in " + error.uri;
  if (!error.pointer.empty()) text += " at " + error.pointer;
  return text + ": " + error.message;
}

std::string summary(std::span<const Violation> violations) {
  std::string text;
  for (const auto& violation : violations.first(std::min(k_violations_told, violations.size()))) {
    text += (text.empty() ? "" : "; ") + violation.message;
  }
  if (violations.size() > k_violations_told) {
    text += "; and " + std::to_string(violations.size() - k_violations_told) + " more";
  }
  return text;
}

}  // namespace collet::tool
