#include "app/plugin_request.hpp"

namespace collet::app {

std::string plugin_path(std::string_view plugin, std::string_view rest) {
  return "/api/plugins/" + url_encoded(plugin) + std::string(rest);
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

}  // namespace collet::app
