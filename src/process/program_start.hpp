// What posix_spawn does, and what it cannot: limits and control groups of the child. Internal to
// process/.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <span>

#include "process/limits.hpp"

namespace collet::process {

struct ProgramStart {
  const char* program;       ///< absolute
  char* const* arguments;    ///< with argv[0], ends with null
  char* const* environment;  ///< ends with null
  const char* directory;
  /// What become its descriptors 0, 1 and 2; all are beyond 2. No other stays open.
  int standard_input;
  int standard_output;
  int standard_error;
  std::span<const KernelLimit> limits{};
  /// Descriptors of the files cgroup.procs of the groups that it enters.
  std::span<const int> groups{};
};

/// What a start failed at.
enum class StartStep : std::uint8_t { clone, session, group, limit, streams, directory, program };

struct StartFailure {
  StartStep step;
  int error_number;
};

/// Starts the program in a session of its own, without signal handlers or blocked signals, and
/// returns when it is loaded. The child borrows this process's memory until then, as vfork's does,
/// so the size of the host costs nothing; what other threads do meanwhile goes on.
[[nodiscard]] std::expected<pid_t, StartFailure> start_program(const ProgramStart& start);

}  // namespace collet::process
