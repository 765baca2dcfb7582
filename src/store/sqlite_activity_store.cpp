#include "store/sqlite_activity_store.hpp"

#include <limits>
#include <utility>

#include "store/failures.hpp"
#include "store/names.hpp"

namespace collet {
namespace {

constexpr NameTable<ActivityKind, 2> k_kinds{
    {{ActivityKind::activity, "activity"}, {ActivityKind::telemetry, "telemetry"}}};

std::size_t size_of(const ActivityEntry& entry) {
  auto bytes = sizeof entry + entry.message.size();
  for (const auto* text :
       {&entry.company_id, &entry.entity_type, &entry.entity_id, &entry.metadata_json}) {
    if (*text) bytes += (*text)->size();
  }
  return bytes;
}

}  // namespace

std::string_view to_string(ActivityKind kind) {
  return name_of(k_kinds, kind);
}
std::optional<ActivityKind> activity_kind_from(std::string_view text) {
  return value_of(k_kinds, text);
}

SqliteActivityStore::SqliteActivityStore(Database& database, StoreQueue& queue,
                                         const StoreLimits& limits)
    : database_(database),
      queue_(queue),
      entries_max_(limits.activity_per_plugin_max),
      insert_(database,
              "INSERT INTO plugin_activity (id, plugin_id, kind, number, company_id, message,"
              " entity_type, entity_id, metadata_json, created_at)"
              " SELECT ?1, ?2, ?3, 1 + coalesce((SELECT max(number) FROM plugin_activity"
              " WHERE plugin_id = ?2 AND kind = ?3), 0), ?4, ?5, ?6, ?7, ?8, ?9"
              " FROM plugins WHERE id = ?2",
              "write a plugin's activity"),
      trim_(database,
            "DELETE FROM plugin_activity WHERE plugin_id = ?1 AND kind = ?2 AND number <="
            " (SELECT max(number) FROM plugin_activity WHERE plugin_id = ?1 AND kind = ?2) - ?3",
            "drop old activity of a plugin"),
      list_(database,
            "SELECT id, plugin_id, kind, company_id, message, entity_type, entity_id,"
            " metadata_json, created_at FROM plugin_activity WHERE plugin_id = ?1"
            " AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR company_id = ?3)"
            " AND created_at >= ?4 ORDER BY created_at DESC, number DESC LIMIT ?5",
            "read a plugin's activity") {}

void SqliteActivityStore::append(ActivityEntry entry, Reply<Done> reply) {
  const auto bytes = size_of(entry);
  queue_.of(entry.plugin_id)
      .write<Done>(
          bytes, [this, entry = std::move(entry)] { return insert(entry); }, std::move(reply));
}

void SqliteActivityStore::list(ActivityQuery query, Reply<std::vector<ActivityEntry>> reply) {
  queue_.of_host().read<std::vector<ActivityEntry>>(
      [this, query = std::move(query)] { return read(query); }, std::move(reply));
}

Result<Done> SqliteActivityStore::insert(const ActivityEntry& entry) {
  const auto kind = to_string(entry.kind);
  if (auto done = Query(insert_, entry.id, entry.plugin_id, kind, entry.company_id, entry.message,
                        entry.entity_type, entry.entity_id, entry.metadata_json, entry.created_at)
                      .run();
      !done) {
    return done;
  }
  if (database_.changes() == 0) return no_such_plugin(entry.plugin_id);
  return Query(trim_, entry.plugin_id, kind, entries_max_).run();
}

Result<std::vector<ActivityEntry>> SqliteActivityStore::read(const ActivityQuery& query) {
  const auto kind = query.kind ? std::optional(std::string(to_string(*query.kind))) : std::nullopt;
  const auto since =
      query.since ? to_epoch_ms(*query.since) : std::numeric_limits<std::int64_t>::min();
  std::vector<ActivityEntry> entries;
  Query rows(list_, query.plugin_id, kind, query.company_id, since,
             static_cast<std::int64_t>(query.limit));
  for (;;) {
    const auto step = rows.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return entries;
    entries.push_back({.id = rows.text(0),
                       .plugin_id = rows.text(1),
                       .kind = activity_kind_from(rows.text(2)).value_or(ActivityKind::activity),
                       .company_id = rows.optional_text(3),
                       .message = rows.text(4),
                       .entity_type = rows.optional_text(5),
                       .entity_id = rows.optional_text(6),
                       .metadata_json = rows.optional_text(7),
                       .created_at = rows.time(8)});
  }
}

}  // namespace collet
