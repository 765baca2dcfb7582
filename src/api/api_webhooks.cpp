// The route by which external senders reach plugins.
#include <utility>

#include "api/api.hpp"
#include "base/ascii.hpp"
#include "json/writer.hpp"

namespace collet::api {
namespace {

http::Response webhook_response(const services::WebhookOutcome& outcome) {
  json::Writer out;
  out.begin_object().member("deliveryId", outcome.delivery_id);
  if (outcome.handled) {
    out.member("status", "success").end_object();
    return {.body = std::move(out).take()};
  }
  // The error's own members stand beside these.
  out.member("status", "failed");
  auto response = http::error_response(outcome.handled.error());
  response.body = std::move(out).take() + "," + response.body.substr(1);
  return response;
}

}  // namespace

void Api::receive_webhook(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  if (row->status != PluginStatus::ready) {
    return exchange.responder.send(http::error_response(
        {.code = ErrorCode::invalid_transition,
         .message =
             "Plugin is not ready (current status: " + std::string(to_string(row->status)) + ")",
         .remedy = "send it again when it is"}));
  }
  if (!services::WebhookService::declares(row->manifest_json, exchange.key)) {
    return exchange.responder.send(http::error_response(
        {.code = ErrorCode::not_found,
         .message = "Webhook endpoint '" + exchange.key + "' is not declared by this plugin",
         .remedy = "the plugin's manifest lists its webhooks"}));
  }
  services::Webhook webhook{.plugin_id = row->id, .endpoint_key = std::move(exchange.key)};
  // The operator's token is for no plugin to see.
  const bool shows_token = options_.operator_token && authorized(exchange.request);
  for (auto& [name, value] : exchange.request.headers) {
    if (shows_token && equal_ignoring_case(name, "Authorization")) continue;
    webhook.headers.emplace_back(std::move(name), std::move(value));
  }
  webhook.body = std::move(exchange.request.body);
  options_.services.webhooks().receive(
      std::move(webhook), Reply<services::WebhookOutcome>(
                              [responder = std::move(exchange.responder)](auto outcome) mutable {
                                responder.send(outcome ? webhook_response(*outcome)
                                                       : http::error_response(outcome.error()));
                              }));
}

}  // namespace collet::api
