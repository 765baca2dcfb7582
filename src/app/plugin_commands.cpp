// collet plugin …
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/json_text.hpp"
#include "app/plugin_request.hpp"
#include "app/plugin_view.hpp"
#include "app/text.hpp"
#include "json/writer.hpp"

namespace collet::app {
namespace {

/// Warns of a plugin's tools that may not be called: its author should not learn it from a call.
void warn_of_disabled_tools(const ClientOptions& options, const Surroundings& on,
                            std::string_view plugin) {
  const auto tools =
      ask(options, on, {.path = "/api/plugins/tools?pluginId=" + url_encoded(plugin)});
  if (!tools) return;
  const auto list = tools->root();
  for (const auto tool : list.elements()) {
    const auto disabled = text_member(tool, "disabled");
    if (disabled.empty()) continue;
    print_warning(on.terminal, text_member(tool, "name") + " is disabled: its " + disabled);
  }
}

/// Sends a request that changes a plugin and says `sentence` of its new row.
template <class Command, class Sentence>
Outcome<ExitCode> change(const Command& command, const Surroundings& on, const ApiRequest& request,
                         Sentence sentence) {
  const auto answer = ask(command.client, on, request);
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);
  on.terminal.out(printable_lines(sentence(answer->root())) + "\n");
  return ExitCode::ok;
}

/// Starts a plugin and says that it is `done`, with how many tools.
template <class Command>
Outcome<ExitCode> start(const Command& command, const Surroundings& on, std::string_view route,
                        std::string_view done) {
  const auto sentence = [done](const json::Value& row) {
    return std::string(done) + name_and_version(row) + ": " + counted(tool_count(row), "tool") +
           ".";
  };
  auto outcome =
      change(command, on, {.method = "POST", .path = plugin_path(command.plugin, route)}, sentence);
  if (outcome && command.form == OutputForm::text) {
    warn_of_disabled_tools(command.client, on, command.plugin);
  }
  return outcome;
}

/// The lines of an install as they come: one line that changes on a terminal, plain lines
/// elsewhere.
class Progress {
 public:
  Progress(Terminal& terminal, OutputForm form) : terminal_(terminal), form_(form) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::string_view line) {
    if (form_ == OutputForm::json) return;
    const auto width = terminal_.err_traits().width;
    if (!width) {
      terminal_.err(printable(line) + "\n");
      return;
    }
    clear();
    terminal_.err(cut(printable(line), *width - 1));
    shown_ = true;
  }
  void clear() {
    if (std::exchange(shown_, false)) terminal_.err("\r\x1b[2K");
  }

 private:
  Terminal& terminal_;
  OutputForm form_;
  bool shown_ = false;
};

/// The body of an install: a folder where `source` is one or looks like one, else an npm package.
std::string install_body(const std::string& source, Machine& machine) {
  json::Writer writer;
  writer.begin_object();
  if (source.starts_with('.') || source.starts_with('/') || machine.exists(source)) {
    writer.member("packageName", machine.absolute(source).string()).member("isLocalPath", true);
  } else {
    const auto at = source.find('@', 1);  // "@scope/name@1.0.0" has one at the start
    writer.member("packageName", source.substr(0, at));
    if (at != std::string::npos) writer.member("version", source.substr(at + 1));
  }
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

Outcome<ExitCode> execute(const PluginInstall& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  Progress progress(on.terminal, command.form);
  const auto answer = client->send_streamed({.method = "POST",
                                             .path = "/api/plugins/install",
                                             .body = install_body(command.source, on.machine),
                                             .answer_timeout = std::nullopt},
                                            [&](std::string_view line) { progress.show(line); });
  progress.clear();
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);

  const auto row = answer->root();
  std::string text = "Installed " + name_and_version(row) + " (" + text_member(row, "status") + ")";
  const auto tools = tool_table(row);
  text += tools.empty() ? ", no tools.\n" : ", " + counted(tool_count(row), "tool") + ":\n";
  on.terminal.out(printable_lines(text) + tools.render(on.terminal.out_traits(), 2));
  if (!tools.empty()) {
    warn_of_disabled_tools(command.client, on, text_member(row, "pluginKey"));
    const auto first = row.find("manifestJson")->find("tools")->elements().begin();
    const auto name = text_member(row, "pluginKey") + ":" + text_member(*first, "name");
    on.terminal.out("Next: collet tool show " + printable(shell_word(name)) + "\n");
  }
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const PluginList& command, const Surroundings& on) {
  const auto query = command.status ? "?status=" + url_encoded(*command.status) : std::string();
  const auto answer = ask(command.client, on, {.path = "/api/plugins" + query});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);

  Table table({{"PLUGIN"}, {"VERSION"}, {"STATUS"}, {"TOOLS", Align::right}, {"FROM"}});
  Table troubles({{""}, {""}});
  const auto rows = answer->root();
  for (const auto row : rows.elements()) {
    const auto key = text_member(row, "pluginKey");
    const auto status = text_member(row, "status");
    const auto path = text_member(row, "packagePath");
    table.add({key, text_member(row, "version"), Cell(status, style_of_status(status)),
               std::to_string(tool_count(row)),
               path.empty() ? text_member(row, "packageName") : path});
    const auto error = text_member(row, "lastError");
    if (!error.empty()) troubles.add({key + ":", error.substr(0, error.find('\n'))});
  }
  if (table.empty()) {
    on.terminal.out(command.status
                        ? "No plugin has the status " + printable(*command.status) + ".\n"
                        : "No plugins are installed.\n"
                          "Install one: collet plugin install <folder | npm package>\n");
    return ExitCode::ok;
  }
  const auto traits = on.terminal.out_traits();
  on.terminal.out(table.render(traits));
  if (!troubles.empty()) {
    on.terminal.out("\n" + troubles.render(traits) + "More: collet doctor <plugin>\n");
  }
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const PluginShow& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  const auto query = command.company ? "?companyId=" + url_encoded(*command.company) : "";
  const auto answer = client->send({.path = plugin_path(command.plugin, query)});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);
  const auto dashboard = client->send({.path = plugin_path(command.plugin, "/dashboard")});

  const auto row = answer->root();
  const auto manifest = row.find("manifestJson");
  const auto of_manifest = [&](std::string_view name) {
    return manifest ? text_member(*manifest, name) : std::string();
  };
  const auto traits = on.terminal.out_traits();
  std::string text = styled(printable(name_and_version(row)), Style::bold, traits);
  if (const auto title = of_manifest("displayName"); !title.empty()) {
    text += "  " + printable(title);
  }
  text += "\n";
  if (const auto about = of_manifest("description"); !about.empty()) {
    text += printable_lines(about) + "\n";
  }

  Table facts({{""}, {""}});
  const auto fact = [&](std::string name, const std::string& value, Style style = Style::plain) {
    if (!value.empty()) facts.add({std::move(name), Cell(value, style)});
  };
  const auto status = text_member(row, "status");
  fact("status", status, style_of_status(status));
  if (dashboard) {
    fact("worker", worker_line(dashboard->root()));
    fact("calls", calls_line(dashboard->root()));
    fact("limits", limits_line(dashboard->root()));
    for (const auto& why : unenforced_limits(dashboard->root())) fact("", why);
    fact("protocol", protocol_line(dashboard->root()));
  }
  fact("last error", text_member(row, "lastError"), Style::bad);
  for (const auto& [name, problem] : missing_configuration(row)) fact(name, problem, Style::bad);
  fact("id", text_member(row, "id"));
  fact("package", text_member(row, "packageName"));
  fact("folder", text_member(row, "packagePath"));
  fact("author", of_manifest("author"));
  fact("installed", short_time(text_member(row, "installedAt")));
  fact("updated", short_time(text_member(row, "updatedAt")));
  // Facts are for reading whole and for copying: they are not cut.
  text += "\n" + facts.render({.colour = traits.colour}, 2);

  const auto tools = tool_table(row);
  if (!tools.empty()) text += "\nTools:\n" + tools.render(traits, 2);
  on.terminal.out(text);
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const PluginEnable& command, const Surroundings& on) {
  return start(command, on, "/enable", "Enabled ");
}

Outcome<ExitCode> execute(const PluginDisable& command, const Surroundings& on) {
  json::Writer body;
  body.begin_object();
  if (command.reason) body.member("reason", *command.reason);
  body.end_object();
  return change(
      command, on,
      {.method = "POST", .path = plugin_path(command.plugin, "/disable"), .body = body.text()},
      [](const json::Value& row) {
        return "Disabled " + name_and_version(row) +
               ". Its tools are gone until: collet plugin enable " + text_member(row, "pluginKey");
      });
}

Outcome<ExitCode> execute(const PluginRestart& command, const Surroundings& on) {
  return start(command, on, "/restart", "Restarted ");
}

Outcome<ExitCode> execute(const PluginUninstall& command, const Surroundings& on) {
  const bool purge = command.extent == PluginUninstall::Extent::purge;
  return change(
      command, on,
      {.method = "DELETE", .path = plugin_path(command.plugin, purge ? "?purge=true" : "")},
      [&](const json::Value& row) {
        if (purge) return "Uninstalled and purged " + name_and_version(row) + ".";
        return "Uninstalled " + name_and_version(row) +
               ". Its row is kept until: collet plugin uninstall --purge " +
               text_member(row, "pluginKey");
      });
}

}  // namespace collet::app
