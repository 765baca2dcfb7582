#include "store/commit_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace collet {

CommitQueue::CommitQueue(Database& database, Loop& loop, Logger& logger, StoreLimits limits)
    : database_(database),
      logger_(logger),
      limits_(limits),
      answers_(std::make_shared<Answers>(loop)),
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

void CommitQueue::enqueue(std::unique_ptr<Operation> operation) {
  if (const auto refusal = refusal_of(*operation)) {
    operation->fail(*refusal);
    answers_->give({&operation, 1});
    return;
  }
  bool is_first = false;
  {
    Lock lock(mutex_);
    is_first = queue_.empty();
    queued_bytes_ += operation->bytes();
    queue_.push_back(std::move(operation));
  }
  if (is_first) wake_.notify_one();
}

std::optional<Error> CommitQueue::refusal_of(const Operation& operation) {
  Lock lock(mutex_);
  std::string message;
  if (queue_.size() >= limits_.queued_operations_max) {
    message = fmt::format("the store is behind: {} operations wait for the disk, the limit is {}",
                          queue_.size(), limits_.queued_operations_max);
  } else if (queued_bytes_ + operation.bytes() > limits_.queued_bytes_max) {
    message = fmt::format(
        "the store is behind: {} bytes wait for the disk and {} more would "
        "pass the limit of {}",
        queued_bytes_, operation.bytes(), limits_.queued_bytes_max);
  } else {
    return std::nullopt;
  }
  return Error{.code = ErrorCode::store_unavailable,
               .message = std::move(message),
               .remedy = "try again in a moment; if it lasts, see what makes the disk slow",
               .retry_after = std::chrono::seconds(1)};
}

// The store's thread.
void CommitQueue::serve() {
  for (;;) {
    std::vector<std::unique_ptr<Operation>> group;
    {
      Lock lock(mutex_);
      while (queue_.empty() && !stopping_) wake_.wait(mutex_);
      if (queue_.empty()) return;
      group.swap(queue_);
      queued_bytes_ = 0;
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
