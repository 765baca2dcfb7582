// How much the store keeps and how much may wait for it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace collet {

struct StoreLimits {
  /// Log lines kept for each plugin, the oldest go first. At the field's usual 200 bytes a line
  /// that is 2 MB a plugin: days of a quiet plugin, and 2 GB at 1,000 plugins.
  std::int64_t logs_per_plugin_max = 10'000;
  /// Keys and values that a plugin remembers. It keeps what it has to know again, not its archive:
  /// that has a database and a folder of its own.
  std::int64_t state_bytes_max = std::int64_t{256} << 20;
  /// Operations that wait for the disk. At 50 commits/s (a spinning disk) and a few hundred
  /// operations a commit they are done within a second; more than that is overload, and waiting
  /// longer only hides it.
  std::size_t queued_operations_max = 4'096;
  /// Text that waits with them. Half a second of what an ordinary disk writes.
  std::size_t queued_bytes_max = std::size_t{64} << 20;
  /// Size of the database file. 1,000 plugins with full logs need 2 GB; the rest is room for long
  /// lines. Beyond it writes fail as on a full disk.
  std::int64_t file_bytes_max = std::int64_t{16} << 30;
  /// How long a write waits while another program holds the database, a backup for example.
  /// Well below the 30 s that a call has by default.
  std::chrono::milliseconds lock_wait_max{5'000};
};

}  // namespace collet
