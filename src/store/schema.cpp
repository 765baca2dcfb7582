#include "store/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <string>

namespace collet {
namespace {

// Columns have the reference's names in snake_case. JSON is kept as text. Times are milliseconds
// since 1970 in UTC, as exact as they are on the wire. A line's `number` counts up from 1 for each
// plugin without a gap, so that the lines beyond the limit are found without counting.
constexpr std::string_view k_plugins_and_logs = R"sql(
CREATE TABLE plugins (
  id            TEXT PRIMARY KEY NOT NULL,
  plugin_key    TEXT NOT NULL UNIQUE,
  package_name  TEXT NOT NULL,
  version       TEXT NOT NULL,
  api_version   INTEGER NOT NULL,
  categories    TEXT NOT NULL,
  manifest_json TEXT NOT NULL,
  status        TEXT NOT NULL,
  install_order INTEGER NOT NULL UNIQUE,
  package_path  TEXT,
  last_error    TEXT,
  installed_at  INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE TABLE plugin_logs (
  id         TEXT PRIMARY KEY NOT NULL,
  plugin_id  TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  number     INTEGER NOT NULL,
  company_id TEXT,
  level      TEXT NOT NULL,
  message    TEXT NOT NULL,
  meta_json  TEXT,
  created_at INTEGER NOT NULL,
  UNIQUE (plugin_id, number)
) STRICT;
CREATE INDEX plugin_logs_by_time ON plugin_logs (plugin_id, created_at, number);
)sql";

// An absent scope_id is not an empty one. company_id is the tenant of rows that must not be seen by
// another, else empty. Sizes are kept by triggers, because adding them up for each write would read
// everything; what they count is in `k_state_rows`, below.
constexpr std::string_view k_state = R"sql(
CREATE TABLE plugin_state (
  plugin_id  TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL,
  scope_kind TEXT NOT NULL,
  scope_id   TEXT,
  namespace  TEXT NOT NULL,
  state_key  TEXT NOT NULL,
  value_json TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX plugin_state_by_key ON plugin_state
  (plugin_id, company_id, scope_kind, (scope_id IS NULL), ifnull(scope_id, ''), namespace, state_key);
CREATE TABLE plugin_state_sizes (
  plugin_id TEXT PRIMARY KEY NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  bytes     INTEGER NOT NULL
) STRICT;
CREATE TRIGGER plugin_state_grows AFTER INSERT ON plugin_state BEGIN
  INSERT INTO plugin_state_sizes VALUES (new.plugin_id,
      length(CAST(new.state_key AS BLOB)) + length(CAST(new.value_json AS BLOB)))
    ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER plugin_state_changes AFTER UPDATE ON plugin_state BEGIN
  UPDATE plugin_state_sizes SET bytes = bytes - length(CAST(old.value_json AS BLOB))
      + length(CAST(new.value_json AS BLOB)) WHERE plugin_id = new.plugin_id;
END;
CREATE TRIGGER plugin_state_shrinks AFTER DELETE ON plugin_state BEGIN
  UPDATE plugin_state_sizes SET bytes = bytes - length(CAST(old.state_key AS BLOB))
      - length(CAST(old.value_json AS BLOB)) WHERE plugin_id = old.plugin_id;
END;
)sql";

constexpr std::string_view k_configs = R"sql(
CREATE TABLE plugin_configs (
  id          TEXT PRIMARY KEY NOT NULL,
  plugin_id   TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  company_id  TEXT NOT NULL,
  config_json TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  UNIQUE (plugin_id, company_id)
) STRICT;
)sql";

// number tells rows of one millisecond apart, in the order in which they were added.
constexpr std::string_view k_entities = R"sql(
CREATE TABLE plugin_entities (
  number      INTEGER PRIMARY KEY,
  id          TEXT NOT NULL UNIQUE,
  plugin_id   TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  company_id  TEXT NOT NULL,
  entity_type TEXT NOT NULL,
  scope_kind  TEXT NOT NULL,
  scope_id    TEXT,
  external_id TEXT,
  title       TEXT,
  status      TEXT,
  data_json   TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX plugin_entities_by_external_id ON plugin_entities
  (plugin_id, company_id, entity_type, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX plugin_entities_by_time ON plugin_entities (plugin_id, company_id, created_at, number);
CREATE INDEX plugin_entities_by_type ON plugin_entities
  (plugin_id, company_id, entity_type, created_at, number);
CREATE TABLE plugin_entity_sizes (
  plugin_id TEXT PRIMARY KEY NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  entities  INTEGER NOT NULL,
  bytes     INTEGER NOT NULL
) STRICT;
CREATE TRIGGER plugin_entities_grow AFTER INSERT ON plugin_entities BEGIN
  INSERT INTO plugin_entity_sizes VALUES (new.plugin_id, 1, length(CAST(new.data_json AS BLOB)))
    ON CONFLICT DO UPDATE SET entities = entities + 1, bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER plugin_entities_change AFTER UPDATE ON plugin_entities BEGIN
  UPDATE plugin_entity_sizes SET bytes = bytes - length(CAST(old.data_json AS BLOB))
      + length(CAST(new.data_json AS BLOB)) WHERE plugin_id = new.plugin_id;
END;
CREATE TRIGGER plugin_entities_shrink AFTER DELETE ON plugin_entities BEGIN
  UPDATE plugin_entity_sizes SET entities = entities - 1,
      bytes = bytes - length(CAST(old.data_json AS BLOB)) WHERE plugin_id = old.plugin_id;
END;
)sql";

constexpr std::string_view k_folders = R"sql(
CREATE TABLE plugin_folders (
  plugin_id            TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  company_id           TEXT NOT NULL,
  folder_key           TEXT NOT NULL,
  path                 TEXT NOT NULL,
  access               TEXT NOT NULL,
  required_directories TEXT NOT NULL,
  required_files       TEXT NOT NULL,
  updated_at           INTEGER NOT NULL,
  PRIMARY KEY (plugin_id, company_id, folder_key)
) STRICT;
)sql";

// `newest` is the number of the last version there ever was; its row outlives the versions.
// `sealed` is for whoever has the key.
constexpr std::string_view k_secrets = R"sql(
CREATE TABLE secrets (
  company_id TEXT NOT NULL,
  id         TEXT NOT NULL,
  newest     INTEGER NOT NULL,
  PRIMARY KEY (company_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_versions (
  company_id TEXT NOT NULL,
  id         TEXT NOT NULL,
  version    INTEGER NOT NULL,
  sealed     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (company_id, id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE secret_bindings (
  plugin_id  TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  company_id TEXT NOT NULL,
  id         TEXT NOT NULL,
  PRIMARY KEY (plugin_id, company_id, id)
) STRICT, WITHOUT ROWID;
)sql";

// Rows count up from 1 without a gap, of each job, so that those beyond the limit are found without
// counting; here and below.
constexpr std::string_view k_job_runs = R"sql(
CREATE TABLE plugin_job_runs (
  id           TEXT PRIMARY KEY NOT NULL,
  plugin_id    TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  job_key      TEXT NOT NULL,
  number       INTEGER NOT NULL,
  trigger      TEXT NOT NULL,
  status       TEXT NOT NULL,
  error        TEXT,
  scheduled_at INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  started_at   INTEGER,
  finished_at  INTEGER,
  duration_ms  INTEGER,
  UNIQUE (plugin_id, job_key, number)
) STRICT;
CREATE INDEX plugin_job_runs_by_time ON plugin_job_runs (plugin_id, created_at);
CREATE INDEX plugin_job_runs_unfinished ON plugin_job_runs (status) WHERE status = 'running';
)sql";

constexpr std::string_view k_webhook_deliveries = R"sql(
CREATE TABLE plugin_webhook_deliveries (
  id          TEXT PRIMARY KEY NOT NULL,
  plugin_id   TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  number      INTEGER NOT NULL,
  webhook_key TEXT NOT NULL,
  status      TEXT NOT NULL,
  error       TEXT,
  body_bytes  INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  finished_at INTEGER,
  duration_ms INTEGER,
  UNIQUE (plugin_id, number)
) STRICT;
CREATE INDEX plugin_webhook_deliveries_unfinished ON plugin_webhook_deliveries (status)
  WHERE status = 'pending';
)sql";

constexpr std::string_view k_activity = R"sql(
CREATE TABLE plugin_activity (
  id            TEXT PRIMARY KEY NOT NULL,
  plugin_id     TEXT NOT NULL REFERENCES plugins (id) ON DELETE CASCADE,
  kind          TEXT NOT NULL,
  number        INTEGER NOT NULL,
  company_id    TEXT,
  message       TEXT NOT NULL,
  entity_type   TEXT,
  entity_id     TEXT,
  metadata_json TEXT,
  created_at    INTEGER NOT NULL,
  UNIQUE (plugin_id, kind, number)
) STRICT;
CREATE INDEX plugin_activity_by_time ON plugin_activity (plugin_id, created_at, number);
)sql";

// A row of state by what it takes of the file: its names, which the index has again, its value, and
// two hundred bytes for the rest, so that many small rows do not fill the disk below the limit.
constexpr std::string_view k_state_rows = R"sql(
DROP TRIGGER plugin_state_grows;
DROP TRIGGER plugin_state_changes;
DROP TRIGGER plugin_state_shrinks;
ALTER TABLE plugin_state ADD COLUMN bytes INTEGER AS (
  200 + 2 * length(CAST(company_id || scope_kind || ifnull(scope_id, '') || namespace || state_key AS BLOB))
  + length(CAST(value_json AS BLOB))) VIRTUAL;
DELETE FROM plugin_state_sizes;
INSERT INTO plugin_state_sizes SELECT plugin_id, sum(bytes) FROM plugin_state GROUP BY plugin_id;
CREATE TRIGGER plugin_state_grows AFTER INSERT ON plugin_state BEGIN
  INSERT INTO plugin_state_sizes VALUES (new.plugin_id, new.bytes)
    ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;
CREATE TRIGGER plugin_state_changes AFTER UPDATE ON plugin_state BEGIN
  UPDATE plugin_state_sizes SET bytes = bytes - old.bytes + new.bytes
    WHERE plugin_id = new.plugin_id;
END;
CREATE TRIGGER plugin_state_shrinks AFTER DELETE ON plugin_state BEGIN
  UPDATE plugin_state_sizes SET bytes = bytes - old.bytes WHERE plugin_id = old.plugin_id;
END;
)sql";

constexpr std::array k_migrations{
    Migration{.version = 1, .name = "plugins and their logs", .sql = k_plugins_and_logs},
    Migration{.version = 2, .name = "plugins' state", .sql = k_state},
    Migration{.version = 3, .name = "plugins' configurations", .sql = k_configs},
    Migration{.version = 4, .name = "plugins' entities", .sql = k_entities},
    Migration{.version = 5, .name = "plugins' folders", .sql = k_folders},
    Migration{.version = 6, .name = "secrets", .sql = k_secrets},
    Migration{.version = 7, .name = "runs of jobs", .sql = k_job_runs},
    Migration{.version = 8, .name = "webhooks", .sql = k_webhook_deliveries},
    Migration{.version = 9, .name = "plugins' activity", .sql = k_activity},
    Migration{.version = 10, .name = "what plugins' state takes", .sql = k_state_rows},
};

std::unexpected<Error> foreign_database(const std::string& path) {
  return fail(ErrorCode::store_unavailable, path + " is a database of another program",
              "move it away, or name another path for the store");
}

}  // namespace

std::span<const Migration> migrations() {
  return k_migrations;
}

Result<std::int64_t> schema_version(Database& database, std::span<const Migration> steps) {
  constexpr std::string_view attempt = "read the version of the store";
  const auto version = database.integer("PRAGMA user_version", attempt);
  if (!version) return version;
  const auto application = database.integer("PRAGMA application_id", attempt);
  if (!application) return application;
  if (*application != k_application_id) {
    const auto objects = database.integer("SELECT count(*) FROM sqlite_schema", attempt);
    if (!objects) return objects;
    if (*application != 0 || *version != 0 || *objects != 0) {
      return foreign_database(database.path());
    }
    return 0;
  }
  const auto newest = steps.empty() ? 0 : steps.back().version;
  if (*version > newest) {
    return fail(ErrorCode::store_unavailable,
                fmt::format("a newer Collet wrote the store {}: its schema has version {}, this "
                            "program knows versions up to {}",
                            database.path(), *version, newest),
                "run the newer Collet, or put back a copy of the store from before the upgrade; "
                "a store cannot be taken back to an older version");
  }
  return *version;
}

Result<Done> migrate(Database& database, Logger& logger, std::span<const Migration> steps) {
  for (const auto& step : steps) {
    const auto attempt = fmt::format("bring the store to version {} ({})", step.version, step.name);
    auto transaction = Transaction::begin(database, TransactionKind::write);
    if (!transaction) return std::unexpected(std::move(transaction).error());
    // Read under the lock: another process may have run the step meanwhile.
    const auto version = schema_version(database, steps);
    if (!version) return std::unexpected(version.error());
    if (*version >= step.version) continue;
    auto done = database.execute(std::string(step.sql), attempt);
    if (done) {
      done = database.execute(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}",
                                          k_application_id, step.version),
                              attempt);
    }
    if (done) done = transaction->commit();
    if (!done) return done;
    logger.info("store migrated",
                {{"version", std::to_string(step.version)}, {"step", std::string(step.name)}});
  }
  return Done{};
}

}  // namespace collet
