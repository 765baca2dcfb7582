#include "store/commit_queue.hpp"

#include <algorithm>
#include <utility>

namespace collet {

CommitQueue::CommitQueue(Database& database, Loop& loop, Logger& logger, StoreLimits limits)
    : database_(database),
      logger_(logger),
      limits_(limits),
      answers_(std::make_shared<Answers>(loop)),
      lanes_(limits),
      thread_([this] { serve(); }) {}

CommitQueue::~CommitQueue() {
  {
    Lock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  answers_->give_up();
  thread_.join();
}

void CommitQueue::enqueue(std::string_view plugin_id, std::unique_ptr<Operation> operation) {
  {
    Lock lock(mutex_);
    if (const auto room = lanes_.check_room(plugin_id, *operation); room) {
      lanes_.add(plugin_id, std::move(operation));
    } else {
      operation->fail(room.error());
    }
  }
  if (operation) return answers_->give({&operation, 1});
  wake_.notify_one();
}

void CommitQueue::settle(Reply<Done> reply) {
  {
    Lock lock(mutex_);
    lanes_.add_last(std::make_unique<OperationOf<Done>>(
        TransactionKind::read, 0, [] { return Done{}; }, std::move(reply)));
  }
  wake_.notify_one();
}

// The store's thread.
void CommitQueue::serve() {
  for (;;) {
    std::vector<std::unique_ptr<Operation>> group;
    {
      Lock lock(mutex_);
      while (lanes_.empty() && !stopping_) wake_.wait(mutex_);
      if (lanes_.empty()) return;
      group = lanes_.take_group();
    }
    for (std::span rest(group); !rest.empty();) {
      if (!answers_->wait_for_room(limits_.answer_bytes_max)) {
        rest = refuse_reads(rest);
        if (rest.empty()) break;
      }
      const auto done = rest.first(run_group(database_, rest, limits_.answer_bytes_max));
      log_health(done);
      answers_->give(done);
      rest = rest.subspan(done.size());
    }
  }
}

// Nobody may take answers until this thread has ended: what was to be written still is. Gives the
// writes.
std::span<std::unique_ptr<Operation>> CommitQueue::refuse_reads(
    std::span<std::unique_ptr<Operation>> operations) {
  const auto reads = std::ranges::stable_partition(operations, [](const auto& operation) {
    return operation->kind() == TransactionKind::write;
  });
  for (const auto& read : reads) {
    read->fail({.code = ErrorCode::store_unavailable,
                .message = "the store closes, and more was read than anybody takes"});
  }
  answers_->give(reads);
  return operations.first(operations.size() - reads.size());
}

// A disk that stays full fails thousands of operations: the log has its start and its end.
void CommitQueue::log_health(std::span<const std::unique_ptr<Operation>> group) {
  const auto broken = std::ranges::find_if(group, [](const auto& operation) {
    const auto* failure = operation->failure();
    return failure != nullptr && failure->code == ErrorCode::store_unavailable;
  });
  const auto health = broken == group.end() ? Health::well : Health::failing;
  if (std::exchange(health_, health) == health) return;
  if (health == Health::failing) {
    const auto& failure = *(*broken)->failure();
    logger_.error("store fails", {{"error", failure.message}, {"remedy", failure.remedy}});
  } else {
    logger_.info("store works again");
  }
}

}  // namespace collet
