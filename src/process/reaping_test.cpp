// Processes by the hundred: each exit is told once, with its own status, and nothing is left of
// any; what is not the spawner's to reap is left alone, or reaped where it was asked to.
//
// COLLET_TEST_PROCESSES says how many live in the long test (1000).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "process/orphans.hpp"
#include "process/process_stat.hpp"
#include "process/real_process_test.hpp"

namespace collet::process {
namespace {

namespace fs = std::filesystem;

int size_of_long_test() {
  const char* const wanted = std::getenv("COLLET_TEST_PROCESSES");
  return wanted == nullptr ? 1000 : std::atoi(wanted);
}

/// The children of this program, without those that wait to be reaped.
struct Children {
  int alive = 0;
  int zombies = 0;
};
Children children() {
  Children found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto pid = std::atoi(entry.path().filename().c_str());
    const auto stat = pid > 0 ? read_stat(pid) : std::nullopt;
    if (stat && stat->parent == ::getpid()) ++(stat->state == 'Z' ? found.zombies : found.alive);
  }
  return found;
}

bool has_ended(int pid) {
  const auto stat = read_stat(pid);
  return !stat || stat->state == 'Z';
}

std::size_t open_descriptors() {
  const auto folder = fs::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

std::string exits_with(int code) {
  return "exited with code " + std::to_string(code);
}

/// A child of the application around us, which has ended and was not asked for its status yet.
class OwnZombie {
 public:
  explicit OwnZombie(std::string code) : script_("exit " + std::move(code)) {
    const char* const arguments[] = {"sh", "-c", script_.c_str(), nullptr};
    EXPECT_EQ(::posix_spawn(&pid_, "/bin/sh", nullptr, nullptr, const_cast<char* const*>(arguments),
                            environ),
              0);
    EXPECT_TRUE(wait_until([&] { return has_ended(pid_); }));
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Its exit code; -1 where somebody else took it.
  [[nodiscard]] int code() const {
    int status = 0;
    return ::waitpid(pid_, &status, 0) == pid_ ? WEXITSTATUS(status) : -1;
  }

 private:
  std::string script_;
  pid_t pid_ = 0;
};

class Reaping : public RealProcesses {
 protected:
  explicit Reaping(SystemSpawnerOptions options = {}) : RealProcesses(std::move(options)) {}
};

TEST_F(Reaping, EveryShortLifeIsToldWithItsOwnEnd) {
  constexpr std::size_t k_at_once = 16;
  const OwnZombie own("77");
  const auto descriptors = open_descriptors();
  struct Life {
    Owner owner;
    int code;
  };
  std::deque<Life> lives;
  const auto end_of_first = [&] {
    run_to_exit(lives.front().owner);
    EXPECT_EQ(lives.front().owner.ending(), exits_with(lives.front().code));
    lives.pop_front();
  };
  for (int i = 0; i < size_of_long_test(); ++i) {
    if (lives.size() == k_at_once) end_of_first();
    lives.emplace_back().code = i % 256;
    spawn(lives.back().owner, "exit " + std::to_string(i % 256));
  }
  while (!lives.empty()) end_of_first();
  EXPECT_EQ(children().zombies, 1) << "the application's own";
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(own.code(), 77);
}

TEST_F(Reaping, TwoHundredThatEndInOneMomentAreAllTold) {
  std::vector<Owner> owners(200);
  for (std::size_t i = 0; i < owners.size(); ++i)
    spawn(owners[i], "read line; exit " + std::to_string(i));
  for (const auto& owner : owners) owner.process->close_stdin();
  // The loop hears of none until all have ended.
  ASSERT_TRUE(wait_until([&] {
    return std::ranges::all_of(owners, [](auto& owner) { return has_ended(owner.process->pid()); });
  }));
  EXPECT_EQ(children().zombies, 200);
  ASSERT_TRUE(run_until([&] {
    return std::ranges::all_of(owners, [](auto& owner) { return owner.status.has_value(); });
  }));
  for (std::size_t i = 0; i < owners.size(); ++i)
    EXPECT_EQ(owners[i].ending(), exits_with(static_cast<int>(i)));
  EXPECT_EQ(children().zombies, 0);
}

/// A program that adopts what its descendants leave behind, as PID 1 of a container does.
class Subreaper {
 public:
  Subreaper() { EXPECT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0); }
  ~Subreaper() { ::prctl(PR_SET_CHILD_SUBREAPER, 0); }
  Subreaper(const Subreaper&) = delete;
  Subreaper& operator=(const Subreaper&) = delete;
};

/// Leaves a descendant in a session of its own whose parent has ended, and tells its number.
constexpr const char* k_double_fork =
    "setsid sh -c 'tail -f /dev/null >/dev/null & echo $!' </dev/null 2>/dev/null; ";

class DoubleForkers : public Reaping {
 protected:
  static constexpr int k_count = 20;

  explicit DoubleForkers(Orphans orphans = Orphans::left_alone)
      : Reaping({.watcher = COLLET_WATCHER, .orphans = orphans}) {}

  /// Runs processes that leave a descendant each, until the watcher has ended all of those.
  std::vector<int> live_and_leave() {
    std::vector<int> strays;
    for (int i = 0; i < k_count; ++i) {
      Owner owner;
      spawn(owner, std::string(k_double_fork) + "exit " + std::to_string(i));
      run_to_exit(owner);
      EXPECT_EQ(owner.ending(), exits_with(i));
      strays.push_back(std::atoi(owner.out.c_str()));
      EXPECT_GT(strays.back(), 1);
    }
    EXPECT_TRUE(run_until_all_ended(strays));
    return strays;
  }

 private:
  bool run_until_all_ended(const std::vector<int>& pids) {
    return wait_until([&] {
      loop.context().poll();
      return std::ranges::all_of(pids, has_ended);
    });
  }
};

TEST_F(DoubleForkers, AreEndedAndNoneIsOurs) {
  live_and_leave();
  EXPECT_EQ(children().zombies, 0);
  EXPECT_EQ(children().alive, 1) << "the watcher";
}

TEST_F(DoubleForkers, AnApplicationThatAdoptsThemReapsThem) {
  const Subreaper adopts;
  const OwnZombie own("78");
  const auto strays = live_and_leave();
  EXPECT_EQ(children().zombies, k_count + 1);
  for (const int pid : strays) {
    int status = 0;
    EXPECT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
  }
  EXPECT_EQ(own.code(), 78);
}

class AdoptedDoubleForkers : public DoubleForkers {
 protected:
  AdoptedDoubleForkers() : DoubleForkers(Orphans::reaped) {}
};

TEST_F(AdoptedDoubleForkers, AreReapedWhereAskedTo) {
  const Subreaper adopts;
  live_and_leave();
  EXPECT_TRUE(run_until([] { return children().zombies == 0; }));
  EXPECT_EQ(children().alive, 1) << "the watcher";
}

TEST_F(AdoptedDoubleForkers, TakeNoStatusFromTheSpawnersOwn) {
  const Subreaper adopts;
  std::vector<Owner> owners(100);
  for (std::size_t i = 0; i < owners.size(); ++i)
    spawn(owners[i], k_double_fork + std::string("read line; exit ") + std::to_string(i));
  ASSERT_TRUE(run_until([&] {
    return std::ranges::all_of(owners, [](auto& owner) { return owner.out.ends_with('\n'); });
  }));
  for (const auto& owner : owners) {
    ::kill(std::atoi(owner.out.c_str()), SIGKILL);
    owner.process->close_stdin();
  }
  ASSERT_TRUE(run_until([&] {
    return std::ranges::all_of(owners, [](auto& owner) { return owner.status.has_value(); });
  }));
  for (std::size_t i = 0; i < owners.size(); ++i)
    EXPECT_EQ(owners[i].ending(), exits_with(static_cast<int>(i)));
  EXPECT_TRUE(run_until([] { return children().zombies == 0; }));
}

TEST(ReapOrphans, LeavesOursToTheirOwnersAndThenGoesOn) {
  const OwnZombie ours("80");
  const OwnZombie other("81");
  reap_orphans([&](pid_t pid) { return pid == ours.pid(); });
  EXPECT_EQ(ours.code(), 80);
  reap_orphans([](pid_t) { return false; });
  EXPECT_EQ(other.code(), -1);
}

TEST_F(AdoptedDoubleForkers, AProgramThatAdoptsNobodyKeepsItsChildren) {
  const OwnZombie own("79");
  live_and_leave();
  EXPECT_EQ(own.code(), 79);
}

}  // namespace
}  // namespace collet::process
