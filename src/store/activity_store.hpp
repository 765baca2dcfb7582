// What plugins report of what they did.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wall_clock.hpp"
#include "collet/reply.hpp"

namespace collet {

enum class ActivityKind : std::uint8_t { activity, telemetry };
/// The names on the wire.
[[nodiscard]] std::string_view to_string(ActivityKind kind);
[[nodiscard]] std::optional<ActivityKind> activity_kind_from(std::string_view text);

struct ActivityEntry {
  std::string id{};         ///< UUID
  std::string plugin_id{};  ///< UUID
  ActivityKind kind = ActivityKind::activity;
  std::optional<std::string> company_id{};
  std::string message{};  ///< of telemetry the event's full name
  std::optional<std::string> entity_type{};
  std::optional<std::string> entity_id{};
  std::optional<std::string> metadata_json{};  ///< JSON text
  WallTime created_at{};
};

struct ActivityQuery {
  std::string plugin_id{};  ///< UUID
  std::size_t limit = 25;
  std::optional<ActivityKind> kind{};
  std::optional<std::string> company_id{};
  std::optional<WallTime> since{};
};

/// Of each kind the last `StoreLimits::activity_per_plugin_max` of a plugin are kept. Failures:
/// `store_unavailable`; of `append` also `plugin_not_found`.
class ActivityStore {
 public:
  virtual ~ActivityStore() = default;
  virtual void append(ActivityEntry entry, Reply<Done> reply) = 0;
  /// Newest first.
  virtual void list(ActivityQuery query, Reply<std::vector<ActivityEntry>> reply) = 0;
};

}  // namespace collet
