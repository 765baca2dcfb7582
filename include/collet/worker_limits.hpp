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

/// How often what goes between a worker and its host came up against a limit.
struct ProtocolLimitsHit {
  std::uint64_t line_bytes = 0;  ///< lines on its standard output that were too long
  std::uint64_t depth = 0;       ///< lines that were nested too deep

  ProtocolLimitsHit& operator+=(const ProtocolLimitsHit& more) {
    line_bytes += more.line_bytes;
    depth += more.depth;
    return *this;
  }
  bool operator==(const ProtocolLimitsHit&) const = default;
};

}  // namespace collet
