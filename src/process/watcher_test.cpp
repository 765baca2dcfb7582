// The program collet-watcher beside a real spawner: what processes leave behind, wherever it went.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

extern "C" {  // glibc 2.36 forgets it in this header
#include <sys/pidfd.h>
}

#include "base/file_descriptor.hpp"
#include "base/logger.hpp"
#include "process/marked.hpp"
#include "process/process_stat.hpp"
#include "process/real_process_test.hpp"

namespace collet::process {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// A descendant that left its session and its parent, and holds none of its files.
constexpr const char* k_stray =
    "setsid sh -c 'echo $$; exec tail -f /dev/null >/dev/null' </dev/null 2>/dev/null &";

/// Some process, as long as this lives, whoever it belongs to.
class Someone {
 public:
  explicit Someone(int pid) : pidfd_(::pidfd_open(pid, 0)) {}
  [[nodiscard]] bool is_alive() const {
    pollfd ended{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
    return pidfd_ && ::poll(&ended, 1, 0) == 0;
  }
  void kill() const { ::pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0); }

 private:
  FileDescriptor pidfd_;
};

struct Log {
  RecordingLogger log;  // lives longer than the spawner
};

class WatcherTest : private Log, public RealProcesses {
 protected:
  WatcherTest() : RealProcesses({.watcher = COLLET_WATCHER, .log = &log}) {}

  using Log::log;

  /// Starts a shell with `script` behind the stray's start; the stray.
  Someone spawn_with_stray(Owner& owner, const std::string& script) {
    spawn(owner, std::string(k_stray) + script);
    EXPECT_TRUE(run_until([&] { return owner.out.ends_with('\n'); }));
    return Someone(std::stoi(owner.out));
  }

  /// The watcher of this test's spawner; 0 where none runs.
  static int watcher_pid() {
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::error_code error;
      const auto program = std::filesystem::read_symlink(entry.path() / "exe", error);
      if (!error && program == std::filesystem::canonical(COLLET_WATCHER) &&
          parent_of(entry.path()) == ::getpid()) {
        return std::stoi(entry.path().filename());
      }
    }
    return 0;
  }

 private:
  static int parent_of(const std::filesystem::path& process) {
    const auto stat = read_stat(std::stoi(process.filename()));
    return stat ? stat->parent : 0;
  }
};

TEST_F(WatcherTest, GivesEachProcessAMarkOfItsOwn) {
  std::vector<std::string> marks;
  for (int i = 0; i < 2; ++i) {
    Owner owner;
    spawn(owner, "echo $COLLET_MARK");
    run_to_exit(owner);
    marks.push_back(owner.out);
  }
  EXPECT_THAT(marks[0], testing::MatchesRegex("[0-9a-f-]+/1\n"));
  EXPECT_EQ(marks[1], marks[0].substr(0, marks[0].size() - 2) + "2\n");
}

TEST_F(WatcherTest, KillsWhatLeftTheSessionWhenTheProcessEnds) {
  Owner owner;
  const auto stray = spawn_with_stray(owner, "read line; exit 4");
  EXPECT_TRUE(stray.is_alive());
  owner.process->write("go\n");
  run_to_exit(owner);
  EXPECT_EQ(owner.ending(), "exited with code 4");
  EXPECT_TRUE(run_until([&] { return !log.alarms().empty(); }));
  EXPECT_FALSE(stray.is_alive());
  EXPECT_THAT(log.alarms(), ElementsAre("warn killed processes that outlived the one that started "
                                        "them program=/bin/sh count=1"));
}

TEST_F(WatcherTest, KillsItWhenTheOwnerLetsGo) {
  Owner owner;
  const auto stray = spawn_with_stray(owner, "read line");
  owner.process.reset();
  EXPECT_TRUE(run_until([&] { return !stray.is_alive(); }));
}

TEST_F(WatcherTest, LeavesTheStraysOfOthersAlone) {
  Owner first;
  const auto stray = spawn_with_stray(first, "read line");
  Owner second;
  const auto other = spawn_with_stray(second, "read line");
  first.process->close_stdin();
  run_to_exit(first);
  EXPECT_TRUE(run_until([&] { return !stray.is_alive(); }));
  EXPECT_TRUE(other.is_alive());
}

TEST_F(WatcherTest, SaysNothingOfProcessesThatLeaveNothing) {
  for (int i = 0; i < 3; ++i) {
    Owner owner;
    spawn(owner, "exit 0");
    run_to_exit(owner);
  }
  // Answers come in order: when this one is there, those before were.
  Owner owner;
  const auto stray = spawn_with_stray(owner, "read line");
  owner.process->close_stdin();
  EXPECT_TRUE(run_until([&] { return !log.alarms().empty(); }));
  EXPECT_THAT(log.alarms(), ElementsAre(HasSubstr("count=1")));
  EXPECT_FALSE(stray.is_alive());
}

TEST_F(WatcherTest, KillsEverythingWhenTheSpawnerGoes) {
  Owner owner;
  const auto stray = spawn_with_stray(owner, "read line; read line");
  const Someone leader(owner.process->pid());
  spawner.reset();  // while its process is still owned, as where a host dies
  EXPECT_FALSE(stray.is_alive()) << "its destructor waits for that";
  EXPECT_FALSE(leader.is_alive());
  EXPECT_EQ(watcher_pid(), 0) << "it is reaped";
}

TEST_F(WatcherTest, KillsTheGroupOfAProcessThatHidItsEnvironment) {
  Owner owner;
  spawn(owner, "exec env -i sh -c 'tail -f /dev/null & echo $!; read line'");
  ASSERT_TRUE(run_until([&] { return owner.out.ends_with('\n'); }));
  const Someone member(std::stoi(owner.out));
  Owner another;  // whose stray's end shows that the watcher has read what came before
  (void)spawn_with_stray(another, "read line");
  another.process->close_stdin();
  ASSERT_TRUE(run_until([&] { return !log.alarms().empty(); }));
  spawner.reset();
  EXPECT_TRUE(wait_until([&] { return !member.is_alive(); }));
}

TEST_F(WatcherTest, StartsAgainWhereItWasKilled) {
  Owner owner;
  const auto stray = spawn_with_stray(owner, "read line");
  const int before = watcher_pid();
  ASSERT_GT(before, 0);
  ::kill(before, SIGKILL);
  EXPECT_TRUE(run_until([&] { return !log.alarms().empty(); }));
  EXPECT_THAT(log.alarms(),
              ElementsAre("error the watcher ended how=\"was killed by SIGKILL (9)\""));
  owner.process->close_stdin();
  run_to_exit(owner);
  EXPECT_TRUE(run_until([&] { return !stray.is_alive(); }));
  const int after = watcher_pid();
  EXPECT_GT(after, 0);
  EXPECT_NE(after, before);
}

TEST_F(WatcherTest, SurvivesTheSignalsThatEndAHost) {
  Owner first;
  (void)spawn_with_stray(first, "read line");
  first.process->close_stdin();
  ASSERT_TRUE(run_until([&] { return !log.alarms().empty(); })) << "from then on it surely runs";
  const int watcher = watcher_pid();
  ASSERT_GT(watcher, 0);
  Owner second;
  const auto stray = spawn_with_stray(second, "read line");
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM}) ::kill(watcher, signal);
  second.process->close_stdin();
  EXPECT_TRUE(run_until([&] { return log.alarms().size() == 2; }));
  EXPECT_THAT(log.alarms(), Each(HasSubstr("count=1")));
  EXPECT_FALSE(stray.is_alive());
  EXPECT_EQ(watcher_pid(), watcher);
}

class WithoutWatcher : private Log, public RealProcesses {
 protected:
  WithoutWatcher() : RealProcesses({.watcher = "/nonexistent/collet-watcher", .log = &log}) {}
  using Log::log;
};

TEST_F(WithoutWatcher, ProcessesRunAndTheLogSaysWhatIsMissing) {
  Owner owner;
  spawn(owner, "echo here");
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "here\n");
  EXPECT_THAT(log.alarms(), Each(HasSubstr("error the watcher does not start reason=")));
  EXPECT_THAT(log.alarms(), testing::Not(IsEmpty()));
}

}  // namespace
}  // namespace collet::process
