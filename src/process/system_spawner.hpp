// Real processes: posix_spawn, pipes, pidfds, on an Asio loop.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "process/process.hpp"

namespace collet {
class AsioLoop;
class Logger;
}  // namespace collet

namespace collet::process {

/// What becomes of the children that this program adopts, where it is PID 1 of a container, or a
/// subreaper: processes that left a worker and its parent.
enum class Orphans : std::uint8_t {
  left_alone,  ///< they are the program's own to reap
  reaped,      ///< within a second of their end, with every other child that is not the spawner's
};

struct SystemSpawnerOptions {
  /// The program collet-watcher. With it, each process and all that it starts carry a mark in their
  /// environment (COLLET_MARK), and nothing that carries it outlives the process, nor this program,
  /// however that ends. Without it, what leaves the process's group goes on.
  std::filesystem::path watcher{};
  Logger* log = nullptr;  ///< what the watcher found; may be null
  Orphans orphans = Orphans::left_alone;
};

/// A spawner for the loop's thread; the loop outlives it. Changes nothing of the application around
/// it: no signal disposition or handler, no child that is not its own, unless `orphans` says so;
/// only where it is alone in a control group of version 2 that was handed down to it, it moves to
/// one below that. Where the application ignores SIGCHLD or reaps every child, exits are still
/// told, with the status `unknown`. Its destructor waits until the watcher has ended, at most some
/// seconds.
[[nodiscard]] std::unique_ptr<Spawner> make_system_spawner(AsioLoop& loop,
                                                           SystemSpawnerOptions options = {});

}  // namespace collet::process
