#include "store/plugin_tables.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "base/wall_clock.hpp"
#include "json/document.hpp"
#include "json/writer.hpp"
#include "store/failures.hpp"

namespace collet {
namespace {

std::string to_column(const std::vector<std::string>& list) {
  json::Writer writer;
  writer.begin_array();
  for (const auto& item : list) writer.string(item);
  writer.end_array();
  return std::move(writer).take();
}

std::optional<std::vector<std::string>> list_of(const std::string& column) {
  const auto document = json::Document::parse(column);
  if (!document || !document->root().is_array()) return std::nullopt;
  std::vector<std::string> list;
  for (const auto item : document->root().elements()) {
    auto text = item.as_string();
    if (!text) return std::nullopt;
    list.push_back(*std::move(text));
  }
  return list;
}

std::unexpected<Error> damaged(const Database& database, std::string_view column,
                               const std::string& id) {
  return fail(ErrorCode::store_unavailable,
              "the store " + database.path() + " has a value in plugins." + std::string(column) +
                  " that no Collet wrote, in the row with the id " + id,
              "mend or delete this row, for example with `sqlite3 " + database.path() + "`");
}

}  // namespace

PluginTables::PluginTables(Database& database, std::int64_t logs_per_plugin_max)
    : database_(database),
      logs_per_plugin_max_(logs_per_plugin_max),
      list_(database,
            "SELECT id, plugin_key, package_name, version, api_version, categories, manifest_json,"
            " status, install_order, package_path, last_error, installed_at, updated_at"
            " FROM plugins ORDER BY install_order",
            "list the plugins"),
      insert_(database,
              "INSERT INTO plugins (id, plugin_key, package_name, version, api_version, categories,"
              " manifest_json, status, install_order, package_path, last_error, installed_at,"
              " updated_at)"
              " SELECT ?, ?, ?, ?, ?, ?, ?, ?, coalesce(max(install_order), 0) + 1, ?, ?, ?, ?"
              " FROM plugins WHERE true"
              " ON CONFLICT DO NOTHING RETURNING install_order",
              "add a plugin"),
      update_(database,
              "UPDATE OR IGNORE plugins SET plugin_key = ?, package_name = ?, version = ?,"
              " api_version = ?, categories = ?, manifest_json = ?, status = ?, package_path = ?,"
              " last_error = ?, installed_at = ?, updated_at = ? WHERE id = ?",
              "change a plugin"),
      remove_(database, "DELETE FROM plugins WHERE id = ?", "delete a plugin"),
      find_(database, "SELECT 1 FROM plugins WHERE id = ?", "look a plugin up"),
      ping_(database, "SELECT 1 FROM plugins LIMIT 1", "read the store"),
      append_log_(database,
                  "INSERT INTO plugin_logs (id, plugin_id, number, company_id, level, message,"
                  " meta_json, created_at)"
                  " SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6, ?7"
                  " FROM plugin_logs WHERE plugin_id = ?2"
                  " ON CONFLICT (id) DO NOTHING",
                  "write a plugin's log"),
      trim_logs_(database,
                 "DELETE FROM plugin_logs WHERE plugin_id = ?1 AND number <="
                 " (SELECT max(number) FROM plugin_logs WHERE plugin_id = ?1) - ?2",
                 "drop old lines of a plugin's log"),
      query_logs_(database,
                  "SELECT id, plugin_id, company_id, level, message, meta_json, created_at"
                  " FROM plugin_logs WHERE plugin_id = ?1 AND (?2 IS NULL OR level = ?2)"
                  " AND created_at >= ?3 AND (?5 IS NULL OR company_id = ?5)"
                  " ORDER BY created_at DESC, number DESC LIMIT ?4",
                  "read a plugin's log") {}

Result<std::vector<PluginRecord>> PluginTables::list() {
  std::vector<PluginRecord> records;
  Query query(list_);
  for (;;) {
    const auto step = query.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return records;
    auto id = query.text(0);
    auto categories = list_of(query.text(5));
    if (!categories) return damaged(database_, "categories", id);
    const auto status = plugin_status_from(query.text(7));
    if (!status) return damaged(database_, "status", id);
    records.push_back(PluginRecord{.id = std::move(id),
                                   .plugin_key = query.text(1),
                                   .package_name = query.text(2),
                                   .version = query.text(3),
                                   .api_version = static_cast<int>(query.integer(4)),
                                   .categories = *std::move(categories),
                                   .manifest_json = query.text(6),
                                   .status = *status,
                                   .install_order = query.integer(8),
                                   .package_path = query.optional_text(9),
                                   .last_error = query.optional_text(10),
                                   .installed_at = query.time(11),
                                   .updated_at = query.time(12)});
  }
}

Result<PluginRecord> PluginTables::insert(const PluginRecord& record) {
  Query query(insert_, record.id, record.plugin_key, record.package_name, record.version,
              std::int64_t{record.api_version}, to_column(record.categories), record.manifest_json,
              to_string(record.status), record.package_path, record.last_error, record.installed_at,
              record.updated_at);
  const auto step = query.step();
  if (!step) return std::unexpected(step.error());
  if (*step == Step::done) return already_installed(record.plugin_key);
  PluginRecord row = record;
  row.install_order = query.integer(0);
  row.installed_at = from_epoch_ms(to_epoch_ms(record.installed_at));
  row.updated_at = from_epoch_ms(to_epoch_ms(record.updated_at));
  // The statement is not complete, and so not committed, before it has said so.
  if (const auto done = query.run(); !done) return std::unexpected(done.error());
  return row;
}

Result<Done> PluginTables::update(const PluginRecord& record) {
  Query query(update_, record.plugin_key, record.package_name, record.version,
              std::int64_t{record.api_version}, to_column(record.categories), record.manifest_json,
              to_string(record.status), record.package_path, record.last_error, record.installed_at,
              record.updated_at, record.id);
  if (auto done = query.run(); !done) return done;
  if (database_.changes() > 0) return Done{};
  if (auto found = require_plugin(record.id); !found) return found;
  return already_installed(record.plugin_key);
}

Result<Done> PluginTables::remove(const std::string& id) {
  Query query(remove_, id);
  if (auto done = query.run(); !done) return done;
  if (database_.changes() == 0) return no_such_plugin(id);
  return Done{};
}

Result<Done> PluginTables::require_plugin(const std::string& id) {
  Query query(find_, id);
  const auto step = query.step();
  if (!step) return std::unexpected(step.error());
  if (*step == Step::done) return no_such_plugin(id);
  return Done{};
}

Result<Done> PluginTables::append_logs(const std::vector<PluginLogEntry>& entries) {
  std::set<std::string_view> plugins;
  for (const auto& entry : entries) {
    if (!plugins.insert(entry.plugin_id).second) continue;
    if (auto found = require_plugin(entry.plugin_id); !found) return found;
  }
  for (const auto& entry : entries) {
    Query query(append_log_, entry.id, entry.plugin_id, entry.company_id, entry.level,
                entry.message, entry.meta_json, entry.created_at);
    if (auto done = query.run(); !done) return done;
  }
  for (const auto plugin : plugins) {
    Query query(trim_logs_, plugin, logs_per_plugin_max_);
    if (auto done = query.run(); !done) return done;
  }
  return Done{};
}

Result<std::vector<PluginLogEntry>> PluginTables::query_logs(const PluginLogQuery& query) {
  const auto since =
      query.since ? to_epoch_ms(*query.since) : std::numeric_limits<std::int64_t>::min();
  const auto limit = static_cast<std::int64_t>(
      std::min(query.limit, static_cast<std::size_t>(logs_per_plugin_max_)));
  std::vector<PluginLogEntry> entries;
  Query rows(query_logs_, query.plugin_id, query.level, since, limit, query.company_id);
  for (;;) {
    const auto step = rows.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return entries;
    entries.push_back(PluginLogEntry{.id = rows.text(0),
                                     .plugin_id = rows.text(1),
                                     .company_id = rows.optional_text(2),
                                     .level = rows.text(3),
                                     .message = rows.text(4),
                                     .meta_json = rows.optional_text(5),
                                     .created_at = rows.time(6)});
  }
}

Result<Done> PluginTables::ping() {
  Query query(ping_);
  return query.run();
}

}  // namespace collet
