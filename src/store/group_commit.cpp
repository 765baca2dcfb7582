#include "store/group_commit.hpp"

#include <algorithm>
#include <expected>
#include <iterator>
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

void run(Database& database, Operation& operation) {
  const auto before = database.text_bytes_read();
  operation.run();
  operation.set_answer_bytes(database.text_bytes_read() - before);
}

/// What happened to a part; fails where the transaction around it cannot go on.
Result<Done> run_part(Database& database, Operation& operation, Parts parts) {
  if (operation.kind() == TransactionKind::read || parts == Parts::trusted) {
    run(database, operation);
  } else {
    auto savepoint = Savepoint::begin(database);
    if (!savepoint) {
      operation.fail(savepoint.error());
      return std::unexpected(std::move(savepoint).error());
    }
    run(database, operation);
    const auto ended = operation.failure() == nullptr ? savepoint->keep() : savepoint->undo();
    if (!ended) return ended;
  }
  if (!database.in_transaction()) return std::unexpected(*operation.failure());
  return Done{};
}

/// How many it ran: until their outcomes hold more than `answer_bytes_max`.
std::expected<std::size_t, GroupFailure> run_together(Database& database,
                                                      std::span<Operation* const> operations,
                                                      std::size_t answer_bytes_max, Parts parts) {
  const bool writes = std::ranges::any_of(operations, [](const Operation* operation) {
    return operation->kind() == TransactionKind::write;
  });
  auto transaction =
      Transaction::begin(database, writes ? TransactionKind::write : TransactionKind::read);
  if (!transaction) {
    return std::unexpected(GroupFailure{FailedAt::begin, std::move(transaction).error()});
  }
  std::size_t ran = 0;
  std::size_t answer_bytes = 0;
  for (auto* operation : operations) {
    if (auto part = run_part(database, *operation, parts); !part) {
      return std::unexpected(GroupFailure{FailedAt::later, std::move(part).error()});
    }
    const auto* failure = operation->failure();
    if (parts == Parts::trusted && operation->kind() == TransactionKind::write && failure) {
      return std::unexpected(GroupFailure{FailedAt::part, *failure});
    }
    ++ran;
    answer_bytes += operation->answer_bytes();
    if (answer_bytes > answer_bytes_max) break;
  }
  if (auto committed = transaction->commit(); !committed) {
    return std::unexpected(GroupFailure{FailedAt::later, std::move(committed).error()});
  }
  return ran;
}

/// Nobody gets the write lock: waiting for it once is enough for all that run. Reads need none.
std::size_t run_reads_only(Database& database, std::span<Operation* const> operations,
                           std::size_t answer_bytes_max, const Error& why) {
  const auto is_read = [](const Operation* operation) {
    return operation->kind() == TransactionKind::read;
  };
  std::vector<Operation*> reads;
  std::ranges::copy_if(operations, std::back_inserter(reads), is_read);
  auto done = operations.size();
  if (!reads.empty()) {
    const auto ran = run_together(database, reads, answer_bytes_max, Parts::trusted);
    if (!ran) {
      for (auto* operation : reads) operation->fail(ran.error().error);
    } else if (*ran < reads.size()) {
      const auto next = std::ranges::find(operations, reads[*ran]);
      done = static_cast<std::size_t>(next - operations.begin());
    }
  }
  for (auto* operation : operations.first(done)) {
    if (!is_read(operation)) operation->fail(why);
  }
  return done;
}

}  // namespace

std::size_t run_group(Database& database, std::span<const std::unique_ptr<Operation>> operations,
                      std::size_t answer_bytes_max) {
  std::vector<Operation*> group;
  for (const auto& operation : operations) group.push_back(operation.get());
  auto together = run_together(database, group, answer_bytes_max, Parts::trusted);
  // Nearly none fails; where one does all are done again, each kept from the others.
  if (!together && together.error().at == FailedAt::part) {
    if (group.size() == 1) return 1;
    together = run_together(database, group, answer_bytes_max, Parts::guarded);
  }
  if (together) return *together;
  if (together.error().at == FailedAt::begin) {
    return run_reads_only(database, group, answer_bytes_max, together.error().error);
  }
  std::size_t answer_bytes = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const auto left = std::span(group).subspan(i);
    const auto alone = run_together(database, left.first(1), answer_bytes_max, Parts::trusted);
    if (!alone && alone.error().at == FailedAt::begin) {
      return i +
             run_reads_only(database, left, answer_bytes_max - answer_bytes, alone.error().error);
    }
    // Its own failure, where it has one, says more than that of the commit which follows from it.
    if (!alone && group[i]->failure() == nullptr) group[i]->fail(alone.error().error);
    answer_bytes += group[i]->answer_bytes();
    if (answer_bytes > answer_bytes_max) return i + 1;
  }
  return group.size();
}

}  // namespace collet
