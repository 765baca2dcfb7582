#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#include "habits.hpp"
#include "modes.hpp"

namespace fault {
namespace {

void close_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(fd);
}

/// A grandchild in a session of its own whose parent has ended, as daemons are made.
void start_daemon(Worker& worker) {
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0) return;
  const pid_t between = ::fork();
  if (between == 0) {
    ::setsid();
    worker.start_child([&report] {
      close_standard_files();
      ::close(report[0]);
      ::close(report[1]);
    });
    Worker::write({reinterpret_cast<const char*>(&worker.child), sizeof worker.child}, report[1]);
    std::_Exit(0);
  }
  ::waitpid(between, nullptr, 0);
  if (::read(report[0], &worker.child, sizeof worker.child) != sizeof worker.child)
    worker.child = 0;
  ::close(report[0]);
  ::close(report[1]);
}

/// Each process that there is starts the next ones until there are `count` of them; one that may
/// not start any waits and tries again. `count` bounds it, and the lifetime ends each.
void fork_bomb(Worker& worker, int count) {
  void* shared = ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return;
  auto* left = new (shared) std::atomic<int>(count - 1);  // start_child makes the first
  worker.start_child([&worker, left] {
    while (left->fetch_sub(1) > 0) {
      const pid_t next = ::fork();
      if (next == 0) worker.limit_lifetime();
      if (next >= 0) continue;
      left->fetch_add(1);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  });
}

constexpr Mode modes[] = {
    {"fork-child", "has a child in its process group that holds stdin, stdout and stderr",
     [](Worker& worker) { worker.start_child([] {}); }},
    {"setsid-child", "has a child in a session of its own that holds none of its files",
     [](Worker& worker) {
       worker.start_child([] {
         ::setsid();
         close_standard_files();
       });
     }},
    {"double-fork", "has a grandchild in a session of its own whose parent has ended",
     start_daemon},
    {"hold-pipe", "exits in a call while a child keeps stdout open: code=N (1)",
     [](Worker& worker) {
       worker.start_child([] {});
       happen(worker, "call", [&worker] { std::_Exit(worker.options.number("code", 1)); });
     }},
    {"fork-bomb",
     "children that have children, behind the answer of initialize: count=N (64) in all",
     [](Worker& worker) {
       happen(worker, "initialize",
              [&worker] { fork_bomb(worker, worker.options.number("count", 64)); });
     }},
    {"eat-mem", "takes bytes=N (67108864) of memory before each answer and keeps them",
     [](Worker& worker) {
       before_calls(
           worker, [&worker, eaten = std::vector<std::shared_ptr<std::string>>()]() mutable {
             eaten.push_back(
                 std::make_shared<std::string>(worker.options.bytes("bytes", 67'108'864), 'm'));
           });
     }},
    {"open-files",
     "opens count=N (100) files before each answer and keeps them; says on stderr why not",
     [](Worker& worker) {
       before_calls(worker, [&worker] {
         for (int i = 0; i < worker.options.number("count", 100); ++i) {
           if (::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) continue;
           Worker::write("open: " + std::string(std::strerror(errno)) + '\n', STDERR_FILENO);
           return;
         }
       });
     }},
    {"burn-cpu", "computes in threads=N (1) from the start, beside all else",
     [](Worker& worker) {
       worker.later(0, [count = worker.options.number("threads", 1)] {
         for (int i = 0; i < count; ++i) {
           std::thread([] {
             for (volatile unsigned long n = 0;;) n = n + 1;
           }).detach();
         }
       });
     }},
};

}  // namespace

std::span<const Mode> process_modes() {
  return modes;
}

}  // namespace fault
