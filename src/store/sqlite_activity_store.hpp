// What plugins report, in SQLite.
#pragma once

#include <vector>

#include "store/activity_store.hpp"
#include "store/limits.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteActivityStore final : public ActivityStore {
 public:
  SqliteActivityStore(Database& database, StoreQueue& queue, const StoreLimits& limits);

  void append(ActivityEntry entry, Reply<Done> reply) override;
  void list(ActivityQuery query, Reply<std::vector<ActivityEntry>> reply) override;

 private:
  Result<Done> insert(const ActivityEntry& entry);
  Result<std::vector<ActivityEntry>> read(const ActivityQuery& query);

  Database& database_;
  StoreQueue& queue_;
  const std::int64_t entries_max_;
  Statement insert_, trim_, list_;
};

}  // namespace collet
