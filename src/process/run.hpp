// Runs a program to its end and keeps what it printed.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/loop.hpp"
#include "collet/deadline.hpp"
#include "collet/limits.hpp"
#include "collet/reply.hpp"
#include "process/process.hpp"

namespace collet::process {

struct RunOptions {
  /// Its process group is killed then, and the answer is `timeout`.
  Deadline deadline = Deadline::never();
  /// A wish to stop, on any thread: its process group is killed, and the answer is `cancelled`.
  std::stop_token cancellation{};
  /// More ends the run with `payload_too_large`.
  std::size_t stdout_bytes_max = limits::plugins::output_bytes_max;
  /// The last part is kept, as of a worker, without the line end it ends with.
  std::size_t stderr_tail_bytes_max = limits::worker::stderr_tail_bytes_max;
  /// Each line of both streams as it comes, without its line end; more than 64 KiB come in pieces.
  /// May be empty.
  std::function<void(std::string_view line)> on_line{};
};

struct RunOutcome {
  ExitStatus status;
  std::string stdout_text;
  std::string stderr_tail;
};

/// Starts the program with an empty standard input and answers when it has ended, whatever its exit
/// status. Fails as `Spawner::spawn` does, with `timeout`, `cancelled`, or `payload_too_large`.
/// Answers from the loop, never inside this call; the loop lives until then. Loop thread only.
void run(Loop& loop, Spawner& spawner, const SpawnRequest& request, RunOptions options,
         Reply<RunOutcome> reply);

}  // namespace collet::process
