// Processes found by a mark in their environment: what a worker started, wherever it went. For the
// watcher, which links nothing but the standard library.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

namespace collet::process {

/// The variable that holds a process's mark, `<host>/<run>`. Children inherit it, whatever session
/// or group they move to, and whoever adopts them.
inline constexpr std::string_view k_mark_variable = "COLLET_MARK";

/// The mark in an environment as /proc/PID/environ has it; empty where there is none.
[[nodiscard]] std::string_view mark_in(std::string_view environment);

/// The mark of a process; empty where it has none, this user may not read it, the process has
/// ended, or is in the middle of execve.
[[nodiscard]] std::string mark_of(pid_t pid);

using MarkTest = std::function<bool(std::string_view mark)>;

/// Sends SIGKILL to every process whose mark `is_meant`, as it comes to each, and calls `killed`
/// with its number and mark. False where there was none; true where there may have been one,
/// because there was no descriptor to look with. One look: what is started meanwhile, or is in the
/// middle of execve, is found by the next.
bool kill_marked(const MarkTest& is_meant,
                 const std::function<void(pid_t pid, const std::string& mark)>& killed);

}  // namespace collet::process
