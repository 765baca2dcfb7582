// A child process as the host sees it: three byte streams, an exit, and a handle that can never hit
// another process.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collet/error.hpp"
#include "process/limits.hpp"

namespace collet::process {

/// What to run. The environment is exactly `environment`; nothing is inherited. Signal mask and
/// dispositions are the defaults, only descriptors 0, 1 and 2 are open (pipes), and the
/// process leads a session and a process group of its own.
struct SpawnRequest {
  /// An absolute path, or a name without '/' that is looked up in the PATH of `environment`. The
  /// program sees it as argv[0].
  std::filesystem::path executable{};
  std::vector<std::string> arguments{};  ///< without argv[0]
  std::vector<std::pair<std::string, std::string>> environment{};
  std::filesystem::path directory{};  ///< where it runs; empty means "/"
  /// Of it and all that it starts. Absent: what the host may use.
  std::optional<ResourceLimits> limits{};
};

/// How a process ended.
struct ExitStatus {
  enum class Kind : std::uint8_t { exited, signalled, unknown } kind = Kind::unknown;
  int code = 0;    ///< of `exited`
  int signal = 0;  ///< of `signalled`
  bool core_dumped = false;
  std::chrono::microseconds cpu{};  ///< what it used, with those of its children that it reaped
  LimitsHit limits_hit{};           ///< in its whole run
  std::string limits_text{};        ///< how that led to its end, see limits.hpp

  /// "exited with code 3", "was killed by SIGKILL (9)", "ended, and its exit status was taken by
  /// other code of this program"; with `limits_text` behind it.
  [[nodiscard]] std::string describe() const;
};

/// What a process tells its owner. All calls come on the loop, never inside a call to the Process;
/// each may destroy the Process. None comes after `on_exit`, or after the Process is destroyed.
class ProcessEvents {
 public:
  virtual ~ProcessEvents() = default;
  /// Bytes of standard output and error, at most 64 KiB at a time; the view ends with the call.
  virtual void on_stdout(std::string_view bytes) = 0;
  virtual void on_stderr(std::string_view bytes) = 0;
  /// The process (and whoever inherited from it) closed its standard output. Comes before `on_exit`
  /// or not at all.
  virtual void on_stdout_closed() = 0;
  /// Standard input takes no more: the process closed it, or a write failed. What was queued is
  /// lost. Comes at most once, not after a `close_stdin` that was carried out, and often just
  /// before `on_exit`. `reason` is for people.
  virtual void on_stdin_closed(std::string_view reason) = 0;
  /// The process ended and is reaped, and what was left of its process group is killed. What it had
  /// written before was delivered before, even where a grandchild still holds the pipes.
  virtual void on_exit(ExitStatus status) = 0;
};

/// A running process. Destroying it kills what is left of its process group at once, and the loop
/// reaps it when it has ended; a descendant that left the group (setsid) is not reached. The loop
/// and the events outlive it. Loop thread only.
class Process {
 public:
  virtual ~Process() = default;
  /// Queues bytes for standard input; never blocks. What the kernel takes at once is written inside
  /// the call. Bytes written after the stream closed are dropped.
  virtual void write(std::string bytes) = 0;
  /// How many bytes are queued and not yet taken by the kernel.
  [[nodiscard]] virtual std::size_t unwritten() const = 0;
  /// Ends standard input after what is queued; later writes are dropped.
  virtual void close_stdin() = 0;
  /// Stops or goes on reading standard output, for back-pressure. The process waits when its pipe
  /// is full (64 KiB); when it ends, what is in the pipe is delivered even so.
  virtual void pause_stdout() = 0;
  virtual void resume_stdout() = 0;
  /// Sends `signal` to the process group; nothing once the process is reaped.
  virtual void signal_group(int signal) = 0;
  /// Whether a signal has stopped it (SIGSTOP, SIGTSTP …) and none has let it go on.
  [[nodiscard]] virtual bool is_stopped() const = 0;
  /// How often it and all that it started came up against their limits so far, as far as the
  /// machine counts; reads some small files of the kernel's.
  [[nodiscard]] virtual LimitsHit limits_hit() const = 0;
  [[nodiscard]] virtual int pid() const = 0;  ///< for people and logs, never for signals
};

/// Starts processes. Loop thread only.
class Spawner {
 public:
  virtual ~Spawner() = default;
  /// Fails with `worker_unavailable`; the text names the file, its mode, its interpreter where that
  /// is what is missing, and the remedy. Fails with `overloaded` where the host itself lacks
  /// descriptors, processes or memory, which says nothing of the program: it may start a moment
  /// later. Waits until the program is loaded, well under a millisecond on a local disk.
  [[nodiscard]] virtual Result<std::unique_ptr<Process>> spawn(const SpawnRequest& request,
                                                               ProcessEvents& events) = 0;
  /// Which of the limits in `wanted` this machine does not let us set.
  [[nodiscard]] virtual std::vector<UnenforcedLimit> not_enforced(
      const WorkerLimits& wanted) const = 0;
};

}  // namespace collet::process
