// The thread of a store: what waits while the disk is busy shares the next commit.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <thread>
#include <vector>

#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/mutex.hpp"
#include "store/answers.hpp"
#include "store/limits.hpp"
#include "store/operation_lanes.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Runs operations on a thread of its own, plugins in turn. What would queue beyond the limits of
/// `StoreLimits` is refused at once with `store_unavailable` and a `retry_after`; while more than
/// `answer_bytes_max` was read and not taken, the thread waits. The destructor finishes the writes,
/// and refuses the reads that it has no room for; answers are posted on the loop, which outlives
/// this, as do the database and the logger.
class CommitQueue final : public StoreQueue {
 public:
  /// The thread has `database` for itself from now on.
  CommitQueue(Database& database, Loop& loop, Logger& logger, StoreLimits limits);
  ~CommitQueue() override;

  void enqueue(std::string_view plugin_id, std::unique_ptr<Operation> operation) override;
  void settle(Reply<Done> reply) override;

 private:
  enum class Health : std::uint8_t { well, failing };

  void serve();
  std::span<std::unique_ptr<Operation>> refuse_reads(
      std::span<std::unique_ptr<Operation>> operations);
  void log_health(std::span<const std::unique_ptr<Operation>> group);

  Database& database_;
  Logger& logger_;
  const StoreLimits limits_;
  const std::shared_ptr<Answers> answers_;
  Health health_ = Health::well;  // the thread's

  Mutex mutex_;
  std::condition_variable_any wake_;
  OperationLanes lanes_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;

  std::jthread thread_;  // last: everything else exists before it starts
};

}  // namespace collet
