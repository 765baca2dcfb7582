// collet plugin config …
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/json_text.hpp"
#include "app/param_parse.hpp"
#include "app/text.hpp"
#include "base/file.hpp"
#include "json/writer.hpp"

namespace collet::app {
namespace {

/// No daemon takes more, whatever its configuration.
constexpr std::size_t k_json_bytes_max = json::ParseLimits{}.bytes_max;

/// How long the daemon may take to tell all workers, or to restart them; it has limits of its own.
constexpr std::chrono::minutes k_answer_timeout{5};

/// Where the API has a plugin's configuration: `rest` behind it.
std::string config_path(std::string_view plugin, const std::optional<std::string>& company,
                        std::string_view rest = "") {
  auto path = "/api/plugins/" + url_encoded(plugin) + "/config" + std::string(rest);
  if (company) path += "?companyId=" + url_encoded(*company);
  return path;
}

Outcome<json::Document> parsed(std::string text) {
  auto document = json::Document::parse(std::move(text));
  if (!document) {
    return wrong_usage(fmt::format("the configuration is no JSON: {} at byte {}",
                                   document.error().message, document.error().offset));
  }
  if (!document->root().is_object()) {
    return wrong_usage("the configuration is no JSON object", "write for example {\"name\": 1}");
  }
  return *std::move(document);
}

/// What is stored, as JSON text; nothing where the plugin is not configured.
Outcome<std::optional<std::string>> stored(const Client& client, std::string_view plugin,
                                           const std::optional<std::string>& company) {
  const auto answer = client.send({.path = config_path(plugin, company)});
  if (!answer) return std::unexpected(answer.error());
  const auto config = answer->root().find("configJson");
  if (!config) return std::optional<std::string>();
  return std::optional(json::compact(*config));
}

/// Writes `base` with the members of `changes`, objects member by member, unless an assignment
/// names them whole.
void write_merged(json::Writer& out, const json::Value& base, const json::Value& changes,
                  std::span<const std::string> assignments, const std::string& path = {}) {
  const auto is_whole = [&](const std::string& name) {
    return std::ranges::any_of(assignments, [&](const std::string& assignment) {
      return assignment.substr(0, assignment.find('=')) == name;
    });
  };
  out.begin_object();
  for (const auto member : base.members()) {
    const auto name = member.key.as_string().value_or("");
    const auto place = path.empty() ? name : path + "." + name;
    const auto change = changes.find(name);
    out.key(name);
    if (!change) {
      out.raw(json::compact(member.value));
    } else if (member.value.is_object() && change->is_object() && !is_whole(place)) {
      write_merged(out, member.value, *change, assignments, place);
    } else {
      out.raw(json::compact(*change));
    }
  }
  for (const auto member : changes.members()) {
    const auto name = member.key.as_string().value_or("");
    if (!base.find(name)) out.raw_member(name, json::compact(member.value));
  }
  out.end_object();
}

/// The stored configuration with `assignments` on it, which are read by the plugin's schema.
Outcome<std::string> assigned(const Client& client, std::string_view plugin,
                              const std::optional<std::string>& company,
                              std::span<const std::string> assignments) {
  const auto row = client.send({.path = "/api/plugins/" + url_encoded(plugin)});
  if (!row) return std::unexpected(row.error());
  const auto manifest = row->root().find("manifestJson");
  const auto declared = manifest ? manifest->find("instanceConfigSchema") : std::nullopt;
  const auto no_schema = json::Document::parse("{}");
  auto changes = build_parameters(declared.value_or(no_schema->root()), assignments);
  if (!changes) return failed(std::move(changes.error()));
  auto before = stored(client, plugin, company);
  if (!before) return std::unexpected(before.error());
  const auto base = parsed(before->value_or("{}"));
  if (!base) return std::unexpected(base.error());
  const auto change = parsed(*std::move(changes));
  if (!change) return std::unexpected(change.error());
  json::Writer merged;
  write_merged(merged, base->root(), change->root(), assignments);
  return std::move(merged).take();
}

/// The configuration that the user names, or nothing where he names none.
Outcome<std::optional<std::string>> named(const ConfigSource& source, std::string_view plugin,
                                          const std::optional<std::string>& company,
                                          const Client& client, Terminal& terminal) {
  if (!source.parameters.empty()) {
    auto text = assigned(client, plugin, company, source.parameters);
    if (!text) return std::unexpected(text.error());
    return std::optional(*std::move(text));
  }
  if (source.json) return source.json;
  if (!source.file) return std::optional<std::string>();
  if (*source.file == "-") {
    auto input = terminal.read_input(k_json_bytes_max);
    if (!input) return failed(std::move(input.error()));
    return std::optional(*std::move(input));
  }
  auto text = read_file(*source.file, k_json_bytes_max, FileKind::any_stream);
  if (!text) return wrong_usage("the file " + text.error().message);
  return std::optional(*std::move(text));
}

/// Sends a configuration to `rest` of its route.
Outcome<json::Document> post(const Client& client, std::string_view plugin,
                             const std::optional<std::string>& company, std::string_view rest,
                             const std::string& config) {
  const auto document = parsed(config);
  if (!document) return std::unexpected(document.error());
  json::Writer body;
  body.begin_object().raw_member("configJson", json::compact(document->root()));
  if (company) body.member("companyId", *company);
  body.end_object();
  return client.send({.method = "POST",
                      .path = config_path(plugin, std::nullopt, rest),
                      .body = std::move(body).take(),
                      .answer_timeout = k_answer_timeout});
}

/// Says what became of a configuration that was stored.
ExitCode report_stored(const json::Document& answer, OutputForm form, std::string_view plugin,
                       Terminal& terminal) {
  if (form == OutputForm::json) {
    terminal.out(std::string(answer.text()) + "\n");
    return ExitCode::ok;
  }
  const auto row = answer.root();
  terminal.out("Configured " + printable(plugin) + ".\n");
  if (const auto warning = text_member(row, "warning"); !warning.empty()) {
    print_warning(terminal, warning);
  }
  if (const auto error = text_member(row, "lastError"); !error.empty()) {
    print_warning(terminal, "its worker did not take the configuration: " + error);
  }
  return ExitCode::ok;
}

std::string editor_of(const Environment& environment) {
  const auto visual = environment.get("VISUAL");
  return visual ? *visual : environment.get("EDITOR").value_or("vi");
}

/// Whether the user can mend it in his editor.
bool is_about_the_text(const Failure& failure) {
  return failure.error.code == ErrorCode::invalid_request;
}

}  // namespace

Outcome<ExitCode> execute(const PluginConfigGet& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  const auto answer = client->send({.path = config_path(command.plugin, command.company)});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) {
    on.terminal.out(std::string(answer->text()) + "\n");
    return ExitCode::ok;
  }
  const auto config = answer->root().find("configJson");
  on.terminal.out((config ? pretty(*config) : "{}") + "\n");
  if (!config) {
    on.terminal.err(printable(command.plugin) +
                    " is not configured. Configure it: collet plugin config edit " +
                    printable(shell_word(command.plugin)) + "\n");
  }
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const PluginConfigSet& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  const auto config = named(command.source, command.plugin, command.company, *client, on.terminal);
  if (!config) return std::unexpected(config.error());
  if (!*config) {
    return wrong_usage("there is nothing to set",
                       "use --param name=value, --json or --file, or `collet plugin config edit`");
  }
  const auto answer = post(*client, command.plugin, command.company, "", **config);
  if (!answer) return std::unexpected(answer.error());
  return report_stored(*answer, command.form, command.plugin, on.terminal);
}

Outcome<ExitCode> execute(const PluginConfigEdit& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  const auto before = stored(*client, command.plugin, command.company);
  if (!before) return std::unexpected(before.error());
  const auto document = json::Document::parse(before->value_or("{}"));
  auto text = document ? pretty(document->root()) + "\n" : std::string("{}\n");
  const auto editor = editor_of(on.environment);
  std::optional<Failure> refused;
  while (true) {
    auto edited = on.machine.edit(editor, text);
    if (!edited) return failed(std::move(edited.error()));
    if (*edited == text) {
      if (refused) return std::unexpected(*std::move(refused));
      on.terminal.out("Nothing was changed.\n");
      return ExitCode::ok;
    }
    text = *std::move(edited);
    const auto answer = post(*client, command.plugin, command.company, "", text);
    if (answer) return report_stored(*answer, command.form, command.plugin, on.terminal);
    // On a terminal the editor opens again, until the text is right or stays as it is.
    if (!is_about_the_text(answer.error()) || !on.terminal.err_traits().width)
      return std::unexpected(answer.error());
    refused = answer.error();
    print_error(on.terminal, refused->error);
  }
}

Outcome<ExitCode> execute(const PluginConfigTest& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  auto config = named(command.source, command.plugin, command.company, *client, on.terminal);
  if (config && !*config) config = stored(*client, command.plugin, command.company);
  if (!config) return std::unexpected(config.error());
  const auto answer =
      post(*client, command.plugin, command.company, "/test", config->value_or("{}"));
  if (!answer) return std::unexpected(answer.error());

  const auto verdict = answer->root();
  const auto says = [&](std::string_view name) {
    const auto flag = verdict.find(name);
    return flag ? flag->as_bool() : std::nullopt;
  };
  const bool unsupported = says("supported") == false;
  const auto exit_code = unsupported || says("valid") == true ? ExitCode::ok : ExitCode::tool_error;
  if (command.form == OutputForm::json) {
    on.terminal.out(std::string(answer->text()) + "\n");
    return exit_code;
  }
  const auto message = text_member(verdict, "message");
  if (unsupported) {
    on.terminal.out("The configuration fits its schema. " + printable(message) + "\n");
  } else if (exit_code == ExitCode::ok) {
    on.terminal.out("The configuration works.\n");
    if (!message.empty()) print_warning(on.terminal, message);
  } else {
    print_error(on.terminal, Error{.code = ErrorCode::tool_error,
                                   .message = "the plugin refuses the configuration: " + message});
  }
  return exit_code;
}

}  // namespace collet::app
