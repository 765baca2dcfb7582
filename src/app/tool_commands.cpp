// collet tool …
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/duration.hpp"
#include "app/json_argument.hpp"
#include "app/json_text.hpp"
#include "app/param_parse.hpp"
#include "app/schema_shape.hpp"
#include "app/table.hpp"
#include "app/text.hpp"
#include "json/writer.hpp"

namespace collet::app {
namespace {

constexpr std::string_view k_tools_path = "/api/plugins/tools";

/// The daemon ends a call at its deadline; what it needs to say so comes on top.
constexpr std::chrono::seconds k_answer_slack{15};

/// The descriptor of `name` in the answer to a list of tools.
Outcome<json::Value> find_tool(const json::Document& tools, const std::string& name) {
  std::vector<std::string> names;
  const auto list = tools.root();
  for (const auto tool : list.elements()) {
    names.push_back(text_member(tool, "name"));
    if (names.back() == name) return tool;
  }
  const auto meant = closest(name, names);
  return failed(Error{.code = ErrorCode::tool_not_found,
                      .message = "there is no tool \"" + name + "\"",
                      .remedy = meant ? "did you mean \"" + *meant + "\"?"
                                      : std::string("`collet tool list` shows what there is")});
}

json::Value schema_of(const json::Value& tool) {
  return tool.find("parametersSchema").value_or(tool);
}

std::string example_call(const std::string& name, const std::vector<ParameterLine>& lines) {
  std::string text = "collet tool call " + shell_word(name);
  bool any = false;
  for (const auto& line : lines) {
    if (!line.required) continue;
    text += " --param " + shell_word(line.name + "=" + line.example);
    any = true;
  }
  // Where nothing is required, the first parameter shows how it is done.
  if (!any && !lines.empty()) {
    text += " --param " + shell_word(lines.front().name + "=" + lines.front().example);
  }
  return text;
}

/// The parameters object as JSON text.
Outcome<std::string> parameters_of(const ToolCallCommand& command, const Client& client,
                                   const Surroundings& on) {
  if (command.json) {
    return read_json_argument(
        *command.json, on.terminal,
        "give an object such as '{\"name\":\"value\"}', or use --param name=value");
  }
  if (command.parameters.empty()) return "{}";
  const auto tools = client.send({.path = std::string(k_tools_path)});
  if (!tools) return std::unexpected(tools.error());
  const auto tool = find_tool(*tools, command.tool);
  if (!tool) return std::unexpected(tool.error());
  auto parameters = build_parameters(schema_of(*tool), command.parameters);
  if (parameters) return *std::move(parameters);
  auto error = std::move(parameters.error());
  if (error.remedy.empty()) {
    error.remedy = "`collet tool show " + shell_word(command.tool) + "` lists the parameters";
  }
  return failed(std::move(error));
}

/// What people read of a result: its `content` as text, else its data.
std::string result_text(const json::Value& result) {
  const auto ended = [](std::string text) {
    if (!text.ends_with('\n')) text += '\n';
    return text;
  };
  if (result.is_string()) return ended(plain_text(result));
  const auto content = present_member(result, "content");
  if (!content) {
    const auto data = present_member(result, "data");
    if (data) return pretty(*data) + "\n";
    // An error alone is printed as one.
    if (present_member(result, "error")) return {};
    return pretty(result) + "\n";
  }
  if (content->is_string()) return ended(plain_text(*content));
  std::string text;
  for (const auto part : content->elements()) {
    const auto words = part.find("text");
    text += words && words->is_string() ? ended(plain_text(*words)) : pretty(part) + "\n";
  }
  return text.empty() ? pretty(*content) + "\n" : text;
}

/// `runContext` of a call on somebody's behalf.
void write_context(json::Writer& body, const CallContext& context) {
  if (!context.agent && !context.run && !context.company && !context.project) return;
  body.key("runContext").begin_object();
  body.member("agentId", context.agent.value_or("default"))
      .member("runId", context.run.value_or("default"));
  body.member("companyId", context.company.value_or("default"))
      .member("projectId", context.project.value_or("default"));
  body.end_object();
}

}  // namespace

Outcome<ExitCode> execute(const ToolList& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  const auto query = command.plugin ? "?pluginId=" + url_encoded(*command.plugin) : std::string();
  const auto answer = client->send({.path = std::string(k_tools_path) + query});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) {
    on.terminal.out(std::string(answer->text()) + "\n");
    return ExitCode::ok;
  }
  Table table({{"TOOL"}, {"DESCRIPTION"}});
  const auto tools = answer->root();
  for (const auto tool : tools.elements()) {
    const auto disabled = text_member(tool, "disabled");
    table.add({text_member(tool, "name"),
               disabled.empty() ? Cell(first_sentence(text_member(tool, "description")))
                                : Cell("disabled: " + disabled, Style::bad)});
  }
  if (table.empty()) {
    on.terminal.out(command.plugin ? "The plugin " + printable(*command.plugin) +
                                         " offers no tools now.\nSee why: collet doctor " +
                                         printable(shell_word(*command.plugin)) + "\n"
                                   : "There are no tools.\nSee the plugins: collet plugin list\n");
    return ExitCode::ok;
  }
  on.terminal.out(table.render(on.terminal.out_traits()));
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const ToolShow& command, const Surroundings& on) {
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  const auto tools = client->send({.path = std::string(k_tools_path)});
  if (!tools) return std::unexpected(tools.error());
  const auto tool = find_tool(*tools, command.tool);
  if (!tool) return std::unexpected(tool.error());
  if (command.form == OutputForm::json) {
    on.terminal.out(std::string(tool->raw()) + "\n");
    return ExitCode::ok;
  }

  const auto traits = on.terminal.out_traits();
  std::string text = styled(printable(command.tool), Style::bold, traits);
  if (const auto title = text_member(*tool, "displayName"); !title.empty()) {
    text += "  " + printable(title);
  }
  text += "\n" + printable_lines(text_member(*tool, "description")) + "\n\n";
  if (const auto disabled = text_member(*tool, "disabled"); !disabled.empty()) {
    text += styled("It is disabled:", Style::bad, traits) + " " + printable(disabled) + "\n\n";
  }

  const auto lines = describe_parameters(schema_of(*tool));
  Table table({{"PARAMETER"}, {"TYPE"}, {"REQUIRED"}, {"DEFAULT"}, {"DESCRIPTION"}});
  for (const auto& line : lines) {
    table.add({line.name, line.type, std::string(line.required ? "yes" : "no"), line.default_text,
               line.description});
  }
  // Descriptions are for reading whole: they are not cut.
  text += table.empty() ? std::string("It declares no parameters.\n")
                        : table.render({.colour = traits.colour});
  text += "\nCall it:\n  " + printable(example_call(command.tool, lines)) + "\n";
  on.terminal.out(text);
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const ToolCallCommand& command, const Surroundings& on) {
  std::optional<std::chrono::milliseconds> timeout;
  if (command.timeout) {
    timeout = parse_duration(*command.timeout);
    if (!timeout) {
      return wrong_usage("--timeout wants a duration, got \"" + *command.timeout + "\"",
                         "write for example 500ms, 10s or 2m");
    }
  }
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());
  const auto parameters = parameters_of(command, *client, on);
  if (!parameters) return std::unexpected(parameters.error());

  json::Writer body;
  body.begin_object().member("tool", command.tool).raw_member("parameters", *parameters);
  if (timeout) body.member("timeoutMs", timeout->count());
  write_context(body, command.context);
  body.end_object();
  const auto answer = client->send(
      {.method = "POST",
       .path = std::string(k_tools_path) + "/execute",
       .body = std::move(body).take(),
       .answer_timeout = timeout ? std::optional(*timeout + k_answer_slack) : std::nullopt});
  if (!answer) return std::unexpected(answer.error());
  const auto result = answer->root().find("result");
  if (!result) {
    return failed(Error{.code = ErrorCode::internal_error,
                        .message = "the daemon answered without a result"});
  }
  const auto error = present_member(*result, "error");
  const auto exit_code = error ? ExitCode::tool_error : ExitCode::ok;
  switch (command.output) {
    case ToolCallCommand::Output::json:
      on.terminal.out(std::string(answer->text()) + "\n");
      break;
    case ToolCallCommand::Output::raw:
      on.terminal.out(result->raw());
      if (on.terminal.out_traits().width) on.terminal.out("\n");
      break;
    case ToolCallCommand::Output::text:
      on.terminal.out(printable_lines(result_text(*result)));
      if (error) {
        const auto message = error->is_object() ? text_member(*error, "message") : "";
        print_error(on.terminal, Error{.code = ErrorCode::tool_error,
                                       .message = message.empty() ? plain_text(*error) : message});
      }
      break;
  }
  return exit_code;
}

}  // namespace collet::app
