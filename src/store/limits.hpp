// How much the store keeps and how much may wait for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "collet/limits.hpp"

namespace collet {

struct StoreLimits {
  std::int64_t logs_per_plugin_max =
      limits::store::logs_per_plugin_max;  ///< lines that are kept; the oldest go first
  std::int64_t state_bytes_max = limits::store::state_bytes_max;    ///< that one plugin remembers
  std::int64_t entities_max = limits::store::entities_max;          ///< of one plugin
  std::int64_t entity_bytes_max = limits::store::entity_bytes_max;  ///< of their data
  std::int64_t secret_versions_max =
      limits::store::secret_versions_max;  ///< kept of a secret; older ones go
  std::int64_t secrets_per_company_max = limits::store::secrets_per_company_max;
  std::int64_t runs_per_job_max = limits::store::runs_per_job_max;  ///< the oldest go first
  std::int64_t deliveries_per_plugin_max = limits::store::deliveries_per_plugin_max;  ///< as above
  std::int64_t activity_per_plugin_max = limits::store::activity_per_plugin_max;      ///< as above
  std::size_t queued_operations_max =
      limits::store::queued_operations_max;  ///< of one plugin that wait for the disk
  std::size_t queued_bytes_max = limits::store::queued_bytes_max;  ///< text that waits with them
  std::size_t queued_total_bytes_max =
      limits::store::queued_total_bytes_max;  ///< text that waits, of all plugins
  std::size_t answer_bytes_max =
      limits::store::answer_bytes_max;  ///< text that was read, on its way to who asked for it
  std::int64_t file_bytes_max =
      limits::store::file_bytes_max;  ///< beyond it writes fail as on a full disk
  std::chrono::milliseconds lock_wait_max =
      limits::store::lock_wait_max;  ///< of a write, while another program holds the database
};

}  // namespace collet
