// What plugins keep of the things they deal with, in SQLite.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "store/entity_store.hpp"
#include "store/limits.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteEntityStore final : public EntityStore {
 public:
  SqliteEntityStore(Database& database, StoreQueue& queue, const StoreLimits& limits);

  void upsert(EntityUpsert entity, Reply<EntityRecord> reply) override;
  void list(EntityQuery query, Reply<std::vector<EntityRecord>> reply) override;

 private:
  Result<EntityRecord> write(const EntityUpsert& entity);
  Result<Done> check_sizes(const std::string& plugin_id);
  Result<std::vector<EntityRecord>> read(const EntityQuery& query);
  /// A statement for each set of filters, so that SQLite finds the best index for each.
  Statement& list_statement(const EntityQuery& query);

  Database& database_;
  StoreQueue& queue_;
  const std::int64_t entities_max_;
  const std::int64_t bytes_max_;
  Statement upsert_, sizes_;
  static constexpr std::size_t filters_ = 4;
  std::array<std::unique_ptr<Statement>, 1u << filters_> lists_;
};

}  // namespace collet
