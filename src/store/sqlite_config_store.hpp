// The plugins' configurations, in SQLite.
#pragma once

#include <vector>

#include "store/config_store.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteConfigStore final : public ConfigStore {
 public:
  SqliteConfigStore(Database& database, StoreQueue& queue);

  void list(Reply<std::vector<PluginConfigRecord>> reply) override;
  void put(PluginConfigRecord record, Reply<PluginConfigRecord> reply) override;

 private:
  Result<std::vector<PluginConfigRecord>> read_all();
  Result<PluginConfigRecord> write(const PluginConfigRecord& record);

  StoreQueue& queue_;
  Statement list_, put_;
};

}  // namespace collet
