// What the kernel says of a process in /proc/PID/stat.
#pragma once

#include <sys/types.h>

#include <optional>

namespace collet::process {

struct ProcessStat {
  char state = 0;  ///< R, S, D, T (stopped), t (traced), Z …
  pid_t parent = 0;
  pid_t group = 0;
};

/// Nothing where there is no such process.
[[nodiscard]] std::optional<ProcessStat> read_stat(pid_t pid);

}  // namespace collet::process
