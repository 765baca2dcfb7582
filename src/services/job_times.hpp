// When the jobs of a host are due, however the clock on the wall is moved. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/local_time.hpp"
#include "services/cron.hpp"

namespace collet::services {

/// A job by its plugin's UUID and its key.
struct JobName {
  std::string plugin_id;
  std::string job_key;
  friend auto operator<=>(const JobName&, const JobName&) = default;
};

/// Asked now and then, at least once a minute. Each time of a schedule is given out once:
/// - where the clock jumps ahead, or the machine has slept, a job whose time was passed over is due
///   once, however many of its times were passed over;
/// - where the clock is put back, no time is given out again, but for schedules of every hour,
/// which
///   go on with the time that passes;
/// - where it is put back by three hours or more, it was wrong before, and what it said is
/// forgotten.
class JobTimes {
 public:
  explicit JobTimes(ZoneRules zone) : zone_(std::move(zone)) {}

  /// Adds a job; one that has this schedule already stays as it is.
  void add(JobName name, const CronSchedule& schedule, WallTime now);
  void remove(const JobName& name) { jobs_.erase(name); }

  struct Due {
    JobName name;
    WallTime at;  ///< its time, not later than `now`
  };
  [[nodiscard]] std::vector<Due> take_due(WallTime now);

  /// When the next job is due; nothing where there is none.
  [[nodiscard]] std::optional<WallTime> next() const;
  [[nodiscard]] std::optional<WallTime> next(const JobName& name) const;

 private:
  struct Job {
    CronSchedule schedule;
    WallTime next;
  };
  void notice_jump_back(WallTime now);

  const ZoneRules zone_;
  std::map<JobName, Job> jobs_;
  WallTime last_now_ = WallTime::min();
};

}  // namespace collet::services
