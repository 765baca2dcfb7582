// The connection of a plugin's database: what a plugin's SQL may do, and for how long. Internal to
// store/.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/plugin_database.hpp"
#include "store/plugin_database/functions.hpp"
#include "store/plugin_database/temporary_files.hpp"

namespace collet::plugin_database {

/// Whose SQL runs, and what it may do.
enum class Mode : std::uint8_t {
  host,    ///< ours: everything
  read,    ///< the plugin's: nothing but reading
  write,   ///< the plugin's: its rows
  define,  ///< the plugin's: its tables, indexes and views, and its rows
};

struct FreeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementPointer = std::unique_ptr<sqlite3_stmt, FreeStatement>;

/// One thread at a time. An authorizer, which SQLite asks for every table, function and kind of
/// statement, keeps a plugin's SQL inside of its own tables: no ATTACH, no PRAGMA, no extension, no
/// transaction of its own, no function but those that are listed.
class Connection final : public FunctionContext {
 public:
  static Result<std::unique_ptr<Connection>> open(const PluginDatabasePlan& plan,
                                                  PluginDatabaseParts parts,
                                                  const PluginDatabaseLimits& limits);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What is called until this ends runs in `mode`.
  class Scope {
   public:
    Scope(Connection& connection, Mode mode)
        : connection_(connection), before_(std::exchange(connection.mode_, mode)) {}
    ~Scope() { connection_.mode_ = before_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Connection& connection_;
    Mode before_;
  };

  /// Sets the time until which what runs may run, and what `now()` says.
  void begin_work(std::chrono::milliseconds time_max);
  /// Lets what runs run, for the end of a transaction.
  void end_work();

  Result<StatementPointer> prepare(std::string_view sql);
  /// Runs a statement to its end; `on_row` may stop it by an error.
  Result<Done> run(sqlite3_stmt* statement,
                   const std::function<Result<Done>(sqlite3_stmt*)>& on_row = {});
  /// Prepares and runs one statement.
  Result<Done> run(std::string_view sql,
                   const std::function<Result<Done>(sqlite3_stmt*)>& on_row = {});
  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(connection_); }
  [[nodiscard]] sqlite3* handle() const { return connection_; }
  /// What a code of SQLite's means to a plugin, with what the connection said last.
  [[nodiscard]] Error failure(int code) const;

  const std::string& now() const override { return now_; }
  Entropy& entropy() override { return parts_.entropy; }
  bool is_over() override;

 private:
  Connection(PluginDatabaseParts parts, const PluginDatabaseLimits& limits)
      : parts_(std::move(parts)), limits_(limits), temporary_files_(limits.temporary_bytes_max) {}

  Result<Done> configure(const PluginDatabasePlan& plan);
  Result<Done> add_core_tables(const std::vector<CoreTable>& tables);
  int authorize(int action, const char* first, const char* second, const char* schema) const;
  PluginDatabaseParts parts_;
  const PluginDatabaseLimits limits_;
  TemporaryFiles temporary_files_;
  sqlite3* connection_ = nullptr;
  Mode mode_ = Mode::host;
  TimePoint end_ = TimePoint::max();
  std::string now_;
};

/// What the host keeps in a plugin's database; nobody else sees it.
inline constexpr std::string_view k_migrations_table = "collet_migrations";

}  // namespace collet::plugin_database
