// `activity.log` and `telemetry.track`: what plugins report of what they did.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/entropy.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "services/allowance.hpp"
#include "services/params.hpp"
#include "services/service_table.hpp"
#include "store/activity_store.hpp"

namespace collet::services {

struct ActivityLimits {
  std::size_t message_bytes_max =
      limits::services::activity_message_bytes_max;  ///< as of a log line
  std::size_t metadata_bytes_max = limits::services::activity_metadata_bytes_max;
  std::size_t name_bytes_max =
      limits::services::name_bytes_max;  ///< of an entity's type and id, and of an event
  std::size_t company_bytes_max = limits::services::name_bytes_max;  ///< of a company's id
  /// Of one plugin.
  Rate entries{.per_second = limits::services::activity_entries_a_second_max,
               .at_once = limits::services::activity_entries_at_once_max};
};

/// An entry is acknowledged when it is durable. What it borrows outlives it, it outlives the table.
/// Loop thread only.
class ActivityService {
 public:
  ActivityService(Loop& loop, ActivityStore& store, Entropy& entropy, WallClock wall_clock,
                  ActivityLimits limits = {})
      : loop_(loop),
        store_(store),
        entropy_(entropy),
        wall_clock_(std::move(wall_clock)),
        limits_(limits) {}
  void add_to(ServiceTable& table);
  /// A plugin is gone for good.
  void forget(const std::string& plugin_id) { allowances_.erase(plugin_id); }

 private:
  [[nodiscard]] Result<std::string> read_company(const ServiceCall& call,
                                                 const Params& params) const;
  [[nodiscard]] Result<ActivityEntry> read_activity(const ServiceCall& call) const;
  [[nodiscard]] Result<ActivityEntry> read_event(const ServiceCall& call) const;
  void keep(const ServiceCall& call, Result<ActivityEntry> entry, Reply<std::string> reply);

  Loop& loop_;
  ActivityStore& store_;
  Entropy& entropy_;
  const WallClock wall_clock_;
  const ActivityLimits limits_;
  std::map<std::string, Allowance, std::less<>> allowances_;  // by plugin id
};

}  // namespace collet::services
