#include "store/sqlite_entity_store.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "store/failures.hpp"

namespace collet {
namespace {

constexpr std::string_view k_columns =
    "id, plugin_id, company_id, entity_type, scope_kind, scope_id, external_id, title, status,"
    " data_json, created_at, updated_at";

EntityRecord row_of(const Query& query) {
  return {.id = query.text(0),
          .plugin_id = query.text(1),
          .company_id = query.text(2),
          .entity_type = query.text(3),
          .scope_kind = query.text(4),
          .scope_id = query.optional_text(5),
          .external_id = query.optional_text(6),
          .title = query.optional_text(7),
          .status = query.optional_text(8),
          .data_json = query.text(9),
          .created_at = query.time(10),
          .updated_at = query.time(11)};
}

std::size_t size_of(const std::optional<std::string>& text) {
  return text ? text->size() : 0;
}

std::size_t size_of(const EntityUpsert& entity) {
  return entity.id.size() + entity.plugin_id.size() + entity.company_id.size() +
         entity.entity_type.size() + entity.scope_kind.size() +
         size_of(entity.scope_id.value_or(std::nullopt)) + size_of(entity.external_id) +
         size_of(entity.title.value_or(std::nullopt)) +
         size_of(entity.status.value_or(std::nullopt)) + size_of(entity.data_json);
}

std::int64_t is_set(const TextChange& change) {
  return change ? 1 : 0;
}

}  // namespace

SqliteEntityStore::SqliteEntityStore(Database& database, StoreQueue& queue,
                                     const StoreLimits& limits)
    : database_(database),
      queue_(queue),
      entities_max_(limits.entities_max),
      bytes_max_(limits.entity_bytes_max),
      upsert_(
          database,
          fmt::format("INSERT INTO plugin_entities ({0})"
                      " SELECT ?1, id, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ifnull(?10, '{{}}'), ?11, ?11"
                      " FROM plugins WHERE id = ?2"
                      " ON CONFLICT (plugin_id, company_id, entity_type, external_id)"
                      " WHERE external_id IS NOT NULL DO UPDATE SET"
                      " scope_kind = excluded.scope_kind,"
                      " scope_id = iif(?12, excluded.scope_id, scope_id),"
                      " title = iif(?13, excluded.title, title),"
                      " status = iif(?14, excluded.status, status),"
                      " data_json = ifnull(?10, data_json),"
                      " updated_at = excluded.updated_at"
                      " RETURNING {0}",
                      k_columns),
          "write a plugin's entity"),
      sizes_(database, "SELECT entities, bytes FROM plugin_entity_sizes WHERE plugin_id = ?",
             "measure a plugin's entities") {}

void SqliteEntityStore::upsert(EntityUpsert entity, Reply<EntityRecord> reply) {
  const auto bytes = size_of(entity);
  queue_.of(entity.plugin_id)
      .write<EntityRecord>(
          bytes, [this, entity = std::move(entity)] { return write(entity); }, std::move(reply));
}

void SqliteEntityStore::list(EntityQuery query, Reply<std::vector<EntityRecord>> reply) {
  queue_.of(query.plugin_id)
      .read<std::vector<EntityRecord>>([this, query = std::move(query)] { return read(query); },
                                       std::move(reply));
}

Result<EntityRecord> SqliteEntityStore::write(const EntityUpsert& entity) {
  std::optional<EntityRecord> row;
  {
    Query query(upsert_, entity.id, entity.plugin_id, entity.company_id, entity.entity_type,
                entity.scope_kind, entity.scope_id.value_or(std::nullopt), entity.external_id,
                entity.title.value_or(std::nullopt), entity.status.value_or(std::nullopt),
                entity.data_json, entity.now, is_set(entity.scope_id), is_set(entity.title),
                is_set(entity.status));
    const auto step = query.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return no_such_plugin(entity.plugin_id);
    row = row_of(query);
  }
  if (auto within = check_sizes(entity.plugin_id); !within) {
    return std::unexpected(std::move(within.error()));
  }
  return *std::move(row);
}

// Triggers keep the totals.
Result<Done> SqliteEntityStore::check_sizes(const std::string& plugin_id) {
  Query query(sizes_, plugin_id);
  if (auto step = query.step(); !step) return std::unexpected(std::move(step.error()));
  if (query.integer(0) > entities_max_) {
    return fail(ErrorCode::payload_too_large,
                fmt::format("the plugin would have more than {} entities", entities_max_),
                "give entities an external id, so that a second upsert changes the first one's "
                "row, or keep them in the plugin's database");
  }
  if (query.integer(1) > bytes_max_) {
    return fail(ErrorCode::payload_too_large,
                fmt::format("the plugin's entities would pass their limit of {} bytes", bytes_max_),
                "keep large data in the plugin's data folder or database");
  }
  return Done{};
}

Statement& SqliteEntityStore::list_statement(const EntityQuery& query) {
  struct Filter {
    bool is_set;
    std::string_view sql;
  };
  const std::array<Filter, filters_> filters{
      {{query.entity_type.has_value(), " AND entity_type = ?3"},
       {query.external_id.has_value(), " AND external_id = ?4"},
       {query.scope_kind.has_value(), " AND scope_kind = ?5"},
       {query.scope_id.has_value(), " AND scope_id = ?6"}}};
  std::size_t which = 0;
  std::string where;
  for (std::size_t i = 0; i < filters_; ++i) {
    if (!filters[i].is_set) continue;
    which |= std::size_t{1} << i;
    where += filters[i].sql;
  }
  auto& statement = lists_[which];
  if (!statement) {
    statement = std::make_unique<Statement>(
        database_,
        fmt::format("SELECT {} FROM plugin_entities WHERE plugin_id = ?1 AND company_id = ?2{}"
                    " ORDER BY created_at, number LIMIT ?7 OFFSET ?8",
                    k_columns, where),
        "read a plugin's entities");
  }
  return *statement;
}

Result<std::vector<EntityRecord>> SqliteEntityStore::read(const EntityQuery& query) {
  Query rows(list_statement(query), query.plugin_id, query.company_id, query.entity_type,
             query.external_id, query.scope_kind, query.scope_id,
             static_cast<std::int64_t>(query.limit), static_cast<std::int64_t>(query.offset));
  std::vector<EntityRecord> found;
  for (std::size_t bytes = 0;;) {
    const auto step = rows.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return found;
    found.push_back(row_of(rows));
    bytes += found.back().data_json.size();
    if (bytes > query.bytes_max) {
      return fail(
          ErrorCode::payload_too_large,
          fmt::format("the entities asked for have more than {} bytes of data", query.bytes_max),
          "ask for fewer at a time with limit and offset");
    }
  }
}

}  // namespace collet
