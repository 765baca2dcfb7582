// How plugins are configured: one JSON object a plugin and company.
#pragma once

#include <string>
#include <vector>

#include "base/wall_clock.hpp"
#include "collet/reply.hpp"

namespace collet {

/// One row of the plugins' configurations, with the reference's columns.
struct PluginConfigRecord {
  std::string id{};         ///< UUID
  std::string plugin_id{};  ///< UUID
  std::string company_id{};
  std::string config_json = "{}";  ///< JSON text of an object
  WallTime created_at{};
  WallTime updated_at{};
};

/// A plugin has at most one configuration for each company. Failures: `store_unavailable`; of `put`
/// also `plugin_not_found`.
class ConfigStore {
 public:
  virtual ~ConfigStore() = default;
  /// All of them, of all plugins, the eldest first.
  virtual void list(Reply<std::vector<PluginConfigRecord>> reply) = 0;
  /// Adds a configuration, or gives the one that there is for the company its new text and time.
  /// Answers the row as it is then: an earlier one keeps its id and the time it was made.
  virtual void put(PluginConfigRecord record, Reply<PluginConfigRecord> reply) = 0;
};

}  // namespace collet
