#include "store/sqlite_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <thread>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "store/group_commit.hpp"
#include "store/plugin_tables.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

namespace collet {
namespace {

/// The WAL is cut back to this after a checkpoint. It grows beyond only while a reader or a large
/// transaction keeps it.
constexpr std::int64_t k_wal_bytes_kept = std::int64_t{64} << 20;

std::size_t size_of(const std::optional<std::string>& text) {
  return text ? text->size() : 0;
}

std::size_t size_of(const PluginRecord& record) {
  return sizeof record + record.manifest_json.size() + size_of(record.last_error);
}

std::size_t size_of(const std::vector<PluginLogEntry>& entries) {
  std::size_t size = 0;
  for (const auto& entry : entries) {
    size += sizeof entry + entry.message.size() + size_of(entry.meta_json);
  }
  return size;
}

class SqliteStore final : public PluginStore {
 public:
  SqliteStore(std::unique_ptr<Database> database, Loop& loop, Logger& logger, StoreLimits limits)
      : loop_(loop),
        logger_(logger),
        limits_(limits),
        database_(std::move(database)),
        tables_(*database_, limits.logs_per_plugin_max),
        thread_([this] { serve(); }) {}

  ~SqliteStore() override {
    {
      Lock lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }

  void list(Reply<std::vector<PluginRecord>> reply) override {
    enqueue<std::vector<PluginRecord>>(
        TransactionKind::read, 0, [](PluginTables& tables) { return tables.list(); },
        std::move(reply));
  }

  void insert(PluginRecord record, Reply<PluginRecord> reply) override {
    const auto bytes = size_of(record);
    enqueue<PluginRecord>(
        TransactionKind::write, bytes,
        [record = std::move(record)](PluginTables& tables) { return tables.insert(record); },
        std::move(reply));
  }

  void update(PluginRecord record, Reply<Done> reply) override {
    const auto bytes = size_of(record);
    enqueue<Done>(
        TransactionKind::write, bytes,
        [record = std::move(record)](PluginTables& tables) { return tables.update(record); },
        std::move(reply));
  }

  void remove(std::string id, Reply<Done> reply) override {
    const auto bytes = id.size();
    enqueue<Done>(
        TransactionKind::write, bytes,
        [id = std::move(id)](PluginTables& tables) { return tables.remove(id); }, std::move(reply));
  }

  void append_logs(std::vector<PluginLogEntry> entries, Reply<Done> reply) override {
    const auto bytes = size_of(entries);
    enqueue<Done>(
        TransactionKind::write, bytes,
        [entries = std::move(entries)](PluginTables& tables) {
          return tables.append_logs(entries);
        },
        std::move(reply));
  }

  void query_logs(PluginLogQuery query, Reply<std::vector<PluginLogEntry>> reply) override {
    enqueue<std::vector<PluginLogEntry>>(
        TransactionKind::read, 0,
        [query = std::move(query)](PluginTables& tables) { return tables.query_logs(query); },
        std::move(reply));
  }

  void ping(Reply<Done> reply) override {
    enqueue<Done>(
        TransactionKind::read, 0, [](PluginTables& tables) { return tables.ping(); },
        std::move(reply));
  }

 private:
  template <class T>
  void enqueue(TransactionKind kind, std::size_t bytes, typename OperationOf<T>::Work work,
               Reply<T> reply) {
    auto operation =
        std::make_unique<OperationOf<T>>(kind, bytes, std::move(work), std::move(reply));
    if (const auto refusal = refusal_of(*operation)) {
      operation->fail(*refusal);
      operation->answer(loop_);
      return;
    }
    {
      Lock lock(mutex_);
      queued_bytes_ += bytes;
      queue_.push_back(std::move(operation));
    }
    wake_.notify_one();
  }

  std::optional<Error> refusal_of(const Operation& operation) {
    Lock lock(mutex_);
    std::string message;
    if (queue_.size() >= limits_.queued_operations_max) {
      message = fmt::format("the store is behind: {} operations wait for the disk, the limit is {}",
                            queue_.size(), limits_.queued_operations_max);
    } else if (queued_bytes_ + operation.bytes() > limits_.queued_bytes_max) {
      message = fmt::format(
          "the store is behind: {} bytes wait for the disk and {} more would "
          "pass the limit of {}",
          queued_bytes_, operation.bytes(), limits_.queued_bytes_max);
    } else {
      return std::nullopt;
    }
    return Error{.code = ErrorCode::store_unavailable,
                 .message = std::move(message),
                 .remedy = "try again in a moment; if it lasts, see what makes the disk slow",
                 .retry_after = std::chrono::seconds(1)};
  }

  // The store's thread.
  void serve() {
    for (;;) {
      std::vector<std::unique_ptr<Operation>> group;
      {
        Lock lock(mutex_);
        while (queue_.empty() && !stopping_) wake_.wait(mutex_);
        if (queue_.empty()) return;
        group.swap(queue_);
        queued_bytes_ = 0;
      }
      run_group(*database_, tables_, group);
      log_health(group);
      for (const auto& operation : group) operation->answer(loop_);
    }
  }

  /// A disk that stays full fails thousands of operations: the log has its start and its end.
  void log_health(const std::vector<std::unique_ptr<Operation>>& group) {
    const auto broken = std::ranges::find_if(group, [](const auto& operation) {
      const auto* failure = operation->failure();
      return failure != nullptr && failure->code == ErrorCode::store_unavailable;
    });
    const auto health = broken == group.end() ? Health::well : Health::failing;
    if (std::exchange(health_, health) == health) return;
    if (health == Health::failing) {
      const auto& failure = *(*broken)->failure();
      logger_.error("store fails", {{"error", failure.message}, {"remedy", failure.remedy}});
    } else {
      logger_.info("store works again");
    }
  }

  enum class Health : std::uint8_t { well, failing };

  Loop& loop_;
  Logger& logger_;
  const StoreLimits limits_;

  // The store's thread only, once it runs.
  std::unique_ptr<Database> database_;
  PluginTables tables_;
  Health health_ = Health::well;

  Mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::unique_ptr<Operation>> queue_ GUARDED_BY(mutex_);
  std::size_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::jthread thread_;  // last: everything else exists before it starts
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

Result<std::unique_ptr<PluginStore>> make_sqlite_store(const std::filesystem::path& path,
                                                       Loop& loop, Logger& logger,
                                                       SqliteStoreOptions options) {
  auto database = Database::open(
      path, {.lock_wait_max = options.limits.lock_wait_max, .vfs = std::move(options.vfs)});
  if (!database) return std::unexpected(std::move(database).error());
  if (auto done = configure(**database, options.limits); !done) {
    return std::unexpected(std::move(done).error());
  }
  if (auto done = migrate(**database, logger); !done) {
    return std::unexpected(std::move(done).error());
  }
  return std::make_unique<SqliteStore>(*std::move(database), loop, logger, options.limits);
}

}  // namespace collet
