// The configuration of plugins.
#include "api/api.hpp"
#include "api/body.hpp"
#include "api/views.hpp"
#include "json/writer.hpp"
#include "jsonrpc/message.hpp"

namespace collet::api {
namespace {

http::Response json_response(std::string body) {
  return {.body = std::move(body)};
}

// An error with the violations once more, as the reference tells them.
http::Response config_error_response(const Error& error) {
  auto response = http::error_response(error);
  if (error.violations.empty()) return response;
  json::Writer fields;
  write_field_errors(fields, error.violations);
  response.body.pop_back();  // the closing brace
  response.body += ",\"fieldErrors\":" + fields.text() + "}";
  return response;
}

// What the reference calls a failure at the worker.
std::string_view bridge_code(const Error& error) {
  switch (error.code) {
    case ErrorCode::worker_unavailable:
    case ErrorCode::worker_crashed:
    case ErrorCode::overloaded:
    case ErrorCode::shutting_down:
      return "WORKER_UNAVAILABLE";
    case ErrorCode::timeout:
      return "TIMEOUT";
    default:
      break;
  }
  switch (error.rpc_code.value_or(jsonrpc::code::unknown)) {
    case jsonrpc::code::worker_unavailable:
      return "WORKER_UNAVAILABLE";
    case jsonrpc::code::capability_denied:
      return "CAPABILITY_DENIED";
    case jsonrpc::code::worker_error:
      return "WORKER_ERROR";
    case jsonrpc::code::timeout:
      return "TIMEOUT";
    case jsonrpc::code::invocation_scope_denied:
      return "INVOCATION_SCOPE_DENIED";
    default:
      return "UNKNOWN";
  }
}

// The reference's answer to a failure at the worker; `error` is what other errors have.
http::Response bridge_error_response(const Error& error) {
  json::Writer out;
  out.begin_object().member("code", bridge_code(error));
  out.member("message", error.message).member("error", error.message).end_object();
  return {.status = 502, .body = std::move(out).take()};
}

std::string verdict_json(const services::ConfigVerdict& verdict) {
  using Kind = services::ConfigVerdict::Kind;
  json::Writer out;
  out.begin_object().member("valid", verdict.kind == Kind::valid);
  if (verdict.kind == Kind::unsupported) out.member("supported", false);
  if (!verdict.message.empty()) out.member("message", verdict.message);
  out.end_object();
  return std::move(out).take();
}

}  // namespace

void Api::show_config(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto company = company_in_query(options_.services.policy(), exchange.request);
  if (!company) return exchange.responder.send(http::error_response(company.error()));
  const auto* config = options_.services.configs().find(row->id, *company);
  exchange.responder.send(json_response(config == nullptr ? "null" : config_json(*config)));
}

void Api::set_config(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto read = read_config(exchange.request);
  if (!read) return exchange.responder.send(http::error_response(read.error()));
  auto company = services::company_for_client(options_.services.policy(), read->company_id);
  if (!company) return exchange.responder.send(http::error_response(company.error()));
  options_.services.configs().set(
      *row, *std::move(company), read->config,
      Reply<services::ConfigChange>([responder = std::move(exchange.responder)](
                                        Result<services::ConfigChange> change) mutable {
        responder.send(change ? json_response(config_json(change->config, change->warning))
                              : config_error_response(change.error()));
      }));
}

void Api::test_config(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  if (row->status != PluginStatus::ready) {
    return exchange.responder.send(http::error_response(
        {.code = ErrorCode::invalid_transition,
         .message =
             "Plugin is not ready (current status: " + std::string(to_string(row->status)) + ")",
         .remedy = "collet plugin enable " + row->plugin_key}));
  }
  const auto read = read_config(exchange.request);
  if (!read) return exchange.responder.send(http::error_response(read.error()));
  // Of several tenants none has to be named: the worker then acts for nobody.
  const auto company = services::company_for_client(options_.services.policy(), read->company_id);
  options_.services.configs().test(
      *row, company.value_or(""), read->config,
      Reply<services::ConfigVerdict>([responder = std::move(exchange.responder)](
                                         Result<services::ConfigVerdict> verdict) mutable {
        if (verdict) return responder.send(json_response(verdict_json(*verdict)));
        const auto& error = verdict.error();
        const bool is_clients =
            error.code == ErrorCode::invalid_request || error.code == ErrorCode::payload_too_large;
        responder.send(is_clients ? config_error_response(error) : bridge_error_response(error));
      }));
}

}  // namespace collet::api
