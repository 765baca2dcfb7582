#include "store/group_commit.hpp"

#include <algorithm>
#include <expected>
#include <vector>

namespace collet {
namespace {

enum class FailedAt : std::uint8_t { begin, later };

struct GroupFailure {
  FailedAt at;
  Error error;
};

/// What happened to a part; fails where the transaction around it cannot go on.
Result<Done> run_part(Database& database, Operation& operation) {
  if (operation.kind() == TransactionKind::read) {
    operation.run();
  } else {
    auto savepoint = Savepoint::begin(database);
    if (!savepoint) {
      operation.fail(savepoint.error());
      return std::unexpected(std::move(savepoint).error());
    }
    operation.run();
    const auto ended = operation.failure() == nullptr ? savepoint->keep() : savepoint->undo();
    if (!ended) return ended;
  }
  if (!database.in_transaction()) return std::unexpected(*operation.failure());
  return Done{};
}

std::expected<Done, GroupFailure> run_together(Database& database,
                                               std::span<Operation* const> operations) {
  const bool writes = std::ranges::any_of(operations, [](const Operation* operation) {
    return operation->kind() == TransactionKind::write;
  });
  auto transaction =
      Transaction::begin(database, writes ? TransactionKind::write : TransactionKind::read);
  if (!transaction) {
    return std::unexpected(GroupFailure{FailedAt::begin, std::move(transaction).error()});
  }
  for (auto* operation : operations) {
    if (auto part = run_part(database, *operation); !part) {
      return std::unexpected(GroupFailure{FailedAt::later, std::move(part).error()});
    }
  }
  if (auto committed = transaction->commit(); !committed) {
    return std::unexpected(GroupFailure{FailedAt::later, std::move(committed).error()});
  }
  return Done{};
}

/// Nobody gets the write lock: waiting for it once is enough for all of them. Reads need none.
void run_reads_only(Database& database, std::span<Operation* const> operations, const Error& why) {
  std::vector<Operation*> reads;
  for (auto* operation : operations) {
    if (operation->kind() == TransactionKind::read) {
      reads.push_back(operation);
    } else {
      operation->fail(why);
    }
  }
  if (reads.empty()) return;
  if (auto done = run_together(database, reads); !done) {
    for (auto* operation : reads) operation->fail(done.error().error);
  }
}

}  // namespace

void run_group(Database& database, std::span<const std::unique_ptr<Operation>> operations) {
  std::vector<Operation*> group;
  for (const auto& operation : operations) group.push_back(operation.get());
  const auto together = run_together(database, group);
  if (together) return;
  if (together.error().at == FailedAt::begin) {
    return run_reads_only(database, group, together.error().error);
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto alone = run_together(database, std::span(group).subspan(i, 1));
    if (alone) continue;
    if (alone.error().at == FailedAt::begin) {
      return run_reads_only(database, std::span(group).subspan(i), alone.error().error);
    }
    // Its own failure, where it has one, says more than that of the commit which follows from it.
    if (group[i]->failure() == nullptr) group[i]->fail(alone.error().error);
  }
}

}  // namespace collet
