// Many operations, one commit: what waits while the disk is busy shares the next write to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "collet/reply.hpp"
#include "store/sqlite.hpp"

namespace collet {

/// Something asked of the store: its work, its outcome, and who waits for it.
class Operation {
 public:
  Operation(TransactionKind kind, std::size_t bytes) : kind_(kind), bytes_(bytes) {}
  virtual ~Operation() = default;

  [[nodiscard]] TransactionKind kind() const { return kind_; }
  /// About as much memory as it holds.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  /// Does the work and keeps the outcome. May be run again after a rollback.
  virtual void run() = 0;
  virtual void fail(const Error& error) = 0;
  /// Why it failed; null where it did not.
  [[nodiscard]] virtual const Error* failure() const = 0;
  /// Gives the outcome to whoever waits. On the loop.
  virtual void answer() = 0;

  /// About as much memory as the outcome holds.
  [[nodiscard]] std::size_t answer_bytes() const { return answer_bytes_; }
  void set_answer_bytes(std::size_t bytes) { answer_bytes_ = bytes; }

 private:
  TransactionKind kind_;
  std::size_t bytes_;
  std::size_t answer_bytes_ = 0;
};

template <class T>
class OperationOf final : public Operation {
 public:
  using Work = std::move_only_function<Result<T>()>;

  OperationOf(TransactionKind kind, std::size_t bytes, Work work, Reply<T> reply)
      : Operation(kind, bytes), work_(std::move(work)), reply_(std::move(reply)) {}

  void run() override { outcome_ = work_(); }
  void fail(const Error& error) override { outcome_ = std::unexpected(error); }
  [[nodiscard]] const Error* failure() const override {
    return outcome_ ? nullptr : &outcome_.error();
  }
  void answer() override { reply_(std::move(outcome_)); }

 private:
  Work work_;
  Reply<T> reply_;
  Result<T> outcome_ = std::unexpected(Error{});
};

/// Runs the first of `operations`, in order and at least one of them, until their outcomes hold
/// more than `answer_bytes_max`; gives how many these are. They run in one transaction where that
/// goes well; one that fails changes nothing and does not touch the others. Where the transaction
/// as a whole fails, each is tried by itself, so that a row too large for the disk does not take
/// small ones with it. Afterwards each has its outcome, and what went well is durable. Answers
/// nobody.
std::size_t run_group(Database& database, std::span<const std::unique_ptr<Operation>> operations,
                      std::size_t answer_bytes_max);

}  // namespace collet
