// The rows of the store in SQL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collet/plugin_store.hpp"
#include "store/sqlite.hpp"

namespace collet {

/// Reads and writes rows on one connection whose schema is of this version; runs inside the
/// transactions of its caller. Each operation may be run again after a rollback. What a failed one
/// changed is the caller's to undo. Failures are those of PluginStore. The connection's thread
/// only.
class PluginTables {
 public:
  PluginTables(Database& database, std::int64_t logs_per_plugin_max);

  [[nodiscard]] Result<std::vector<PluginRecord>> list();
  [[nodiscard]] Result<PluginRecord> insert(const PluginRecord& record);
  [[nodiscard]] Result<Done> update(const PluginRecord& record);
  [[nodiscard]] Result<Done> remove(const std::string& id);
  [[nodiscard]] Result<Done> append_logs(const std::vector<PluginLogEntry>& entries);
  [[nodiscard]] Result<std::vector<PluginLogEntry>> query_logs(const PluginLogQuery& query);
  [[nodiscard]] Result<Done> ping();

 private:
  Result<Done> require_plugin(const std::string& id);

  Database& database_;
  std::int64_t logs_per_plugin_max_;
  Statement list_, insert_, update_, remove_, find_, ping_;
  Statement append_log_, trim_logs_, query_logs_;
};

}  // namespace collet
