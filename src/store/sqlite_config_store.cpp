#include "store/sqlite_config_store.hpp"

#include <utility>

#include "store/failures.hpp"

namespace collet {

SqliteConfigStore::SqliteConfigStore(Database& database, StoreQueue& queue)
    : queue_(queue),
      list_(database,
            "SELECT id, plugin_id, company_id, config_json, created_at, updated_at"
            " FROM plugin_configs ORDER BY created_at, rowid",
            "read the plugins' configurations"),
      put_(database,
           "INSERT INTO plugin_configs (id, plugin_id, company_id, config_json, created_at,"
           " updated_at) SELECT ?1, ?2, ?3, ?4, ?5, ?6 FROM plugins WHERE id = ?2"
           " ON CONFLICT (plugin_id, company_id) DO UPDATE SET"
           " config_json = excluded.config_json, updated_at = excluded.updated_at"
           " RETURNING id, created_at",
           "write a plugin's configuration") {}

void SqliteConfigStore::list(Reply<std::vector<PluginConfigRecord>> reply) {
  queue_.of_host().read<std::vector<PluginConfigRecord>>([this] { return read_all(); },
                                                         std::move(reply));
}

void SqliteConfigStore::put(PluginConfigRecord record, Reply<PluginConfigRecord> reply) {
  const auto bytes = sizeof record + record.company_id.size() + record.config_json.size();
  queue_.of_host().write<PluginConfigRecord>(
      bytes, [this, record = std::move(record)] { return write(record); }, std::move(reply));
}

Result<std::vector<PluginConfigRecord>> SqliteConfigStore::read_all() {
  std::vector<PluginConfigRecord> records;
  Query query(list_);
  for (;;) {
    const auto step = query.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return records;
    records.push_back({.id = query.text(0),
                       .plugin_id = query.text(1),
                       .company_id = query.text(2),
                       .config_json = query.text(3),
                       .created_at = query.time(4),
                       .updated_at = query.time(5)});
  }
}

Result<PluginConfigRecord> SqliteConfigStore::write(const PluginConfigRecord& record) {
  Query query(put_, record.id, record.plugin_id, record.company_id, record.config_json,
              record.created_at, record.updated_at);
  const auto step = query.step();
  if (!step) return std::unexpected(step.error());
  if (*step == Step::done) return no_such_plugin(record.plugin_id);
  auto row = record;
  row.id = query.text(0);
  row.created_at = query.time(1);
  row.updated_at = from_epoch_ms(to_epoch_ms(record.updated_at));
  // The statement is not complete, and so not committed, before it has said so.
  if (const auto done = query.run(); !done) return std::unexpected(done.error());
  return row;
}

}  // namespace collet
