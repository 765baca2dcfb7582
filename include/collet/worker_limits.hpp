// What a worker may use of its machine, and of its host.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "collet/limits.hpp"

namespace collet {

/// What an operator says of a worker's use of the machine, for all plugins or for one; what is
/// absent stays as it is (limits::worker has the defaults and their reasons). Bytes,
/// seconds, pieces; `unlimited` lifts a limit. Operator only: a plugin does not set its own bounds.
struct WorkerLimits {
  static constexpr std::uint64_t unlimited = limits::unlimited;

  std::optional<std::uint64_t> open_files_max{};     ///< of each process; files, sockets, pipes
  std::optional<std::uint64_t> core_bytes_max{};     ///< of what a crash leaves on the disk
  std::optional<std::uint64_t> cpu_seconds_max{};    ///< of each process, in its whole life
  std::optional<std::uint64_t> address_space_max{};  ///< of each process, used or only reserved
  std::optional<std::uint64_t> memory_max{};     ///< of all its processes; needs a control group
  std::optional<std::uint64_t> processes_max{};  ///< with their threads; needs a control group

  /// These, where `wins` says nothing.
  [[nodiscard]] WorkerLimits with(const WorkerLimits& wins) const {
    WorkerLimits limits = *this;
    for (const auto limit : {&WorkerLimits::open_files_max, &WorkerLimits::core_bytes_max,
                             &WorkerLimits::cpu_seconds_max, &WorkerLimits::address_space_max,
                             &WorkerLimits::memory_max, &WorkerLimits::processes_max}) {
      if (wins.*limit) limits.*limit = wins.*limit;
    }
    return limits;
  }

  bool operator==(const WorkerLimits&) const = default;
};

/// A limit that this machine does not let us set.
struct UnenforcedLimit {
  std::optional<std::uint64_t> WorkerLimits::*limit;
  std::string why;  ///< a sentence for people that names the limit, with what to do
};

/// How often a worker came up against a limit.
struct LimitsHit {
  std::uint64_t memory = 0;     ///< processes killed for want of memory
  std::uint64_t processes = 0;  ///< processes and threads that were refused
  std::uint64_t cpu = 0;        ///< processes killed for their CPU time

  LimitsHit& operator+=(const LimitsHit& more) {
    memory += more.memory;
    processes += more.processes;
    cpu += more.cpu;
    return *this;
  }
  bool operator==(const LimitsHit&) const = default;
};

/// Limits of what goes between a worker and its host (limits::worker and limits::plugin_log have
/// the defaults and their reasons).
struct ProtocolLimits {
  std::uint64_t line_bytes_max = 0;              ///< of a message of the worker
  std::uint64_t depth_max = 0;                   ///< levels of the same
  std::uint64_t stderr_line_bytes_max = 0;       ///< of a line that gets into the plugin's log
  std::uint64_t calls_pending_max = 0;           ///< requests that it has not answered
  std::uint64_t unsent_bytes_max = 0;            ///< what it has not read
  std::uint64_t chatter_bytes_a_second_max = 0;  ///< noise and notifications
  std::uint64_t log_lines_a_second_max = 0;      ///< of the plugin
  std::uint64_t log_lines_at_once_max = 0;       ///< the same
  bool operator==(const ProtocolLimits&) const = default;
};

/// How often a worker came up against them. Of its chatter see WorkerDiagnostics::times_paused.
struct ProtocolLimitsHit {
  std::uint64_t line_bytes = 0;         ///< lines on its standard output that were too long
  std::uint64_t depth = 0;              ///< lines that were nested too deep
  std::uint64_t stderr_line_bytes = 0;  ///< lines on its standard error that were too long
  std::uint64_t calls_pending = 0;      ///< calls refused, because too many pended
  std::uint64_t unsent_bytes = 0;       ///< calls refused, and kills, because it did not read
  std::uint64_t log_lines = 0;          ///< lines left out of its plugin's log: too many at once

  ProtocolLimitsHit& operator+=(const ProtocolLimitsHit& more) {
    line_bytes += more.line_bytes;
    depth += more.depth;
    stderr_line_bytes += more.stderr_line_bytes;
    calls_pending += more.calls_pending;
    unsent_bytes += more.unsent_bytes;
    log_lines += more.log_lines;
    return *this;
  }
  bool operator==(const ProtocolLimitsHit&) const = default;
};

}  // namespace collet
