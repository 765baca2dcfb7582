// collet plugin data, collet plugin action
#include <chrono>
#include <utility>

#include "app/commands.hpp"
#include "app/duration.hpp"
#include "app/json_argument.hpp"
#include "app/json_text.hpp"
#include "app/text.hpp"
#include "json/writer.hpp"

namespace collet::app {
namespace {

/// The daemon ends a call at its deadline; what it needs to say so comes on top.
constexpr std::chrono::seconds k_answer_slack{15};

}  // namespace

Outcome<ExitCode> execute(const PluginBridge& command, const Surroundings& on) {
  std::optional<std::chrono::milliseconds> timeout;
  if (command.timeout) {
    timeout = parse_duration(*command.timeout);
    if (!timeout) {
      return wrong_usage("--timeout wants a duration, got \"" + *command.timeout + "\"",
                         "write for example 500ms, 10s or 2m");
    }
  }
  Outcome<std::string> parameters = "{}";
  if (command.json) {
    parameters = read_json_argument(*command.json, on.terminal,
                                    "give an object such as '{\"name\":\"value\"}'");
  }
  if (!parameters) return std::unexpected(std::move(parameters.error()));
  const auto client = Client::find(command.client, on);
  if (!client) return std::unexpected(client.error());

  json::Writer body;
  body.begin_object().raw_member("params", *parameters);
  if (command.company) body.member("companyId", *command.company);
  if (timeout) body.member("timeoutMs", timeout->count());
  body.end_object();
  const auto route = command.what == PluginBridge::What::data ? "/data/" : "/actions/";
  ApiRequest request{
      .method = "POST",
      .path = "/api/plugins/" + url_encoded(command.plugin) + route + url_encoded(command.name),
      .body = std::move(body).take()};
  if (timeout) request.answer_timeout = *timeout + k_answer_slack;
  const auto answer = client->send(request);
  if (!answer) return std::unexpected(answer.error());
  const auto data = answer->root().find("data");
  if (!data) {
    return failed(
        Error{.code = ErrorCode::internal_error, .message = "the daemon answered without data"});
  }
  on.terminal.out(printable_lines(pretty(*data)) + "\n");
  return ExitCode::ok;
}

}  // namespace collet::app
