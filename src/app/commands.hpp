// The commands: what each was told, and the function that does it. The functions print results and
// return the exit code; a Failure is printed by the caller (app.hpp).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/client.hpp"
#include "app/serve.hpp"
#include "app/surroundings.hpp"
#include "collet/schema.hpp"

namespace collet::app {

/// Who reads the output.
enum class OutputForm : std::uint8_t {
  text,  ///< people: tables and sentences
  json,  ///< machines: the API's JSON as it is
};

struct PluginInstall {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string source{};  ///< folder, or npm name[@version]
};
struct PluginList {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::optional<std::string> status{};
};
struct PluginShow {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};                  ///< key or UUID, as in the commands below
  std::optional<std::string> company{};  ///< whose configuration it is about
};
struct PluginEnable {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
};
struct PluginDisable {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<std::string> reason{};
};
struct PluginRestart {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
};
struct PluginUninstall {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  enum class Extent : std::uint8_t { keep_row, purge } extent = Extent::keep_row;
};
struct PluginLogs {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<int> limit{};          ///< 1 to 500
  std::optional<std::string> level{};  ///< debug, info, warn, error, metric
  std::optional<std::string> since{};  ///< a duration back from now, or an ISO 8601 time
  std::optional<std::string> company{};
};
struct PluginActivity {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<int> limit{};         ///< 1 to 500
  std::optional<std::string> kind{};  ///< activity, telemetry
  std::optional<std::string> since{};
  std::optional<std::string> company{};
};
struct PluginJobs {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<std::string> action{};  ///< run, runs; else its jobs are listed
  std::optional<std::string> job{};     ///< key
  std::optional<int> limit{};           ///< 1 to 500, of runs
};
struct PluginBridge {
  ClientOptions client{};
  std::string plugin{};
  std::string name{};  ///< that the plugin registered
  enum class What : std::uint8_t { data, action } what = What::data;
  std::optional<std::string> json{};     ///< JSON text, "@file", or "-" for standard input
  std::optional<std::string> company{};  ///< whom it is for
  std::optional<std::string> timeout{};  ///< a duration
};
/// Where a configuration comes from: at most one of them.
struct ConfigSource {
  std::optional<std::string> json{};      ///< JSON text
  std::optional<std::string> file{};      ///< "-" for standard input
  std::vector<std::string> parameters{};  ///< name=value, onto what is stored
};
struct PluginConfigGet {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<std::string> company{};
};
struct PluginConfigSet {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<std::string> company{};
  ConfigSource source{};
};
struct PluginConfigEdit {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<std::string> company{};
};
struct PluginConfigTest {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string plugin{};
  std::optional<std::string> company{};
  ConfigSource source{};  ///< what is stored where it names nothing
};
struct ToolList {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::optional<std::string> plugin{};
};
struct ToolShow {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string tool{};  ///< `<plugin key>:<tool>`
};
/// On whose behalf a tool is called; what is not named is "default".
struct CallContext {
  std::optional<std::string> agent{};
  std::optional<std::string> run{};
  std::optional<std::string> company{};
  std::optional<std::string> project{};
};
struct ToolCallCommand {
  ClientOptions client{};
  CallContext context{};
  std::string tool{};
  std::optional<std::string> json{};  ///< JSON text, "@file", or "-" for standard input
  std::vector<std::string> parameters{};
  std::optional<std::string> timeout{};  ///< a duration
  enum class Output : std::uint8_t { text, json, raw } output = Output::text;
};
struct SecretSet {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string id{};
  std::optional<std::string> company{};
  std::optional<std::string> plugin{};  ///< one that may read it from now on
  /// Where the value comes from. Never an argument: every user of the machine sees those.
  enum class From : std::uint8_t { prompt, standard_input } from = From::prompt;
};
struct SecretList {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::optional<std::string> company{};
};
struct SecretRemove {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::string id{};
  std::optional<std::string> company{};
};
/// A draft as people write it.
struct DraftName {
  std::string_view name;
  SchemaDraft draft;
};
inline constexpr std::array<DraftName, 5> k_draft_names{{{"4", SchemaDraft::draft4},
                                                         {"6", SchemaDraft::draft6},
                                                         {"7", SchemaDraft::draft7},
                                                         {"2019-09", SchemaDraft::draft2019_09},
                                                         {"2020-12", SchemaDraft::draft2020_12}}};

struct SchemaCheck {
  OutputForm form = OutputForm::text;
  std::string schema{};                ///< file, or "-" for standard input
  std::optional<SchemaDraft> draft{};  ///< of a schema without `$schema`; 2020-12 where absent
};
struct SchemaValidate {
  OutputForm form = OutputForm::text;
  std::string schema{};    ///< as above
  std::string instance{};  ///< file, or "-" for standard input
  std::optional<SchemaDraft> draft{};
  SchemaFormats formats = SchemaFormats::as_dialect_says;
  std::optional<SchemaOutput> output{};  ///< print that format of the specification, as JSON
};
struct Doctor {
  ClientOptions client{};
  OutputForm form = OutputForm::text;
  std::optional<std::string> plugin{};
};

using Command =
    std::variant<ServeCommand, PluginInstall, PluginList, PluginShow, PluginEnable, PluginDisable,
                 PluginRestart, PluginUninstall, PluginLogs, PluginActivity, PluginJobs,
                 PluginBridge, PluginConfigGet, PluginConfigSet, PluginConfigEdit, PluginConfigTest,
                 ToolList, ToolShow, ToolCallCommand, SecretSet, SecretList, SecretRemove,
                 SchemaCheck, SchemaValidate, Doctor>;

// plugin_commands.cpp
[[nodiscard]] Outcome<ExitCode> execute(const PluginInstall& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginList& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginShow& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginEnable& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginDisable& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginRestart& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginUninstall& command, const Surroundings& on);
// report_commands.cpp
[[nodiscard]] Outcome<ExitCode> execute(const PluginLogs& command, const Surroundings& on);
// bridge_commands.cpp
[[nodiscard]] Outcome<ExitCode> execute(const PluginBridge& command, const Surroundings& on);
// config_commands.cpp
[[nodiscard]] Outcome<ExitCode> execute(const PluginConfigGet& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginConfigSet& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginConfigEdit& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginConfigTest& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginActivity& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const PluginJobs& command, const Surroundings& on);
// tool_commands.cpp
[[nodiscard]] Outcome<ExitCode> execute(const ToolList& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const ToolShow& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const ToolCallCommand& command, const Surroundings& on);
// secret_commands.cpp
[[nodiscard]] Outcome<ExitCode> execute(const SecretSet& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const SecretList& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const SecretRemove& command, const Surroundings& on);
// schema_commands.cpp
[[nodiscard]] Outcome<ExitCode> execute(const SchemaCheck& command, const Surroundings& on);
[[nodiscard]] Outcome<ExitCode> execute(const SchemaValidate& command, const Surroundings& on);
// doctor.cpp
[[nodiscard]] Outcome<ExitCode> execute(const Doctor& command, const Surroundings& on);
// serve_plan.cpp
[[nodiscard]] Outcome<ExitCode> execute(const ServeCommand& command, const Surroundings& on);

}  // namespace collet::app
