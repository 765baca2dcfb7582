// What plugins keep of the things they deal with: issues, pull requests, customers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/wall_clock.hpp"
#include "collet/reply.hpp"

namespace collet {

struct EntityRecord {
  std::string id{};          ///< UUID
  std::string plugin_id{};   ///< UUID
  std::string company_id{};  ///< the tenant that it is kept for; empty where there is no such split
  std::string entity_type{};
  std::string scope_kind{};  ///< instance, company, project, … : the plugin's to choose
  std::optional<std::string> scope_id{};
  std::optional<std::string> external_id{};  ///< what another system calls it
  std::optional<std::string> title{};
  std::optional<std::string> status{};
  std::string data_json{};
  WallTime created_at{};
  WallTime updated_at{};
};

/// What becomes of a text that may be absent: nothing where this is empty, else it is set to the
/// text in it, or cleared.
using TextChange = std::optional<std::optional<std::string>>;

struct EntityUpsert {
  std::string id{};  ///< UUID of the row, where it is a new one
  std::string plugin_id{};
  std::string company_id{};
  std::string entity_type{};
  std::string scope_kind{};
  TextChange scope_id{};
  std::optional<std::string> external_id{};
  TextChange title{};
  TextChange status{};
  std::optional<std::string> data_json{};  ///< where absent it stays, and is `{}` at first
  WallTime now{};
};

struct EntityQuery {
  std::string plugin_id{};
  std::string company_id{};
  std::optional<std::string> entity_type{};
  std::optional<std::string> external_id{};
  std::optional<std::string> scope_kind{};
  std::optional<std::string> scope_id{};
  std::uint64_t limit = 100;
  std::uint64_t offset = 0;
  std::size_t bytes_max = 0;  ///< of all rows' data; a larger answer is `payload_too_large`
};

/// Failures: `store_unavailable`.
class EntityStore {
 public:
  virtual ~EntityStore() = default;
  /// Changes the row of this plugin, company, type and external id, or adds one; without an
  /// external id it always adds one. Answers the row as it is then. Fails with `plugin_not_found`,
  /// and with `payload_too_large` where the plugin would have more than
  /// `StoreLimits::entities_max` or `entity_bytes_max`.
  virtual void upsert(EntityUpsert entity, Reply<EntityRecord> reply) = 0;
  /// The rows that have all that is asked for, the oldest first; rows of one millisecond in the
  /// order in which they were added.
  virtual void list(EntityQuery query, Reply<std::vector<EntityRecord>> reply) = 0;
};

}  // namespace collet
