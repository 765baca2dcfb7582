#include "store/sqlite_secret_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/wall_clock.hpp"
#include "store/failures.hpp"

namespace collet {
namespace {

// Whether a statement that asks for a row finds one.
Result<bool> finds_row(Query& query) {
  const auto step = query.step();
  if (!step) return std::unexpected(step.error());
  return *step == Step::row;
}

// About what an operation on it holds.
std::size_t size_of(const SecretName& name) {
  return name.company_id.size() + name.id.size();
}

}  // namespace

SqliteSecretStore::SqliteSecretStore(Database& database, StoreQueue& queue,
                                     const StoreLimits& limits)
    : database_(database),
      queue_(queue),
      versions_max_(limits.secret_versions_max),
      per_company_max_(limits.secrets_per_company_max),
      count_others_(database,
                    "SELECT count(DISTINCT id) FROM secret_versions WHERE company_id = ?1"
                    " AND id <> ?2",
                    "count a company's secrets"),
      next_number_(database,
                   "INSERT INTO secrets (company_id, id, newest) VALUES (?1, ?2, 1)"
                   " ON CONFLICT DO UPDATE SET newest = newest + 1 RETURNING newest",
                   "number a secret"),
      insert_(database,
              "INSERT INTO secret_versions (company_id, id, version, sealed, created_at)"
              " VALUES (?1, ?2, ?3, ?4, ?5)",
              "keep a secret"),
      drop_old_(database,
                "DELETE FROM secret_versions WHERE company_id = ?1 AND id = ?2 AND version <= ?3",
                "drop old versions of a secret"),
      get_(database,
           "SELECT version, sealed FROM secret_versions"
           " WHERE company_id = ?1 AND id = ?2 AND version = ?3",
           "read a secret"),
      newest_(database,
              "SELECT version, sealed FROM secret_versions WHERE company_id = ?1 AND id = ?2"
              " ORDER BY version DESC LIMIT 1",
              "read a secret"),
      list_(database,
            "SELECT company_id, id, version, created_at FROM secret_versions"
            " WHERE ?1 IS NULL OR company_id = ?1 ORDER BY company_id, id, version",
            "list secrets"),
      list_bindings_(database,
                     "SELECT company_id, id, plugin_id FROM secret_bindings"
                     " WHERE ?1 IS NULL OR company_id = ?1 ORDER BY company_id, id, plugin_id",
                     "list who may read secrets"),
      remove_versions_(database, "DELETE FROM secret_versions WHERE company_id = ?1 AND id = ?2",
                       "remove a secret"),
      remove_bindings_(database, "DELETE FROM secret_bindings WHERE company_id = ?1 AND id = ?2",
                       "remove who may read a secret"),
      any_(database, "SELECT 1 FROM secret_versions LIMIT 1", "look for secrets"),
      bind_(database,
            "INSERT INTO secret_bindings (plugin_id, company_id, id)"
            " SELECT id, ?2, ?3 FROM plugins WHERE id = ?1"
            " ON CONFLICT DO UPDATE SET id = excluded.id",
            "let a plugin read a secret"),
      is_bound_(database,
                "SELECT 1 FROM secret_bindings WHERE plugin_id = ?1 AND company_id = ?2 AND id = "
                "?3",
                "see whether a plugin may read a secret") {}

void SqliteSecretStore::add(SecretName name, Seal seal, WallTime now, Reply<std::int64_t> reply) {
  const auto bytes = size_of(name);
  queue_.of_host().write<std::int64_t>(
      bytes,
      [this, name = std::move(name), seal = std::move(seal), now] {
        return write(name, seal, now);
      },
      std::move(reply));
}

Result<std::int64_t> SqliteSecretStore::write(const SecretName& name, const Seal& seal,
                                              WallTime now) {
  {
    Query others(count_others_, name.company_id, name.id);
    if (const auto step = others.step(); !step) return std::unexpected(step.error());
    if (others.integer(0) >= per_company_max_) {
      return fail(ErrorCode::overloaded,
                  fmt::format("this company has {} secrets, which is the limit", per_company_max_),
                  "remove those that are not needed any more");
    }
  }
  std::int64_t version = 0;
  {
    Query number(next_number_, name.company_id, name.id);
    if (const auto step = number.step(); !step) return std::unexpected(step.error());
    version = number.integer(0);
    if (const auto end = number.step(); !end) return std::unexpected(end.error());
  }
  auto done = Query(insert_, name.company_id, name.id, version, seal(version), now).run();
  if (done) {
    done = Query(drop_old_, name.company_id, name.id, version - versions_max_).run();
  }
  if (!done) return std::unexpected(std::move(done.error()));
  return version;
}

void SqliteSecretStore::get(SecretName name, std::optional<std::int64_t> version,
                            Reply<std::optional<SealedSecret>> reply) {
  queue_.of_host().read<std::optional<SealedSecret>>(
      [this, name = std::move(name), version] { return read(name, version); }, std::move(reply));
}

Result<std::optional<SealedSecret>> SqliteSecretStore::read(
    const SecretName& name, const std::optional<std::int64_t>& version) {
  const auto first_row = [](Query&& query) -> Result<std::optional<SealedSecret>> {
    const auto found = finds_row(query);
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return SealedSecret{.version = query.integer(0), .sealed = query.text(1)};
  };
  if (version) return first_row(Query(get_, name.company_id, name.id, *version));
  return first_row(Query(newest_, name.company_id, name.id));
}

void SqliteSecretStore::list(std::optional<std::string> company_id,
                             Reply<std::vector<SecretRow>> reply) {
  queue_.of_host().read<std::vector<SecretRow>>(
      [this, company_id = std::move(company_id)] { return read_all(company_id); },
      std::move(reply));
}

Result<std::vector<SecretRow>> SqliteSecretStore::read_all(
    const std::optional<std::string>& company_id) {
  std::vector<SecretRow> rows;
  Query query(list_, company_id);
  for (;;) {
    const auto found = finds_row(query);
    if (!found) return std::unexpected(found.error());
    if (!*found) break;
    SecretName name{.company_id = query.text(0), .id = query.text(1)};
    if (rows.empty() || rows.back().name != name) rows.push_back({.name = std::move(name)});
    rows.back().versions.push_back(query.integer(2));
    rows.back().updated_at = query.time(3);
  }
  if (auto done = read_bindings(company_id, rows); !done) return std::unexpected(done.error());
  return rows;
}

Result<Done> SqliteSecretStore::read_bindings(const std::optional<std::string>& company_id,
                                              std::vector<SecretRow>& rows) {
  Query query(list_bindings_, company_id);
  for (;;) {
    const auto found = finds_row(query);
    if (!found) return std::unexpected(found.error());
    if (!*found) return Done{};
    const SecretName name{.company_id = query.text(0), .id = query.text(1)};
    const auto row = std::ranges::find(rows, name, &SecretRow::name);
    if (row != rows.end()) row->plugin_ids.push_back(query.text(2));
  }
}

void SqliteSecretStore::remove(SecretName name, Reply<bool> reply) {
  const auto bytes = size_of(name);
  queue_.of_host().write<bool>(
      bytes, [this, name = std::move(name)] { return erase(name); }, std::move(reply));
}

// The row with the number stays.
Result<bool> SqliteSecretStore::erase(const SecretName& name) {
  auto done = Query(remove_versions_, name.company_id, name.id).run();
  const bool was_there = database_.changes() > 0;
  if (done) done = Query(remove_bindings_, name.company_id, name.id).run();
  if (!done) return std::unexpected(std::move(done.error()));
  return was_there;
}

void SqliteSecretStore::has_any(Reply<bool> reply) {
  queue_.of_host().read<bool>(
      [this] {
        Query query(any_);
        return finds_row(query);
      },
      std::move(reply));
}

void SqliteSecretStore::bind(std::string plugin_id, SecretName name, Reply<Done> reply) {
  const auto bytes = plugin_id.size() + size_of(name);
  queue_.of_host().write<Done>(
      bytes,
      [this, plugin_id = std::move(plugin_id), name = std::move(name)]() -> Result<Done> {
        auto done = Query(bind_, plugin_id, name.company_id, name.id).run();
        if (!done) return done;
        if (database_.changes() == 0) return no_such_plugin(plugin_id);
        return Done{};
      },
      std::move(reply));
}

void SqliteSecretStore::is_bound(std::string plugin_id, SecretName name, Reply<bool> reply) {
  queue_.of(plugin_id).read<bool>(
      [this, plugin_id = std::move(plugin_id), name = std::move(name)] {
        Query query(is_bound_, plugin_id, name.company_id, name.id);
        return finds_row(query);
      },
      std::move(reply));
}

}  // namespace collet
