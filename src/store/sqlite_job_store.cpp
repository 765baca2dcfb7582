#include "store/sqlite_job_store.hpp"

#include <array>
#include <utility>

#include "store/failures.hpp"
#include "store/names.hpp"

namespace collet {
namespace {

constexpr NameTable<JobTrigger, 2> k_triggers{
    {{JobTrigger::schedule, "schedule"}, {JobTrigger::manual, "manual"}}};
constexpr NameTable<JobRunStatus, 4> k_statuses{{{JobRunStatus::running, "running"},
                                                 {JobRunStatus::succeeded, "succeeded"},
                                                 {JobRunStatus::failed, "failed"},
                                                 {JobRunStatus::cancelled, "cancelled"}}};

std::size_t size_of(const JobRun& run) {
  return sizeof run + run.job_key.size() + run.error.value_or("").size();
}

}  // namespace

std::string_view to_string(JobTrigger trigger) {
  return name_of(k_triggers, trigger);
}
std::string_view to_string(JobRunStatus status) {
  return name_of(k_statuses, status);
}

SqliteJobStore::SqliteJobStore(Database& database, StoreQueue& queue, const StoreLimits& limits)
    : database_(database),
      queue_(queue),
      runs_max_(limits.runs_per_job_max),
      insert_(database,
              "INSERT INTO plugin_job_runs (id, plugin_id, job_key, number, trigger, status, error,"
              " scheduled_at, created_at, started_at, finished_at, duration_ms)"
              " SELECT ?1, ?2, ?3, 1 + coalesce((SELECT max(number) FROM plugin_job_runs"
              " WHERE plugin_id = ?2 AND job_key = ?3), 0), ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11"
              " FROM plugins WHERE id = ?2",
              "record a run of a job"),
      trim_(database,
            "DELETE FROM plugin_job_runs WHERE plugin_id = ?1 AND job_key = ?2"
            " AND status <> 'running' AND number <= (SELECT max(number) FROM plugin_job_runs"
            " WHERE plugin_id = ?1 AND job_key = ?2) - ?3",
            "drop old runs of a job"),
      finish_(database,
              "UPDATE plugin_job_runs SET status = ?2, error = ?3, finished_at = ?4,"
              " duration_ms = ?5 WHERE id = ?1",
              "record the end of a job's run"),
      list_(database,
            "SELECT id, plugin_id, job_key, trigger, status, error, scheduled_at, created_at,"
            " started_at, finished_at, duration_ms FROM plugin_job_runs"
            " WHERE plugin_id = ?1 AND (?2 IS NULL OR job_key = ?2)"
            " ORDER BY created_at DESC, number DESC LIMIT ?3",
            "read the runs of a job"),
      starts_(database,
              "SELECT job_key, max(started_at) FROM plugin_job_runs"
              " WHERE plugin_id = ? AND started_at IS NOT NULL GROUP BY job_key",
              "read when jobs ran"),
      end_unfinished_(database,
                      "UPDATE plugin_job_runs SET status = 'failed', error = ?1, finished_at = ?2"
                      " WHERE status = 'running'",
                      "end the runs of jobs that never ended") {}

void SqliteJobStore::begin(JobRun run, Reply<Done> reply) {
  const auto bytes = size_of(run);
  queue_.of_host().write<Done>(
      bytes, [this, run = std::move(run)] { return insert(run); }, std::move(reply));
}

void SqliteJobStore::finish(JobRun run, Reply<Done> reply) {
  const auto bytes = size_of(run);
  queue_.of_host().write<Done>(
      bytes,
      [this, run = std::move(run)] {
        return Query(finish_, run.id, to_string(run.status), run.error, run.finished_at,
                     run.duration)
            .run();
      },
      std::move(reply));
}

void SqliteJobStore::list(JobRunQuery query, Reply<std::vector<JobRun>> reply) {
  queue_.of_host().read<std::vector<JobRun>>(
      [this, query = std::move(query)] { return read(query); }, std::move(reply));
}

void SqliteJobStore::last_starts(std::string plugin_id, Reply<std::vector<JobStart>> reply) {
  queue_.of_host().read<std::vector<JobStart>>(
      [this, plugin_id = std::move(plugin_id)] { return read_starts(plugin_id); },
      std::move(reply));
}

void SqliteJobStore::end_unfinished(std::string error, WallTime now, Reply<Done> reply) {
  const auto bytes = error.size();
  queue_.of_host().write<Done>(
      bytes,
      [this, error = std::move(error), now] { return Query(end_unfinished_, error, now).run(); },
      std::move(reply));
}

Result<Done> SqliteJobStore::insert(const JobRun& run) {
  if (auto done = Query(insert_, run.id, run.plugin_id, run.job_key, to_string(run.trigger),
                        to_string(run.status), run.error, run.scheduled_at, run.created_at,
                        run.started_at, run.finished_at, run.duration)
                      .run();
      !done) {
    return done;
  }
  if (database_.changes() == 0) return no_such_plugin(run.plugin_id);
  return Query(trim_, run.plugin_id, run.job_key, runs_max_).run();
}

Result<std::vector<JobRun>> SqliteJobStore::read(const JobRunQuery& query) {
  std::vector<JobRun> runs;
  Query rows(list_, query.plugin_id, query.job_key, static_cast<std::int64_t>(query.limit));
  for (;;) {
    const auto step = rows.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return runs;
    runs.push_back({.id = rows.text(0),
                    .plugin_id = rows.text(1),
                    .job_key = rows.text(2),
                    .trigger = value_of(k_triggers, rows.text(3)).value_or(JobTrigger::schedule),
                    .status = value_of(k_statuses, rows.text(4)).value_or(JobRunStatus::failed),
                    .error = rows.optional_text(5),
                    .scheduled_at = rows.time(6),
                    .created_at = rows.time(7),
                    .started_at = rows.optional_time(8),
                    .finished_at = rows.optional_time(9),
                    .duration = rows.optional_duration(10)});
  }
}

Result<std::vector<JobStart>> SqliteJobStore::read_starts(const std::string& plugin_id) {
  std::vector<JobStart> starts;
  Query rows(starts_, plugin_id);
  for (;;) {
    const auto step = rows.step();
    if (!step) return std::unexpected(step.error());
    if (*step == Step::done) return starts;
    starts.push_back({.job_key = rows.text(0), .at = rows.time(1)});
  }
}

}  // namespace collet
