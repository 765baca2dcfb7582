// A tool's schemas: compiled once, when it is registered; parameters and results judged by them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "collet/schema.hpp"
#include "collet/tool.hpp"

namespace collet {
class Logger;
}  // namespace collet

namespace collet::tool {

/// What a tool's calls are judged by. Immutable; any thread.
struct ToolSchemas {
  Validation validation = Validation::enforce;  ///< never `off`: then there are no schemas
  SchemaAdaptation adaptation{};
  std::optional<Schema> parameters{};  ///< absent: everything fits
  std::optional<Schema> output{};  ///< of the result's `data`; absent: results are not looked at
};

struct CompiledSchemas {
  Validation validation = Validation::enforce;  ///< the tool's, else its plugin's
  std::shared_ptr<const ToolSchemas> schemas;   ///< null where there is nothing to judge
  /// What is wrong with a schema: "parametersSchema is invalid at /type: …"; empty where nothing
  /// is.
  std::string problem;
};

/// Compiles the schemas of a tool, as far as its settings want them judged. `draft` is that of a
/// schema without `$schema`.
[[nodiscard]] CompiledSchemas compile_schemas(const ToolDeclaration& tool,
                                              const PluginSettings& plugin, SchemaDraft draft);

/// Step 2 of a call (ARCHITECTURE.md): fills defaults in and coerces where the plugin wants
/// it, and judges. Gives the parameters that the provider gets: `given` itself, unless they were
/// adapted. Fails with `tool_disabled`, or with `invalid_parameters` and its violations. `log` may
/// be null. Any thread.
[[nodiscard]] Result<Json> check_parameters(const RegisteredTool& tool, Json given, Logger* log);

/// Whether `check_result` has anything to look at.
[[nodiscard]] bool judges_results(const RegisteredTool& tool);

/// Step 5: fails with `invalid_result` and its violations (their pointers start at the result)
/// where the result's `data` does not fit the output schema. A result that says `error` is not held
/// against it. `log` may be null. Any thread.
[[nodiscard]] Result<Done> check_result(const RegisteredTool& tool, const ToolResult& result,
                                        Logger* log);

/// "invalid at /type: …", for behind the schema's name.
[[nodiscard]] std::string invalidity(const SchemaError& error);

/// The first violations in one line, for messages: "/a must be …; /b must be …; and 4 more".
[[nodiscard]] std::string summary(std::span<const Violation> violations);

}  // namespace collet::tool
