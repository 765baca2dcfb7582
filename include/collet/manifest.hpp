// What a plugin says of itself.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "collet/limits.hpp"
#include "collet/schema.hpp"
#include "collet/worker_limits.hpp"

namespace collet {

/// What becomes of parameters and results that do not fit their schema.
enum class Validation : std::uint8_t {
  enforce,  ///< the call fails; a tool whose schema is invalid is disabled
  warn,     ///< the call goes on, and the log says what did not fit
  off,      ///< schemas are not even read
};

/// What the host may be told about one tool beyond the Paperclip manifest: the manifest's
/// `collet.tools.<name>` block, or the operator's `[plugin."<key>".tools.<name>]` table, which
/// wins.
struct ToolSettings {
  // Bounds, wherever the settings are written: manifest, operator's file or request. At least 1.
  static constexpr std::chrono::milliseconds timeout_max = limits::calls::timeout_ceiling;
  static constexpr std::uint32_t concurrency_max = limits::calls::in_flight_ceiling;

  /// JSON Schema of the result's `data`, as JSON text; a result with `error` is not held against it
  std::optional<std::string> output_schema{};
  std::optional<std::chrono::milliseconds>
      timeout{};                               ///< deadline of a call whose caller names none
  std::optional<std::uint32_t> concurrency{};  ///< calls of this tool in flight at once
  std::optional<bool> idempotent{};            ///< whether running a call twice does no harm
  /// The plugin's where absent. Operator only: a plugin does not switch its own checks off.
  std::optional<Validation> validation{};
};

/// One entry of the manifest's `tools`.
struct ToolDeclaration {
  std::string name{};  ///< bare name, any characters
  std::string display_name{};
  std::string description{};
  std::string parameters_schema{};  ///< JSON Schema as JSON text, exactly as declared
  ToolSettings settings{};
};

/// What to do with a worker whose call passed its deadline.
enum class OnTimeout : std::uint8_t {
  abandon,  ///< leave it alone; a late answer is counted and dropped
  kill,     ///< kill and restart it
};

/// The manifest's top-level `collet` block, less its `tools` (which stand in each ToolDeclaration).
struct PluginSettings {
  /// At least 1.
  static constexpr std::uint32_t instances_max = limits::worker::instances_ceiling;
  static constexpr std::uint32_t concurrency_max = ToolSettings::concurrency_max;

  std::optional<std::uint32_t> instances{};    ///< worker processes, 1 where absent
  std::optional<std::uint32_t> concurrency{};  ///< calls in flight at once in each of them
  std::optional<OnTimeout> on_timeout{};       ///< `abandon` where absent
  std::optional<std::chrono::milliseconds>
      timeout{};  ///< deadline of calls of tools that name none; operator only
  std::optional<Validation>
      validation{};  ///< of all its tools, `enforce` where absent; operator only
  /// Whether parameters that a call leaves out get the `default` of their schema, before they are
  /// judged; no where absent.
  std::optional<bool> fill_defaults{};
  /// Whether strings become numbers or booleans, and single values lists, where the schema wants
  /// that and leaves one reading; before they are judged; no where absent.
  std::optional<bool> coerce{};
  WorkerLimits limits{};  ///< of each of its workers; operator only
};

/// A Paperclip plugin manifest, apiVersion 1, that passed every check.
struct Manifest {
  std::string id{};  ///< the plugin key, `^[a-z0-9][a-z0-9._-]*$`
  int api_version = 1;
  std::string version{};
  std::string display_name{};
  std::string description{};
  std::string author{};
  std::vector<std::string> categories{};
  std::vector<std::string> capabilities{};
  std::string worker_entrypoint{};  ///< `entrypoints.worker`, relative to the package root
  std::optional<std::string> minimum_host_version{};
  std::vector<ToolDeclaration> tools{};
  PluginSettings settings;
  /// Of the tools' schemas that name no `$schema`: a Paperclip manifest means draft-07.
  SchemaDraft schema_draft = SchemaDraft::draft7;
  std::string json{};  ///< the whole manifest as JSON text on one line; unknown keys are kept
};

/// Checks a manifest against every rule of the reference host (its schema and its capability rules)
/// and reads it. Fails with `install_failed`; the message lists every problem as `path: message`,
/// joined by "; ", in the reference's words ("Invalid plugin manifest: id: Required; …"). A pure
/// function; any thread.
[[nodiscard]] Result<Manifest> parse_manifest(std::string json);

}  // namespace collet
