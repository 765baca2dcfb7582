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

  /// A plugin with a thousand connections has four times that; one that leaks them is stopped long
  /// before the machine's table is full. What a process gets at first (the soft limit) is the
  /// host's own, mostly 1024, because select() breaks beyond; programs that know better, such as
  /// Node, raise it themselves.
  std::uint64_t open_files_max = 4096;
  /// None is written: one of Node has hundreds of megabytes, lands in the package, and holds what
  /// callers said.
  std::uint64_t core_bytes_max = 0;
  /// Time adds up over a worker's life, which has no end: any number kills a healthy one some day.
  std::uint64_t cpu_seconds_max = unlimited;
  /// Node reserves 16 GB for WebAssembly, and address sanitizers terabytes, without using them.
  std::uint64_t address_space_max = unlimited;
  /// No number is right for a shell script and for a headless browser; the operator knows which.
  std::uint64_t memory_max = unlimited;
  /// Ten Node processes with their threads, or a browser with a dozen tabs; a fork bomb is over
  /// before the machine's 32768 numbers are.
  std::uint64_t processes_max = 512;

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
