// Hands webhooks of external senders to the plugins that they are for.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/background.hpp"
#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "collet/worker_manager.hpp"
#include "store/webhook_store.hpp"

namespace collet::services {

struct WebhookOptions {
  /// Keys of plugins whose webhooks need no operator token: they tell by themselves who sent one.
  std::set<std::string, std::less<>> open_plugins{};
  Clock::duration timeout = limits::services::webhook_timeout;
  std::size_t pending_per_plugin_max = limits::services::webhooks_pending_max;
  std::size_t error_bytes_max = limits::services::failure_bytes_max;
};

/// Borrowed, outlives the service.
struct WebhookParts {
  Loop& loop;
  WebhookStore& store;
  Background& background;  ///< for large bodies
  Entropy& entropy;
  WallClock wall_clock;
  Logger& log;
};

/// What a sender sent.
struct Webhook {
  std::string plugin_id{};  ///< UUID of a plugin that is ready
  std::string endpoint_key{};
  std::vector<std::pair<std::string, std::string>> headers{};  ///< in any case, as they came
  std::string body{};
};

/// What became of it.
struct WebhookOutcome {
  std::string delivery_id;
  Result<Done> handled;  ///< by the plugin
};

/// Each webhook is recorded before its plugin is told of it, and told of once: a sender that had no
/// good answer sends it again, and what it sends twice is the plugin's to tell apart. Loop thread
/// only.
class WebhookService {
 public:
  WebhookService(WebhookParts parts, WebhookOptions options);

  /// Before the loop runs. Deliveries to a host before this one are ended.
  void attach(WorkerManager& workers);

  [[nodiscard]] bool is_open(std::string_view plugin_key) const {
    return options_.open_plugins.contains(plugin_key);
  }
  /// Whether a manifest, which has passed every rule, declares this endpoint. One that does has the
  /// capability too.
  [[nodiscard]] static bool declares(std::string_view manifest_json, std::string_view endpoint_key);

  /// Fails where the plugin was not told: `overloaded`, `store_unavailable`, `shutting_down`.
  void receive(Webhook webhook, Reply<WebhookOutcome> reply);
  [[nodiscard]] WebhookStore& store() { return parts_.store; }

  /// Takes nothing any more, and answers when nothing is under way; for the end of a host, when its
  /// workers are stopped.
  void drain(Reply<Done> reply);

 private:
  void record(WebhookDelivery delivery, std::string params, Reply<WebhookOutcome> reply);
  void handle(WebhookDelivery delivery, std::string params, Reply<WebhookOutcome> reply);
  void handled(WebhookDelivery delivery, TimePoint since, Result<std::string> outcome,
               Reply<WebhookOutcome> reply);
  void close_one(const std::string& plugin_id);

  WebhookParts parts_;
  const WebhookOptions options_;
  WorkerManager* workers_ = nullptr;
  std::map<std::string, std::size_t> pending_;  // by plugin id; none is 0
  bool is_draining_ = false;
  Reply<Done> drained_;
};

/// The parameters of `handleWebhook`: header names in lower case, those that come several times
/// joined by ", "; the body as text, and as JSON where it is that. Pure.
[[nodiscard]] std::string handle_webhook_params(const Webhook& webhook,
                                                std::string_view request_id);

}  // namespace collet::services
