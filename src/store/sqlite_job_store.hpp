// The runs of plugins' jobs in SQLite.
#pragma once

#include <string>
#include <vector>

#include "store/job_store.hpp"
#include "store/limits.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteJobStore final : public JobStore {
 public:
  SqliteJobStore(Database& database, StoreQueue& queue, const StoreLimits& limits);

  void begin(JobRun run, Reply<Done> reply) override;
  void finish(JobRun run, Reply<Done> reply) override;
  void list(JobRunQuery query, Reply<std::vector<JobRun>> reply) override;
  void last_starts(std::string plugin_id, Reply<std::vector<JobStart>> reply) override;
  void end_unfinished(std::string error, WallTime now, Reply<Done> reply) override;

 private:
  Result<Done> insert(const JobRun& run);
  Result<std::vector<JobRun>> read(const JobRunQuery& query);
  Result<std::vector<JobStart>> read_starts(const std::string& plugin_id);

  Database& database_;
  StoreQueue& queue_;
  const std::int64_t runs_max_;
  Statement insert_, trim_, finish_, list_, starts_, end_unfinished_;
};

}  // namespace collet
