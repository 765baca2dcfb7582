// Runs the jobs of plugins: on their schedules, and when somebody asks for it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.hpp"
#include "base/local_time.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "collet/plugin_events.hpp"
#include "collet/worker_manager.hpp"
#include "services/declared_jobs.hpp"
#include "services/job_times.hpp"
#include "store/job_store.hpp"

namespace collet::services {

struct JobOptions {
  Clock::duration timeout = limits::services::job_timeout;
  std::size_t scheduled_per_plugin_max = limits::services::scheduled_jobs_max;
  std::size_t error_bytes_max = limits::services::failure_bytes_max;
};

/// Borrowed, outlives the service.
struct JobParts {
  Loop& loop;
  JobStore& store;
  Entropy& entropy;
  WallClock wall_clock;
  ZoneRules zone;
  Logger& log;
};

/// A declared job and where it stands.
struct JobView {
  DeclaredJob declared;
  enum class Status : std::uint8_t {
    active,
    paused,  ///< its plugin does not run
    failed,  ///< its schedule cannot be kept; `problem` says why
  } status = Status::active;
  std::string problem{};
  std::optional<WallTime> next_run_at{};
};
/// The name on the wire, which is the reference's.
[[nodiscard]] std::string_view to_string(JobView::Status status);

/// When a trigger is answered.
enum class JobWait : std::uint8_t { for_start, for_end };

/// A job runs once at a time: what is due while it still runs is recorded as cancelled. A run that
/// cannot be recorded is not begun, so that none is unknown to a host that comes after a crash.
/// Nothing is made up for the time in which no host, or not its plugin, ran. Loop thread only.
class JobService {
 public:
  JobService(JobParts parts, JobOptions options);

  /// Before the loop runs. Runs of a host before this one are ended.
  void attach(WorkerManager& workers);
  /// From now on the jobs of plugins that are enabled are scheduled. The events end before this.
  void follow(PluginEvents& events);

  /// The jobs of a plugin in its manifest's order.
  [[nodiscard]] std::vector<JobView> jobs(const std::string& plugin_id,
                                          std::string_view manifest_json) const;
  /// Runs a job now. Fails with `not_found` where the plugin has no such job, and with
  /// `invalid_transition` where the job runs already or its plugin does not. What becomes of a run
  /// that has begun stands in the run.
  void trigger(const std::string& plugin_id, const std::string& job_key, JobWait wait,
               Reply<JobRun> reply);
  [[nodiscard]] JobStore& store() { return parts_.store; }

  /// Begins nothing any more, and answers when no run is open and all is recorded; for the end of a
  /// host, when its workers are stopped.
  void drain(Reply<Done> reply);

 private:
  struct Plugin {
    std::set<std::string> keys;                   // of all its jobs
    std::map<std::string, std::string> problems;  // of schedules, by job key
  };

  void schedule(const PluginEvent& event);
  void unschedule(const std::string& plugin_id);
  void look_later();
  void look();
  void skip(const JobName& name, WallTime due, const std::string& running);
  void run(const JobName& name, JobTrigger trigger, WallTime due, JobWait wait,
           Reply<JobRun> reply);
  void begun(JobRun run, JobWait wait, Reply<JobRun> reply);
  void ended(JobRun run, TimePoint since, const Result<std::string>& outcome, Reply<JobRun> reply);
  void recorded(const JobName& name, const Result<Done>& outcome);
  void close_one();

  JobParts parts_;
  const JobOptions options_;
  WorkerManager* workers_ = nullptr;
  JobTimes times_;
  std::map<std::string, Plugin> plugins_;   // that are enabled, by UUID
  std::map<JobName, std::string> running_;  // ids of the runs
  std::size_t open_ = 0;                    // runs, and records on their way
  bool is_draining_ = false;
  Reply<Done> drained_;
  Timer timer_;
};

}  // namespace collet::services
