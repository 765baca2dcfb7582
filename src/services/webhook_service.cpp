#include "services/webhook_service.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "json/document.hpp"
#include "json/writer.hpp"
#include "services/large_work.hpp"

namespace collet::services {
namespace {

/// The frame around the body on its way is two levels deep, and a worker's lines may be 1024 deep
/// (ChannelLimits). What is deeper reaches the plugin as text alone.
constexpr json::ParseLimits k_body_limits{.depth_max = limits::json::depth_max};

bool is_json(const std::map<std::string, std::string>& headers) {
  const auto given = headers.find("content-type");
  if (given == headers.end()) return false;
  const auto type =
      ascii_lower(trimmed(std::string_view(given->second).substr(0, given->second.find(';'))));
  return type == "application/json" || type.ends_with("+json");
}

}  // namespace

std::string handle_webhook_params(const Webhook& webhook, std::string_view request_id) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : webhook.headers) {
    const auto [header, is_new] = headers.emplace(ascii_lower(name), value);
    if (!is_new) header->second += ", " + value;
  }
  json::Writer params;
  params.begin_object().member("endpointKey", webhook.endpoint_key).key("headers").begin_object();
  for (const auto& [name, value] : headers) params.member(name, value);
  params.end_object().member("rawBody", webhook.body);
  if (is_json(headers)) {
    if (const auto body = json::Document::parse(webhook.body, k_body_limits))
      params.raw_member("parsedBody", json::compact(body->root()));
  }
  params.member("requestId", std::string(request_id)).end_object();
  return std::move(params).take();
}

WebhookService::WebhookService(WebhookParts parts, WebhookOptions options)
    : parts_(std::move(parts)), options_(std::move(options)) {}

void WebhookService::attach(WorkerManager& workers) {
  workers_ = &workers;
  parts_.store.end_unfinished("the host ended before the plugin answered", parts_.wall_clock(),
                              Reply<Done>([&log = parts_.log](Result<Done> done) {
                                if (done) return;
                                log.warn("webhooks that never ended could not be ended",
                                         {{"reason", done.error().message}});
                              }));
}

bool WebhookService::declares(std::string_view manifest_json, std::string_view endpoint_key) {
  const auto manifest = json::Document::parse(std::string(manifest_json));
  const auto list = manifest ? manifest->root().find("webhooks") : std::nullopt;
  if (!list) return false;
  for (const auto each : list->elements()) {
    const auto key = each.find("endpointKey");
    if (key && key->equals(endpoint_key)) return true;
  }
  return false;
}

void WebhookService::receive(Webhook webhook, Reply<WebhookOutcome> reply) {
  if (is_draining_) return reply(fail(ErrorCode::shutting_down, "the host is stopping"));
  if (pending_[webhook.plugin_id] >= options_.pending_per_plugin_max) {
    return reply(std::unexpected(
        Error{.code = ErrorCode::overloaded,
              .message = fmt::format("{} webhooks of this plugin are under way, which is the limit",
                                     options_.pending_per_plugin_max),
              .remedy = "send it again later",
              .retry_after = std::chrono::seconds(1)}));
  }
  ++pending_[webhook.plugin_id];
  WebhookDelivery delivery{.id = make_uuid(parts_.entropy),
                           .plugin_id = webhook.plugin_id,
                           .endpoint_key = webhook.endpoint_key,
                           .body_bytes = static_cast<std::int64_t>(webhook.body.size()),
                           .received_at = parts_.wall_clock()};
  const auto size = webhook.body.size();
  auto written = [this, delivery, reply = std::move(reply)](Result<std::string> params) mutable {
    if (params) return record(std::move(delivery), *std::move(params), std::move(reply));
    reply(std::unexpected(std::move(params.error())));
    close_one(delivery.plugin_id);
  };
  do_by_size<std::string>(
      parts_.background, size,
      [webhook = std::move(webhook), id = delivery.id]() -> Result<std::string> {
        return handle_webhook_params(webhook, id);
      },
      Reply<std::string>(std::move(written)));
}

void WebhookService::record(WebhookDelivery delivery, std::string params,
                            Reply<WebhookOutcome> reply) {
  parts_.store.begin(delivery,
                     Reply<Done>([this, delivery, params = std::move(params),
                                  reply = std::move(reply)](Result<Done> recorded) mutable {
                       if (recorded)
                         return handle(std::move(delivery), std::move(params), std::move(reply));
                       reply(std::unexpected(std::move(recorded.error())));
                       close_one(delivery.plugin_id);
                     }));
}

void WebhookService::handle(WebhookDelivery delivery, std::string params,
                            Reply<WebhookOutcome> reply) {
  const auto now = parts_.loop.now();
  WorkerRequest request{.method = "handleWebhook",
                        .params_json = std::move(params),
                        .deadline = Deadline::after(now, options_.timeout)};
  const auto plugin_id = delivery.plugin_id;
  workers_->call(
      plugin_id, std::move(request),
      Reply<std::string>([this, delivery = std::move(delivery), now,
                          reply = std::move(reply)](Result<std::string> outcome) mutable {
        handled(std::move(delivery), now, std::move(outcome), std::move(reply));
      }));
}

void WebhookService::handled(WebhookDelivery delivery, TimePoint since, Result<std::string> outcome,
                             Reply<WebhookOutcome> reply) {
  delivery.status = outcome ? DeliveryStatus::success : DeliveryStatus::failed;
  if (!outcome) delivery.error = cut(outcome.error().message, options_.error_bytes_max);
  delivery.finished_at = parts_.wall_clock();
  delivery.duration =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.loop.now() - since);
  const auto plugin_id = delivery.plugin_id;
  WebhookOutcome answer{.delivery_id = delivery.id, .handled = Done{}};
  if (!outcome) answer.handled = std::unexpected(std::move(outcome.error()));
  parts_.store.finish(std::move(delivery),
                      Reply<Done>([this, plugin_id, answer = std::move(answer),
                                   reply = std::move(reply)](Result<Done> recorded) mutable {
                        if (!recorded) {
                          parts_.log.warn("what became of a webhook was not recorded",
                                          {{"plugin_id", plugin_id},
                                           {"delivery", answer.delivery_id},
                                           {"reason", recorded.error().message}});
                        }
                        // It was handled all the same, and must not be sent again.
                        reply(std::move(answer));
                        close_one(plugin_id);
                      }));
}

void WebhookService::drain(Reply<Done> reply) {
  is_draining_ = true;
  if (pending_.empty()) return reply(Done{});
  drained_ = std::move(reply);
}

void WebhookService::close_one(const std::string& plugin_id) {
  if (--pending_[plugin_id] == 0) pending_.erase(plugin_id);
  if (pending_.empty() && drained_) drained_(Done{});
}

}  // namespace collet::services
