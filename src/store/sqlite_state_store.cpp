#include "store/sqlite_state_store.hpp"

#include <fmt/format.h>

#include <utility>

#include "store/failures.hpp"

namespace collet {
namespace {

std::size_t size_of(const StateKey& key) {
  return key.plugin_id.size() + key.scope_kind.size() + key.scope_id.value_or("").size() +
         key.name_space.size() + key.key.size() + key.company_id.size();
}

// An absent scope_id is not an empty one. The index has the same expressions.
constexpr std::string_view k_where =
    " WHERE plugin_id = ?1 AND company_id = ?2 AND scope_kind = ?3"
    " AND (scope_id IS NULL) = (?4 IS NULL) AND ifnull(scope_id, '') = ifnull(?4, '')"
    " AND namespace = ?5 AND state_key = ?6";

}  // namespace

SqliteStateStore::SqliteStateStore(Database& database, StoreQueue& queue, const StoreLimits& limits)
    : queue_(queue),
      bytes_max_(limits.state_bytes_max),
      get_(database, fmt::format("SELECT value_json FROM plugin_state{}", k_where),
           "read a plugin's state"),
      set_(database,
           "INSERT INTO plugin_state (plugin_id, company_id, scope_kind, scope_id, namespace,"
           " state_key, value_json) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 FROM plugins WHERE id = ?1"
           " ON CONFLICT DO UPDATE SET value_json = excluded.value_json",
           "write a plugin's state"),
      remove_(database, fmt::format("DELETE FROM plugin_state{}", k_where),
              "delete from a plugin's state"),
      total_(database, "SELECT bytes FROM plugin_state_sizes WHERE plugin_id = ?",
             "measure a plugin's state") {}

void SqliteStateStore::get(StateKey key, Reply<std::optional<std::string>> reply) {
  queue_.of(key.plugin_id)
      .read<std::optional<std::string>>([this, key = std::move(key)] { return read(key); },
                                        std::move(reply));
}

void SqliteStateStore::set(StateKey key, std::string json, Reply<Done> reply) {
  const auto bytes = size_of(key) + json.size();
  queue_.of(key.plugin_id)
      .write<Done>(
          bytes, [this, key = std::move(key), json = std::move(json)] { return write(key, json); },
          std::move(reply));
}

void SqliteStateStore::remove(StateKey key, Reply<Done> reply) {
  const auto bytes = size_of(key);
  queue_.of(key.plugin_id)
      .write<Done>(
          bytes,
          [this, key = std::move(key)] {
            return Query(remove_, key.plugin_id, key.company_id, key.scope_kind, key.scope_id,
                         key.name_space, key.key)
                .run();
          },
          std::move(reply));
}

Result<std::optional<std::string>> SqliteStateStore::read(const StateKey& key) {
  Query query(get_, key.plugin_id, key.company_id, key.scope_kind, key.scope_id, key.name_space,
              key.key);
  const auto step = query.step();
  if (!step) return std::unexpected(step.error());
  if (*step == Step::done) return std::nullopt;
  return query.text(0);
}

Result<Done> SqliteStateStore::write(const StateKey& key, const std::string& json) {
  if (auto done = Query(set_, key.plugin_id, key.company_id, key.scope_kind, key.scope_id,
                        key.name_space, key.key, json)
                      .run();
      !done) {
    return done;
  }
  // Triggers keep the total.
  Query query(total_, key.plugin_id);
  const auto step = query.step();
  if (!step) return std::unexpected(step.error());
  if (*step == Step::done) return no_such_plugin(key.plugin_id);
  if (query.integer(0) > bytes_max_) {
    return fail(
        ErrorCode::payload_too_large,
        fmt::format("the plugin's state would pass its limit of {} bytes", bytes_max_),
        "delete what is not needed, or keep large data in the plugin's data folder or database");
  }
  return Done{};
}

}  // namespace collet
