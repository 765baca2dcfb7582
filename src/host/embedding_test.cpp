// A host inside a program that has a life of its own: other hosts, children, signal handlers.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collet/host.hpp"
#include "host/real_host_test.hpp"
#include "process/process_stat.hpp"

namespace collet {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
namespace fs = std::filesystem;

class EmbeddingTest : public HostTest {
 protected:
  /// A host of this program works, sees how a worker ends, and leaves none behind.
  void live_through_a_crash() {
    auto host = start();
    ASSERT_TRUE(install(*host, "acme.x"));
    ASSERT_TRUE(install(*host, "acme.dies", "die-in-call code=3"));
    EXPECT_EQ(host->call("acme.dies:echo", "{}").error().code, ErrorCode::worker_crashed);
    EXPECT_TRUE(host->call("acme.x:echo", "{}"));
    ASSERT_TRUE(host->restart("acme.dies"));
    EXPECT_TRUE(host->disable("acme.dies"));
    const int pid = number_of(host->call("acme.x:pid", "{}")->result.json, "pid");
    host.reset();
    EXPECT_FALSE(process::read_stat(pid));
  }
};

/// Calls `echo` of the plugin `times` times; how many answers were as asked for.
int echo(Host& host, const std::string& key, const std::string& caller, int times) {
  int right = 0;
  for (int i = 0; i < times; ++i) {
    const auto parameters = R"({"caller":")" + caller + R"(","n":)" + std::to_string(i) + "}";
    const auto answer = host.call(key + ":echo", parameters);
    right += answer && answer->result.json == R"({"content":"ok","data":)" + parameters + "}";
  }
  return right;
}

TEST_F(EmbeddingTest, TwoHostsWorkAtTheSameTime) {
  constexpr int k_calls = 200;
  const auto first = start("one");
  auto second = start("two");
  ASSERT_TRUE(install(*first, "acme.x"));
  ASSERT_TRUE(install(*second, "acme.y"));
  std::atomic<int> right = 0;
  std::vector<std::thread> callers;
  for (const std::string caller : {"a", "b"}) {
    callers.emplace_back([&, caller] { right += echo(*first, "acme.x", caller, k_calls); });
    callers.emplace_back([&, caller] { right += echo(*second, "acme.y", caller, k_calls); });
  }
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(right, 4 * k_calls);

  std::thread caller([&] { right = echo(*first, "acme.x", "e", k_calls); });
  second.reset();
  caller.join();
  EXPECT_EQ(right, k_calls) << "one host does not notice that another one ends";
}

/// The C library leaves the rest of a set as it was.
bool same_set(const sigset_t& one, const sigset_t& other) {
  for (int number = 1; number <= 64; ++number) {
    if (::sigismember(&one, number) != ::sigismember(&other, number)) return false;
  }
  return true;
}

/// What the kernel does with each signal, and which ones this thread holds back.
struct Signals {
  std::array<struct sigaction, 65> actions{};
  sigset_t held{};

  static Signals now() {
    Signals signals;
    for (int number = 1; number <= 64; ++number) {
      ::sigaction(number, nullptr, &signals.actions[static_cast<std::size_t>(number)]);
    }
    ::pthread_sigmask(SIG_BLOCK, nullptr, &signals.held);
    return signals;
  }
  /// The numbers of those that differ; 0 for those that are held back.
  [[nodiscard]] std::vector<int> changed_since(const Signals& before) const {
    std::vector<int> changed;
    if (!same_set(held, before.held)) changed.push_back(0);
    for (int number = 1; number <= 64; ++number) {
      const auto& one = actions[static_cast<std::size_t>(number)];
      const auto& other = before.actions[static_cast<std::size_t>(number)];
      if (one.sa_handler != other.sa_handler || one.sa_flags != other.sa_flags ||
          !same_set(one.sa_mask, other.sa_mask)) {
        changed.push_back(number);
      }
    }
    return changed;
  }
};

/// The program's own handler of SIGCHLD, as long as it lives.
class Handler {
 public:
  explicit Handler(void (*function)(int)) {
    struct sigaction action {};
    action.sa_handler = function;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaddset(&action.sa_mask, SIGUSR1);
    ::sigaction(SIGCHLD, &action, &before_);
  }
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  ~Handler() { ::sigaction(SIGCHLD, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

/// A child of the program, which waits for a byte on its standard input, or for its end, and exits.
class OwnChild {
 public:
  explicit OwnChild(int code) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
    const std::string script = "read line; exit " + std::to_string(code);
    std::array<const char*, 4> arguments{"sh", "-c", script.c_str(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid_, "/bin/sh", &actions, nullptr,
                            const_cast<char* const*>(arguments.data()), environ),
              0);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    let_go_ = ends[1];
  }
  OwnChild(const OwnChild&) = delete;
  OwnChild& operator=(const OwnChild&) = delete;
  ~OwnChild() {
    if (pid_ > 0) (void)wait();
  }

  /// Lets it exit, and does not ask for its status yet.
  void let_go() {
    if (let_go_ >= 0) ::close(std::exchange(let_go_, -1));
  }
  [[nodiscard]] bool runs() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == 0;
  }
  /// Its exit code; -1 where somebody else took it.
  [[nodiscard]] int wait() {
    let_go();
    int status = 0;
    const pid_t pid = std::exchange(pid_, 0);
    while (::waitpid(pid, &status, 0) < 0) {
      if (errno != EINTR) return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
  int let_go_ = -1;
};

std::atomic<int> sigchld_count;
void count_sigchld(int) {
  ++sigchld_count;
}

TEST_F(EmbeddingTest, AProgramKeepsItsSignalsAndItsChildren) {
  const Handler handler(count_sigchld);
  OwnChild early(7);  // ends while the host runs
  OwnChild long_lived(8);
  const auto before = Signals::now();
  {
    auto host = start();
    ASSERT_TRUE(install(*host, "acme.x"));
    ASSERT_TRUE(install(*host, "acme.dies", "die-in-call code=3"));
    early.let_go();
    OwnChild late(9);
    for (int i = 0; i < 10; ++i) {
      const auto crash = host->call("acme.dies:echo", "{}");
      ASSERT_FALSE(crash);
      EXPECT_THAT(crash.error().message, HasSubstr("exited with code 3"));
      ASSERT_TRUE(host->restart("acme.dies"));
      ASSERT_TRUE(host->call("acme.x:echo", "{}"));
    }
    EXPECT_EQ(Signals::now().changed_since(before), std::vector<int>{});
    EXPECT_EQ(early.wait(), 7);
    EXPECT_TRUE(long_lived.runs());
    host.reset();
    EXPECT_TRUE(late.runs());
    EXPECT_EQ(late.wait(), 9);
  }
  EXPECT_EQ(Signals::now().changed_since(before), std::vector<int>{});
  EXPECT_TRUE(long_lived.runs());
  const int signals = sigchld_count;
  EXPECT_EQ(long_lived.wait(), 8);
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (sigchld_count == signals && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();  // the thread sanitizer calls a handler when it sees fit
  }
  EXPECT_GT(sigchld_count, signals) << "the handler is called for the program's own children";
}

TEST_F(EmbeddingTest, AProgramMayHaveTheKernelReapItsChildren) {
  const Handler handler(SIG_IGN);
  live_through_a_crash();
}

void reap_everything(int) {
  const int error = errno;
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
  errno = error;
}

TEST_F(EmbeddingTest, AProgramMayReapWhateverEnds) {
  const Handler handler(reap_everything);
  live_through_a_crash();
}

std::size_t entries_of(const fs::path& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++count;
  return count;
}

/// The children of this program, zombies included.
std::set<pid_t> children() {
  std::set<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    const auto stat = process::read_stat(pid);
    if (stat && stat->parent == ::getpid()) found.insert(pid);
  }
  return found;
}

/// How often two hosts come and go; COLLET_TEST_HOSTS says otherwise.
int size_of_long_test() {
  const char* const wanted = std::getenv("COLLET_TEST_HOSTS");
  return wanted == nullptr ? 100 : std::atoi(wanted);
}

TEST_F(EmbeddingTest, HostsComeAndGoInPairsAndLeaveNothing) {
  const auto live = [&] {
    const auto one = start("one");
    const auto two = start("two");
    ASSERT_TRUE(one && two);
    ASSERT_TRUE(one->call("acme.x:echo", "{}"));
    ASSERT_TRUE(two->call("acme.y:echo", "{}"));
  };
  ASSERT_TRUE(install(*start("one"), "acme.x"));
  ASSERT_TRUE(install(*start("two"), "acme.y"));
  live();
  const auto before = Signals::now();
  const auto descriptors = entries_of("/proc/self/fd");
  const auto threads = entries_of("/proc/self/task");
  const auto processes = children();
  for (int i = size_of_long_test(); i > 0 && !HasFatalFailure(); --i) live();
  EXPECT_EQ(entries_of("/proc/self/fd"), descriptors);
  EXPECT_EQ(entries_of("/proc/self/task"), threads);
  EXPECT_EQ(children(), processes);
  EXPECT_EQ(Signals::now().changed_since(before), std::vector<int>{});
}

}  // namespace
}  // namespace collet
