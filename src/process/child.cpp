#include "process/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

extern "C" {  // glibc 2.36 forgets it in this header
#include <sys/pidfd.h>
}

#include "process/process_stat.hpp"
#include "process/program.hpp"
#include "process/program_start.hpp"

namespace collet::process {
namespace {

// PIDFD_SIGNAL_PROCESS_GROUP, which the headers of Debian 12 do not have yet.
constexpr unsigned k_pidfd_signal_process_group = 1u << 2;
// RWF_NOSIGNAL, likewise.
constexpr int k_rwf_nosignal = 0x100;

// While this lives, SIGPIPE waits in this thread, and `drop` takes it off.
class SigpipeHeldBack {
 public:
  SigpipeHeldBack() {
    ::sigemptyset(&sigpipe_);
    ::sigaddset(&sigpipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &sigpipe_, &before_);
  }
  ~SigpipeHeldBack() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SigpipeHeldBack(const SigpipeHeldBack&) = delete;
  SigpipeHeldBack& operator=(const SigpipeHeldBack&) = delete;

  void drop() {
    constexpr timespec at_once{};
    ::sigtimedwait(&sigpipe_, nullptr, &at_once);
  }

 private:
  sigset_t sigpipe_;
  sigset_t before_;
};

enum class Flow : std::uint8_t { to_child, from_child };

struct Pipe {
  FileDescriptor ours;
  FileDescriptor childs;
};

// Our end does not block; the child's does, as programs expect of their stdio.
std::expected<Pipe, int> make_pipe(Flow flow) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::unexpected(errno);
  FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  Pipe pipe = flow == Flow::to_child ? Pipe{std::move(write_end), std::move(read_end)}
                                     : Pipe{std::move(read_end), std::move(write_end)};
  if (::fcntl(pipe.ours.get(), F_SETFL, O_NONBLOCK) != 0) return std::unexpected(errno);
  // An application that closed its own stdio gets 0 to 2 here, and one dup2 in the child would
  // overwrite the source of the next.
  if (pipe.childs.get() <= STDERR_FILENO) {
    const int moved = ::fcntl(pipe.childs.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (moved < 0) return std::unexpected(errno);
    pipe.childs = FileDescriptor(moved);
  }
  return pipe;
}

// The kernel would cut a text at its first NUL, so that something else runs than was asked for.
Result<Done> check_texts(const SpawnRequest& request) {
  const auto refuse = [&](std::string problem) {
    return fail(ErrorCode::worker_unavailable,
                fmt::format("cannot start {}: {}", request.executable.native(), problem),
                "correct the configuration that is handed to it");
  };
  const auto has_nul = [](const std::string& text) { return text.contains('\0'); };
  if (has_nul(request.executable.native()) || has_nul(request.directory.native())) {
    return fail(ErrorCode::worker_unavailable, "cannot start a program: its path holds a NUL byte",
                "correct the configuration that is handed to it");
  }
  if (std::ranges::any_of(request.arguments, has_nul)) {
    return refuse("one of its arguments holds a NUL byte");
  }
  for (const auto& [name, value] : request.environment) {
    if (name.empty() || name.contains('=') || has_nul(name)) {
      return refuse(fmt::format("\"{}\" is no name for a variable of its environment",
                                has_nul(name) ? "a name with a NUL byte" : name));
    }
    if (has_nul(value)) {
      return refuse(fmt::format("the variable {} of its environment holds a NUL byte", name));
    }
  }
  return Done{};
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::chrono::microseconds duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

ExitStatus to_exit_status(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) {
    return {.kind = ExitStatus::Kind::exited, .code = info.si_status};
  }
  return {.kind = ExitStatus::Kind::signalled,
          .signal = info.si_status,
          .core_dumped = info.si_code == CLD_DUMPED};
}

}  // namespace

bool signal_group_by_pidfd(int pidfd, int signal) {
  return ::pidfd_send_signal(pidfd, signal, nullptr, k_pidfd_signal_process_group) == 0 ||
         errno == ESRCH;
}

bool signal_group_by_number(int pidfd, pid_t pid, int signal) {
  // Signal 0 reaches a zombie and fails for a reaped process. In an application that lets the
  // kernel reap (SIGCHLD ignored) the process may go between the two calls; its number would have
  // to come round again within them.
  if (::pidfd_send_signal(pidfd, 0, nullptr, 0) != 0) return false;
  ::kill(-pid, signal);
  return true;
}

ssize_t write_silently(int pipe, std::span<const iovec> parts, SilentWrite& way) {
  const int count = static_cast<int>(parts.size());
  if (way == SilentWrite::by_kernel) {
    const auto written = ::pwritev2(pipe, parts.data(), count, -1, k_rwf_nosignal);
    if (written >= 0 || errno != EOPNOTSUPP) return written;
    way = SilentWrite::held_back;
  }
  SigpipeHeldBack sigpipe;
  const auto written = ::writev(pipe, parts.data(), count);
  if (written < 0 && errno == EPIPE) {
    sigpipe.drop();
    errno = EPIPE;
  }
  return written;
}

GroupLeader::~GroupLeader() {
  if (!pidfd_) return;
  signal_group(SIGKILL);
  await_end(std::chrono::seconds(1));
  static_cast<void>(try_reap());
}

bool GroupLeader::await_end(std::chrono::milliseconds patience) const {
  if (!pidfd_) return true;
  const auto end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() < 0) return false;
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&ended, 1, static_cast<int>(left.count()));
    if (ready >= 0 || errno != EINTR) return ready > 0;  // the application may handle signals
  }
}

void GroupLeader::signal_group(int signal) const {
  if (!pidfd_) return;
  if (!signal_group_by_pidfd(pidfd_.get(), signal)) {
    static_cast<void>(signal_group_by_number(pidfd_.get(), pid_, signal));
  }
}

bool GroupLeader::is_stopped() const {
  if (!pidfd_) return false;
  // Not by waitid: an application that reaps every child takes that news for itself.
  const auto stat = read_stat(pid_);
  return stat && (stat->state == 'T' || stat->state == 't');
}

std::optional<ExitStatus> GroupLeader::try_reap() {
  ExitStatus status;
  if (pidfd_) {
    const auto id = static_cast<id_t>(pidfd_.get());
    siginfo_t info{};
    if (::waitid(P_PIDFD, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
      if (info.si_pid == 0) return std::nullopt;
      status = to_exit_status(info);
    }
    // Before reaping: until then the number of the group is ours.
    signal_group(SIGKILL);
    // glibc's waitid leaves out what the kernel tells of its use of the machine.
    rusage used{};
    ::syscall(SYS_waitid, P_PIDFD, id, &info, WEXITED | WNOHANG, &used);
    status.cpu = duration_of(used.ru_utime) + duration_of(used.ru_stime);
  }
  pidfd_.close();
  return status;
}

Result<Child> start_child(const SpawnRequest& request, ControlGroup group) {
  if (auto checked = check_texts(request); !checked) return std::unexpected(checked.error());
  const auto program = find_program(request);
  if (!program) return std::unexpected(program.error());
  const auto explain = [&](int error_number) {
    return std::unexpected(explain_start_failure(request, *program, error_number));
  };

  auto in = make_pipe(Flow::to_child);
  if (!in) return explain(in.error());
  auto out = make_pipe(Flow::from_child);
  if (!out) return explain(out.error());
  auto err = make_pipe(Flow::from_child);
  if (!err) return explain(err.error());

  std::vector<std::string> arguments{request.executable.native()};
  arguments.insert(arguments.end(), request.arguments.begin(), request.arguments.end());
  std::vector<std::string> environment;
  environment.reserve(request.environment.size());
  for (const auto& [name, value] : request.environment) environment.push_back(name + "=" + value);

  const auto groups = group.entrances();
  const auto limits = request.limits ? kernel_limits(*request.limits) : std::vector<KernelLimit>();
  const auto pid =
      start_program({.program = program->c_str(),
                     .arguments = pointers_to(arguments).data(),
                     .environment = pointers_to(environment).data(),
                     .directory = request.directory.empty() ? "/" : request.directory.c_str(),
                     .standard_input = in->childs.get(),
                     .standard_output = out->childs.get(),
                     .standard_error = err->childs.get(),
                     .limits = limits,
                     .groups = groups});
  if (!pid && pid.error().step == StartStep::group) {
    return std::unexpected(
        explain_group_failure(*program, {group.folder(), "entered", pid.error().error_number}));
  }
  if (!pid) return explain(pid.error().error_number);

  // Closing these first leaves descriptors free for the pidfd.
  group.close_entrances();
  in->childs.close();
  out->childs.close();
  err->childs.close();
  FileDescriptor pidfd(::pidfd_open(*pid, 0));
  // ESRCH: it ended and was reaped by other code; EINVAL: the same, and a member of its group
  // lives.
  if (!pidfd && errno != ESRCH && errno != EINVAL) {
    const int error = errno;
    // Without a handle it may not live. The number is still its own: nobody has reaped it, or
    // both calls fail.
    ::kill(-*pid, SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, static_cast<id_t>(*pid), &info, WEXITED);
    return explain(error);
  }
  return Child{.leader = GroupLeader(*pid, std::move(pidfd)),
               .group = std::move(group),
               .limits = request.limits.value_or(k_no_limits),
               .stdin_pipe = std::move(in->ours),
               .stdout_pipe = std::move(out->ours),
               .stderr_pipe = std::move(err->ours)};
}

}  // namespace collet::process
