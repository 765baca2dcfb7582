#include "app/client.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "app/config.hpp"
#include "app/json_text.hpp"
#include "app/paths.hpp"
#include "app/sse_reader.hpp"
#include "collet/limits.hpp"
#include "http/address.hpp"

namespace collet::app {
namespace {

constexpr std::string_view k_start_hint =
    "start one with `collet serve` (in a source checkout: scripts/run), or name another with --url";

/// An answer wraps a result that was a line of a worker, with room for what later daemons wrap.
constexpr json::ParseLimits k_answer_limits{.bytes_max = limits::json::bytes_ceiling,
                                            .depth_max = 1100};

/// Whether a request to `url` stays on this machine; read as the connection will read it.
bool leads_to_loopback(std::string_view url) {
  const auto parsed = http::parse_http_url(url);
  return parsed && http::is_loopback(parsed->authority);
}

/// The codes of a failure behind `collet plugin data` and `action`, which are the reference's.
constexpr auto k_bridge_codes = std::to_array<std::pair<std::string_view, ErrorCode>>(
    {{"WORKER_ERROR", ErrorCode::tool_error},
     {"WORKER_UNAVAILABLE", ErrorCode::worker_unavailable},
     {"CAPABILITY_DENIED", ErrorCode::forbidden},
     {"INVOCATION_SCOPE_DENIED", ErrorCode::forbidden},
     {"TIMEOUT", ErrorCode::timeout},
     {"UNKNOWN", ErrorCode::tool_error}});

std::optional<ErrorCode> code_named(std::string_view name) {
  for (const auto& [bridge_name, code] : k_bridge_codes) {
    if (bridge_name == name) return code;
  }
  const auto row = std::ranges::find(k_error_codes, name, &ErrorCodeRow::name);
  if (row == k_error_codes.end()) return std::nullopt;
  return row->code;
}

std::vector<Violation> violations_of(const json::Value& error) {
  std::vector<Violation> violations;
  const auto list = error.find("violations");
  if (!list) return violations;
  for (const auto each : list->elements()) {
    violations.push_back({.instance_pointer = text_member(each, "instancePointer"),
                          .schema_pointer = text_member(each, "schemaPointer"),
                          .keyword = text_member(each, "keyword"),
                          .message = text_member(each, "message")});
  }
  return violations;
}

}  // namespace

Outcome<std::filesystem::path> find_data_dir(const std::optional<std::string>& flag,
                                             const Environment& environment) {
  if (flag) return std::filesystem::path(*flag);
  if (const auto variable = environment.get("COLLET_DATA_DIR")) return *variable;
  const auto config = load_default_config(environment);
  if (!config) return std::unexpected(config.error());
  if (config->data_dir) return *config->data_dir;
  if (auto folder = default_data_dir(environment)) return *std::move(folder);
  return wrong_usage("there is no data folder: neither HOME nor XDG_DATA_HOME is set",
                     "name a folder with --data-dir or COLLET_DATA_DIR");
}

Outcome<Client> Client::find(const ClientOptions& options, const Surroundings& surroundings) {
  const auto& environment = surroundings.environment;
  auto url = options.url ? options.url : environment.get("COLLET_URL");
  auto token = options.token ? options.token : environment.get("COLLET_TOKEN");
  std::string source = options.token ? "--token" : "COLLET_TOKEN";

  if (!url || !token) {
    const auto data_dir = find_data_dir(options.data_dir, environment);
    if (!data_dir) return std::unexpected(data_dir.error());
    const auto run = read_run_file(*data_dir);
    if (!url && !run) {
      return std::unexpected(Failure{
          ExitCode::unreachable,
          Error{.code = ErrorCode::worker_unavailable,
                .message = "no Collet daemon runs for the data folder " + data_dir->string(),
                .remedy = std::string(k_start_hint)}});
    }
    if (!url) url = run->url;
    const bool own = leads_to_loopback(*url) || (run && run->url == *url);
    if (!token && own) {
      token = read_token(*data_dir);
      source = token_file(*data_dir).string();
    }
  }
  if (!url->starts_with("http://")) {
    return wrong_usage("\"" + *url + "\" is not the URL of a daemon",
                       "write it as http://<address>:<port>");
  }
  while (url->ends_with('/')) url->pop_back();
  return Client(*std::move(url), std::move(token), std::move(source), surroundings.fetch);
}

http::ClientRequest Client::prepared(const ApiRequest& request) const {
  http::ClientRequest prepared{.method = request.method,
                               .url = url_ + request.path,
                               .body = request.body,
                               .answer_timeout = request.answer_timeout};
  if (token_) prepared.headers.push_back({"Authorization", "Bearer " + *token_});
  if (!request.body.empty()) prepared.headers.push_back({"Content-Type", "application/json"});
  return prepared;
}

Failure Client::unreachable(const Error& error) const {
  if (error.code != ErrorCode::worker_unavailable) {
    return Failure{static_cast<ExitCode>(describe(error.code).exit_code), error};
  }
  return Failure{ExitCode::unreachable,
                 Error{.code = error.code,
                       .message = "no Collet daemon answers at " + url_ + ": " + error.message,
                       .remedy = std::string(k_start_hint)}};
}

Failure Client::refusal(int status, const std::string& body) const {
  Error error{.code = status == 401 ? ErrorCode::unauthorized : ErrorCode::internal_error,
              .message = fmt::format("{} answered with HTTP status {}", url_, status)};
  const auto document = json::Document::parse(body);
  if (document && document->root().is_object()) {
    const auto root = document->root();
    for (const auto* name : {"error", "message"}) {
      if (auto text = text_member(root, name); !text.empty()) error.message = std::move(text);
    }
    error.code = code_named(text_member(root, "code")).value_or(error.code);
    error.remedy = text_member(root, "remedy");
    error.violations = violations_of(root);
  } else {
    error.remedy = "check that a Collet daemon listens at that address";
  }
  if (error.code == ErrorCode::unauthorized) {
    error.remedy = token_ ? "the token of " + token_source_ +
                                " is not the daemon's; name its data folder with --data-dir, or "
                                "give its token with COLLET_TOKEN"
                          : "no operator token was found; name the daemon's data folder with "
                            "--data-dir, or give its token with COLLET_TOKEN";
  }
  return Failure{static_cast<ExitCode>(describe(error.code).exit_code), std::move(error)};
}

Outcome<json::Document> Client::parsed(std::string body) const {
  auto document = json::Document::parse(std::move(body), k_answer_limits);
  if (document) return *std::move(document);
  return failed(Error{
      .code = ErrorCode::internal_error,
      .message = url_ + " answered with something that is no JSON: " + document.error().message,
      .remedy = "check that a Collet daemon listens at that address"});
}

Outcome<json::Document> Client::send(const ApiRequest& request) const {
  auto response = (*fetch_)(prepared(request));
  if (!response) return std::unexpected(unreachable(response.error()));
  if (response->status / 100 != 2) {
    return std::unexpected(refusal(response->status, response->body));
  }
  return parsed(std::move(response->body));
}

Outcome<json::Document> Client::send_streamed(
    const ApiRequest& request, const std::function<void(std::string_view line)>& progress) const {
  auto streamed = prepared(request);
  streamed.headers.push_back({"Accept", "text/event-stream"});
  SseReader reader;
  std::optional<ServerEvent> last;
  std::string lines;  // of an answer that turns out not to be a stream
  streamed.on_line = [&](std::string_view line) {
    lines.append(line).append("\n");
    const auto event = reader.feed(line);
    if (!event) return;
    lines.clear();
    if (event->name != "progress") {
      last = event;
      return;
    }
    const auto data = json::Document::parse(event->data);
    if (data) progress(text_member(data->root(), "line"));
  };
  auto response = (*fetch_)(streamed);
  if (!response) return std::unexpected(unreachable(response.error()));
  if (last && last->name == "error") return std::unexpected(refusal(response->status, last->data));
  if (last && last->name == "result") return parsed(std::move(last->data));
  auto body = response->body.empty() ? std::move(lines) : std::move(response->body);
  if (response->status / 100 != 2) return std::unexpected(refusal(response->status, body));
  if (response->content_type.starts_with("text/event-stream")) {
    return failed(Error{.code = ErrorCode::internal_error,
                        .message = "the daemon's answer broke off before its result",
                        .remedy = "see what became of it with `collet plugin list`"});
  }
  return parsed(std::move(body));
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace collet::app
