#include "process/control_groups.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/logger.hpp"
#include "base/no_descriptors.hpp"
#include "process/group_folder.hpp"
#include "process/process_stat.hpp"
#include "process/program.hpp"
#include "process/real_process_test.hpp"

namespace collet::process {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr const char* k_v1_mounts =
    "21 20 0:19 / /proc rw - proc proc rw\n"
    "31 23 0:27 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
    "32 23 0:28 / /sys/fs/cgroup/cpu,pids rw,relatime shared:10 - cgroup cgroup rw,cpu,pids\n";
constexpr const char* k_v2_mount = "40 23 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

/// A machine's control groups, made of plain files. mkdir makes no files in them as the kernel
/// does, so a test makes those that it needs.
class FakeMachine : public testing::Test {
 protected:
  FakeMachine() : root_(make_folder()) { fs::create_directories(root_ / "proc/self"); }
  ~FakeMachine() override { fs::remove_all(root_); }

  void put(const fs::path& file, std::string_view text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  [[nodiscard]] std::string get(const fs::path& file) const {
    return read_small_file(root_ / file).value_or("missing");
  }

  /// The usual machine of version 1; this process is in /jobs/7 and in /.
  void put_v1() const {
    put("proc/self/mountinfo", k_v1_mounts);
    put("proc/self/cgroup", "3:cpu,pids:/\n2:memory:/jobs/7\n1:name=systemd:/\n");
    fs::create_directories(root_ / "sys/fs/cgroup/memory/jobs/7");
    fs::create_directories(root_ / "sys/fs/cgroup/cpu,pids");
  }
  /// The usual machine of version 2; this process is in /unit.
  void put_v2(std::string_view controllers, std::string_view members) const {
    put("proc/self/mountinfo", k_v2_mount);
    put("proc/self/cgroup", "0::/unit\n");
    put("sys/fs/cgroup/unit/cgroup.controllers", controllers);
    put("sys/fs/cgroup/unit/cgroup.subtree_control", "");
    put("sys/fs/cgroup/unit/cgroup.events", "populated 1\n");
    put("sys/fs/cgroup/unit/cgroup.procs", members);
  }

  const fs::path root_;

 private:
  static fs::path make_folder() {
    auto folder = (fs::temp_directory_path() / "collet-groups-XXXXXX").native();
    return ::mkdtemp(folder.data());
  }
};

TEST_F(FakeMachine, WithoutControlGroupsOffersNone) {
  put("proc/self/mountinfo", "21 20 0:19 / /proc rw - proc proc rw\n");
  put("proc/self/cgroup", "");
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  EXPECT_EQ(groups.obstacle(GroupResource::memory),
            "this machine has no control groups for memory");
  EXPECT_EQ(groups.obstacle(GroupResource::processes),
            "this machine has no control groups for processes");
  auto group = groups.make(1, {.memory_max = 1000});
  ASSERT_TRUE(group);
  EXPECT_THAT(group->entrances(), IsEmpty());
  EXPECT_EQ(group->hits(), LimitsHit{});
}

TEST_F(FakeMachine, OfVersion1HasAFolderBelowItsOwnGroupInEachHierarchy) {
  put_v1();
  ControlGroups groups("h", root_);
  EXPECT_EQ(groups.obstacle(GroupResource::memory), "");
  EXPECT_EQ(groups.obstacle(GroupResource::processes), "");
  EXPECT_THAT(groups.host_folders(), ElementsAre(root_ / "sys/fs/cgroup/memory/jobs/7/collet-h",
                                                 root_ / "sys/fs/cgroup/cpu,pids/collet-h"));
  EXPECT_FALSE(fs::exists(groups.host_folders()[0])) << "looking changes nothing";
  ASSERT_EQ(groups.prepare(), 0);
  EXPECT_TRUE(fs::is_directory(groups.host_folders()[0]));
  EXPECT_TRUE(fs::is_directory(groups.host_folders()[1]));
}

TEST_F(FakeMachine, OfVersion1WritesLimitsAndReadsCounters) {
  put_v1();
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  const fs::path memory = "sys/fs/cgroup/memory/jobs/7/collet-h/5";
  const fs::path pids = "sys/fs/cgroup/cpu,pids/collet-h/5";
  for (const auto& file : {memory / "memory.limit_in_bytes", memory / "memory.memsw.limit_in_bytes",
                           memory / "cgroup.procs", pids / "pids.max", pids / "cgroup.procs"}) {
    put(file, "");
  }
  auto group = groups.make(5, {.memory_max = 64u << 20, .processes_max = 32});
  ASSERT_TRUE(group) << group.error().folder;
  EXPECT_EQ(get(memory / "memory.limit_in_bytes"), "67108864");
  EXPECT_EQ(get(memory / "memory.memsw.limit_in_bytes"), "67108864");
  EXPECT_EQ(get(pids / "pids.max"), "32");
  EXPECT_EQ(group->entrances().size(), 2u);
  EXPECT_EQ(group->hits(), LimitsHit{}) << "kernels that do not count";
  put(memory / "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
  put(pids / "pids.events", "max 12\n");
  EXPECT_EQ(group->hits(), (LimitsHit{.memory = 3, .processes = 12}));
  LimitsHit unread;
  {
    const NoDescriptors none;
    unread = group->hits();
  }
  EXPECT_EQ(unread, (LimitsHit{.memory = 3, .processes = 12})) << "counters do not go back";
}

TEST_F(FakeMachine, IsLookedAtAgainWhereDescriptorsWereWanting) {
  put_v1();
  std::optional<ControlGroups> groups(std::in_place, "before", root_);
  int prepared = 0;
  {
    const NoDescriptors none;
    groups.emplace("h", root_);
    prepared = groups->prepare();
  }
  EXPECT_THAT(groups->obstacle(GroupResource::memory),
              StartsWith("the control groups cannot be read: the host has too many open files"));
  EXPECT_EQ(prepared, EMFILE);
  EXPECT_EQ(groups->prepare(), 0);
  EXPECT_EQ(groups->obstacle(GroupResource::memory), "");
  ASSERT_EQ(groups->host_folders().size(), 2u);
  EXPECT_TRUE(fs::is_directory(groups->host_folders()[0]));
  EXPECT_TRUE(fs::is_directory(groups->host_folders()[1]));
}

TEST_F(FakeMachine, IsNotGivenUpWhereDescriptorsAreWantingLater) {
  put_v1();
  ControlGroups groups("h", root_);
  int prepared = 0;
  {
    const NoDescriptors none;
    prepared = groups.prepare();
  }
  EXPECT_EQ(prepared, EMFILE);
  EXPECT_EQ(groups.prepare(), 0);
  EXPECT_EQ(groups.obstacle(GroupResource::processes), "");
  EXPECT_TRUE(fs::is_directory(groups.host_folders()[1]));
}

TEST_F(FakeMachine, AGroupThatCannotBeLookedAtMayHoldSomebody) {
  const auto group = root_ / "group";
  put("group/cgroup.procs", "");
  EXPECT_FALSE(kill_group(group, [](pid_t) { FAIL(); }));
  bool may_hold_somebody = false;
  {
    const NoDescriptors none;
    may_hold_somebody = kill_group(group, [](pid_t) { FAIL(); });
  }
  EXPECT_TRUE(may_hold_somebody);
}

TEST_F(FakeMachine, OfVersion2WritesLimitsAndReadsCounters) {
  put_v2("memory pids\n", "");
  put("sys/fs/cgroup/unit/collet-h/cgroup.subtree_control", "");
  const fs::path run = "sys/fs/cgroup/unit/collet-h/5";
  for (const auto* file : {"memory.max", "memory.swap.max", "pids.max", "cgroup.procs"}) {
    put(run / file, "");
  }
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  auto group = groups.make(5, {.memory_max = 1000, .processes_max = 3});
  ASSERT_TRUE(group) << group.error().folder;
  EXPECT_EQ(get(run / "memory.max"), "1000");
  EXPECT_EQ(get(run / "memory.swap.max"), "0");
  EXPECT_EQ(get(run / "pids.max"), "3");
  EXPECT_EQ(group->entrances().size(), 1u);
  put(run / "memory.events", "low 0\nhigh 0\nmax 55\noom 3\noom_kill 2\noom_group_kill 0\n");
  put(run / "pids.events", "max 4\n");
  EXPECT_EQ(group->hits(), (LimitsHit{.memory = 2, .processes = 4}));
}

TEST_F(FakeMachine, AnUnlimitedResourceIsLeftAlone) {
  put_v2("memory pids\n", "");
  put("sys/fs/cgroup/unit/collet-h/cgroup.subtree_control", "");
  const fs::path run = "sys/fs/cgroup/unit/collet-h/5";
  put(run / "cgroup.procs", "");
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  EXPECT_TRUE(groups.make(5, k_no_limits));
}

TEST_F(FakeMachine, AGroupThatCannotBeLimitedIsAnError) {
  put_v1();
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  const auto group = groups.make(5, {.memory_max = 64u << 20});
  ASSERT_FALSE(group);
  const auto folder = root_ / "sys/fs/cgroup/memory/jobs/7/collet-h/5";
  EXPECT_EQ(group.error().folder, folder);
  const auto error = explain_group_failure("/bin/x", group.error());
  EXPECT_EQ(error.code, ErrorCode::worker_unavailable);
  EXPECT_EQ(error.message, "cannot start /bin/x: its control group " + folder.native() +
                               " cannot be limited: No such file or directory");
  EXPECT_EQ(error.remedy,
            "see that nobody removes it, and that cgroup.max.descendants and cgroup.max.depth "
            "allow it");
}

TEST_F(FakeMachine, AHostFolderThatSomebodyRemovedIsMadeAgain) {
  put_v1();
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  for (const auto& folder : groups.host_folders()) fs::remove(folder);
  static_cast<void>(groups.make(5, k_no_limits));  // no cgroup.procs in a fake
  EXPECT_TRUE(fs::exists(groups.host_folders()[0] / "5"));
}

TEST_F(FakeMachine, OfVersion1IsOfNoUseWhereItMayNotBeWritten) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  put_v1();
  fs::permissions(root_ / "sys/fs/cgroup/memory/jobs/7", fs::perms::owner_read);
  const ControlGroups groups("h", root_);
  EXPECT_EQ(groups.obstacle(GroupResource::memory),
            "this user may make no control groups in " +
                (root_ / "sys/fs/cgroup/memory/jobs/7").native());
}

TEST_F(FakeMachine, SeesItsOwnGroupWhereOnlyAPartIsMounted) {
  put("proc/self/mountinfo",
      "31 23 0:27 /docker/ab /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "32 23 0:28 /docker/ab /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n");
  put("proc/self/cgroup", "3:pids:/elsewhere\n2:memory:/docker/ab/in\n");
  fs::create_directories(root_ / "sys/fs/cgroup/memory/in");
  fs::create_directories(root_ / "sys/fs/cgroup/pids");
  const ControlGroups groups("h", root_);
  EXPECT_THAT(groups.host_folders(), ElementsAre(root_ / "sys/fs/cgroup/memory/in/collet-h"));
  EXPECT_EQ(groups.obstacle(GroupResource::processes),
            "this machine has no control groups for processes");
}

TEST_F(FakeMachine, OfVersion2MovesThisProcessOutOfTheWayWhereItIsAlone) {
  put_v2("cpu memory pids\n", std::to_string(::getpid()) + "\n");
  put("sys/fs/cgroup/unit/collet.self/cgroup.procs", "");
  put("sys/fs/cgroup/unit/collet-h/cgroup.subtree_control", "");
  ControlGroups groups("h", root_);
  EXPECT_EQ(groups.obstacle(GroupResource::memory), "");
  ASSERT_EQ(groups.prepare(), 0);
  EXPECT_EQ(groups.obstacle(GroupResource::memory), "");
  EXPECT_EQ(get("sys/fs/cgroup/unit/collet.self/cgroup.procs"), std::to_string(::getpid()));
  EXPECT_EQ(get("sys/fs/cgroup/unit/cgroup.subtree_control"), "+memory +pids");
  EXPECT_EQ(get("sys/fs/cgroup/unit/collet-h/cgroup.subtree_control"), "+memory +pids");
}

TEST_F(FakeMachine, OfVersion2NeverMovesOthers) {
  put_v2("memory pids\n", std::to_string(::getpid()) + "\n1\n");
  ControlGroups groups("h", root_);
  const auto reason =
      "other processes share the control group " + (root_ / "sys/fs/cgroup/unit").native();
  EXPECT_EQ(groups.obstacle(GroupResource::memory), reason);
  EXPECT_EQ(groups.obstacle(GroupResource::processes), reason);
  ASSERT_EQ(groups.prepare(), 0);
  EXPECT_EQ(get("sys/fs/cgroup/unit/cgroup.subtree_control"), "");
  // It can still be killed at one stroke.
  EXPECT_TRUE(fs::is_directory(root_ / "sys/fs/cgroup/unit/collet-h"));
}

TEST_F(FakeMachine, OfVersion2StaysWhereItIsWhenTheGroupIsHandedDownAlready) {
  put_v2("memory pids\n", std::to_string(::getpid()) + "\n1\n");
  put("sys/fs/cgroup/unit/cgroup.subtree_control", "memory pids\n");
  put("sys/fs/cgroup/unit/collet-h/cgroup.subtree_control", "");
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  EXPECT_EQ(groups.obstacle(GroupResource::processes), "");
  EXPECT_FALSE(fs::exists(root_ / "sys/fs/cgroup/unit/collet.self"));
}

TEST_F(FakeMachine, OfVersion2FindsThePlaceOfAnEarlierHostOfThisProcess) {
  put_v2("memory pids\n", "");
  put("proc/self/cgroup", "0::/unit/collet.self\n");
  fs::create_directories(root_ / "sys/fs/cgroup/unit/collet.self");
  const ControlGroups groups("h", root_);
  EXPECT_THAT(groups.host_folders(), ElementsAre(root_ / "sys/fs/cgroup/unit/collet-h"));
}

TEST_F(FakeMachine, OfVersion2TakesWhatSystemdHandsDown) {
  put_v2("memory pids\n", "");
  put("proc/self/cgroup", "0::/unit/main\n");
  fs::create_directories(root_ / "sys/fs/cgroup/unit/main");
  if (::setxattr((root_ / "sys/fs/cgroup/unit").c_str(), "user.delegate", "1", 1, 0) != 0) {
    GTEST_SKIP() << "the temporary folder has no extended attributes";
  }
  const ControlGroups groups("h", root_);
  EXPECT_THAT(groups.host_folders(), ElementsAre(root_ / "sys/fs/cgroup/unit/collet-h"));
}

TEST_F(FakeMachine, OfVersion2WithOneControllerLimitsThatOne) {
  put_v2("pids\n", "");
  put("sys/fs/cgroup/unit/collet-h/cgroup.subtree_control", "");
  ControlGroups groups("h", root_);
  ASSERT_EQ(groups.prepare(), 0);
  EXPECT_EQ(groups.obstacle(GroupResource::processes), "");
  EXPECT_EQ(groups.obstacle(GroupResource::memory),
            "this machine has no control groups for memory");
  EXPECT_EQ(get("sys/fs/cgroup/unit/cgroup.subtree_control"), "+pids");
}

TEST_F(FakeMachine, RemovesWhatDeadHostsLeftAndNothingElse) {
  const auto place = root_ / "place";
  for (const auto* folder : {"collet-dead/1", "collet-alive/1", "collet.self", "other"}) {
    fs::create_directories(place / folder);
  }
  const auto alive = lock_group(place / "collet-alive");
  ASSERT_TRUE(alive);
  EXPECT_FALSE(lock_group(place / "collet-alive"));
  EXPECT_TRUE(sweep_dead_hosts(place));
  EXPECT_FALSE(fs::exists(place / "collet-dead"));
  EXPECT_TRUE(fs::exists(place / "collet-alive/1"));
  EXPECT_TRUE(fs::exists(place / "collet.self"));
  EXPECT_TRUE(fs::exists(place / "other"));
}

TEST_F(FakeMachine, WhatIsNotHeldYetMayBeTakenForADeadHostsAndIsMadeAgain) {
  put_v1();
  const auto place = root_ / "sys/fs/cgroup/memory/jobs/7";
  const std::jthread others([&](const std::stop_token& enough) {
    while (!enough.stop_requested()) sweep_dead_hosts(place);
  });
  for (int i = 0; i < 500; ++i) {
    ControlGroups groups("h", root_);
    ASSERT_EQ(groups.prepare(), 0);
    ASSERT_EQ(groups.obstacle(GroupResource::memory), "") << i;
    ASSERT_TRUE(fs::is_directory(place / "collet-h")) << i;
  }
}

TEST_F(FakeMachine, AStrangersNumberIsNotKilled) {
  const auto group = root_ / "collet-h/1";
  fs::create_directories(group);
  put("collet-h/1/cgroup.procs", std::to_string(::getpid()) + "\n");  // which is elsewhere
  EXPECT_FALSE(kill_group(group, [](pid_t) { FAIL(); }));
}

// --- this machine ---

struct Log {
  RecordingLogger log;  // lives longer than the spawner
};

class RealGroups : private Log, public RealProcesses {
 protected:
  RealGroups() : RealProcesses({.watcher = COLLET_WATCHER, .log = &log}) {}

  using Log::log;

  /// Why a resource cannot be limited here; empty where it can.
  static std::string obstacle(GroupResource resource) {
    return ControlGroups("obstacle", "/").obstacle(resource);
  }
  /// The places of all hierarchies that can be used here.
  static std::vector<fs::path> places() {
    std::vector<fs::path> places;
    for (const auto& folder : ControlGroups("places", "/").host_folders()) {
      places.push_back(folder.parent_path());
    }
    return places;
  }
  /// The groups, of whatever host, that a process is in.
  static std::string groups_of(int pid) {
    return read_small_file("/proc/" + std::to_string(pid) + "/cgroup").value_or("");
  }
  /// The run folders of `owner`'s process, from what the kernel says of it.
  static std::vector<fs::path> folders_of(const Owner& owner) {
    std::vector<fs::path> folders;
    const auto groups = groups_of(owner.process->pid());
    const auto begin = groups.find("/collet-");
    if (begin == groups.npos) return folders;
    const auto name = groups.substr(begin + 1, groups.find('\n', begin) - begin - 1);
    for (const auto& place : places()) folders.push_back(place / name);
    return folders;
  }

  void spawn_limited(Owner& owner, const ResourceLimits& limits, std::string script) {
    auto request = shell(std::move(script));
    request.limits = limits;
    spawn(owner, request);
  }
};

TEST_F(RealGroups, MemoryHogIsKilledAndItsEndSaysWhy) {
  if (const auto why = obstacle(GroupResource::memory); !why.empty()) GTEST_SKIP() << why;
  Owner owner;
  spawn_limited(owner, {.memory_max = 32u << 20}, "exec tail /dev/zero");  // one endless line
  run_to_exit(owner);
  EXPECT_EQ(owner.ending(),
            "was killed by SIGKILL (9): it passed its memory limit of 32 MiB (1 OOM kill)");
  EXPECT_EQ(owner.status->limits_hit, LimitsHit{.memory = 1});
  EXPECT_EQ(owner.process->limits_hit(), LimitsHit{.memory = 1});
}

TEST_F(RealGroups, WithinItsMemoryNothingHappens) {
  if (const auto why = obstacle(GroupResource::memory); !why.empty()) GTEST_SKIP() << why;
  Owner owner;
  spawn_limited(owner, {.memory_max = 32u << 20}, "head -c 8388608 /dev/zero | tail | wc -c");
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "8388608\n");
  EXPECT_EQ(owner.ending(), "exited with code 0");
}

TEST_F(RealGroups, AKilledChildIsToldOf) {
  if (const auto why = obstacle(GroupResource::memory); !why.empty()) GTEST_SKIP() << why;
  Owner owner;
  spawn_limited(owner, {.memory_max = 32u << 20}, "tail /dev/zero; exit 3");
  run_to_exit(owner);
  EXPECT_EQ(owner.ending(),
            "exited with code 3; it or a process of its own passed its memory limit of 32 MiB (1 "
            "OOM kill)");
}

TEST_F(RealGroups, AsManyProcessesAsItMayHaveAndNotOneMore) {
  if (const auto why = obstacle(GroupResource::processes); !why.empty()) GTEST_SKIP() << why;
  // The shell and three of its own.
  const std::string three = "for i in 1 2 3; do sleep 60 & done; echo three";
  Owner enough;
  spawn_limited(enough, {.processes_max = 4}, three);
  run_to_exit(enough);
  EXPECT_EQ(enough.out, "three\n");
  EXPECT_EQ(enough.ending(), "exited with code 0");
  Owner too_many;
  spawn_limited(too_many, {.processes_max = 3}, three);
  run_to_exit(too_many);
  EXPECT_EQ(too_many.out, "");
  EXPECT_EQ(too_many.ending(), "exited with code 2; it reached its limit of 3 processes 1 time");
  EXPECT_EQ(too_many.status->limits_hit, LimitsHit{.processes = 1});
}

TEST_F(RealGroups, TheCounterCanBeReadWhileItRuns) {
  if (const auto why = obstacle(GroupResource::processes); !why.empty()) GTEST_SKIP() << why;
  Owner owner;
  spawn_limited(owner, {.processes_max = 1},
                "(sleep 60 & ) ; echo not reached; exec tail -f /dev/null");
  run_to_exit(owner);  // dash ends where it cannot fork
  EXPECT_EQ(owner.process->limits_hit(), LimitsHit{.processes = 1});
}

TEST_F(RealGroups, OnlyWhoHasLimitsHasAGroupAndItGoesWithIt) {
  if (places().empty()) GTEST_SKIP() << "no control groups can be made here";
  Owner limited;
  Owner free;
  spawn_limited(limited, {}, "echo up; read line");
  spawn(free, "echo up; read line");
  ASSERT_TRUE(run_until([&] { return !limited.out.empty() && !free.out.empty(); }));
  EXPECT_THAT(groups_of(limited.process->pid()), HasSubstr("/collet-"));
  EXPECT_THAT(groups_of(free.process->pid()), testing::Not(HasSubstr("/collet-")));
  const auto folders = folders_of(limited);
  ASSERT_EQ(folders.size(), places().size());
  for (const auto& folder : folders) EXPECT_TRUE(fs::exists(folder)) << folder;
  limited.process->close_stdin();
  run_to_exit(limited);
  for (const auto& folder : folders) {
    EXPECT_TRUE(run_until([&] { return !fs::exists(folder); })) << folder;
  }
  const auto host_folder = folders[0].parent_path();
  free.process.reset();
  spawner.reset();
  EXPECT_FALSE(fs::exists(host_folder));
}

TEST_F(RealGroups, EndsWhatLeftItsGroupAndHidItsEnvironment) {
  if (places().empty()) GTEST_SKIP() << "no control groups can be made here";
  Owner owner;
  spawn_limited(owner, {},
                "setsid env -i /bin/sh -c 'echo $$; exec /usr/bin/tail -f /dev/null >/dev/null' "
                "</dev/null 2>/dev/null & read line");
  ASSERT_TRUE(run_until([&] { return owner.out.ends_with('\n'); }));
  const int stray = std::stoi(owner.out);
  owner.process->close_stdin();
  run_to_exit(owner);
  EXPECT_TRUE(wait_until([&] {
    const auto stat = read_stat(stray);
    return !stat || stat->state == 'Z';
  }));
}

TEST_F(RealGroups, EveryFailedStartIsExplainedAndLeavesNoGroup) {
  Owner owner;
  SpawnRequest request{.executable = "/nonexistent/program", .limits = ResourceLimits{}};
  const auto process = spawner->spawn(request, owner);
  ASSERT_FALSE(process);
  EXPECT_THAT(process.error().message, StartsWith("cannot start /nonexistent/program: "));
  spawner.reset();
  for (const auto& place : places()) {
    for (const auto& entry : fs::directory_iterator(place)) {
      if (entry.path().filename().native().starts_with(k_host_folder_prefix)) {
        EXPECT_FALSE(lock_group(entry.path())) << entry << " is a dead host's";
      }
    }
  }
}

TEST_F(RealGroups, AProgramHasNoMoreThanItsThreeStreams) {
  Owner owner;
  spawn_limited(
      owner, {},
      "i=0; while [ $i -lt 1024 ]; do [ -e /proc/$$/fd/$i ] && echo $i; i=$((i+1)); done");
  run_to_exit(owner);
  EXPECT_EQ(owner.out, "0\n1\n2\n");
}

TEST_F(RealGroups, FailsCleanlyAtEachDescriptorItCannotGet) {
  Owner warm_up;
  spawn_limited(warm_up, {}, "exit 0");
  run_to_exit(warm_up);
  warm_up.process.reset();
  const auto open_descriptors = [] {
    const auto folder = fs::directory_iterator("/proc/self/fd");
    return std::distance(begin(folder), end(folder));
  };
  const auto before = open_descriptors();
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  // With every number below 300 taken, the limit says how many descriptors are free.
  constexpr int k_taken = 300;
  std::vector<FileDescriptor> fillers;
  do {
    fillers.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  } while (fillers.back().get() < k_taken - 1);
  // Three pipes, and one a hierarchy.
  const int needed = 6 + static_cast<int>(places().size());
  for (int free = 0; free <= needed; ++free) {
    const rlimit tight{.rlim_cur = static_cast<rlim_t>(k_taken + free), .rlim_max = limit.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
    Owner owner;
    auto request = shell("exit 0");
    request.limits = ResourceLimits{};
    auto process = spawner->spawn(request, owner);
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ASSERT_EQ(process.has_value(), free == needed) << free;
    if (process) {
      owner.process = std::move(*process);
      run_to_exit(owner);
    } else {
      EXPECT_THAT(process.error().message,
                  StartsWith("cannot start /bin/sh: the host has too many open files"));
    }
  }
  fillers.clear();
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(RealGroups, RemovesWhatADeadHostLeftWithItsProcesses) {
  if (places().empty()) GTEST_SKIP() << "no control groups can be made here";
  // As a host that died together with its watcher.
  Owner left;
  spawn(left, "exec tail -f /dev/null");
  std::vector<fs::path> folders;
  for (const auto& place : places()) {
    folders.push_back(place / "collet-of-a-dead-host");
    fs::create_directories(folders.back() / "1");
    ASSERT_EQ(
        write_small_file(folders.back() / "1/cgroup.procs", std::to_string(left.process->pid())),
        0);
  }
  const auto next = make_system_spawner(loop, {.watcher = COLLET_WATCHER, .log = &log});
  Owner first;
  auto process = next->spawn(shell("exit 0"), first);
  ASSERT_TRUE(process);
  run_to_exit(left);
  EXPECT_EQ(left.ending(), "was killed by SIGKILL (9)");
  for (const auto& folder : folders) {
    EXPECT_TRUE(run_until([&] { return !fs::exists(folder); })) << folder;
  }
}

TEST_F(RealGroups, SaysWhatItCannotEnforce) {
  EXPECT_THAT(spawner->not_enforced({}), IsEmpty());
  EXPECT_THAT(spawner->not_enforced({.open_files_max = 1, .core_bytes_max = 1}), IsEmpty());
  EXPECT_THAT(spawner->not_enforced({.memory_max = WorkerLimits::unlimited}), IsEmpty());
  const auto here = spawner->not_enforced({.memory_max = 1, .processes_max = 1});
  std::size_t obstacles = 0;
  for (const auto resource : {GroupResource::memory, GroupResource::processes}) {
    obstacles += obstacle(resource).empty() ? 0 : 1;
  }
  EXPECT_EQ(here.size(), obstacles);
  const auto unwatched = make_system_spawner(loop);
  const auto none = unwatched->not_enforced({.memory_max = 1});
  ASSERT_EQ(none.size(), 1u);
  EXPECT_EQ(none[0].limit, &WorkerLimits::memory_max);
  EXPECT_EQ(none[0].why,
            "memory_max is not enforced: there is no collet-watcher; reinstall, or set "
            "HostOptions::watcher");
}

}  // namespace
}  // namespace collet::process
