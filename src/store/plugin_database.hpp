// A database that a plugin has for itself. It speaks PostgreSQL's SQL, as the plugins' SDK does.
#pragma once

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
#include "collet/limits.hpp"

namespace collet {

struct PluginDatabaseLimits {
  std::chrono::milliseconds time_max = limits::services::statement_time_max;
  std::chrono::milliseconds migration_time_max = limits::services::migration_time_max;
  std::size_t text_bytes_max = limits::services::statement_bytes_max;
  std::size_t statements_max =
      limits::services::statements_max;  ///< of one text; more is a migration
  std::size_t rows_max = limits::services::database_rows_max;
  std::size_t answer_bytes_max = limits::services::database_answer_bytes_max;
  std::size_t value_bytes_max = limits::services::database_value_bytes_max;
  std::int64_t file_bytes_max = limits::services::database_file_bytes_max;
  std::int64_t temporary_bytes_max =
      limits::services::database_temporary_bytes_max;  ///< on the disk, while a statement runs
  std::size_t migration_bytes_max =
      limits::services::migration_bytes_max;                      ///< one migration's file
  std::size_t migrations_max = limits::services::migrations_max;  ///< files
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
  std::function<TimePoint()> now;    ///< any thread
  std::function<bool()> is_stopped;  ///< what runs ends soon after it is true, as `shutting_down`
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
