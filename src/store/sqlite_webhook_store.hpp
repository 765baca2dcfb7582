// The webhooks of plugins in SQLite.
#pragma once

#include <string>
#include <vector>

#include "store/limits.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"
#include "store/webhook_store.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteWebhookStore final : public WebhookStore {
 public:
  SqliteWebhookStore(Database& database, StoreQueue& queue, const StoreLimits& limits);

  void begin(WebhookDelivery delivery, Reply<Done> reply) override;
  void finish(WebhookDelivery delivery, Reply<Done> reply) override;
  void list(DeliveryQuery query, Reply<std::vector<WebhookDelivery>> reply) override;
  void end_unfinished(std::string error, WallTime now, Reply<Done> reply) override;

 private:
  Result<Done> insert(const WebhookDelivery& delivery);
  Result<std::vector<WebhookDelivery>> read(const DeliveryQuery& query);

  Database& database_;
  StoreQueue& queue_;
  const std::int64_t deliveries_max_;
  Statement insert_, trim_, finish_, list_, end_unfinished_;
};

}  // namespace collet
