// A database that a plugin has for itself. It speaks PostgreSQL's SQL, as the plugins' SDK does.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.hpp"
#include "base/wall_clock.hpp"
#include "collet/deadline.hpp"
#include "collet/error.hpp"

namespace collet {

struct PluginDatabaseLimits {
  /// A statement, or a text of several: a third of a call's default 30 s, so that its plugin hears
  /// of it while somebody still waits.
  std::chrono::milliseconds time_max{10'000};
  /// All migrations of a start together: they may rewrite tables.
  std::chrono::milliseconds migration_time_max{60'000};
  /// Longer texts are data that belongs into parameters.
  std::size_t text_bytes_max = std::size_t{256} << 10;
  std::size_t statements_max = 100;  ///< of one text; more is a migration
  /// Rows and bytes of one answer: what a worker reads as one line, and holds twice.
  std::size_t rows_max = 50'000;
  std::size_t answer_bytes_max = std::size_t{16} << 20;
  /// One value, also one in between. A book has less; larger things are files.
  std::size_t value_bytes_max = std::size_t{4} << 20;
  /// The file. A plugin that keeps more needs a database server, and its operator's consent.
  std::int64_t file_bytes_max = std::int64_t{1} << 30;
  std::size_t migration_bytes_max = std::size_t{1} << 20;  ///< one migration's file
  std::size_t migrations_max = 1'000;                      ///< files
};

/// A table of the host's that plugins may read as `public.<name>`.
struct CoreTable {
  std::string name{};
  std::vector<std::string> columns{};
  std::vector<std::vector<std::optional<std::string>>> rows{};
};

struct PluginDatabasePlan {
  std::filesystem::path file{};  ///< made where missing, for its owner only; so is its folder
  std::string name_space{};      ///< the schema that the plugin's SQL calls its tables by
  std::vector<CoreTable> core_tables{};
};

/// What it works with; outlives it.
struct PluginDatabaseParts {
  Entropy& entropy;  ///< of any thread
  WallClock wall_clock;
  std::function<TimePoint()> now;     ///< any thread
  const std::atomic<bool>& stopping;  ///< what runs ends soon after this is set
};

/// A step of a plugin's schema.
struct PluginMigration {
  std::string name{};  ///< of its file
  std::string sql{};
};

/// Every member blocks; one thread at a time. Failures of the SQL are `invalid_request` with what
/// the database said; those of the file are `store_unavailable`.
class PluginDatabase {
 public:
  virtual ~PluginDatabase() = default;

  /// Runs one statement that only reads. `parameters_json` is a JSON array or empty. Answers the
  /// rows as a JSON array of objects.
  virtual Result<std::string> query(std::string_view sql, std::string_view parameters_json) = 0;
  /// Runs statements that write, all or none. Answers how many rows they changed.
  virtual Result<std::int64_t> execute(std::string_view sql, std::string_view parameters_json) = 0;
  /// Brings the schema to what `migrations` (in order) make of it: those that did not run yet run,
  /// all or none. Fails with `install_failed` and a sentence that names the file and the line, also
  /// where a file that has run has another content now.
  virtual Result<Done> migrate(const std::vector<PluginMigration>& migrations,
                               std::string_view plugin_version) = 0;
};

/// Opens the plugin's SQLite database.
[[nodiscard]] Result<std::unique_ptr<PluginDatabase>> open_plugin_database(
    PluginDatabasePlan plan, PluginDatabaseParts parts, PluginDatabaseLimits limits = {});

}  // namespace collet
