// Children of others that become ours: where this process is PID 1 of a container, or a subreaper,
// it adopts what workers leave behind, and somebody has to reap that. Internal to process/.
#pragma once

#include <sys/types.h>

#include <functional>

namespace collet::process {

/// Whether this process adopts orphans.
[[nodiscard]] bool adopts_orphans();

/// Reaps every child that has ended and is not `ours`. One of ours that has ended ends this look,
/// too: whoever started it reaps it in a moment, and the next look goes on. A few system calls a
/// child; waits for nothing.
void reap_orphans(const std::function<bool(pid_t)>& ours);

}  // namespace collet::process
