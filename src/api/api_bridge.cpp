// Data, actions and streams of plugins.
#include <algorithm>
#include <utility>

#include "api/api.hpp"
#include "api/bridge.hpp"
#include "base/text.hpp"
#include "json/writer.hpp"

namespace collet::api {

void Api::get_data(Exchange exchange) {
  bridge(std::move(exchange), BridgeMethod::get_data);
}

void Api::perform_action(Exchange exchange) {
  bridge(std::move(exchange), BridgeMethod::perform_action);
}

std::string Api::default_company() const {
  const auto& policy = options_.services.policy();
  return policy.tenancy == Tenancy::single ? policy.company_id : std::string();
}

void Api::bridge(Exchange exchange, BridgeMethod method) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  if (row->status != PluginStatus::ready) {
    return exchange.responder.send(bridge_error(
        {.code = ErrorCode::worker_unavailable,
         .message =
             "Plugin is not ready (current status: " + std::string(to_string(row->status)) + ")"}));
  }
  auto call = read_bridge(exchange.request, method, exchange.key, default_company());
  if (!call) return exchange.responder.send(http::error_response(call.error()));
  const auto wanted = call->timeout ? Clock::duration(*call->timeout) : options_.default_timeout;
  options_.workers.call(
      row->id,
      {.method = std::string(to_string(method)),
       .params_json = std::move(call->params_json),
       .company_id = std::move(call->company_id),
       .deadline = Deadline::after(options_.loop.now(), std::min(wanted, options_.timeout_max)),
       .cancellation = exchange.request.closed},
      Reply<std::string>(
          [this, key = row->plugin_key, method,
           responder = std::move(exchange.responder)](const Result<std::string>& answer) mutable {
            auto& outcomes = bridge_counts_[{key, std::string(to_string(method))}];
            ++outcomes[std::string(answer ? "result" : bridge_code(answer.error()))];
            if (!answer) return responder.send(bridge_error(answer.error()));
            json::Writer out;
            out.begin_object().raw_member("data", *answer).end_object();
            responder.send({.body = std::move(out).take()});
          }));
}

void Api::stream(Exchange exchange) {
  const auto& request = exchange.request;
  const auto companies = http::query_values(request.query, "companyId");
  std::string company(trimmed(companies.empty() ? "" : companies.front()));
  if (company.empty()) company = default_company();
  if (company.empty()) {
    return exchange.responder.send(
        http::error_response({.code = ErrorCode::invalid_request,
                              .message = "\"companyId\" query parameter is required"}));
  }
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  stream_clients_.add({row->id, std::move(exchange.key), std::move(company)}, request,
                      std::move(exchange.responder));
}

}  // namespace collet::api
