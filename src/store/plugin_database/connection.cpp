#include "store/plugin_database/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/descriptors.hpp"
#include "sql/tokens.hpp"

namespace collet::plugin_database {
namespace {

/// SQLite's own steps between two looks at the clock: some 10 µs.
constexpr int k_steps_between_looks = 1'000;
/// How long it waits for a lock that another program holds, a backup for example.
constexpr int k_lock_wait_max_ms = 5'000;
/// Pages that are held in memory, in KiB; the rest is read again.
constexpr int k_cache_kib = 4'096;
/// The log of changes is cut back to this after they are in the file.
constexpr std::int64_t k_wal_bytes_kept = std::int64_t{16} << 20;
/// PostgreSQL's limit of parameters is larger; SQLite's own default is enough.
constexpr int k_parameters_max = 32'766;
/// Columns of a table and of a result. Each may hold the largest value while a row is worked out.
constexpr int k_columns_max = 500;
/// Triggers and foreign keys that set each other off.
constexpr int k_trigger_depth_max = 50;

bool says_nothing_of_the_file(const Error& error) {
  return error.code == ErrorCode::overloaded || error.code == ErrorCode::shutting_down;
}

std::unexpected<Error> unavailable(const std::string& message, std::string remedy) {
  return fail(ErrorCode::store_unavailable, message, std::move(remedy));
}

constexpr int primary(int code) {
  return code & 0xff;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const PluginDatabasePlan& plan,
                                                     PluginDatabaseParts parts,
                                                     const PluginDatabaseLimits& limits) {
  std::unique_ptr<Connection> connection(new Connection(std::move(parts), limits));
  std::error_code told_below;
  const auto folder = plan.file.parent_path();
  std::filesystem::create_directories(folder, told_below);
  // The folder may stand behind links; the file itself must be none, because who can write there
  // could lead to a database of somebody else.
  const auto real = std::filesystem::canonical(folder, told_below);
  const auto file = told_below ? plan.file : real / plan.file.filename();
  // SQLite would make it as the umask says. Where this fails, SQLite fails next and says why.
  if (const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600); fd >= 0) {
    ::close(fd);
  }
  const int code = sqlite3_open_v2(
      file.c_str(), &connection->connection_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW,
      connection->temporary_files_.vfs_name());
  if (code != SQLITE_OK) {
    auto error = connection->failure(code);
    if (says_nothing_of_the_file(error)) return std::unexpected(std::move(error));
    return unavailable(fmt::format("the plugin's database {} cannot be opened: {}",
                                   plan.file.native(), error.message),
                       "check its owner and the free space, or move it away");
  }
  if (auto done = connection->configure(plan); !done) {
    if (says_nothing_of_the_file(done.error())) return std::unexpected(std::move(done.error()));
    return unavailable(fmt::format("the plugin's database {} cannot be used: {}",
                                   plan.file.native(), done.error().message),
                       "put a backup in its place, or move it away");
  }
  return connection;
}

Connection::~Connection() {
  sqlite3_close(connection_);
}

Result<Done> Connection::configure(const PluginDatabasePlan& plan) {
  begin_work(limits_.time_max);
  sqlite3_busy_timeout(connection_, k_lock_wait_max_ms);
  sqlite3_limit(connection_, SQLITE_LIMIT_LENGTH, static_cast<int>(limits_.value_bytes_max));
  sqlite3_limit(connection_, SQLITE_LIMIT_VARIABLE_NUMBER, k_parameters_max);
  sqlite3_limit(connection_, SQLITE_LIMIT_COLUMN, k_columns_max);
  sqlite3_limit(connection_, SQLITE_LIMIT_TRIGGER_DEPTH, k_trigger_depth_max);
  sqlite3_limit(connection_, SQLITE_LIMIT_WORKER_THREADS, 0);
  for (const auto& [option, value] :
       {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_DQS_DML, 0},
        std::pair{SQLITE_DBCONFIG_DQS_DDL, 0}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        std::pair{SQLITE_DBCONFIG_ENABLE_FKEY, 1}}) {
    sqlite3_db_config(connection_, option, value, nullptr);
  }
  add_functions(connection_, *this);
  sqlite3_set_authorizer(
      connection_,
      [](void* self, int action, const char* first, const char* second, const char* schema,
         const char* /*trigger or view*/) {
        return static_cast<Connection*>(self)->authorize(action, first, second, schema);
      },
      this);
  sqlite3_progress_handler(
      connection_, k_steps_between_looks,
      [](void* self) { return static_cast<Connection*>(self)->is_over() ? 1 : 0; }, this);

  std::int64_t page_bytes = 4'096;
  const auto read_page_bytes = [&](sqlite3_stmt* row) -> Result<Done> {
    page_bytes = sqlite3_column_int64(row, 0);
    return Done{};
  };
  if (auto done = run("PRAGMA page_size", read_page_bytes); !done) return done;
  for (const auto& pragma :
       {std::string("PRAGMA journal_mode = WAL"), std::string("PRAGMA synchronous = FULL"),
        fmt::format("PRAGMA cache_size = -{}", k_cache_kib),
        // The plugin's worker can write into the file too.
        std::string("PRAGMA cell_size_check = ON"),
        fmt::format("PRAGMA journal_size_limit = {}", k_wal_bytes_kept),
        fmt::format("PRAGMA max_page_count = {}", limits_.file_bytes_max / page_bytes)}) {
    if (auto done = run(pragma); !done) return done;
  }
  // SQLite makes these two at their first use, by a right that no plugin's SQL has.
  if (auto done = run("SELECT 1 FROM json_each('[]'), json_tree('[]')"); !done) return done;
  auto done = add_core_tables(plan.core_tables);
  sqlite3_limit(connection_, SQLITE_LIMIT_ATTACHED, plan.core_tables.empty() ? 0 : 1);
  return done;
}

// In memory, and only to be read.
Result<Done> Connection::add_core_tables(const std::vector<CoreTable>& tables) {
  if (tables.empty()) return Done{};
  if (auto done = run("ATTACH ':memory:' AS public"); !done) return done;
  for (const auto& table : tables) {
    std::string columns, values;
    for (const auto& column : table.columns) {
      columns += (columns.empty() ? "" : ", ") + sql::quoted_name(column) + " text";
      values += values.empty() ? "?" : ", ?";
    }
    const auto name = "public." + sql::quoted_name(table.name);
    if (auto done = run(fmt::format("CREATE TABLE {} ({})", name, columns)); !done) return done;
    const auto insert = prepare(fmt::format("INSERT INTO {} VALUES ({})", name, values));
    if (!insert) return std::unexpected(insert.error());
    for (const auto& row : table.rows) {
      sqlite3_reset(insert->get());
      sqlite3_clear_bindings(insert->get());
      for (std::size_t i = 0; i < row.size(); ++i) {
        if (!row[i]) continue;
        sqlite3_bind_text64(insert->get(), static_cast<int>(i + 1), row[i]->data(), row[i]->size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8);
      }
      if (auto done = run(insert->get()); !done) return done;
    }
  }
  return Done{};
}

void Connection::end_work() {
  end_ = TimePoint::max();
}

void Connection::begin_work(std::chrono::milliseconds time_max) {
  end_ = parts_.now() + time_max;
  now_ = to_iso8601(parts_.wall_clock());
  temporary_files_.forget_refusals();
}

bool Connection::is_over() {
  if (end_ == TimePoint::max()) return false;
  return parts_.is_stopped() || parts_.now() >= end_;
}

int Connection::authorize(int action, const char* first, const char* second,
                          const char* schema) const {
  if (mode_ == Mode::host) return SQLITE_OK;
  const std::string_view table(first != nullptr ? first : "");
  const std::string_view database(schema != nullptr ? schema : "");
  const bool is_own = database == "main" && table != k_migrations_table;
  const bool is_schema = table == "sqlite_master" || table == "sqlite_schema";
  const auto allowed_if = [](bool condition) { return condition ? SQLITE_OK : SQLITE_DENY; };
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_READ:
      // dbstat and its like tell of the file, not of the plugin's data.
      return allowed_if(table != k_migrations_table && table != "dbstat" && table != "sqlite_stmt");
    case SQLITE_FUNCTION: {
      const std::string_view name(second != nullptr ? second : "");
      // SQLite calls these while it alters a table.
      const bool is_internal =
          mode_ == Mode::define && (name.starts_with("sqlite_") || name == "printf");
      return allowed_if(is_internal || is_allowed_function(name));
    }
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      if (mode_ == Mode::define && is_schema) return SQLITE_OK;
      return allowed_if(mode_ != Mode::read && is_own && !is_schema);
    case SQLITE_ALTER_TABLE:
      // The schema is named first here, and the table second.
      return allowed_if(mode_ == Mode::define && table == "main" &&
                        std::string_view(second != nullptr ? second : "") != k_migrations_table);
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_VIEW:
    case SQLITE_REINDEX:
      return allowed_if(mode_ == Mode::define && is_own);
    default:
      return SQLITE_DENY;
  }
}

Result<StatementPointer> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(connection_, sql.data(), static_cast<int>(sql.size()),
                                      &statement, nullptr);
  if (code != SQLITE_OK) return std::unexpected(failure(code));
  return StatementPointer(statement);
}

Result<Done> Connection::run(sqlite3_stmt* statement,
                             const std::function<Result<Done>(sqlite3_stmt*)>& on_row) {
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) return Done{};
    if (code != SQLITE_ROW) return std::unexpected(failure(code));
    if (!on_row) continue;
    if (auto done = on_row(statement); !done) return done;
  }
}

Result<Done> Connection::run(std::string_view sql,
                             const std::function<Result<Done>(sqlite3_stmt*)>& on_row) {
  const auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  return run(statement->get(), on_row);
}

Error Connection::failure(int code) const {
  const std::string said =
      connection_ != nullptr ? sqlite3_errmsg(connection_) : sqlite3_errstr(code);
  Error error{.code = ErrorCode::invalid_request, .message = said};
  switch (primary(code)) {
    case SQLITE_INTERRUPT:
      if (parts_.is_stopped()) {
        return {.code = ErrorCode::shutting_down,
                .message = "it was stopped: its worker or host stops"};
      }
      error.code = ErrorCode::timeout;
      error.message = "it ran longer than it may, and was stopped";
      error.remedy = "read and change less at a time, or add an index";
      return error;
    case SQLITE_CONSTRAINT:
      // In PostgreSQL's words first: plugins look for them.
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
        error.message = "duplicate key value violates unique constraint (" + said + ")";
      } else if (code == SQLITE_CONSTRAINT_NOTNULL) {
        error.message = "null value violates not-null constraint (" + said + ")";
      } else if (code == SQLITE_CONSTRAINT_FOREIGNKEY) {
        error.message = "violates foreign key constraint (" + said + ")";
      } else if (code == SQLITE_CONSTRAINT_CHECK) {
        error.message = "violates check constraint (" + said + ")";
      }
      return error;
    case SQLITE_AUTH:
      error.message = "it is not allowed to plugins: " + said;
      return error;
    case SQLITE_TOOBIG:
      error.message = fmt::format("a value or the text is too large; the limit is {} bytes",
                                  limits_.value_bytes_max);
      return error;
    case SQLITE_FULL:
      error.code = ErrorCode::payload_too_large;
      if (temporary_files_.has_refused()) {
        error.message = fmt::format("it needs more than {} bytes of temporary files",
                                    limits_.temporary_bytes_max);
        error.remedy = "read and change less at a time, or add an index";
        return error;
      }
      error.message = fmt::format("the database is full: its limit is {} bytes ({})",
                                  limits_.file_bytes_max, said);
      return error;
    case SQLITE_CANTOPEN:
      if (const int number = sqlite3_system_errno(connection_); is_out_of_descriptors(number)) {
        return too_many_open_files("the plugin's database cannot be opened", number);
      }
      error.code = ErrorCode::store_unavailable;
      return error;
    case SQLITE_BUSY:
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
    case SQLITE_NOTADB:
    case SQLITE_READONLY:
      error.code = ErrorCode::store_unavailable;
      return error;
    default:
      return error;
  }
}

}  // namespace collet::plugin_database
