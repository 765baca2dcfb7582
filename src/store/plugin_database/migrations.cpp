// The steps of a plugin's schema.
#include <fmt/format.h>

#include <utility>

#include "base/digest.hpp"
#include "store/plugin_database/sqlite_plugin_database.hpp"

namespace collet::plugin_database {
namespace {

std::unexpected<Error> failed(const std::string& name, const Error& why) {
  if (why.code == ErrorCode::overloaded || why.code == ErrorCode::shutting_down) {
    return std::unexpected(why);  // it says nothing of the migration
  }
  auto code = why.code == ErrorCode::invalid_request ? ErrorCode::install_failed : why.code;
  return fail(code,
              fmt::format("the plugin's migration {} cannot be applied: {}", name, why.message),
              "the plugin has to be mended; docs/host-services.md says what of PostgreSQL's SQL is "
              "not there");
}

}  // namespace

Result<std::optional<std::string>> SqlitePluginDatabase::applied_checksum(const std::string& name) {
  std::optional<std::string> checksum;
  const auto done =
      connection_->run(fmt::format("SELECT checksum FROM {} WHERE name = {}", k_migrations_table,
                                   sql::quoted_text(name)),
                       [&](sqlite3_stmt* row) -> Result<Done> {
                         checksum = reinterpret_cast<const char*>(sqlite3_column_text(row, 0));
                         return Done{};
                       });
  if (!done) return std::unexpected(done.error());
  return checksum;
}

Result<Done> SqlitePluginDatabase::migrate(const std::vector<PluginMigration>& migrations,
                                           std::string_view plugin_version) {
  connection_->begin_work(limits_.migration_time_max);
  return in_transaction([&]() -> Result<Done> {
    if (auto done = connection_->run(fmt::format(
            "CREATE TABLE IF NOT EXISTS {} (name TEXT PRIMARY KEY NOT NULL, checksum TEXT NOT NULL,"
            " plugin_version TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT",
            k_migrations_table));
        !done) {
      return done;
    }
    for (const auto& migration : migrations) {
      if (auto done = apply(migration, plugin_version); !done) return done;
    }
    return Done{};
  });
}

Result<Done> SqlitePluginDatabase::apply(const PluginMigration& migration,
                                         std::string_view plugin_version) {
  const auto& [name, text] = migration;
  const auto checksum = sha256_hex(text);
  const auto applied = applied_checksum(name);
  if (!applied) return std::unexpected(applied.error());
  if (*applied && **applied != checksum) {
    return fail(ErrorCode::install_failed,
                fmt::format("Plugin migration checksum mismatch for {}", name),
                "a migration that has run must not change: put it back as it was and add another");
  }
  if (*applied) return Done{};

  const auto tokens = sql::tokenize(text);
  if (!tokens) return failed(name, tokens.error());
  const auto no_parameters = *json::Document::parse("[]");
  for (const auto statement : sql::split_statements(*tokens)) {
    const auto done = run(statement, no_parameters);
    if (done) continue;
    auto error = done.error();
    error.message =
        fmt::format("line {}: {}", sql::line_of(text, statement[0].begin), error.message);
    return failed(name, error);
  }
  return connection_->run(fmt::format("INSERT INTO {} VALUES ({}, {}, {}, {})", k_migrations_table,
                                      sql::quoted_text(name), sql::quoted_text(checksum),
                                      sql::quoted_text(plugin_version),
                                      sql::quoted_text(connection_->now())));
}

}  // namespace collet::plugin_database
