#include "api/api.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>
#include <utility>

#include "api/body.hpp"
#include "api/metrics.hpp"
#include "api/openapi.hpp"
#include "api/record_views.hpp"
#include "api/views.hpp"
#include "base/ascii.hpp"
#include "base/join.hpp"
#include "json/writer.hpp"
#include "jsonrpc/message.hpp"

namespace collet::api {
namespace {

// A worker that is well answers within milliseconds; one that is busy for longer than this is at
// least worth a look.
constexpr auto k_health_timeout = std::chrono::seconds(2);

http::Response json_response(std::string body) {
  return {.body = std::move(body)};
}

// Answers with a row, or with the failure.
Reply<PluginRecord> row_reply(http::Responder responder) {
  return Reply<PluginRecord>([responder = std::move(responder)](Result<PluginRecord> row) mutable {
    responder.send(row ? json_response(row_json(*row)) : http::error_response(row.error()));
  });
}

// Runs and webhooks on a dashboard, as the reference has it.
constexpr std::size_t k_recent_max = 10;

// The reason stands in the row, and so in every list: a few sentences.
constexpr std::size_t k_reason_bytes_max = 2000;

// Compares in the same time wherever the difference is.
bool same_secret(std::string_view given, std::string_view expected) {
  unsigned difference = given.size() == expected.size() ? 0u : 1u;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto other = i < given.size() ? given[i] : '\0';
    difference |= static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

bool announces_body(const http::Request& head) {
  return head.header("Transfer-Encoding") || head.header("Content-Length").value_or("0") != "0";
}

// Whoever says "purge=1" means it: keeping the row would be as wrong as purging by mistake.
Result<Uninstall> read_purge(std::string_view query) {
  const auto given = http::query_values(query, "purge");
  if (given.empty() || given.front() == "false") return Uninstall::keep_row;
  if (given.front() == "true") return Uninstall::purge;
  return fail(ErrorCode::invalid_request,
              "Invalid purge '" + given.front() + "'. Must be true or false",
              "purge=true also deletes the row, the logs and the data");
}

std::string sse_event(std::string_view name, std::string_view data) {
  return std::string("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
}

}  // namespace

struct Api::Table {
  struct Entry {
    Route route;
    Handler handler;
  };
  static constexpr auto entries = std::to_array<Entry>({
      {{"GET", "/healthz"}, &Api::healthz},
      {{"GET", "/readyz"}, &Api::readyz},
      {{"GET", "/metrics"}, &Api::metrics},
      {{"GET", "/api/openapi.json"}, &Api::openapi},
      {{"GET", "/api/plugins"}, &Api::list_plugins},
      {{"GET", "/api/plugins/tools"}, &Api::list_tools},
      {{"POST", "/api/plugins/tools/execute"}, &Api::execute},
      {{"POST", "/api/plugins/install"}, &Api::install},
      {{"GET", "/api/plugins/:id"}, &Api::show_plugin},
      {{"DELETE", "/api/plugins/:id"}, &Api::uninstall},
      {{"POST", "/api/plugins/:id/enable"}, &Api::enable},
      {{"POST", "/api/plugins/:id/disable"}, &Api::disable},
      {{"POST", "/api/plugins/:id/restart"}, &Api::restart},
      {{"POST", "/api/plugins/:id/upgrade"}, &Api::upgrade},
      {{"GET", "/api/plugins/:id/health"}, &Api::health},
      {{"GET", "/api/plugins/:id/logs"}, &Api::logs},
      {{"GET", "/api/plugins/:id/activity"}, &Api::activity},
      {{"GET", "/api/plugins/:id/jobs"}, &Api::list_jobs},
      {{"GET", "/api/plugins/:id/jobs/:key/runs"}, &Api::list_job_runs},
      {{"POST", "/api/plugins/:id/jobs/:key/trigger"}, &Api::trigger_job},
      {{"POST", "/api/plugins/:id/webhooks/:key"}, &Api::receive_webhook},
      {{"GET", "/api/plugins/:id/dashboard"}, &Api::dashboard},
      {{"POST", "/api/plugins/:id/bridge/data"}, &Api::get_data},
      {{"POST", "/api/plugins/:id/bridge/action"}, &Api::perform_action},
      {{"GET", "/api/plugins/:id/bridge/stream/:key"}, &Api::stream},
      {{"POST", "/api/plugins/:id/data/:key"}, &Api::get_data},
      {{"POST", "/api/plugins/:id/actions/:key"}, &Api::perform_action},
      {{"GET", "/api/plugins/:id/config"}, &Api::show_config},
      {{"POST", "/api/plugins/:id/config"}, &Api::set_config},
      {{"POST", "/api/plugins/:id/config/test"}, &Api::test_config},
      {{"GET", "/api/secrets"}, &Api::list_secrets},
      {{"POST", "/api/secrets"}, &Api::set_secret},
      {{"DELETE", "/api/secrets/:id"}, &Api::remove_secret},
  });
  // The same alone, to be matched and given out.
  static constexpr auto routes = [] {
    std::array<Route, entries.size()> all{};
    std::ranges::transform(entries, all.begin(), &Entry::route);
    return all;
  }();
};

std::span<const Route> Api::routes() {
  return Table::routes;
}

std::optional<http::Response> Api::admit(const http::Request& head) {
  const bool probe = head.path == "/healthz" || head.path == "/readyz";
  if (authorized(head) || (probe && !announces_body(head)) || is_open_webhook(head))
    return std::nullopt;
  auto refused = http::error_response({.code = ErrorCode::unauthorized,
                                       .message = head.header("Authorization")
                                                      ? "the operator token is wrong"
                                                      : "the operator token is missing",
                                       .remedy = "send \"Authorization: Bearer <token>\"; the "
                                                 "token stands in the file operator-token in the "
                                                 "daemon's data folder"});
  refused.headers.push_back({"WWW-Authenticate", "Bearer realm=\"collet\""});
  return refused;
}

bool Api::is_vital(const http::Request& head) const {
  return !announces_body(head) &&
         (head.path == "/healthz" || head.path == "/readyz" || head.path == "/metrics");
}

void Api::handle(http::Request request, http::Responder responder) {
  auto match = match_route(Table::routes, request.method, request.path);
  if (!match) {
    auto refused = http::error_response(match.error());
    if (match.error().code == ErrorCode::method_not_allowed)
      refused.headers.push_back({"Allow", allowed_methods(Table::routes, request.path)});
    return responder.send(std::move(refused));
  }
  (this->*Table::entries[match->index].handler)(
      {std::move(request), std::move(responder), std::move(match->id), std::move(match->key)});
}

bool Api::is_open_webhook(const http::Request& head) const {
  const auto match = match_route(Table::routes, head.method, head.path);
  if (!match || Table::entries[match->index].handler != &Api::receive_webhook) return false;
  const auto row = options_.lifecycle.find(match->id);
  return row && options_.services.webhooks().is_open(row->plugin_key);
}

bool Api::authorized(const http::Request& request) const {
  if (!options_.operator_token) return true;
  const auto header = request.header("Authorization");
  constexpr std::string_view scheme = "Bearer ";  // in any case: RFC 9110 §11.1
  return header && equal_ignoring_case(header->substr(0, scheme.size()), scheme) &&
         same_secret(header->substr(scheme.size()), *options_.operator_token);
}

// ---- the host

void Api::healthz(Exchange exchange) {
  json::Writer out;
  out.begin_object().member("status", "ok").member("version", options_.version).end_object();
  exchange.responder.send(json_response(std::move(out).take()));
}

void Api::readyz(Exchange exchange) {
  if (!options_.ready()) {
    return exchange.responder.send(http::error_response(
        {.code = ErrorCode::shutting_down, .message = "the host is starting or stopping"}));
  }
  options_.store.ping(
      Reply<Done>([responder = std::move(exchange.responder)](Result<Done> outcome) mutable {
        responder.send(outcome ? json_response(R"({"status":"ready"})")
                               : http::error_response(outcome.error()));
      }));
}

void Api::metrics(Exchange exchange) {
  exchange.responder.send(
      {.content_type = std::string(k_metrics_content_type),
       .body = metrics_text(
           {.version = options_.version,
            .calls = options_.dispatcher.call_counts(),
            .admissions = options_.dispatcher.admissions(),
            .workers = options_.workers.diagnostics(),
            .events = options_.services.events().diagnostics(),
            .streams = options_.services.streams().diagnostics(),
            .bridge = bridge_counts_,
            .services = options_.services.counts(),
            .plugin_metrics = options_.services.metrics().view(),
            .loop = options_.gaps ? options_.gaps() : LoopGaps{},
            .server = options_.connections ? options_.connections() : http::ServerLoad{}})});
}

void Api::openapi(Exchange exchange) {
  exchange.responder.send(json_response(std::string(k_openapi_document)));
}

// ---- tools

void Api::list_tools(Exchange exchange) {
  const auto plugin = http::query_values(exchange.request.query, "pluginId");
  if (!plugin.empty()) {
    return exchange.responder.send(json_response(
        descriptors_json(options_.dispatcher.list_tools_for_agent({.plugin_id = plugin.front()}))));
  }
  const auto generation = options_.dispatcher.registry().generation();
  if (!tool_list_ || tool_list_->generation != generation) {
    tool_list_ = ToolList{generation, descriptors_json(options_.dispatcher.list_tools_for_agent())};
  }
  exchange.responder.send(json_response(tool_list_->json));
}

void Api::execute(Exchange exchange) {
  auto read = read_execute(exchange.request, options_.services.policy());
  if (!read) return exchange.responder.send(http::error_response(read.error()));
  if (read->timeout) read->call.deadline = Deadline::after(options_.loop.now(), *read->timeout);
  options_.dispatcher.execute_tool(
      std::move(read->call),
      Reply<ToolExecutionResult>(
          [responder = std::move(exchange.responder)](Result<ToolExecutionResult> answer) mutable {
            if (!answer) return responder.send(http::error_response(answer.error()));
            json::Writer out;
            out.begin_object()
                .member("pluginId", answer->plugin_id)
                .member("toolName", answer->tool_name);
            out.raw_member("result", answer->result.json).end_object();
            responder.send(json_response(std::move(out).take()));
          }));
}

// ---- plugins

void Api::list_plugins(Exchange exchange) {
  const auto given = http::query_values(exchange.request.query, "status");
  std::optional<PluginStatus> status;
  if (!given.empty()) {
    std::string joined;
    for (const auto& one : given) joined += (joined.empty() ? "" : ",") + one;
    status = plugin_status_from(joined);
    if (!status) {
      return exchange.responder.send(
          http::error_response({.code = ErrorCode::invalid_request,
                                .message = "Invalid status '" + joined +
                                           "'. Must be one of: installed, ready, disabled, error, "
                                           "upgrade_pending, uninstalled"}));
    }
  }
  auto rows = options_.lifecycle.list(status);
  if (!status)
    std::erase_if(rows,
                  [](const PluginRecord& row) { return row.status == PluginStatus::uninstalled; });
  exchange.responder.send(json_response(rows_json(rows)));
}

void Api::show_plugin(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto worker = options_.workers.get_worker(row->id);
  const bool tests_config = worker && worker->status == WorkerStatus::running &&
                            std::ranges::find(worker->supported_methods, "validateConfig") !=
                                worker->supported_methods.end();
  json::Writer out;
  out.begin_object();
  write_row_members(out, *row);
  // With several tenants only whoever names one can be told what it has still to configure.
  if (const auto company = company_in_query(options_.services.policy(), exchange.request)) {
    out.key("configErrors");
    write_field_errors(out, options_.services.configs().shortcomings(*row, *company));
  }
  out.member("supportsConfigTest", tests_config).end_object();
  exchange.responder.send(json_response(std::move(out).take()));
}

void Api::install(Exchange exchange) {
  auto request = read_install(exchange.request);
  if (!request) return exchange.responder.send(http::error_response(request.error()));
  const auto accept = exchange.request.header("Accept");
  if (accept && accept->find("text/event-stream") != accept->npos) {
    return install_with_progress(std::move(*request), std::move(exchange.responder));
  }
  options_.lifecycle.load(std::move(*request), row_reply(std::move(exchange.responder)));
}

void Api::install_with_progress(InstallRequest request, http::Responder responder) {
  // A client that goes away misses the rest of the story; the install goes on.
  const auto stream = std::shared_ptr<http::Stream>(responder.stream(
      {.content_type = "text/event-stream", .headers = {{"Cache-Control", "no-store"}}}));
  // Progress is for people. An npm that prints without end must not cost the stream its result.
  constexpr std::size_t line_bytes_max = 1000;
  constexpr std::size_t progress_bytes_max = 1u
                                             << 20;  // a quarter of what a stream may hold unread
  request.progress = [stream, left = progress_bytes_max](std::string_view line) mutable {
    json::Writer data;
    data.begin_object().member("line", line.substr(0, line_bytes_max)).end_object();
    auto event = sse_event("progress", data.text());
    if (event.size() > left) return;
    left -= event.size();
    stream->write(std::move(event));
  };
  options_.lifecycle.load(
      std::move(request), Reply<PluginRecord>([stream](Result<PluginRecord> row) {
        stream->write(row ? sse_event("result", row_json(*row))
                          : sse_event("error", http::error_response(row.error()).body));
        stream->end();
      }));
}

void Api::enable(Exchange exchange) {
  options_.lifecycle.enable(exchange.id, row_reply(std::move(exchange.responder)));
}

void Api::disable(Exchange exchange) {
  auto reason = read_optional_text(exchange.request, "reason");
  if (!reason) return exchange.responder.send(http::error_response(reason.error()));
  if (reason->value_or("").size() > k_reason_bytes_max) {
    return exchange.responder.send(http::error_response(
        {.code = ErrorCode::invalid_request,
         .message = "reason must have at most " + std::to_string(k_reason_bytes_max) + " bytes"}));
  }
  options_.lifecycle.disable(exchange.id, reason->value_or(""),
                             row_reply(std::move(exchange.responder)));
}

void Api::restart(Exchange exchange) {
  options_.lifecycle.restart_worker(exchange.id, row_reply(std::move(exchange.responder)));
}

void Api::upgrade(Exchange exchange) {
  auto version = read_optional_text(exchange.request, "version");
  if (!version) return exchange.responder.send(http::error_response(version.error()));
  options_.lifecycle.upgrade(exchange.id, std::move(*version),
                             row_reply(std::move(exchange.responder)));
}

void Api::uninstall(Exchange exchange) {
  const auto how = read_purge(exchange.request.query);
  if (!how) return exchange.responder.send(http::error_response(how.error()));
  options_.lifecycle.unload(exchange.id, *how, row_reply(std::move(exchange.responder)));
}

void Api::check_health(const PluginRecord& row, Reply<std::string> reply) {
  auto tools = options_.dispatcher.list_tools_for_agent({.plugin_id = row.id});
  if (row.status != PluginStatus::ready) return reply(health_json(row, std::nullopt, tools));
  options_.workers.call(
      row.id,
      {.method = "health", .deadline = Deadline::after(options_.loop.now(), k_health_timeout)},
      Reply<std::string>([row, tools = std::move(tools),
                          reply = std::move(reply)](Result<std::string> answer) mutable {
        WorkerHealth health{.passed = false, .message = {}};
        const auto refused = answer ? std::nullopt : answer.error().rpc_code;
        if (refused == jsonrpc::code::method_not_found ||
            refused == jsonrpc::code::method_not_implemented) {
          health = {.passed = true,
                    .message = "The worker answers; it has no health method of its own"};
        } else if (!answer) {
          health.message = answer.error().message;
        } else {
          const auto said = json::Document::parse(*answer);
          const auto status = said ? said->root().find("status") : std::nullopt;
          health.passed = !status || status->equals("ok");
          health.message = "The worker answered: " + *answer;
        }
        reply(health_json(row, health, tools));
      }));
}

void Api::health(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  check_health(*row, Reply<std::string>([responder = std::move(exchange.responder)](
                                            Result<std::string> health) mutable {
    responder.send(health ? json_response(std::move(*health))
                          : http::error_response(health.error()));
  }));
}

void Api::dashboard(Exchange exchange) {
  auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  struct Parts {
    PluginRecord row;
    http::Responder responder;
    Result<std::vector<JobRun>> runs = std::vector<JobRun>{};
    Result<std::vector<WebhookDelivery>> deliveries = std::vector<WebhookDelivery>{};
    Result<std::string> health = std::string{};
  };
  const auto parts = std::make_shared<Parts>(
      Parts{.row = *std::move(row), .responder = std::move(exchange.responder)});
  const Join all(Reply<Done>([this, parts](Result<Done>) {
    auto& [of, responder, runs, deliveries, health] = *parts;
    if (!runs) return responder.send(http::error_response(runs.error()));
    if (!deliveries) return responder.send(http::error_response(deliveries.error()));
    if (!health) return responder.send(http::error_response(health.error()));
    responder.send(json_response(dashboard_json(of, options_.workers.get_worker(of.id),
                                                options_.dispatcher.admission(of.plugin_key),
                                                options_.services.events().diagnostics(of.id),
                                                options_.services.streams().diagnostics(of.id),
                                                {.job_runs = job_runs_json(*runs),
                                                 .deliveries = deliveries_json(*deliveries),
                                                 .health = *health},
                                                options_.wall_clock())));
  }));
  const auto into = [&all](auto& place) {
    using Outcome = std::remove_reference_t<decltype(place)>;
    return Reply<typename Outcome::value_type>([&place, one = all.one()](Outcome outcome) mutable {
      place = std::move(outcome);
      one(Done{});
    });
  };
  options_.services.jobs().store().list({.plugin_id = parts->row.id, .limit = k_recent_max},
                                        into(parts->runs));
  options_.services.webhooks().store().list({.plugin_id = parts->row.id, .limit = k_recent_max},
                                            into(parts->deliveries));
  check_health(parts->row, into(parts->health));
}

}  // namespace collet::api
