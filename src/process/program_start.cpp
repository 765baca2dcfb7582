#include "process/program_start.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>

extern "C" {
/// glibc's own name for clone(). ThreadSanitizer takes a call of the other for a fork, and keeps
/// books in the child that here are the parent's.
int __clone(int (*run)(void*), void* stack_end, int flags, void* argument, ...);
}

namespace collet::process {
namespace {

// Some system calls deep; glibc takes as much for its own.
constexpr std::size_t k_stack_bytes = 32u << 10;

struct alignas(16) Stack {
  std::array<std::byte, k_stack_bytes> bytes;
};

// What the child shares with its parent. Plain pointers, because a sanitizer would instrument the
// inside of a span.
struct Orders {
  const ProgramStart* start;
  const int* groups;
  std::size_t group_count;
  const KernelLimit* limits;
  std::size_t limit_count;
  StartStep step = StartStep::clone;
  int error_number = 0;
};

// The kernel's struct sigaction of SIG_DFL, on x86-64 and on aarch64.
constexpr std::array<long, 8> k_default_action{};
constexpr std::size_t k_kernel_signal_set_bytes = 8;

// Runs in the child, with the parent's memory, while the parent's thread waits. Only bare system
// calls: the functions of the C library keep books there, and those of sanitizers intercept them.
[[gnu::no_sanitize("address", "thread", "undefined")]] int become_program(void* shared) {
  auto& orders = *static_cast<Orders*>(shared);
  const auto& start = *orders.start;
  bool failed = false;

  // A handler of the application must not run here.
  for (int signal = 1; signal < NSIG; ++signal) {  // SIGKILL and SIGSTOP refuse, and need none
    ::syscall(SYS_rt_sigaction, signal, &k_default_action, nullptr, k_kernel_signal_set_bytes);
  }
  orders.step = StartStep::session;
  failed = ::syscall(SYS_setsid) < 0;
  if (!failed) orders.step = StartStep::group;
  for (std::size_t i = 0; !failed && i < orders.group_count; ++i) {
    failed = ::syscall(SYS_write, orders.groups[i], "0", 1) < 0;
  }
  if (!failed) orders.step = StartStep::streams;
  failed = failed || ::syscall(SYS_dup3, start.standard_input, STDIN_FILENO, 0) < 0 ||
           ::syscall(SYS_dup3, start.standard_output, STDOUT_FILENO, 0) < 0 ||
           ::syscall(SYS_dup3, start.standard_error, STDERR_FILENO, 0) < 0 ||
           ::syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0) < 0;
  if (!failed) orders.step = StartStep::limit;
  for (std::size_t i = 0; !failed && i < orders.limit_count; ++i) {
    const auto& limit = orders.limits[i];
    failed = ::syscall(SYS_prlimit64, 0, limit.resource, &limit.limit, nullptr) < 0;
  }
  if (!failed) orders.step = StartStep::directory;
  failed = failed || ::syscall(SYS_chdir, start.directory) < 0;
  if (!failed) {
    orders.step = StartStep::program;
    const unsigned long no_signal = 0;
    ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signal, nullptr, k_kernel_signal_set_bytes);
    ::syscall(SYS_execve, start.program, start.arguments, start.environment);
  }
  orders.error_number = errno;
  ::syscall(SYS_exit_group, 127);
  return 0;
}

// While this lives, no signal is handled in this thread: its child, which shares its memory, begins
// like it.
class NoSignals {
 public:
  NoSignals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~NoSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  NoSignals(const NoSignals&) = delete;
  NoSignals& operator=(const NoSignals&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

std::expected<pid_t, StartFailure> start_program(const ProgramStart& start) {
  const auto stack = std::make_unique<Stack>();
  Orders orders{.start = &start,
                .groups = start.groups.data(),
                .group_count = start.groups.size(),
                .limits = start.limits.data(),
                .limit_count = start.limits.size()};
  pid_t pid = 0;
  {
    const NoSignals no_signals;
    // Returns when the child has become its program, or has ended.
    pid = ::__clone(become_program, stack->bytes.data() + stack->bytes.size(),
                    CLONE_VM | CLONE_VFORK | SIGCHLD, &orders);
  }
  if (pid < 0) return std::unexpected(StartFailure{StartStep::clone, errno});
  if (orders.error_number == 0) return pid;
  // Nobody knows its number, so it is still its own, but where the application reaps every child.
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return std::unexpected(StartFailure{orders.step, orders.error_number});
}

}  // namespace collet::process
