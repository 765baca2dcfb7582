#include "store/sqlite_store.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <utility>

#include "store/commit_queue.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"
#include "store/sqlite_activity_store.hpp"
#include "store/sqlite_config_store.hpp"
#include "store/sqlite_entity_store.hpp"
#include "store/sqlite_folder_store.hpp"
#include "store/sqlite_job_store.hpp"
#include "store/sqlite_plugin_store.hpp"
#include "store/sqlite_secret_store.hpp"
#include "store/sqlite_state_store.hpp"
#include "store/sqlite_webhook_store.hpp"

namespace collet {
namespace {

/// The WAL is cut back to this after a checkpoint. It grows beyond only while a reader or a large
/// transaction keeps it.
constexpr std::int64_t k_wal_bytes_kept = std::int64_t{64} << 20;

/// One connection, one queue, and a part of the interface for each of them.
class SqliteStore final : public Store {
 public:
  SqliteStore(std::unique_ptr<Database> database, std::unique_ptr<StoreQueue> queue,
              const StoreLimits& limits)
      : database_(std::move(database)),
        queue_(std::move(queue)),
        plugins_(*database_, *queue_, limits.logs_per_plugin_max),
        state_(*database_, *queue_, limits),
        configs_(*database_, *queue_),
        entities_(*database_, *queue_, limits),
        folders_(*database_, *queue_),
        secrets_(*database_, *queue_, limits),
        jobs_(*database_, *queue_, limits),
        webhooks_(*database_, *queue_, limits),
        activity_(*database_, *queue_, limits) {}

  ~SqliteStore() override {
    queue_.reset();  // first: what waits there still uses the parts
  }

  void settle(Reply<Done> reply) override { queue_->settle(std::move(reply)); }

  PluginStore& plugins() override { return plugins_; }
  StateStore& state() override { return state_; }
  ConfigStore& configs() override { return configs_; }
  EntityStore& entities() override { return entities_; }
  FolderStore& folders() override { return folders_; }
  SecretStore& secrets() override { return secrets_; }
  JobStore& jobs() override { return jobs_; }
  WebhookStore& webhooks() override { return webhooks_; }
  ActivityStore& activity() override { return activity_; }

 private:
  const std::unique_ptr<Database> database_;
  std::unique_ptr<StoreQueue> queue_;
  SqlitePluginStore plugins_;
  SqliteStateStore state_;
  SqliteConfigStore configs_;
  SqliteEntityStore entities_;
  SqliteFolderStore folders_;
  SqliteSecretStore secrets_;
  SqliteJobStore jobs_;
  SqliteWebhookStore webhooks_;
  SqliteActivityStore activity_;
};

/// Runs everything at once, for stores in memory.
class InlineQueue final : public StoreQueue {
 public:
  InlineQueue(Database& database, Loop& loop) : database_(database), loop_(loop) {}
  void enqueue(std::string_view /*plugin_id*/, std::unique_ptr<Operation> operation) override {
    std::array group{std::move(operation)};
    run_group(database_, group, std::numeric_limits<std::size_t>::max());
    loop_.post([done = std::move(group.front())] { done->answer(); });
  }
  void settle(Reply<Done> reply) override {
    loop_.post([reply = std::move(reply)]() mutable { reply(Done{}); });
  }

 private:
  Database& database_;
  Loop& loop_;
};

Result<Done> configure(Database& database, const StoreLimits& limits) {
  constexpr std::string_view attempt = "set the store up";
  // Before anything is written: a database of another program stays as it is.
  if (const auto version = schema_version(database); !version) {
    return std::unexpected(version.error());
  }
  // The change to WAL still uses a rollback journal. EXTRA syncs its deletion: a journal that comes
  // back after a loss of power would undo what the log has by then.
  if (auto done = database.execute("PRAGMA synchronous = EXTRA", attempt); !done) return done;
  const auto mode = database.text("PRAGMA journal_mode = WAL", attempt);
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") {
    return fail(ErrorCode::store_unavailable,
                fmt::format("the file system of {} does not allow a write-ahead log (SQLite keeps "
                            "to journal mode '{}')",
                            database.path(), *mode),
                "put the store on a local file system");
  }
  const auto page_bytes = database.integer("PRAGMA page_size", attempt);
  if (!page_bytes) return std::unexpected(page_bytes.error());
  return database.execute(fmt::format("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                                      "PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = {};"
                                      "PRAGMA max_page_count = {}",
                                      k_wal_bytes_kept, limits.file_bytes_max / *page_bytes),
                          attempt);
}

}  // namespace

Result<std::unique_ptr<Store>> make_sqlite_store(const std::filesystem::path& path, Loop& loop,
                                                 Logger& logger, SqliteStoreOptions options) {
  auto database = Database::open(
      path, {.lock_wait_max = options.limits.lock_wait_max, .vfs = std::move(options.vfs)});
  if (!database) return std::unexpected(std::move(database).error());
  if (auto done = configure(**database, options.limits); !done) {
    return std::unexpected(std::move(done).error());
  }
  if (auto done = migrate(**database, logger); !done) {
    return std::unexpected(std::move(done).error());
  }
  auto queue = std::make_unique<CommitQueue>(**database, loop, logger, options.limits);
  return std::make_unique<SqliteStore>(*std::move(database), std::move(queue), options.limits);
}

Result<std::unique_ptr<Store>> make_memory_store(Loop& loop, StoreLimits limits) {
  auto database = Database::open_in_memory();
  if (!database) return std::unexpected(std::move(database).error());
  constexpr std::string_view attempt = "set the store up";
  if (auto done = (*database)->execute("PRAGMA foreign_keys = ON", attempt); !done) {
    return std::unexpected(std::move(done).error());
  }
  const auto nobody = make_null_logger();
  if (auto done = migrate(**database, *nobody); !done) {
    return std::unexpected(std::move(done).error());
  }
  auto queue = std::make_unique<InlineQueue>(**database, loop);
  return std::make_unique<SqliteStore>(*std::move(database), std::move(queue), limits);
}

}  // namespace collet
