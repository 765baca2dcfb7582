// The limits of a worker's use of its machine, each with its reason, and how the kernel is told.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <string>
#include <vector>

#include "collet/worker_limits.hpp"

namespace collet::process {

/// The limits of one process and all that it starts. `unlimited` is what the host itself may use.
///
/// RLIMIT_NPROC is not among them: it counts all processes of the user, whoever started them, and
/// does not bind root; `processes_max` counts what this worker started.
struct ResourceLimits {
  static constexpr std::uint64_t unlimited = WorkerLimits::unlimited;

  std::uint64_t open_files_max = limits::worker::open_files_max;
  std::uint64_t core_bytes_max = limits::worker::core_bytes_max;
  std::uint64_t cpu_seconds_max = limits::worker::cpu_seconds_max;
  std::uint64_t address_space_max = limits::worker::address_space_bytes_max;
  std::uint64_t memory_max = limits::worker::memory_bytes_max;
  std::uint64_t processes_max = limits::worker::processes_max;

  bool operator==(const ResourceLimits&) const = default;
};

inline constexpr ResourceLimits k_no_limits{.open_files_max = ResourceLimits::unlimited,
                                            .core_bytes_max = ResourceLimits::unlimited,
                                            .processes_max = ResourceLimits::unlimited};

/// `limits`, where `settings` say nothing else.
[[nodiscard]] ResourceLimits with(const WorkerLimits& settings, ResourceLimits limits);

/// The same limits, all set.
[[nodiscard]] WorkerLimits settings_of(const ResourceLimits& limits);

/// One setrlimit().
struct KernelLimit {
  int resource;
  rlimit limit;
};

/// What a child is to set before it becomes its program; never more than this process may use
/// itself.
[[nodiscard]] std::vector<KernelLimit> kernel_limits(const ResourceLimits& limits);

struct ExitStatus;

/// How a process ended that had these limits and came up against them so often: what goes on from
/// "was killed by SIGKILL (9)" or "exited with code 3"; empty where no limit had to do with it.
/// ": it passed its memory limit of 256 MiB (1 OOM kill)".
[[nodiscard]] std::string limits_text(const ExitStatus& status, const ResourceLimits& limits,
                                      const LimitsHit& hits);
/// Whether the end of its CPU time is what killed it.
[[nodiscard]] bool is_out_of_cpu(const ExitStatus& status, const ResourceLimits& limits);

/// "256 MiB", "1.5 GiB", "1000 bytes".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace collet::process
