// SQLite's C API with owners: a connection, statements, transactions. Errors become `Result`.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/wall_clock.hpp"
#include "collet/error.hpp"
#include "collet/limits.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace collet {

struct DatabaseOptions {
  /// How long an operation waits for a lock that another connection holds.
  std::chrono::milliseconds lock_wait_max = limits::store::lock_wait_max;
  /// Name of a registered VFS; empty: the operating system's. Tests put failing disks here.
  std::string vfs{};
};

/// One connection. One thread at a time; statements and transactions of it live shorter than it.
/// Every failure is `store_unavailable` and says what was tried, what SQLite said, and what to do.
class Database {
 public:
  /// Opens the file for reading and writing. A new file is readable by its owner only, because rows
  /// may hold secrets.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open(const std::filesystem::path& path,
                                                              DatabaseOptions options = {});
  /// A database that is gone with its connection.
  [[nodiscard]] static Result<std::unique_ptr<Database>> open_in_memory();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  /// Runs all statements in `sql`. `attempt` completes the sentence "cannot …".
  [[nodiscard]] Result<Done> execute(const std::string& sql, std::string_view attempt);
  /// The first column of the only row that `sql` gives.
  [[nodiscard]] Result<std::int64_t> integer(const std::string& sql, std::string_view attempt);
  [[nodiscard]] Result<std::string> text(const std::string& sql, std::string_view attempt);

  /// False also after SQLite rolled back by itself, as it may on a full or failing disk.
  [[nodiscard]] bool in_transaction() const;
  /// Rows that the statement run last inserted, updated or deleted (cascades not counted).
  [[nodiscard]] std::int64_t changes() const;
  /// Of all texts that were read so far.
  [[nodiscard]] std::size_t text_bytes_read() const { return text_bytes_read_; }
  /// The absolute path of the file.
  [[nodiscard]] const std::string& path() const { return path_; }
  /// The connection's last failure.
  [[nodiscard]] Error failure(std::string_view attempt) const;

 private:
  friend class Query;
  explicit Database(std::string path) : path_(std::move(path)) {}

  std::string path_;
  sqlite3* connection_ = nullptr;
  std::size_t text_bytes_read_ = 0;
};

/// One SQL statement with `?` parameters. Compiled at its first use and kept.
class Statement {
 public:
  /// `attempt` completes the sentence "cannot …".
  Statement(Database& database, std::string_view sql, std::string_view attempt)
      : database_(database), sql_(sql), attempt_(attempt) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();

 private:
  friend class Query;
  Database& database_;
  std::string sql_;
  std::string attempt_;
  sqlite3_stmt* compiled_ = nullptr;
};

enum class Step : std::uint8_t { row, done };

/// One run of a statement with its parameters; the statement is free again when this ends.
class Query {
 public:
  /// A failure here is told by the first `step`.
  template <class... Values>
  explicit Query(Statement& statement, const Values&... values) : statement_(statement) {
    start();
    (bind(values), ...);
  }
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// Goes to the next row, or to the end.
  [[nodiscard]] Result<Step> step();
  /// Runs a statement that gives no rows.
  [[nodiscard]] Result<Done> run();

  // Columns of the current row, from 0. They must have the type asked for.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] WallTime time(int column) const { return from_epoch_ms(integer(column)); }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;
  [[nodiscard]] std::optional<WallTime> optional_time(int column) const;
  [[nodiscard]] std::optional<std::chrono::milliseconds> optional_duration(int column) const;

 private:
  void start();
  void bind(std::int64_t value);
  void bind(std::string_view value);
  void bind(const std::string& value) { bind(std::string_view(value)); }
  void bind(WallTime value) { bind(to_epoch_ms(value)); }
  void bind(std::chrono::milliseconds value) { bind(std::int64_t{value.count()}); }
  template <class Value>
  void bind(const std::optional<Value>& value) {
    if (value) return bind(*value);
    ++next_parameter_;  // what is not bound is NULL
  }

  Statement& statement_;
  int next_parameter_ = 1;
  std::optional<Error> failure_;
};

enum class TransactionKind : std::uint8_t { read, write };

/// A transaction that is rolled back unless it is committed.
class Transaction {
 public:
  /// A write takes the lock at once and a read takes its snapshot at once, so that whoever has to
  /// wait for another program waits here and nowhere later.
  [[nodiscard]] static Result<Transaction> begin(Database& database, TransactionKind kind);
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  /// Once this is answered well, the changes survive a crash and a loss of power.
  [[nodiscard]] Result<Done> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

/// A part of a transaction that is undone unless it is kept.
class Savepoint {
 public:
  [[nodiscard]] static Result<Savepoint> begin(Database& database);
  Savepoint(Savepoint&& other) noexcept;
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint();

  [[nodiscard]] Result<Done> keep();
  [[nodiscard]] Result<Done> undo();

 private:
  explicit Savepoint(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace collet
