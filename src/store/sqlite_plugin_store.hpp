// The plugins and their logs in SQLite.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "collet/plugin_store.hpp"
#include "store/plugin_tables.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the queue takes the work to the tables. Both outlive it, and the queue is
/// empty when it ends.
class SqlitePluginStore final : public PluginStore {
 public:
  SqlitePluginStore(Database& database, StoreQueue& queue, std::int64_t logs_per_plugin_max);

  void list(Reply<std::vector<PluginRecord>> reply) override;
  void insert(PluginRecord record, Reply<PluginRecord> reply) override;
  void update(PluginRecord record, Reply<Done> reply) override;
  void remove(std::string id, Reply<Done> reply) override;
  void append_logs(std::vector<PluginLogEntry> entries, Reply<Done> reply) override;
  void query_logs(PluginLogQuery query, Reply<std::vector<PluginLogEntry>> reply) override;
  void ping(Reply<Done> reply) override;

 private:
  StoreQueue& queue_;
  PluginTables tables_;
};

}  // namespace collet
