// What became of the runs of plugins' jobs.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/wall_clock.hpp"
#include "collet/reply.hpp"

namespace collet {

enum class JobTrigger : std::uint8_t { schedule, manual };
enum class JobRunStatus : std::uint8_t {
  running,
  succeeded,
  failed,
  cancelled,  ///< not run, or not to its end, for a reason that is not the job's
};
/// The names on the wire.
[[nodiscard]] std::string_view to_string(JobTrigger trigger);
[[nodiscard]] std::string_view to_string(JobRunStatus status);

struct JobRun {
  std::string id{};         ///< UUID
  std::string plugin_id{};  ///< UUID
  std::string job_key{};
  JobTrigger trigger = JobTrigger::schedule;
  JobRunStatus status = JobRunStatus::running;
  std::optional<std::string> error{};
  WallTime scheduled_at{};  ///< when it was due, or asked for
  WallTime created_at{};
  std::optional<WallTime> started_at{};
  std::optional<WallTime> finished_at{};
  std::optional<std::chrono::milliseconds> duration{};
};

struct JobRunQuery {
  std::string plugin_id{};  ///< UUID
  std::optional<std::string> job_key{};
  std::size_t limit = 25;
};

/// When a job's last run began.
struct JobStart {
  std::string job_key;
  WallTime at;
};

/// Of each job the last `StoreLimits::runs_per_job_max` runs are kept, and one that has not ended.
/// Failures: `store_unavailable`; of `begin` also `plugin_not_found`.
class JobStore {
 public:
  virtual ~JobStore() = default;
  virtual void begin(JobRun run, Reply<Done> reply) = 0;
  /// Keeps status, error, end and duration of a run that began. One that is gone stays so.
  virtual void finish(JobRun run, Reply<Done> reply) = 0;
  /// Newest first.
  virtual void list(JobRunQuery query, Reply<std::vector<JobRun>> reply) = 0;
  virtual void last_starts(std::string plugin_id, Reply<std::vector<JobStart>> reply) = 0;
  /// Ends all runs that did not end, as `failed`: their host is gone.
  virtual void end_unfinished(std::string error, WallTime now, Reply<Done> reply) = 0;
};

}  // namespace collet
