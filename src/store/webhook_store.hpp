// What became of the webhooks that were sent to plugins.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wall_clock.hpp"
#include "collet/reply.hpp"

namespace collet {

enum class DeliveryStatus : std::uint8_t { pending, success, failed };
/// The name on the wire.
[[nodiscard]] std::string_view to_string(DeliveryStatus status);

/// One webhook. What it said is not kept: it may hold secrets, and is the plugin's to keep.
struct WebhookDelivery {
  std::string id{};         ///< UUID
  std::string plugin_id{};  ///< UUID
  std::string endpoint_key{};
  DeliveryStatus status = DeliveryStatus::pending;
  std::optional<std::string> error{};
  std::int64_t body_bytes = 0;
  WallTime received_at{};
  std::optional<WallTime> finished_at{};
  std::optional<std::chrono::milliseconds> duration{};
};

struct DeliveryQuery {
  std::string plugin_id{};  ///< UUID
  std::size_t limit = 25;
};

/// Of each plugin the last `StoreLimits::deliveries_per_plugin_max` are kept. Failures:
/// `store_unavailable`; of `begin` also `plugin_not_found`.
class WebhookStore {
 public:
  virtual ~WebhookStore() = default;
  virtual void begin(WebhookDelivery delivery, Reply<Done> reply) = 0;
  /// Keeps status, error, end and duration of one that began. One that is gone stays so.
  virtual void finish(WebhookDelivery delivery, Reply<Done> reply) = 0;
  /// Newest first.
  virtual void list(DeliveryQuery query, Reply<std::vector<WebhookDelivery>> reply) = 0;
  /// Ends all that did not end, as `failed`: their host is gone.
  virtual void end_unfinished(std::string error, WallTime now, Reply<Done> reply) = 0;
};

}  // namespace collet
