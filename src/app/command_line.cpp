#include "app/command_line.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/text.hpp"
#include "app/version.hpp"

namespace collet::app {
namespace {

constexpr const char* k_levels = "debug, info, warn or error";

/// The tree of commands. CLI11 writes into the option structs while it parses, so they live here.
class Grammar {
 public:
  Grammar() {
    app_.name("collet");
    app_.require_subcommand(0, 1);
    app_.set_version_flag("--version", "collet " + std::string(version()));
    app_.footer(
        "Examples:\n"
        "  collet serve\n"
        "  collet plugin install ./my-plugin\n"
        "  collet tool call collet.calc:evaluate --param expression='6*7'\n\n"
        "Exit codes: 0 done, 1 the tool said error or JSON does not fit its schema,\n"
        "2 usage or invalid parameters, 3 daemon not reachable, 4 any other failure.");
    add_serve();
    add_plugin_commands();
    add_tool_commands();
    add_secret_commands();
    add_schema_commands();
    add_doctor();
  }

  std::expected<Command, Printed> parse(std::span<const std::string> arguments) {
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants it
    try {
      app_.parse(reversed);
    } catch (const CLI::Success& help) {
      std::ostringstream out;
      app_.exit(help, out, out);
      return std::unexpected(Printed{.text = line_ended(out.str())});
    } catch (const CLI::ParseError& error) {
      return std::unexpected(Printed{.exit_code = ExitCode::usage, .error = explain(error)});
    }
    const auto* leaf = chosen();
    const auto found = commands_.find(leaf);
    if (found == commands_.end()) {
      return std::unexpected(Printed{.text = line_ended(leaf->help(parents_of(leaf)))});
    }
    return found->second();
  }

 private:
  /// A command with its options struct; what is parsed into the struct becomes the Command.
  template <class Options>
  std::pair<CLI::App*, Options*> add(CLI::App& parent, const std::string& name,
                                     const std::string& what, const std::string& examples) {
    auto* command = parent.add_subcommand(name, what);
    command->footer("Examples:\n" + examples);
    auto options = std::make_shared<Options>();
    auto* raw = options.get();
    commands_[command] = [options] { return Command(*options); };
    return {command, raw};
  }

  static void add_client_options(CLI::App& command, ClientOptions& client) {
    const std::string group = "Which daemon";
    command
        .add_option("--url", client.url,
                    "address of the daemon (else COLLET_URL, else the data folder tells)")
        ->type_name("URL")
        ->group(group);
    command
        .add_option("--token", client.token,
                    "operator token (else COLLET_TOKEN, else the data folder's)")
        ->type_name("TOKEN")
        ->group(group);
    command
        .add_option(
            "--data-dir", client.data_dir,
            "the daemon's data folder (else COLLET_DATA_DIR, the configuration, the default)")
        ->type_name("DIR")
        ->group(group);
  }

  template <class Options>
  static void add_common(CLI::App& command, Options& options) {
    command.add_flag_callback(
        "--json", [&options] { options.form = OutputForm::json; }, "print JSON, for programs");
    add_client_options(command, options.client);
  }

  template <class Options>
  static void add_plugin_argument(CLI::App& command, Options& options) {
    command.add_option("plugin", options.plugin, "key or UUID of the plugin")
        ->required()
        ->type_name("");
  }

  void add_serve() {
    auto [command, options] =
        add<ServeCommand>(app_, "serve", "Run the daemon",
                          "  collet serve\n"
                          "  collet serve --listen 127.0.0.1:8000 --data-dir /srv/collet");
    command->add_option("--config", options->config, "configuration file")->type_name("FILE");
    command->add_option("--data-dir", options->data_dir, "where everything is kept")
        ->type_name("DIR");
    command->add_option("--listen", options->listen, "address and port (127.0.0.1:7420)")
        ->type_name("ADDRESS:PORT");
    command->add_option("--log-level", options->log_level, k_levels)
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"debug", "info", "warn", "error"}).description(""));
    command->add_flag_callback(
        "--no-auth", [options = options] { options->auth = Authentication::none; },
        "ask for no operator token (on loopback only)");
  }

  void add_plugin_commands() {
    auto& plugin = *app_.add_subcommand("plugin", "Install and look after plugins");
    plugin.require_subcommand(0, 1);
    plugin.footer("Examples:\n  collet plugin list\n  collet plugin install ./my-plugin");
    add_install(plugin);
    {
      auto [command, options] =
          add<PluginList>(plugin, "list", "List the installed plugins",
                          "  collet plugin list\n  collet plugin list --status error --json");
      command
          ->add_option(
              "--status", options->status,
              "only those: installed, ready, disabled, error, upgrade_pending, uninstalled")
          ->type_name("STATUS");
      add_common(*command, *options);
    }
    {
      auto [command, options] = add<PluginShow>(plugin, "show", "Show all of a plugin",
                                                "  collet plugin show collet.calc");
      add_plugin_argument(*command, *options);
      add_company(*command, options->company);
      add_common(*command, *options);
    }
    {
      auto [command, options] = add<PluginEnable>(
          plugin, "enable",
          "Start a plugin that is disabled or in error, or approve what it asks for",
          "  collet plugin enable collet.calc");
      add_plugin_argument(*command, *options);
      add_common(*command, *options);
    }
    {
      auto [command, options] =
          add<PluginDisable>(plugin, "disable", "Stop a plugin and take its tools away",
                             "  collet plugin disable collet.calc --reason 'wrong results'");
      add_plugin_argument(*command, *options);
      command->add_option("--reason", options->reason, "why, for whoever looks later")
          ->type_name("TEXT");
      add_common(*command, *options);
    }
    {
      auto [command, options] =
          add<PluginRestart>(plugin, "restart", "Start a plugin's worker anew, from its files now",
                             "  collet plugin restart collet.calc");
      add_plugin_argument(*command, *options);
      add_common(*command, *options);
    }
    {
      auto [command, options] = add<PluginUninstall>(
          plugin, "uninstall", "Remove a plugin",
          "  collet plugin uninstall collet.calc\n  collet plugin uninstall --purge collet.calc");
      add_plugin_argument(*command, *options);
      command->add_flag_callback(
          "--purge", [options = options] { options->extent = PluginUninstall::Extent::purge; },
          "keep nothing of it");
      add_common(*command, *options);
    }
    add_reports(plugin);
    add_jobs(plugin);
  }

  /// What `logs` and `activity` have in common.
  template <class Options>
  static void add_report_options(CLI::App& command, Options& options) {
    add_plugin_argument(command, options);
    command.add_option("--limit", options.limit, "how many, 1 to 500 (25)")
        ->type_name("COUNT")
        ->check(CLI::Range(1, 500).description(""));
    command
        .add_option("--since", options.since,
                    "only newer ones: 10m ago, or a time like 2026-11-20T06:00:00Z")
        ->type_name("TIME");
    command.add_option("--company", options.company, "only those of this company")->type_name("ID");
    add_common(command, options);
  }

  void add_reports(CLI::App& plugin) {
    {
      auto [command, options] =
          add<PluginLogs>(plugin, "logs", "Show what a plugin logged, oldest first",
                          "  collet plugin logs collet.calc\n"
                          "  collet plugin logs collet.calc --level error --since 10m");
      command
          ->add_option("--level", options->level,
                       "only this level: debug, info, warn, error or metric")
          ->type_name("LEVEL")
          ->check(CLI::IsMember({"debug", "info", "warn", "error", "metric"}).description(""));
      add_report_options(*command, *options);
    }
    {
      auto [command, options] = add<PluginActivity>(
          plugin, "activity", "Show what a plugin reported of what it did, oldest first",
          "  collet plugin activity acme.sync\n"
          "  collet plugin activity acme.sync --kind telemetry --since 1d");
      command->add_option("--kind", options->kind, "only this kind: activity or telemetry")
          ->type_name("KIND")
          ->check(CLI::IsMember({"activity", "telemetry"}).description(""));
      add_report_options(*command, *options);
    }
    add_bridge(plugin, "data", PluginBridge::What::data,
               "Print data that a plugin has for its user interface, as JSON",
               "  collet plugin data acme.sync health\n"
               "  collet plugin data acme.sync runs --json '{\"limit\":5}'");
    add_bridge(plugin, "action", PluginBridge::What::action,
               "Let a plugin do what its user interface offers, and print what it says, as JSON",
               "  collet plugin action acme.sync resync\n"
               "  collet plugin action acme.sync forget --json '{\"id\":7}' --timeout 2m");
    add_config_commands(plugin);
  }

  void add_bridge(CLI::App& plugin, const std::string& name, PluginBridge::What what,
                  const std::string& does, const std::string& examples) {
    auto [command, options] = add<PluginBridge>(plugin, name, does, examples);
    options->what = what;
    add_plugin_argument(*command, *options);
    command->add_option("name", options->name, "as the plugin has registered it")
        ->required()
        ->type_name("");
    command
        ->add_option("--json", options->json,
                     "parameters as JSON: the text, @file, or - for standard input")
        ->type_name("JSON");
    command->add_option("--company", options->company, "whom it is for")->type_name("ID");
    command
        ->add_option("--timeout", options->timeout,
                     "give up after this time, such as 500ms, 10s, 2m")
        ->type_name("TIME");
    add_client_options(*command, options->client);
  }

  static void add_company(CLI::App& command, std::optional<std::string>& company) {
    command
        .add_option("--company", company,
                    "for which company; needed where the daemon serves several tenants")
        ->type_name("ID");
  }

  /// Where a configuration comes from, and that `--json` is one.
  template <class Options>
  static void add_config_source(CLI::App& command, Options& options) {
    auto& source = options.source;
    auto* json = command.add_option("--json", source.json, "the whole configuration as JSON")
                     ->type_name("JSON");
    auto* file =
        command.add_option("--file", source.file, "the same in a file, or - for standard input")
            ->type_name("FILE")
            ->excludes(json);
    command
        .add_option("--param", source.parameters,
                    "one value, read by the plugin's schema; may be repeated; what is not named "
                    "stays as it is stored")
        ->type_name("NAME=VALUE")
        ->take_all()
        ->allow_extra_args(false)
        ->excludes(json)
        ->excludes(file);
    command
        .add_option_function<std::string>(
            "--output",
            [&options](const std::string& form) {
              options.form = form == "json" ? OutputForm::json : OutputForm::text;
            },
            "text for people (default), json for programs")
        ->type_name("FORM")
        ->check(CLI::IsMember({"text", "json"}).description(""));
    add_client_options(command, options.client);
  }

  void add_config_commands(CLI::App& plugin) {
    auto& config =
        *plugin.add_subcommand("config", "Show and change what a plugin is configured with");
    config.require_subcommand(0, 1);
    config.footer(
        "Examples:\n  collet plugin config edit collet.notes\n"
        "  collet plugin config set collet.notes --param maxNotes=500");
    {
      auto [command, options] =
          add<PluginConfigGet>(config, "get", "Print a plugin's configuration as JSON",
                               "  collet plugin config get collet.notes");
      add_plugin_argument(*command, *options);
      add_company(*command, options->company);
      add_common(*command, *options);
    }
    {
      auto [command, options] = add<PluginConfigSet>(
          config, "set", "Configure a plugin",
          "  collet plugin config set collet.notes --param maxNotes=500\n"
          "  collet plugin config set collet.notes --json '{\"maxNotes\":500}'\n"
          "  collet plugin config set collet.notes --file notes.json\n\n"
          "A secret never stands in a configuration, only a reference to one:\n"
          "  --param token='{\"type\":\"secret_ref\",\"secretId\":\"...\"}'");
      add_plugin_argument(*command, *options);
      add_company(*command, options->company);
      add_config_source(*command, *options);
    }
    {
      auto [command, options] =
          add<PluginConfigEdit>(config, "edit", "Change a plugin's configuration in an editor",
                                "  collet plugin config edit collet.notes\n"
                                "  EDITOR=nano collet plugin config edit collet.notes\n\n"
                                "The editor is VISUAL, else EDITOR, else vi.");
      add_plugin_argument(*command, *options);
      add_company(*command, options->company);
      add_common(*command, *options);
    }
    {
      auto [command, options] = add<PluginConfigTest>(
          config, "test", "Have a plugin try a configuration out, by default the stored one",
          "  collet plugin config test collet.notes\n"
          "  collet plugin config test collet.notes --param maxNotes=500");
      add_plugin_argument(*command, *options);
      add_company(*command, options->company);
      add_config_source(*command, *options);
    }
  }

  void add_jobs(CLI::App& plugin) {
    auto [command, options] =
        add<PluginJobs>(plugin, "jobs", "Show a plugin's jobs, and run them",
                        "  collet plugin jobs acme.sync\n"
                        "  collet plugin jobs acme.sync run nightly\n"
                        "  collet plugin jobs acme.sync runs nightly --limit 100\n\n"
                        "`run` waits for the end of the job; exit code 4 where it failed.");
    add_plugin_argument(*command, *options);
    command->add_option("action", options->action, "run: run a job now; runs: list a job's runs")
        ->type_name("")
        ->check(CLI::IsMember({"run", "runs"}).description(""));
    command->add_option("job", options->job, "key of the job")->type_name("");
    command->add_option("--limit", options->limit, "how many runs, 1 to 500 (25)")
        ->type_name("COUNT")
        ->check(CLI::Range(1, 500).description(""));
    add_common(*command, *options);
  }

  void add_install(CLI::App& plugin) {
    auto [command, options] =
        add<PluginInstall>(plugin, "install", "Install a plugin from a folder or from npm",
                           "  collet plugin install ./my-plugin\n"
                           "  collet plugin install paperclip-plugin-x\n"
                           "  collet plugin install @acme/plugin-x@1.2.3");
    command
        ->add_option("source", options->source,
                     "a folder (any path that exists, or starts with . or /), else an npm package")
        ->required()
        ->type_name("");
    add_common(*command, *options);
  }

  void add_tool_commands() {
    auto& tool = *app_.add_subcommand("tool", "List and call tools");
    tool.require_subcommand(0, 1);
    tool.footer(
        "Examples:\n  collet tool list\n"
        "  collet tool call collet.calc:evaluate --param expression='6*7'");
    {
      auto [command, options] =
          add<ToolList>(tool, "list", "List the tools",
                        "  collet tool list\n  collet tool list --plugin collet.calc --json");
      command->add_option("--plugin", options->plugin, "only the tools of this plugin")
          ->type_name("KEY");
      add_common(*command, *options);
    }
    {
      auto [command, options] = add<ToolShow>(tool, "show", "Show a tool and its parameters",
                                              "  collet tool show collet.calc:evaluate");
      command->add_option("tool", options->tool, "name of the tool, <plugin>:<tool>")
          ->required()
          ->type_name("");
      add_common(*command, *options);
    }
    add_call(tool);
  }

  void add_call(CLI::App& tool) {
    auto [command, options] = add<ToolCallCommand>(
        tool, "call", "Call a tool and print its result",
        "  collet tool call collet.calc:evaluate --param expression='6*7'\n"
        "  collet tool call collet.notes:add --param title=Milk --param tags=home --param "
        "tags=food\n"
        "  collet tool call collet.notes:search --json '{\"query\":\"milk\"}' --output json\n"
        "  echo '{\"text\":\"one two\"}' | collet tool call collet.textstats:count --json -\n\n"
        "A --param value is read by the tool's schema: numbers, true and false, null, choices; a "
        "list\n"
        "is the flag once for each element or a JSON array; an object is JSON or dotted names\n"
        "(filter.author=Ann). What no schema declares is JSON where it looks like it, else text.");
    command->add_option("tool", options->tool, "name of the tool, <plugin>:<tool>")
        ->required()
        ->type_name("");
    auto* json =
        command
            ->add_option("--json", options->json,
                         "all parameters as JSON: the text, @file, or - for standard input")
            ->type_name("JSON");
    command->add_option("--param", options->parameters, "one parameter; may be repeated")
        ->type_name("NAME=VALUE")
        ->take_all()
        ->allow_extra_args(false)
        ->excludes(json);
    command
        ->add_option("--timeout", options->timeout,
                     "give up after this time, such as 500ms, 10s, 2m")
        ->type_name("TIME");
    auto* output = command
                       ->add_option_function<std::string>(
                           "--output",
                           [options = options](const std::string& form) {
                             options->output = form == "json" ? ToolCallCommand::Output::json
                                                              : ToolCallCommand::Output::text;
                           },
                           "text for people (default), json for programs")
                       ->type_name("FORM")
                       ->check(CLI::IsMember({"text", "json"}).description(""));
    command
        ->add_flag_callback(
            "--raw", [options = options] { options->output = ToolCallCommand::Output::raw; },
            "print the result's bytes as the tool sent them, and nothing else")
        ->excludes(output);
    const std::string group = "On whose behalf";
    auto& context = options->context;
    for (const auto& [name, id, what] :
         {std::tuple{"--agent", &context.agent, "id of the agent"},
          std::tuple{"--run", &context.run, "id of its run"},
          std::tuple{"--company", &context.company, "id of the company"},
          std::tuple{"--project", &context.project, "id of the project"}}) {
      command->add_option(name, *id, what)->type_name("ID")->group(group);
    }
    add_client_options(*command, options->client);
  }

  template <class Options>
  static void add_secret_options(CLI::App& command, Options& options) {
    command.add_option("--company", options.company, "whose it is, where a host serves several")
        ->type_name("COMPANY");
    add_common(command, options);
  }

  void add_secret_commands() {
    auto& secret = *app_.add_subcommand("secret", "Keep secrets that plugins may read");
    secret.require_subcommand(0, 1);
    secret.footer(
        "Examples:\n  collet secret set github-token\n"
        "  pass show github | collet secret set github-token --stdin");
    {
      auto [command, options] = add<SecretSet>(
          secret, "set", "Keep a secret, or a new version of it",
          "  collet secret set github-token\n"
          "  pass show github | collet secret set github-token --stdin\n"
          "  collet secret set github-token --plugin acme.issues\n\n"
          "The value is asked for, or read from standard input; a line end behind it does not "
          "count.\n"
          "A plugin may read a secret that its configuration refers to, that --plugin has bound it "
          "to,\n"
          "or that plugin.\"<key>\".secrets in collet.toml names.");
      command->add_option("id", options->id, "name of the secret")->required()->type_name("");
      command->add_option("--plugin", options->plugin, "key or UUID of a plugin that may read it")
          ->type_name("PLUGIN");
      command->add_flag_callback(
          "--stdin", [options = options] { options->from = SecretSet::From::standard_input; },
          "read the value from standard input");
      add_secret_options(*command, *options);
    }
    {
      auto [command, options] =
          add<SecretList>(secret, "list", "List the secrets that are kept, without their values",
                          "  collet secret list\n  collet secret list --json");
      add_secret_options(*command, *options);
    }
    {
      auto [command, options] =
          add<SecretRemove>(secret, "remove", "Remove all versions of a secret",
                            "  collet secret remove github-token");
      command->add_option("id", options->id, "name of the secret")->required()->type_name("");
      add_secret_options(*command, *options);
    }
  }

  template <class Options>
  static void add_schema_options(CLI::App& command, Options& options) {
    command.add_option("schema", options.schema, "file of the schema, or - for standard input")
        ->required()
        ->type_name("");
    command
        .add_option_function<std::string>(
            "--draft",
            [&options](const std::string& name) {
              const auto draft = std::ranges::find(k_draft_names, name, &DraftName::name);
              options.draft = draft->draft;
            },
            "of a schema that names no $schema: 4, 6, 7, 2019-09 or 2020-12 (default)")
        ->type_name("DRAFT")
        ->check(CLI::IsMember({"4", "6", "7", "2019-09", "2020-12"}).description(""));
    command.add_flag_callback(
        "--json", [&options] { options.form = OutputForm::json; }, "print JSON, for programs");
  }

  void add_schema_commands() {
    auto& schema = *app_.add_subcommand("schema", "Check JSON Schemas, and JSON against them");
    schema.require_subcommand(0, 1);
    schema.footer(
        "Examples:\n  collet schema check tool.schema.json\n"
        "  collet schema validate tool.schema.json call.json");
    const std::string notes =
        "\n\nReferences to other schemas are read from files below the schema's folder, never from "
        "the\n"
        "network. Exit codes: 0 it fits, 1 it does not";
    {
      auto [command, options] =
          add<SchemaCheck>(schema, "check", "Say whether a JSON Schema is valid",
                           "  collet schema check tool.schema.json\n"
                           "  collet schema check --draft 7 - < tool.schema.json" +
                               notes +
                               " (the schema is invalid), 2 it\n"
                               "cannot be read or is no JSON.");
      add_schema_options(*command, *options);
    }
    {
      auto [command, options] =
          add<SchemaValidate>(schema, "validate", "Say whether JSON fits a JSON Schema",
                              "  collet schema validate tool.schema.json call.json\n"
                              "  echo '{\"n\":1}' | collet schema validate tool.schema.json -" +
                                  notes + ", 2 schema or JSON are malformed.");
      add_schema_options(*command, *options);
      command
          ->add_option("instance", options->instance,
                       "file of the JSON that is judged, or - for standard input")
          ->required()
          ->type_name("");
      command->add_flag_callback(
          "--formats", [options = options] { options->formats = SchemaFormats::enforce; },
          "judge `format`, also where the draft only takes note of it");
      command
          ->add_option_function<std::string>(
              "--output",
              [options = options](const std::string& form) {
                options->output = form == "flag"    ? SchemaOutput::flag
                                  : form == "basic" ? SchemaOutput::basic
                                                    : SchemaOutput::detailed;
              },
              "print JSON in an output format of the specification: flag, basic or detailed")
          ->type_name("FORM")
          ->check(CLI::IsMember({"flag", "basic", "detailed"}).description(""));
    }
  }

  void add_doctor() {
    auto [command, options] =
        add<Doctor>(app_, "doctor", "Find out what is wrong, with everything or with a plugin",
                    "  collet doctor\n  collet doctor collet.calc");
    command->add_option("plugin", options->plugin, "key or UUID of a plugin")->type_name("");
    add_common(*command, *options);
  }

  static std::string line_ended(std::string text) {
    if (!text.ends_with('\n')) text += '\n';
    return text;
  }

  /// What is wrong with the arguments, and what may have been meant.
  Error explain(const CLI::ParseError& error) const {
    Error explained{.code = ErrorCode::invalid_request,
                    .message = error.what(),
                    .remedy = "see `" + chosen_name() + " --help`"};
    const auto* command = chosen();
    const auto words = command->remaining();
    if (words.empty()) return explained;
    explained.message = "\"" + words.front() + "\" is not known to `" + chosen_name() + "`";
    std::vector<std::string> known;
    for (const auto* each : command->get_subcommands(nullptr)) known.push_back(each->get_name());
    for (const auto* option : command->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
    if (const auto meant = closest(words.front(), known)) {
      explained.remedy = "did you mean \"" + *meant + "\"? " + explained.remedy;
    }
    return explained;
  }

  /// The innermost command that was named.
  const CLI::App* chosen() const {
    const CLI::App* command = &app_;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().front();
    return command;
  }
  std::string chosen_name() const {
    const auto* command = chosen();
    const auto parents = parents_of(command);
    return parents.empty() ? command->get_name() : parents + " " + command->get_name();
  }
  static std::string parents_of(const CLI::App* command) {
    std::string names;
    for (const auto* parent = command->get_parent(); parent != nullptr;
         parent = parent->get_parent()) {
      names = names.empty() ? parent->get_name() : parent->get_name() + " " + names;
    }
    return names;
  }

  CLI::App app_{"Collet, a plugin tool host for AI agents: one endpoint for all their tools."};
  std::map<const CLI::App*, std::function<Command()>> commands_;
};

}  // namespace

std::expected<Command, Printed> parse_command_line(std::span<const std::string> arguments) {
  Grammar grammar;
  return grammar.parse(arguments);
}

}  // namespace collet::app
