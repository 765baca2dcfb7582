#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <algorithm>
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

void say(const std::string& words) {
  Worker::write(words + '\n', STDERR_FILENO);
}

/// A child that maps `bytes` of memory, touches each page and ends; says how it ended.
void eat_in_child(const Worker& worker, std::size_t bytes) {
  const pid_t child = ::fork();
  if (child == 0) {
    worker.limit_lifetime();
    void* const mapped =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) std::_Exit(1);
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    for (std::size_t at = 0; at < bytes; at += page) static_cast<volatile char*>(mapped)[at] = 1;
    std::_Exit(0);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child)
    return say("fork: " + std::string(std::strerror(errno)));
  say(WIFSIGNALED(status) ? "the child was killed by signal " + std::to_string(WTERMSIG(status))
                          : "the child exited with code " + std::to_string(WEXITSTATUS(status)));
}

/// Adds to a file; says why where it cannot. What it wrote stays behind.
void grow_file(const std::string& file, std::size_t bytes) {
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return say("open: " + std::string(std::strerror(errno)));
  const std::string block(std::min(bytes, std::size_t{1} << 20), 'm');
  for (; bytes > 0; bytes -= std::min(bytes, block.size())) {
    if (Worker::write(std::string_view(block).substr(0, bytes), fd)) continue;
    say("write: " + std::string(std::strerror(errno)));
    break;
  }
  ::close(fd);
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
    {"eat-mem-in-child",
     "a child takes bytes=N (67108864) of memory before each answer and ends; says on stderr how",
     [](Worker& worker) {
       before_calls(worker,
                    [&worker] { eat_in_child(worker, worker.options.bytes("bytes", 67'108'864)); });
     }},
    {"fill-shm",
     "adds bytes=N (67108864) before each answer to file=PATH (/dev/shm/collet-fault-worker), "
     "which stays; says on stderr why not",
     [](Worker& worker) {
       before_calls(worker, [&worker] {
         grow_file(worker.options.text("file", "/dev/shm/collet-fault-worker"),
                   worker.options.bytes("bytes", 67'108'864));
       });
     }},
    {"open-files",
     "opens count=N (100) files before each answer and keeps them; says on stderr why not",
     [](Worker& worker) {
       before_calls(worker, [&worker] {
         for (int i = 0; i < worker.options.number("count", 100); ++i) {
           if (::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0) continue;
           return say("open: " + std::string(std::strerror(errno)));
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
