#include "store/sqlite_webhook_store.hpp"

#include <utility>

#include "store/failures.hpp"
#include "store/names.hpp"

namespace collet {
namespace {

constexpr NameTable<DeliveryStatus, 3> k_statuses{{{DeliveryStatus::pending, "pending"},
                                                   {DeliveryStatus::success, "success"},
                                                   {DeliveryStatus::failed, "failed"}}};

std::size_t size_of(const WebhookDelivery& delivery) {
  return sizeof delivery + delivery.endpoint_key.size() + delivery.error.value_or("").size();
}

}  // namespace

std::string_view to_string(DeliveryStatus status) {
  return name_of(k_statuses, status);
}

SqliteWebhookStore::SqliteWebhookStore(Database& database, StoreQueue& queue,
                                       const StoreLimits& limits)
    : database_(database),
      queue_(queue),
      deliveries_max_(limits.deliveries_per_plugin_max),
      insert_(database,
              "INSERT INTO plugin_webhook_deliveries (id, plugin_id, number, webhook_key, status,"
              " body_bytes, received_at)"
              " SELECT ?1, ?2, 1 + coalesce((SELECT max(number) FROM plugin_webhook_deliveries"
              " WHERE plugin_id = ?2), 0), ?3, ?4, ?5, ?6 FROM plugins WHERE id = ?2",
              "record a webhook"),
      trim_(database,
            "DELETE FROM plugin_webhook_deliveries WHERE plugin_id = ?1 AND number <="
            " (SELECT max(number) FROM plugin_webhook_deliveries WHERE plugin_id = ?1) - ?2",
            "drop old webhooks of a plugin"),
      finish_(database,
              "UPDATE plugin_webhook_deliveries SET status = ?2, error = ?3, finished_at = ?4,"
              " duration_ms = ?5 WHERE id = ?1",
              "record what became of a webhook"),
      list_(database,
            "SELECT id, plugin_id, webhook_key, status, error, body_bytes, received_at,"
            " finished_at, duration_ms FROM plugin_webhook_deliveries WHERE plugin_id = ?1"
            " ORDER BY number DESC LIMIT ?2",
            "read the webhooks of a plugin"),
      end_unfinished_(database,
                      "UPDATE plugin_webhook_deliveries SET status = 'failed', error = ?1,"
                      " finished_at = ?2 WHERE status = 'pending'",
                      "end the webhooks that never ended") {}

void SqliteWebhookStore::begin(WebhookDelivery delivery, Reply<Done> reply) {
  const auto bytes = size_of(delivery);
  queue_.of_host().write<Done>(
      bytes, [this, delivery = std::move(delivery)] { return insert(delivery); }, std::move(reply));
}

void SqliteWebhookStore::finish(WebhookDelivery delivery, Reply<Done> reply) {
  const auto bytes = size_of(delivery);
  queue_.of_host().write<Done>(
      bytes,
      [this, delivery = std::move(delivery)] {
        return Query(finish_, delivery.id, to_string(delivery.status), delivery.error,
                     delivery.finished_at, delivery.duration)
            .run();
      },
      std::move(reply));
}

void SqliteWebhookStore::list(DeliveryQuery query, Reply<std::vector<WebhookDelivery>> reply) {
  queue_.of_host().read<std::vector<WebhookDelivery>>(
      [this, query = std::move(query)] { return read(query); }, std::move(reply));
}

void SqliteWebhookStore::end_unfinished(std::string error, WallTime now, Reply<Done> reply) {
  const auto bytes = error.size();
  queue_.of_host().write<Done>(
      bytes,
      [this, error = std::move(error), now] { return Query(end_unfinished_, error, now).run(); },
      std::move(reply));
}

Result<Done> SqliteWebhookStore::insert(const WebhookDelivery& delivery) {
  if (auto done = Query(insert_, delivery.id, delivery.plugin_id, delivery.endpoint_key,
                        to_string(delivery.status), delivery.body_bytes, delivery.received_at)
                      .run();
      !done) {
    return done;
  }
  if (database_.changes() == 0) return no_such_plugin(delivery.plugin_id);
  return Query(trim_, delivery.plugin_id, deliveries_max_).run();
}

Result<std::vector<WebhookDelivery>> SqliteWebhookStore::read(const DeliveryQuery& query) {
  std::vector<WebhookDelivery> deliveries;
  Query rows(list_, query.plugin_id, static_cast<std::int64_t>(query.limit));
  for (;;) {
    const auto step = rows.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return deliveries;
    deliveries.push_back(
        {.id = rows.text(0),
         .plugin_id = rows.text(1),
         .endpoint_key = rows.text(2),
         .status = value_of(k_statuses, rows.text(3)).value_or(DeliveryStatus::failed),
         .error = rows.optional_text(4),
         .body_bytes = rows.integer(5),
         .received_at = rows.time(6),
         .finished_at = rows.optional_time(7),
         .duration = rows.optional_duration(8)});
  }
}

}  // namespace collet
