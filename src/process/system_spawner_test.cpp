// Real processes on a real loop: /bin/sh, /bin/cat and friends.
#include "process/system_spawner.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

extern "C" {  // glibc 2.36 forgets it in this header
#include <sys/pidfd.h>
}

#include "base/asio_loop.hpp"
#include "process/child.hpp"
#include "process/real_process_test.hpp"
#include "process/running_process.hpp"

namespace collet::process {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const SpawnRequest k_true{.executable = "/bin/true"};

struct ProcessRow {
  int pid;
  int parent;
  int group;
  char state;
};

std::vector<ProcessRow> all_processes() {
  std::vector<ProcessRow> rows;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().native();
    ProcessRow row{};
    if (std::from_chars(name.data(), name.data() + name.size(), row.pid).ec != std::errc())
      continue;
    std::ifstream file(entry.path() / "stat");
    std::string text;
    if (!std::getline(file, text)) continue;  // it ended meanwhile
    std::istringstream rest(text.substr(text.rfind(')') + 1));
    rest >> row.state >> row.parent >> row.group;
    rows.push_back(row);
  }
  return rows;
}

// Members of the group that are more than a zombie, which only their own parent can remove.
int live_members(int group) {
  int count = 0;
  for (const auto& row : all_processes()) count += row.group == group && row.state != 'Z' ? 1 : 0;
  return count;
}

int children_of_this_process() {
  int count = 0;
  for (const auto& row : all_processes()) count += row.parent == ::getpid() ? 1 : 0;
  return count;
}

std::size_t open_descriptors() {
  const auto folder = fs::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

class SystemSpawner : public RealProcesses {};

// --- streams ---

TEST_F(SystemSpawner, EchoesNineMegabytes) {
  std::string sent;
  sent.reserve(9u << 20);
  for (std::uint32_t i = 0; sent.size() < 9u << 20; ++i) sent += std::to_string(i * 2654435761u);
  Owner owner;
  spawn(owner, {.executable = "/bin/cat", .environment = {}, .directory = "/"});
  owner.process->write(sent.substr(0, 1));
  owner.process->write(sent.substr(1));
  EXPECT_GT(owner.process->unwritten(), 0u);
  owner.process->close_stdin();  // the end comes after what is queued
  run_to_exit(owner);
  EXPECT_TRUE(owner.out == sent);
  EXPECT_EQ(owner.ending(), "exited with code 0");
  EXPECT_EQ(owner.process->unwritten(), 0u);
  EXPECT_THAT(owner.stdin_closed, IsEmpty());
  EXPECT_EQ(owner.stdout_closed, 1);
}

TEST_F(SystemSpawner, GathersManyQueuedWritesInOrder) {
  Owner owner;
  spawn(owner, {.executable = "/bin/cat", .environment = {}, .directory = "/"});
  std::string sent;
  for (int i = 0; i < 5000; ++i) {
    const auto line = std::string(300, 'x') + std::to_string(i) + "\n";
    sent += line;
    owner.process->write(line);
  }
  ASSERT_TRUE(run_until([&] { return owner.out.size() >= sent.size(); }));
  EXPECT_TRUE(owner.out == sent);
  EXPECT_EQ(owner.process->unwritten(), 0u);
}

TEST_F(SystemSpawner, StderrNeverBlocksTheProcess) {
  Owner owner;
  spawn(owner, "head -c 262144 /dev/zero >&2; echo answer");
  run_to_exit(owner);
  EXPECT_EQ(owner.err.size(), 262144u);
  EXPECT_EQ(owner.out, "answer\n");
}

TEST_F(SystemSpawner, DeliversWhatWasWrittenBeforeTheExit) {
  for (int i = 0; i < 20; ++i) {
    Owner owner;
    std::string at_exit;
    owner.at_exit = [&] { at_exit = owner.out + "|" + owner.err; };
    spawn(owner, "printf out; printf err >&2; exit 7");
    run_to_exit(owner);
    EXPECT_EQ(at_exit, "out|err");
    EXPECT_EQ(owner.ending(), "exited with code 7");
  }
}

TEST_F(SystemSpawner, ExitIsToldThoughAGrandchildHoldsThePipes) {
  Owner owner;
  // The grandchild leaves the session, so it outlives the group.
  spawn(owner, "setsid sh -c 'echo $$; exec tail -f /dev/null' & read line; echo last; exit 4");
  ASSERT_TRUE(run_until([&] { return owner.out.ends_with('\n'); }));
  const int grandchild = ::pidfd_open(std::stoi(owner.out), 0);
  ASSERT_GE(grandchild, 0);
  owner.process->write("\n");
  run_to_exit(owner);
  EXPECT_EQ(owner.ending(), "exited with code 4");
  EXPECT_TRUE(owner.out.ends_with("\nlast\n")) << owner.out;
  EXPECT_EQ(owner.stdout_closed, 0);
  EXPECT_EQ(::pidfd_send_signal(grandchild, SIGKILL, nullptr, 0), 0) << "it was alive";
  ::close(grandchild);
}

TEST_F(SystemSpawner, DrainAtExitEndsThoughAGrandchildFloods) {
  Owner owner;
  spawn(owner, "setsid cat /dev/zero & read line; exit 4");
  ASSERT_TRUE(run_until([&] { return !owner.out.empty(); }));
  owner.process->write("\n");
  run_to_exit(owner);  // and the grandchild gets SIGPIPE
  EXPECT_EQ(owner.ending(), "exited with code 4");
}

TEST_F(SystemSpawner, TellsThatStdinWasClosedBeforeAnythingIsWritten) {
  Owner owner;
  spawn(owner, "exec 0<&-; echo closed; exec tail -f /dev/null");
  ASSERT_TRUE(run_until([&] { return !owner.stdin_closed.empty(); }));
  EXPECT_THAT(owner.stdin_closed, ElementsAre("the process closed its standard input"));
  EXPECT_FALSE(owner.status);
  owner.process->write("nobody reads this");
  EXPECT_EQ(owner.process->unwritten(), 0u);
}

TEST_F(SystemSpawner, TellsOnceThatStdinWasClosedUnderAQueue) {
  Owner owner;
  spawn(owner,
        "trap 'exec 0<&-' USR1; (trap '' USR1; echo ready; exec tail -f /dev/null) & wait; wait");
  owner.process->write(std::string(4u << 20, 'x'));
  EXPECT_GT(owner.process->unwritten(), 0u);
  ASSERT_TRUE(run_until([&] { return owner.out == "ready\n"; }));
  EXPECT_THAT(owner.stdin_closed, IsEmpty());
  owner.process->signal_group(SIGUSR1);
  ASSERT_TRUE(run_until([&] { return !owner.stdin_closed.empty(); }));
  EXPECT_EQ(owner.process->unwritten(), 0u);
  owner.process->write("late");
  owner.process->signal_group(SIGTERM);
  run_to_exit(owner);
  EXPECT_THAT(owner.stdin_closed, ElementsAre("the process closed its standard input"));
}

TEST_F(SystemSpawner, WritingToAClosedStdinNeitherRaisesSigpipeNorCallsBackAtOnce) {
  sigset_t mask_before;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask_before);
  Owner owner;
  spawn(owner, "exec 0<&-; tail -f /dev/null & wait");
  const auto stdin_link = "/proc/" + std::to_string(owner.process->pid()) + "/fd/0";
  ASSERT_TRUE(wait_until([&] { return !fs::is_symlink(stdin_link); }));
  owner.process->write("nobody reads this\n");
  EXPECT_THAT(owner.stdin_closed, IsEmpty());
  EXPECT_EQ(owner.process->unwritten(), 0u);
  sigset_t pending;
  ::sigpending(&pending);
  EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
  sigset_t mask_after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &mask_after);
  EXPECT_EQ(::sigismember(&mask_after, SIGPIPE), ::sigismember(&mask_before, SIGPIPE));
  ASSERT_TRUE(run_until([&] { return !owner.stdin_closed.empty(); }));
  EXPECT_THAT(owner.stdin_closed, ElementsAre("the process closed its standard input"));
}

TEST(SilentWriteTest, BothWaysWriteAndFailWithoutASignal) {
  for (const auto first : {SilentWrite::by_kernel, SilentWrite::held_back}) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    auto way = first;
    char text[] = "abc";
    const iovec parts[] = {{.iov_base = text, .iov_len = 1}, {.iov_base = text + 1, .iov_len = 2}};
    EXPECT_EQ(write_silently(ends[1], parts, way), 3);
    ::close(ends[0]);
    EXPECT_EQ(write_silently(ends[1], parts, way), -1);
    EXPECT_EQ(errno, EPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    EXPECT_EQ(::sigismember(&pending, SIGPIPE), 0);
    ::close(ends[1]);
  }
}

TEST_F(SystemSpawner, StreamsCanBeOpenedAgainByName) {
  Owner owner;
  spawn(owner, "cat /dev/stdin > /dev/stdout; echo err > /dev/stderr");
  owner.process->write("hello\n");
  owner.process->close_stdin();
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "hello\n");
  EXPECT_EQ(owner.err, "err\n");
}

TEST_F(SystemSpawner, TellsThatStdoutWasClosed) {
  Owner owner;
  spawn(owner, "echo last; exec 1>&-; read line");
  ASSERT_TRUE(run_until([&] { return owner.stdout_closed == 1; }));
  EXPECT_EQ(owner.out, "last\n");
  EXPECT_FALSE(owner.status);
  owner.process->close_stdin();
  run_to_exit(owner);
  EXPECT_EQ(owner.stdout_closed, 1);
}

TEST_F(SystemSpawner, PausedOutputHoldsTheWriterBack) {
  Owner owner;
  spawn(owner, "head -c 4194304 /dev/zero; echo done >&2");
  owner.process->pause_stdout();
  Owner other;  // what runs meanwhile shows that the paused stream has had its chance
  spawn(other, "exit 0");
  run_to_exit(other);
  EXPECT_EQ(owner.out, "");
  EXPECT_EQ(owner.err, "");
  owner.process->resume_stdout();
  EXPECT_EQ(owner.out, "") << "no event inside a call";
  run_to_exit(owner);
  EXPECT_EQ(owner.out.size(), 4194304u);
  EXPECT_EQ(owner.err, "done\n");
}

TEST_F(SystemSpawner, PauseInsideAnEventStopsAtOnce) {
  Owner owner;
  int deliveries = 0;
  owner.at_stdout = [&] {
    ++deliveries;
    owner.process->pause_stdout();
  };
  spawn(owner, "exec cat /dev/zero");
  ASSERT_TRUE(run_until([&] { return deliveries == 1; }));
  Owner other;
  spawn(other, "exit 0");
  run_to_exit(other);
  EXPECT_EQ(deliveries, 1);
  EXPECT_LE(owner.out.size(), 64u << 10);
}

TEST_F(SystemSpawner, FloodDoesNotStarveAnother) {
  Owner flood;
  flood.at_stdout = [&] { flood.out.clear(); };
  spawn(flood, "exec cat /dev/zero");
  Owner other;
  spawn(other, {.executable = "/bin/cat", .environment = {}, .directory = "/"});
  for (int i = 0; i < 100; ++i) {
    other.process->write("ping\n");
    ASSERT_TRUE(run_until([&] { return other.out == "ping\n"; }));
    other.out.clear();
  }
}

TEST_F(SystemSpawner, WhoTakesLongToHandleIsReadInSmallPieces) {
  Owner flood;
  bool is_slow = true;
  std::vector<std::size_t> pieces;
  flood.at_stdout = [&] {
    pieces.push_back(std::exchange(flood.out, {}).size());
    const auto until = std::chrono::steady_clock::now() + 2 * k_turn;
    while (is_slow && std::chrono::steady_clock::now() < until) {
    }
  };
  spawn(flood, "exec cat /dev/zero");
  ASSERT_TRUE(run_until([&] { return pieces.size() == 10; }));
  EXPECT_EQ(pieces.back(), k_read_bytes_least);
  is_slow = false;
  EXPECT_TRUE(run_until([&] { return pieces.back() == k_read_bytes_max; }));
}

// --- what the process is given ---

TEST_F(SystemSpawner, EnvironmentIsExact) {
  Owner owner;
  spawn(owner, {.executable = "/usr/bin/env",
                .environment = {{"B", "2"}, {"A", ""}, {"X", "a=b c\n"}},
                .directory = "/"});
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "B=2\nA=\nX=a=b c\n\n");
}

TEST_F(SystemSpawner, ArgumentsAndNameAreHandedOnAsTheyAre) {
  Owner owner;
  spawn(owner, {.executable = "sh",
                .arguments = {"-c", R"(printf '%s|' "$0" "$@")", "a b", "", "*"},
                .environment = {{"PATH", "relative::/nowhere:/bin"}},
                .directory = "/"});
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "a b||*|");
}

TEST_F(SystemSpawner, RunsInItsDirectory) {
  const auto expect_directory = [&](const fs::path& directory, const std::string& text) {
    Owner owner;
    auto request = shell("pwd -P");
    request.directory = directory;
    spawn(owner, request);
    run_to_exit(owner);
    EXPECT_EQ(owner.out, text);
  };
  expect_directory("/usr/share", "/usr/share\n");
  expect_directory("", "/\n");
}

TEST_F(SystemSpawner, OnlyStdioIsOpen) {
  const int leak = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GT(leak, 2);
  Owner bystander;
  spawn(bystander, "read line");
  Owner owner;
  // The listing's own descriptor of the folder is 3.
  spawn(owner, {.executable = "/bin/ls", .arguments = {"/proc/self/fd"}, .directory = "/"});
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "0\n1\n2\n3\n");
  ::close(leak);
}

TEST_F(SystemSpawner, StdioIsRightWhereTheApplicationHasNone) {
  const int saved_in = ::fcntl(0, F_DUPFD_CLOEXEC, 100);
  const int saved_out = ::fcntl(1, F_DUPFD_CLOEXEC, 100);
  ::close(0);
  ::close(1);
  Owner owner;
  spawn(owner, "read line; echo out $line; echo err >&2");
  ::dup2(saved_in, 100);
  owner.process->write("in\n");
  run_to_exit(owner);
  owner.process.reset();
  ::dup2(saved_in, 0);
  ::dup2(saved_out, 1);
  ::close(saved_in);
  ::close(saved_out);
  EXPECT_EQ(owner.out, "out in\n");
  EXPECT_EQ(owner.err, "err\n");
}

TEST_F(SystemSpawner, SignalsAreAtTheirDefaults) {
  sigset_t term;
  sigset_t before;
  ::sigemptyset(&term);
  ::sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &before);
  const auto old_handler = ::signal(SIGPIPE, SIG_IGN);
  Owner owner;
  spawn(owner, SpawnRequest{.executable = "/bin/cat", .arguments = {"/proc/self/status"}});
  run_to_exit(owner);
  ::signal(SIGPIPE, old_handler);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  // glibc sets its two internal signals, 32 and 33, to "ignore" in every spawned process.
  EXPECT_THAT(owner.out,
              testing::ContainsRegex("SigBlk:\t0000000000000000\nSigIgn:\t0000000[01][08]0000000\n"
                                     "SigCgt:\t0000000000000000\n"));
}

TEST_F(SystemSpawner, LeadsASessionAndAGroupOfItsOwn) {
  Owner owner;
  spawn(owner, "cut -d' ' -f5,6 /proc/$$/stat");
  const auto pid = std::to_string(owner.process->pid());
  run_to_exit(owner);
  EXPECT_EQ(owner.out, pid + " " + pid + "\n");
}

// --- ends ---

TEST_F(SystemSpawner, TellsCodesAndSignals) {
  const auto ending = [&](const std::string& script) {
    Owner owner;
    spawn(owner, script);
    run_to_exit(owner);
    return owner.ending();
  };
  EXPECT_EQ(ending("exit 0"), "exited with code 0");
  EXPECT_EQ(ending("exit 255"), "exited with code 255");
  EXPECT_EQ(ending("kill -KILL $$"), "was killed by SIGKILL (9)");
  EXPECT_EQ(ending("kill -TERM $$"), "was killed by SIGTERM (15)");
  EXPECT_EQ(ending("ulimit -c 0; kill -SEGV $$"), "was killed by SIGSEGV (11)");
  EXPECT_EQ(ending("kill -40 $$"), "was killed by signal 40");
  EXPECT_EQ((ExitStatus{.kind = ExitStatus::Kind::signalled, .signal = 6, .core_dumped = true}
                 .describe()),
            "was killed by SIGABRT (6) and dumped core");
}

TEST_F(SystemSpawner, SignalsReachTheWholeGroup) {
  Owner owner;
  spawn(owner,
        "trap : USR1; "
        "sh -c 'trap \"echo child; exit\" USR1; echo ready; while :; do read x; done' & "
        "wait; wait; exit 5");
  ASSERT_TRUE(run_until([&] { return owner.out == "ready\n"; }));
  owner.process->signal_group(SIGUSR1);
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "ready\nchild\n");
  EXPECT_EQ(owner.ending(), "exited with code 5");
  owner.process->signal_group(SIGKILL);  // harmless now
}

TEST_F(SystemSpawner, TheRestOfTheGroupDiesWithItsLeader) {
  Owner owner;
  spawn(owner, "tail -f /dev/null & tail -f /dev/null & echo started; read line");
  ASSERT_TRUE(run_until([&] { return !owner.out.empty(); }));
  const int group = owner.process->pid();
  EXPECT_EQ(live_members(group), 3);
  owner.process->close_stdin();
  run_to_exit(owner);
  EXPECT_TRUE(wait_until([&] { return live_members(group) == 0; }));
  EXPECT_EQ(children_of_this_process(), 0);
}

TEST_F(SystemSpawner, DestroyingKillsAndReapsTheGroup) {
  Owner owner;
  spawn(owner,
        "trap '' TERM HUP INT; (trap '' TERM; tail -f /dev/null) & echo started; "
        "while :; do read line; done");
  ASSERT_TRUE(run_until([&] { return !owner.out.empty(); }));
  const int group = owner.process->pid();
  EXPECT_GE(live_members(group), 2);
  owner.process.reset();
  EXPECT_TRUE(wait_until([&] { return live_members(group) == 0; }));
  EXPECT_TRUE(run_until([&] { return children_of_this_process() == 0; }));
  EXPECT_FALSE(owner.status) << "no event after the owner let go";
}

TEST_F(SystemSpawner, DestroyingKillsAStoppedProcess) {
  Owner owner;
  spawn(owner, "echo started; kill -STOP $$");
  ASSERT_TRUE(run_until([&] { return !owner.out.empty(); }));
  owner.process.reset();
  EXPECT_TRUE(run_until([&] { return children_of_this_process() == 0; }));
}

TEST(SystemSpawnerLoop, ALoopThatEndsLeavesNothing) {
  Owner owner;
  int group = 0;
  {
    AsioLoop loop;
    const auto spawner = make_system_spawner(loop);
    owner.process = *spawner->spawn({.executable = "/bin/sh",
                                     .arguments = {"-c", "tail -f /dev/null & wait"},
                                     .environment = {{"PATH", "/usr/bin:/bin"}}},
                                    owner);
    group = owner.process->pid();
    owner.process.reset();
  }
  EXPECT_EQ(children_of_this_process(), 0);
  EXPECT_TRUE(wait_until([&] { return live_members(group) == 0; }));
}

TEST_F(SystemSpawner, MayBeDestroyedInsideAnyEvent) {
  Owner at_output;
  at_output.at_stdout = [&] { at_output.process.reset(); };
  spawn(at_output, "while echo line; do :; done");
  ASSERT_TRUE(run_until([&] { return at_output.process == nullptr; }));
  EXPECT_TRUE(run_until([&] { return children_of_this_process() == 0; }));
  EXPECT_FALSE(at_output.status);

  Owner at_exit;
  at_exit.at_exit = [&] { at_exit.process.reset(); };
  spawn(at_exit, "exit 1");
  run_to_exit(at_exit);
  EXPECT_EQ(at_exit.process, nullptr);

  // Output that is found only while the exit is looked at.
  Owner at_drain;
  at_drain.at_stdout = [&] { at_drain.process.reset(); };
  spawn(at_drain, "echo out");
  at_drain.process->pause_stdout();
  ASSERT_TRUE(run_until([&] { return at_drain.process == nullptr; }));
  EXPECT_FALSE(at_drain.status);
}

TEST_F(SystemSpawner, TwoHundredQuickExitsAreAllReaped) {
  std::vector<Owner> owners(200);
  for (auto& owner : owners) spawn(owner, k_true);
  ASSERT_TRUE(run_until([&] {
    return std::ranges::all_of(owners, [](const Owner& owner) { return owner.status.has_value(); });
  }));
  for (const auto& owner : owners) EXPECT_EQ(owner.ending(), "exited with code 0");
  EXPECT_EQ(children_of_this_process(), 0);
}

TEST_F(SystemSpawner, AThousandProcessesLeakNoDescriptor) {
  const auto round = [&](int number) {
    Owner owner;
    spawn(owner, k_true);
    if (number % 2 == 0) run_to_exit(owner);
  };
  round(0);
  const auto before = open_descriptors();
  for (int i = 0; i < 1000; ++i) round(i);
  EXPECT_TRUE(run_until([&] { return children_of_this_process() == 0; }));
  loop.context().poll();
  EXPECT_EQ(open_descriptors(), before);
}

// --- the application around us ---

TEST_F(SystemSpawner, LeavesChildrenOfTheApplicationAlone) {
  const pid_t own = ::fork();
  if (own == 0) ::_exit(42);
  Owner owner;
  spawn(owner, "exit 0");
  run_to_exit(owner);
  owner.process.reset();
  int status = 0;
  ASSERT_EQ(::waitpid(own, &status, 0), own);
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

volatile sig_atomic_t g_child_signals = 0;

TEST_F(SystemSpawner, LeavesTheSigchldHandlerAlone) {
  struct sigaction mine {};
  mine.sa_handler = [](int) { g_child_signals = g_child_signals + 1; };
  struct sigaction before {};
  ::sigaction(SIGCHLD, &mine, &before);
  Owner owner;
  spawn(owner, "exit 3");
  run_to_exit(owner);
  struct sigaction after {};
  ::sigaction(SIGCHLD, &before, &after);
  EXPECT_EQ(after.sa_handler, mine.sa_handler);
  EXPECT_GE(g_child_signals, 1);
  EXPECT_EQ(owner.ending(), "exited with code 3");
}

TEST_F(SystemSpawner, ExitIsUnknownWhereTheApplicationIgnoresSigchld) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);
  for (int i = 0; i < 20; ++i) {
    Owner owner;
    spawn(owner, "echo out; exit 3");
    run_to_exit(owner);
    EXPECT_EQ(owner.out, "out\n");
    EXPECT_EQ(owner.ending(), "ended, and its exit status was taken by other code of this program");
  }
  Owner running;
  spawn(running, "read line");
  running.process->signal_group(SIGTERM);
  run_to_exit(running);
  ::signal(SIGCHLD, before);
}

TEST_F(SystemSpawner, ExitIsUnknownWhereTheApplicationReapsEverything) {
  Owner owner;
  spawn(owner, "exit 3");
  ASSERT_EQ(::waitpid(-1, nullptr, 0), owner.process->pid());
  owner.process->signal_group(SIGKILL);  // must reach nobody
  run_to_exit(owner);
  EXPECT_EQ(owner.status->kind, ExitStatus::Kind::unknown);
}

TEST_F(SystemSpawner, BothWaysOfSignallingReachTheGroupAndNobodyAfterReaping) {
  for (const bool by_pidfd : {true, false}) {
    auto child = start_child(shell("tail -f /dev/null"));
    ASSERT_TRUE(child);
    const int pidfd = child->leader.pidfd();
    const auto pid = child->leader.pid();
    const auto signal_it = [&] {
      return by_pidfd ? signal_group_by_pidfd(pidfd, SIGTERM)
                      : signal_group_by_number(pidfd, pid, SIGTERM);
    };
    if (!signal_it()) {
      ASSERT_TRUE(by_pidfd);  // a kernel before 6.9
      continue;
    }
    ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
    EXPECT_EQ(signal_it(), by_pidfd);  // by number: the leader no longer reserves it
  }
}

// --- failures ---

TEST_F(SystemSpawner, MissingDirectoryIsAnError) {
  Owner owner;
  auto request = shell("exit 0");
  request.directory = "/nonexistent/place";
  const auto process = spawner->spawn(request, owner);
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().code, ErrorCode::worker_unavailable);
  EXPECT_EQ(process.error().message,
            "cannot start /bin/sh: its working directory /nonexistent/place does not exist");
  EXPECT_EQ(process.error().remedy, "create it, or install the plugin again");
}

TEST_F(SystemSpawner, FailsCleanlyAtEachDescriptorItCannotGet) {
  Owner warm_up;
  spawn(warm_up, "exit 0");
  run_to_exit(warm_up);
  warm_up.process.reset();
  const auto before = open_descriptors();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // With every number below 300 taken, the limit says how many descriptors are free.
  constexpr int k_taken = 300;
  std::vector<FileDescriptor> fillers;
  do {
    fillers.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  } while (fillers.back().get() < k_taken - 1);
  int failures = 0;
  for (int free = 0; free < 8; ++free) {
    const rlimit tight{.rlim_cur = static_cast<rlim_t>(k_taken + free), .rlim_max = limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    Owner owner;
    auto process = spawner->spawn(shell("exit 0"), owner);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    if (process) {
      EXPECT_GE(free, 6);
      owner.process = std::move(*process);
      run_to_exit(owner);
      continue;
    }
    ++failures;
    EXPECT_EQ(process.error().code, ErrorCode::overloaded);
    EXPECT_EQ(
        process.error().message,
        fmt::format("cannot start /bin/sh: the host has too many open files (its limit is {})",
                    k_taken + free));
  }
  EXPECT_EQ(failures, 6);
  fillers.clear();
  EXPECT_EQ(children_of_this_process(), 0);
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace collet::process
