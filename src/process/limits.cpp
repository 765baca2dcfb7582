#include "process/limits.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string_view>

#include "process/process.hpp"

namespace collet::process {
namespace {

static_assert(RLIM_INFINITY == ResourceLimits::unlimited);

rlimit own_limit(int resource) {
  rlimit own{.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
  // The kernel's numbers, which glibc has as an enum for C++.
  ::getrlimit(static_cast<__rlimit_resource_t>(resource), &own);
  return own;
}

}  // namespace

ResourceLimits with(const WorkerLimits& settings, ResourceLimits limits) {
  const auto take = [](std::uint64_t& limit, const std::optional<std::uint64_t>& setting) {
    if (setting) limit = *setting;
  };
  take(limits.open_files_max, settings.open_files_max);
  take(limits.core_bytes_max, settings.core_bytes_max);
  take(limits.cpu_seconds_max, settings.cpu_seconds_max);
  take(limits.address_space_max, settings.address_space_max);
  take(limits.memory_max, settings.memory_max);
  take(limits.processes_max, settings.processes_max);
  return limits;
}

WorkerLimits settings_of(const ResourceLimits& limits) {
  return {.open_files_max = limits.open_files_max,
          .core_bytes_max = limits.core_bytes_max,
          .cpu_seconds_max = limits.cpu_seconds_max,
          .address_space_max = limits.address_space_max,
          .memory_max = limits.memory_max,
          .processes_max = limits.processes_max};
}

std::vector<KernelLimit> kernel_limits(const ResourceLimits& limits) {
  std::vector<KernelLimit> orders;
  const auto order = [&](int resource, std::uint64_t most, std::uint64_t spare = 0) {
    if (most == ResourceLimits::unlimited) return;
    auto own = own_limit(resource);
    // Nearly everywhere a process begins with 0 for this one, whatever it may have: no wish of
    // ours.
    if (resource == RLIMIT_CORE) own.rlim_cur = own.rlim_max;
    orders.push_back({.resource = resource,
                      .limit = {.rlim_cur = std::min<rlim_t>(own.rlim_cur, most),
                                .rlim_max = std::min<rlim_t>(own.rlim_max, most + spare)}});
  };
  order(RLIMIT_NOFILE, limits.open_files_max);
  order(RLIMIT_CORE, limits.core_bytes_max);
  // SIGXCPU at the limit says why; SIGKILL a second later ends who ignores that.
  order(RLIMIT_CPU, limits.cpu_seconds_max, 1);
  order(RLIMIT_AS, limits.address_space_max);
  return orders;
}

bool is_out_of_cpu(const ExitStatus& status, const ResourceLimits& limits) {
  if (limits.cpu_seconds_max == ResourceLimits::unlimited) return false;
  if (status.kind != ExitStatus::Kind::signalled) return false;
  // A moment may be missing in what is counted.
  return status.signal == SIGXCPU ||
         (status.signal == SIGKILL && status.cpu + std::chrono::milliseconds(100) >=
                                          std::chrono::seconds(limits.cpu_seconds_max));
}

std::string limits_text(const ExitStatus& status, const ResourceLimits& limits,
                        const LimitsHit& hits) {
  const bool killed = status.kind == ExitStatus::Kind::signalled && status.signal == SIGKILL;
  std::string text;
  if (hits.memory > 0) {
    const auto kills = fmt::format("{} OOM kill{}", hits.memory, hits.memory == 1 ? "" : "s");
    text += killed ? ": it" : "; it or a process of its own";
    text += limits.memory_max == ResourceLimits::unlimited
                ? fmt::format(" was killed because the machine was out of memory ({})", kills)
                : fmt::format(" passed its memory limit of {} ({})", bytes_text(limits.memory_max),
                              kills);
  }
  if (is_out_of_cpu(status, limits)) {
    text += fmt::format("{} it passed its limit of {} s of CPU time", text.empty() ? ":" : ";",
                        limits.cpu_seconds_max);
  }
  if (hits.processes > 0 && limits.processes_max != ResourceLimits::unlimited) {
    text += fmt::format("; it reached its limit of {} process{} {} time{}", limits.processes_max,
                        limits.processes_max == 1 ? "" : "es", hits.processes,
                        hits.processes == 1 ? "" : "s");
  }
  return text;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{"KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} byte{}", bytes, bytes == 1 ? "" : "s");
  auto amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < units.size(); ++unit) amount /= 1024;
  return fmt::format("{} {}", std::round(amount * 10) / 10, units[unit]);
}

}  // namespace collet::process
