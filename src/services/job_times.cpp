#include "services/job_times.hpp"

#include <algorithm>
#include <chrono>

namespace collet::services {
namespace {

/// What clocks are corrected by all the time; waiting so long again harms no schedule.
constexpr auto k_correction_max = std::chrono::minutes(1);
/// More than any change to or from summer time, as in other crons.
constexpr auto k_wrong_before = std::chrono::hours(3);

}  // namespace

void JobTimes::add(JobName name, const CronSchedule& schedule, WallTime now) {
  const auto found = jobs_.find(name);
  if (found != jobs_.end() && found->second.schedule == schedule) return;
  jobs_.insert_or_assign(std::move(name), Job{schedule, schedule.next(now, zone_)});
}

void JobTimes::notice_jump_back(WallTime now) {
  if (last_now_ == WallTime::min() || last_now_ - now < k_correction_max) return;
  const bool was_wrong = last_now_ - now >= k_wrong_before;
  for (auto& [name, job] : jobs_) {
    if (was_wrong || job.schedule.is_for_every_hour()) job.next = job.schedule.next(now, zone_);
  }
}

std::vector<JobTimes::Due> JobTimes::take_due(WallTime now) {
  notice_jump_back(now);
  last_now_ = now;
  std::vector<Due> due;
  for (auto& [name, job] : jobs_) {
    if (job.next > now) continue;
    due.push_back({name, job.next});
    job.next = job.schedule.next(now, zone_);
  }
  return due;
}

std::optional<WallTime> JobTimes::next() const {
  const auto soonest =
      std::ranges::min_element(jobs_, {}, [](const auto& entry) { return entry.second.next; });
  if (soonest == jobs_.end()) return std::nullopt;
  return soonest->second.next;
}

std::optional<WallTime> JobTimes::next(const JobName& name) const {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return std::nullopt;
  return found->second.next;
}

}  // namespace collet::services
