#include "store/group_commit.hpp"

#include <algorithm>
#include <expected>
#include <vector>

namespace collet {
namespace {

enum class FailedAt : std::uint8_t { begin, part, later };

/// How the parts of a transaction are kept from each other.
enum class Parts : std::uint8_t {
  trusted,  ///< not at all: where one fails the transaction has failed, at the part
  guarded,  ///< each can be undone; twice as dear, because it keeps every page as it was before
};

struct GroupFailure {
  FailedAt at;
  Error error;
};

/// What happened to a part; fails where the transaction around it cannot go on.
Result<Done> run_part(Database& database, Operation& operation, Parts parts) {
  if (operation.kind() == TransactionKind::read || parts == Parts::trusted) {
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
                                               std::span<Operation* const> operations,
                                               Parts parts) {
  const bool writes = std::ranges::any_of(operations, [](const Operation* operation) {
    return operation->kind() == TransactionKind::write;
  });
  auto transaction =
      Transaction::begin(database, writes ? TransactionKind::write : TransactionKind::read);
  if (!transaction) {
    return std::unexpected(GroupFailure{FailedAt::begin, std::move(transaction).error()});
  }
  for (auto* operation : operations) {
    if (auto part = run_part(database, *operation, parts); !part) {
      return std::unexpected(GroupFailure{FailedAt::later, std::move(part).error()});
    }
    const auto* failure = operation->failure();
    if (parts == Parts::trusted && operation->kind() == TransactionKind::write && failure) {
      return std::unexpected(GroupFailure{FailedAt::part, *failure});
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
  if (auto done = run_together(database, reads, Parts::trusted); !done) {
    for (auto* operation : reads) operation->fail(done.error().error);
  }
}

}  // namespace

void run_group(Database& database, std::span<const std::unique_ptr<Operation>> operations) {
  std::vector<Operation*> group;
  for (const auto& operation : operations) group.push_back(operation.get());
  auto together = run_together(database, group, Parts::trusted);
  // Nearly none fails; where one does all are done again, each kept from the others.
  if (!together && together.error().at == FailedAt::part) {
    if (group.size() == 1) return;
    together = run_together(database, group, Parts::guarded);
  }
  if (together) return;
  if (together.error().at == FailedAt::begin) {
    return run_reads_only(database, group, together.error().error);
  }
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto alone = run_together(database, std::span(group).subspan(i, 1), Parts::trusted);
    if (alone) continue;
    if (alone.error().at == FailedAt::begin) {
      return run_reads_only(database, std::span(group).subspan(i), alone.error().error);
    }
    // Its own failure, where it has one, says more than that of the commit which follows from it.
    if (group[i]->failure() == nullptr) group[i]->fail(alone.error().error);
  }
}

}  // namespace collet
