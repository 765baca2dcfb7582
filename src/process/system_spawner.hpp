// Real processes: posix_spawn, pipes, pidfds, on an Asio loop.
#pragma once

#include <memory>

#include "process/process.hpp"

namespace collet {
class AsioLoop;
}

namespace collet::process {

/// A spawner for the loop's thread; the loop outlives it. Changes nothing of the application around
/// it: no signal disposition or handler, no child that is not its own. Where the application
/// ignores SIGCHLD or reaps every child, exits are still told, with the status `unknown`.
[[nodiscard]] std::unique_ptr<Spawner> make_system_spawner(AsioLoop& loop);

}  // namespace collet::process
