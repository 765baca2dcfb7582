#include "store/sqlite.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/descriptors.hpp"

namespace collet {
namespace {

constexpr int primary(int code) {
  return code & 0xff;
}

std::string remedy_of(int code, const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path().string();
  switch (primary(code)) {
    case SQLITE_FULL:
      return fmt::format(
          "free space on the file system of {} (or raise the limit of its size), "
          "then try again",
          path);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fmt::format(
          "another program holds the store (`fuser {}` names it); end it or let it "
          "finish, then try again",
          path);
    case SQLITE_CORRUPT:
      return fmt::format(
          "stop Collet, keep a copy of {0}, then put a backup in its place or "
          "salvage it with `sqlite3 {0} .recover`",
          path);
    case SQLITE_NOTADB:
      return fmt::format("{} is no store: move it away, or name another path for the store", path);
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return fmt::format(
          "see to it that the folder {} exists, and that the account that runs "
          "Collet may read and write it and the files in it",
          folder);
    case SQLITE_IOERR:
      return fmt::format("check the disk under {} (the kernel's log says more), then try again",
                         path);
    case SQLITE_NOMEM:
      return "give the host more memory, then try again";
    default:
      return "this is a bug of the host; its log has more";
  }
}

Error no_descriptor(std::string_view attempt, int error_number) {
  auto error = too_many_open_files(attempt, error_number);
  error.code = ErrorCode::store_unavailable;
  return error;
}

Error describe_failure(sqlite3* connection, int code, std::string_view attempt,
                       const std::string& path) {
  std::string said = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  const bool from_system = primary(code) == SQLITE_CANTOPEN || primary(code) == SQLITE_IOERR;
  const int number = connection != nullptr && from_system ? sqlite3_system_errno(connection) : 0;
  if (is_out_of_descriptors(number)) {
    return no_descriptor(fmt::format("cannot {} (SQLite error {}, store {})", attempt, code, path),
                         number);
  }
  if (number != 0) said += ", " + std::system_category().message(number);
  Error error{.code = ErrorCode::store_unavailable,
              .message = fmt::format("cannot {}: {} (SQLite error {}, store {})", attempt, said,
                                     code, path),
              .remedy = remedy_of(code, path)};
  if (primary(code) == SQLITE_BUSY) error.retry_after = std::chrono::seconds(1);
  return error;
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& path,
                                                 DatabaseOptions options) {
  constexpr std::string_view attempt = "open the store";
  std::error_code not_absolute;
  const auto absolute = std::filesystem::absolute(path, not_absolute);
  std::unique_ptr<Database> database(new Database((not_absolute ? path : absolute).string()));
  // SQLite would create it as the umask says. Where this fails for another reason than want of
  // descriptors, which may be over a moment later, SQLite fails next and says why.
  if (const int fd = ::open(database->path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
      fd >= 0) {
    ::close(fd);
  } else if (is_out_of_descriptors(errno)) {
    return std::unexpected(
        no_descriptor(fmt::format("cannot {} {}", attempt, database->path_), errno));
  }
  const int code = sqlite3_open_v2(
      database->path_.c_str(), &database->connection_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code != SQLITE_OK) {
    return std::unexpected(describe_failure(database->connection_, code, attempt, database->path_));
  }
  sqlite3_busy_timeout(database->connection_, static_cast<int>(options.lock_wait_max.count()));
  // SQLite opens a file that it may not write for reading only, without a word.
  if (sqlite3_db_readonly(database->connection_, "main") == 1) {
    return std::unexpected(describe_failure(nullptr, SQLITE_READONLY, attempt, database->path_));
  }
  return database;
}

Result<std::unique_ptr<Database>> Database::open_in_memory() {
  std::unique_ptr<Database> database(new Database(":memory:"));
  const int code = sqlite3_open_v2(
      ":memory:", &database->connection_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      nullptr);
  if (code != SQLITE_OK) {
    return std::unexpected(
        describe_failure(database->connection_, code, "open a store in memory", database->path_));
  }
  return database;
}

Database::~Database() {
  sqlite3_close(connection_);
}

Result<Done> Database::execute(const std::string& sql, std::string_view attempt) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(failure(attempt));
  }
  return Done{};
}

Result<std::int64_t> Database::integer(const std::string& sql, std::string_view attempt) {
  Statement statement(*this, sql, attempt);
  Query query(statement);
  if (auto step = query.step(); !step) return std::unexpected(std::move(step).error());
  return query.integer(0);
}

Result<std::string> Database::text(const std::string& sql, std::string_view attempt) {
  Statement statement(*this, sql, attempt);
  Query query(statement);
  if (auto step = query.step(); !step) return std::unexpected(std::move(step).error());
  return query.text(0);
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(connection_) == 0;
}

std::int64_t Database::changes() const {
  return sqlite3_changes64(connection_);
}

Error Database::failure(std::string_view attempt) const {
  return describe_failure(connection_, sqlite3_extended_errcode(connection_), attempt, path_);
}

Statement::~Statement() {
  sqlite3_finalize(compiled_);
}

void Query::start() {
  auto& [database, sql, attempt, compiled] = statement_;
  if (compiled != nullptr) return;
  const int code =
      sqlite3_prepare_v3(database.connection_, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &compiled, nullptr);
  if (code != SQLITE_OK) failure_ = database.failure(attempt);
}

Query::~Query() {
  if (statement_.compiled_ == nullptr) return;  // it never compiled
  sqlite3_reset(statement_.compiled_);
  sqlite3_clear_bindings(statement_.compiled_);
}

void Query::bind(std::int64_t value) {
  if (failure_) return;
  if (sqlite3_bind_int64(statement_.compiled_, next_parameter_++, value) != SQLITE_OK) {
    failure_ = statement_.database_.failure(statement_.attempt_);
  }
}

void Query::bind(std::string_view value) {
  if (failure_) return;
  const char* bytes = value.data() != nullptr ? value.data() : "";  // a null pointer binds NULL
  if (sqlite3_bind_text64(statement_.compiled_, next_parameter_++, bytes, value.size(),
                          SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) {
    failure_ = statement_.database_.failure(statement_.attempt_);
  }
}

Result<Step> Query::step() {
  if (failure_) return std::unexpected(*failure_);
  switch (sqlite3_step(statement_.compiled_)) {
    case SQLITE_ROW:
      return Step::row;
    case SQLITE_DONE:
      return Step::done;
    default:
      return std::unexpected(statement_.database_.failure(statement_.attempt_));
  }
}

Result<Done> Query::run() {
  if (auto stepped = step(); !stepped) return std::unexpected(std::move(stepped).error());
  return Done{};
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_.compiled_, column);
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (sqlite3_column_type(statement_.compiled_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

std::string Query::text(int column) const {
  return optional_text(column).value_or("");
}

std::optional<std::string> Query::optional_text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.compiled_, column);
  if (bytes == nullptr) return std::nullopt;
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.compiled_, column));
  statement_.database_.text_bytes_read_ += size;
  return std::string(reinterpret_cast<const char*>(bytes), size);
}

std::optional<WallTime> Query::optional_time(int column) const {
  return optional_integer(column).transform(from_epoch_ms);
}

std::optional<std::chrono::milliseconds> Query::optional_duration(int column) const {
  return optional_integer(column).transform([](auto ms) { return std::chrono::milliseconds(ms); });
}

Result<Transaction> Transaction::begin(Database& database, TransactionKind kind) {
  constexpr std::string_view attempt = "begin a transaction";
  const bool write = kind == TransactionKind::write;
  if (auto begun = database.execute(write ? "BEGIN IMMEDIATE" : "BEGIN", attempt); !begun) {
    return std::unexpected(std::move(begun).error());
  }
  Transaction transaction(database);
  if (!write) {
    if (auto snapshot = database.execute("SELECT 1 FROM sqlite_schema", attempt); !snapshot) {
      return std::unexpected(std::move(snapshot).error());
    }
  }
  return transaction;
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  if (database_ != nullptr && database_->in_transaction()) {
    // Whatever it answers, the transaction is over: an unfinished one is undone at the next open.
    static_cast<void>(database_->execute("ROLLBACK", "roll back"));
  }
}

Result<Done> Transaction::commit() {
  return database_->execute("COMMIT", "commit a transaction");
}

Result<Savepoint> Savepoint::begin(Database& database) {
  if (auto begun = database.execute("SAVEPOINT part", "begin a part of a transaction"); !begun) {
    return std::unexpected(std::move(begun).error());
  }
  return Savepoint(database);
}

Savepoint::Savepoint(Savepoint&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Savepoint::~Savepoint() {
  if (database_ != nullptr) static_cast<void>(undo());
}

Result<Done> Savepoint::keep() {
  return std::exchange(database_, nullptr)->execute("RELEASE part", "keep a part of a transaction");
}

Result<Done> Savepoint::undo() {
  auto& database = *std::exchange(database_, nullptr);
  if (!database.in_transaction()) return Done{};  // SQLite undid everything already
  return database.execute("ROLLBACK TO part; RELEASE part", "undo a part of a transaction");
}

}  // namespace collet
