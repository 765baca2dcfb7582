#include "process/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <map>

#include "process/real_process_test.hpp"

namespace collet::process {
namespace {

constexpr auto unlimited = ResourceLimits::unlimited;

std::map<int, rlimit> by_resource(const ResourceLimits& limits) {
  std::map<int, rlimit> found;
  for (const auto& [resource, limit] : kernel_limits(limits)) found.emplace(resource, limit);
  return found;
}

TEST(Limits, OnlyFilesCoresAndProcessesHaveAnEndByDefault) {
  const ResourceLimits limits;
  EXPECT_EQ(limits.open_files_max, 4096u);
  EXPECT_EQ(limits.core_bytes_max, 0u);
  EXPECT_EQ(limits.processes_max, 512u);
  EXPECT_EQ(limits.cpu_seconds_max, unlimited);
  EXPECT_EQ(limits.address_space_max, unlimited);
  EXPECT_EQ(limits.memory_max, unlimited);
  const auto told = by_resource(limits);
  EXPECT_EQ(told.size(), 2u);
  EXPECT_LE(told.at(RLIMIT_NOFILE).rlim_max, 4096u);
  EXPECT_EQ(told.at(RLIMIT_CORE).rlim_max, 0u);
}

TEST(Limits, SettingsWinOneByOne) {
  const auto limits = with({.core_bytes_max = unlimited, .memory_max = 1000}, {});
  EXPECT_EQ(limits, (ResourceLimits{.core_bytes_max = unlimited, .memory_max = 1000}));
  EXPECT_EQ(with({}, {.processes_max = 3}), ResourceLimits{.processes_max = 3});
  EXPECT_EQ(with(settings_of({.cpu_seconds_max = 7}), k_no_limits),
            ResourceLimits{.cpu_seconds_max = 7});
  EXPECT_EQ((WorkerLimits{.open_files_max = 1, .memory_max = 2})
                .with({.memory_max = 3, .processes_max = 4}),
            (WorkerLimits{.open_files_max = 1, .memory_max = 3, .processes_max = 4}));
}

TEST(Limits, NeverMoreThanTheHostItselfMayUse) {
  rlimit own{};
  ::getrlimit(RLIMIT_NOFILE, &own);
  const auto most = by_resource({.open_files_max = unlimited - 1}).at(RLIMIT_NOFILE);
  EXPECT_EQ(most.rlim_cur, own.rlim_cur);
  EXPECT_EQ(most.rlim_max, own.rlim_max);
}

TEST(Limits, WhoIgnoresTheEndOfItsCpuTimeIsKilledOneSecondLater) {
  const auto cpu = by_resource({.cpu_seconds_max = 10}).at(RLIMIT_CPU);
  EXPECT_EQ(cpu.rlim_cur, 10u);
  EXPECT_EQ(cpu.rlim_max, 11u);
}

TEST(Limits, BytesReadAsPeopleWriteThem) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(1), "1 byte");
  EXPECT_EQ(bytes_text(1023), "1023 bytes");
  EXPECT_EQ(bytes_text(1024), "1 KiB");
  EXPECT_EQ(bytes_text(256u << 20), "256 MiB");
  EXPECT_EQ(bytes_text(3u << 29), "1.5 GiB");
  EXPECT_EQ(bytes_text(std::uint64_t{4096} << 50), "4096 PiB");
}

ExitStatus killed_by(int signal) {
  return {.kind = ExitStatus::Kind::signalled, .signal = signal};
}

TEST(LimitsText, SaysWhichLimitKilled) {
  const ResourceLimits limits{.cpu_seconds_max = 10, .memory_max = 256u << 20, .processes_max = 32};
  const auto text = [&](ExitStatus status, LimitsHit hits) {
    status.limits_text = limits_text(status, limits, hits);
    return status.describe();
  };
  EXPECT_EQ(text(killed_by(SIGKILL), {}), "was killed by SIGKILL (9)");
  EXPECT_EQ(text(killed_by(SIGKILL), {.memory = 1}),
            "was killed by SIGKILL (9): it passed its memory limit of 256 MiB (1 OOM kill)");
  EXPECT_EQ(text({.kind = ExitStatus::Kind::exited, .code = 1}, {.memory = 2}),
            "exited with code 1; it or a process of its own passed its memory limit of 256 MiB (2 "
            "OOM kills)");
  EXPECT_EQ(limits_text({}, {.processes_max = 1}, {.processes = 1}),
            "; it reached its limit of 1 process 1 time");
  EXPECT_EQ(text({.kind = ExitStatus::Kind::exited, .code = 2}, {.processes = 12}),
            "exited with code 2; it reached its limit of 32 processes 12 times");
  EXPECT_EQ(text(killed_by(SIGXCPU), {}),
            "was killed by SIGXCPU (24): it passed its limit of 10 s of CPU time");
  auto stubborn = killed_by(SIGKILL);
  stubborn.cpu = std::chrono::seconds(11);
  EXPECT_EQ(text(stubborn, {}),
            "was killed by SIGKILL (9): it passed its limit of 10 s of CPU time");
  EXPECT_EQ(text(killed_by(SIGTERM), {}), "was killed by SIGTERM (15)");
}

TEST(LimitsText, BlamesTheMachineWhereThereWasNoLimit) {
  EXPECT_EQ(limits_text(killed_by(SIGKILL), k_no_limits, {.memory = 1, .processes = 1}),
            ": it was killed because the machine was out of memory (1 OOM kill)");
  EXPECT_FALSE(is_out_of_cpu(killed_by(SIGXCPU), k_no_limits));
}

class LimitedProcess : public RealProcesses {
 protected:
  /// What a shell with these limits prints.
  std::string output(ResourceLimits limits, std::string script) {
    auto request = shell(std::move(script));
    request.limits = limits;
    Owner owner;
    spawn(owner, request);
    run_to_exit(owner);
    return owner.out;
  }
};

TEST_F(LimitedProcess, SeesThem) {
  EXPECT_EQ(output({.open_files_max = 100}, "ulimit -Sn; ulimit -Hn"), "100\n100\n");
  EXPECT_EQ(output({}, "ulimit -Sc; ulimit -Hc"), "0\n0\n");
  EXPECT_EQ(output({.cpu_seconds_max = 10}, "ulimit -St; ulimit -Ht"), "10\n11\n");
  EXPECT_EQ(output({.address_space_max = 1u << 30}, "ulimit -v"), "1048576\n");
}

TEST_F(LimitedProcess, MayDumpCoreThoughTheHostBeginsWithNone) {
  rlimit before{};
  ::getrlimit(RLIMIT_CORE, &before);
  if (before.rlim_max < 1u << 20) GTEST_SKIP() << "this host may write no core dumps";
  const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_CORE, &none);
  // The shell counts blocks of 512 bytes.
  EXPECT_EQ(output({.core_bytes_max = 1u << 20}, "ulimit -Sc; ulimit -Hc"), "2048\n2048\n");
  ::setrlimit(RLIMIT_CORE, &before);
}

TEST_F(LimitedProcess, TheHostKeepsItsOwn) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(output({.open_files_max = 50}, "ulimit -n"), "50\n");
  rlimit after{};
  ::getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_cur);
  EXPECT_EQ(after.rlim_max, before.rlim_max);
}

TEST_F(LimitedProcess, MayOpenAsManyFilesAndNotOneMore) {
  // The shell itself has 0, 1 and 2.
  const std::string open_seven = "exec 3</dev/null 4<&3 5<&3 6<&3 7<&3 8<&3 9<&3; echo ten";
  EXPECT_EQ(output({.open_files_max = 10}, open_seven), "ten\n");
  EXPECT_EQ(output({.open_files_max = 9}, open_seven), "");
}

TEST_F(LimitedProcess, EndsWithItsCpuTime) {
  auto request = shell("while :; do :; done");
  request.limits = ResourceLimits{.cpu_seconds_max = 1};
  Owner owner;
  spawn(owner, request);
  run_to_exit(owner);
  EXPECT_EQ(owner.ending(), "was killed by SIGXCPU (24): it passed its limit of 1 s of CPU time");
  EXPECT_EQ(owner.status->limits_hit, LimitsHit{.cpu = 1});
  EXPECT_GE(owner.status->cpu, std::chrono::milliseconds(900));
}

TEST_F(LimitedProcess, WithoutLimitsHasWhatTheHostHas) {
  rlimit own{};
  ::getrlimit(RLIMIT_NOFILE, &own);
  Owner owner;
  spawn(owner, "ulimit -Hn");
  run_to_exit(owner);
  EXPECT_EQ(owner.out, std::to_string(own.rlim_max) + "\n");
}

}  // namespace
}  // namespace collet::process
