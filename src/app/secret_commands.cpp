// collet secret …
#include <utility>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/json_text.hpp"
#include "app/plugin_view.hpp"
#include "app/table.hpp"
#include "app/text.hpp"
#include "json/writer.hpp"
#include "services/secret_text.hpp"

namespace collet::app {
namespace {

/// What the daemon takes; more is told here, before it is sent.
constexpr std::size_t k_value_bytes_max = 64u << 10;

std::string with_company(std::string path, const std::optional<std::string>& company) {
  return company ? path + "?companyId=" + url_encoded(*company) : path;
}

Outcome<json::Document> ask(const ClientOptions& options, const Surroundings& on,
                            const ApiRequest& request) {
  const auto client = Client::find(options, on);
  if (!client) return std::unexpected(client.error());
  return client->send(request);
}

ExitCode print_json(const json::Document& answer, const Surroundings& on) {
  on.terminal.out(std::string(answer.text()) + "\n");
  return ExitCode::ok;
}

Outcome<services::SecretText> read_value(const SecretSet& command, const Surroundings& on) {
  if (command.from == SecretSet::From::standard_input) {
    auto text = on.terminal.read_input(k_value_bytes_max + 2);  // with its line end
    if (!text) return failed(std::move(text.error()));
    if (text->ends_with('\n')) text->pop_back();
    if (text->ends_with('\r')) text->pop_back();
    return services::SecretText(*std::move(text));
  }
  auto typed = on.terminal.ask_hidden(
      fmt::format("Value of {} (not shown): ", printable(command.id)), k_value_bytes_max);
  if (!typed) return failed(std::move(typed.error()));
  if (!*typed) {
    return wrong_usage("no value was given, and there is no terminal to ask for it",
                       "pipe it in: … | collet secret set " + command.id + " --stdin");
  }
  return services::SecretText(**std::move(typed));
}

}  // namespace

Outcome<ExitCode> execute(const SecretSet& command, const Surroundings& on) {
  const auto value = read_value(command, on);
  if (!value) return std::unexpected(value.error());
  if (value->reveal().empty()) {
    return wrong_usage("the value is empty",
                       "to take a secret away: collet secret remove " + command.id);
  }
  json::Writer body;
  body.begin_object().member("id", command.id).member("value", value->reveal());
  if (command.company) body.member("companyId", *command.company);
  if (command.plugin) body.member("plugin", *command.plugin);
  body.end_object();
  const auto answer =
      ask(command.client, on, {.method = "POST", .path = "/api/secrets", .body = body.text()});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);
  const auto version = integer_member(answer->root(), "version").value_or(0);
  on.terminal.out(fmt::format("Kept {}, version {}.\n", printable(command.id), version));
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const SecretList& command, const Surroundings& on) {
  const auto answer =
      ask(command.client, on, {.path = with_company("/api/secrets", command.company)});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);
  Table table({{"SECRET"}, {"COMPANY"}, {"VERSION"}, {"BOUND TO"}, {"UPDATED"}});
  for (const auto secret : answer->root().elements()) {
    std::string version;
    if (const auto versions = secret.find("versions")) {
      for (const auto each : versions->elements()) version = std::string(each.raw());  // the last
    }
    std::string plugins;
    if (const auto bound = secret.find("plugins")) {
      for (const auto each : bound->elements()) {
        plugins += (plugins.empty() ? "" : ", ") + each.as_string().value_or("");
      }
    }
    table.add({text_member(secret, "id"), text_member(secret, "companyId"), version, plugins,
               short_time(text_member(secret, "updatedAt"))});
  }
  on.terminal.out(table.empty() ? "No secrets. Set one with: collet secret set <name>\n"
                                : table.render(on.terminal.out_traits()));
  return ExitCode::ok;
}

Outcome<ExitCode> execute(const SecretRemove& command, const Surroundings& on) {
  const auto answer =
      ask(command.client, on,
          {.method = "DELETE",
           .path = with_company("/api/secrets/" + url_encoded(command.id), command.company)});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);
  on.terminal.out(fmt::format("Removed {}.\n", printable(command.id)));
  return ExitCode::ok;
}

}  // namespace collet::app
