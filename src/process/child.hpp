// The system calls behind a child process. Nothing here knows the loop, and nothing blocks but
// `start_child`, which returns when the program is loaded.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "base/file_descriptor.hpp"
#include "collet/error.hpp"
#include "process/control_groups.hpp"
#include "process/process.hpp"

namespace collet::process {

/// The first process of a group that we started, as long as we have not reaped it.
///
/// A pid names a process only until it is reaped, so every signal and the reaping itself go through
/// this object: while the leader is unreaped, the kernel gives its number to no other process or
/// group. Never reaps anything else; the application's own children are safe.
class GroupLeader {
 public:
  /// `pidfd` may be empty: the process ended at once, and other code reaped it.
  GroupLeader(pid_t pid, FileDescriptor pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  GroupLeader(GroupLeader&& other) noexcept = default;
  GroupLeader& operator=(GroupLeader&&) = delete;
  /// Kills and reaps what is left. Waits for that at most one second: it happens only where no loop
  /// is there any more to wait for it.
  ~GroupLeader();

  /// Waits until the leader has ended, at most `patience`; whether it has.
  bool await_end(std::chrono::milliseconds patience) const;
  /// Leaves the leader alone from now on: it is neither killed nor reaped.
  void release() { pidfd_.close(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable when the process has ended; -1 where it is reaped.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  /// Sends `signal` to every process of the group; nothing where the leader is reaped.
  void signal_group(int signal) const;
  /// Whether a signal has stopped the leader and none has let it go on.
  [[nodiscard]] bool is_stopped() const;
  /// If the leader has ended: kills what is left of its group, reaps it, and says how it ended.
  [[nodiscard]] std::optional<ExitStatus> try_reap();

 private:
  pid_t pid_;
  FileDescriptor pidfd_;
};

/// The two ways of signalling a group without hitting a stranger; `signal_group` takes the first
/// that works. Both answer whether they are possible here.
/// The kernel resolves the group by the pidfd (Linux 6.9); right even after other code reaped the
/// leader.
[[nodiscard]] bool signal_group_by_pidfd(int pidfd, int signal);
/// By number, if the leader is still there to reserve it.
[[nodiscard]] bool signal_group_by_number(int pidfd, pid_t pid, int signal);

/// How a pipe is written without risking SIGPIPE, whose default is the end of the application.
enum class SilentWrite : std::uint8_t {
  by_kernel,  ///< a flag of the call; Linux 6.18
  held_back,  ///< the signal is blocked in this thread for the call, and taken off if it came
};
/// As writev. Turns `way` to `held_back` where the kernel does not know the flag. Neither the
/// application's disposition of SIGPIPE nor its other threads notice.
[[nodiscard]] ssize_t write_silently(int pipe, std::span<const iovec> parts, SilentWrite& way);

/// A started process and our ends of its three streams, which never block. They are pipes: a round
/// trip takes half the time of one over socket pairs, and programs may open /dev/stdout and
/// /dev/stderr again, which fails on sockets.
struct Child {
  GroupLeader leader;
  ControlGroup group;
  ResourceLimits limits;
  FileDescriptor stdin_pipe;
  FileDescriptor stdout_pipe;
  FileDescriptor stderr_pipe;
};

/// Starts the program as `SpawnRequest` promises, in `group`. Fails as `Spawner::spawn` does.
[[nodiscard]] Result<Child> start_child(const SpawnRequest& request, ControlGroup group = {});

}  // namespace collet::process
