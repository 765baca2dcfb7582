// Where plugins are kept.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collet/plugin_events.hpp"
#include "collet/reply.hpp"

namespace collet {

/// One row of the plugins table, with the reference's columns.
struct PluginRecord {
  std::string id{};  ///< UUID
  std::string plugin_key{};
  std::string package_name{};
  std::string version{};
  int api_version = 1;
  std::vector<std::string> categories{};
  std::string manifest_json{};  ///< JSON text
  PluginStatus status = PluginStatus::installed;
  std::int64_t install_order = 0;  ///< given by the store at the first insert, kept ever after
  std::optional<std::string>
      package_path;  ///< absolute path of the package root; always set by Collet
  std::optional<std::string> last_error{};
  std::chrono::system_clock::time_point installed_at{};
  std::chrono::system_clock::time_point updated_at{};
};

/// One line that a plugin logged.
struct PluginLogEntry {
  std::string id{};  ///< UUID
  std::string plugin_id{};
  std::optional<std::string> company_id{};
  std::string level{};  ///< debug, info, warn, error, metric
  std::string message{};
  std::optional<std::string> meta_json{};  ///< JSON text
  std::chrono::system_clock::time_point created_at{};
};

struct PluginLogQuery {
  std::string plugin_id{};  ///< UUID
  std::size_t limit = 25;
  std::optional<std::string> level{};
  std::optional<std::chrono::system_clock::time_point> since{};
  std::optional<std::string> company_id{};
};

/// The plugins table and the plugins' logs. Operations run off the loop, one after the other in the
/// order asked for, and answer on the loop once they are durable. Failures: `store_unavailable`
/// (the text says what the database said), `plugin_not_found`. Loop thread only.
class PluginStore {
 public:
  virtual ~PluginStore() = default;

  /// All rows, uninstalled ones included, by install order.
  virtual void list(Reply<std::vector<PluginRecord>> reply) = 0;
  /// Adds a row; fails with `install_failed` where its key or id is taken. Answers the row with its
  /// install order.
  virtual void insert(PluginRecord record, Reply<PluginRecord> reply) = 0;
  /// Replaces the row with `record.id`.
  virtual void update(PluginRecord record, Reply<Done> reply) = 0;
  /// Deletes the row and the plugin's logs.
  virtual void remove(std::string id, Reply<Done> reply) = 0;

  virtual void append_logs(std::vector<PluginLogEntry> entries, Reply<Done> reply) = 0;
  /// Newest first.
  virtual void query_logs(PluginLogQuery query, Reply<std::vector<PluginLogEntry>> reply) = 0;
  /// A read that proves that the store answers, for `/readyz`.
  virtual void ping(Reply<Done> reply) = 0;
};

}  // namespace collet
