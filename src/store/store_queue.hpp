// How the parts of a store get their work to its one connection.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "store/group_commit.hpp"

namespace collet {

/// Takes operations in order, runs them where the connection lives, and answers on the loop. An
/// operation may be refused at once with `store_unavailable`. Loop thread only.
class StoreQueue {
 public:
  virtual ~StoreQueue() = default;
  virtual void enqueue(std::unique_ptr<Operation> operation) = 0;

  /// `work` runs inside a transaction, on the connection's thread; it may be run again after a
  /// rollback, so it must not use up what it captured.
  template <class T>
  void read(typename OperationOf<T>::Work work, Reply<T> reply) {
    enqueue(std::make_unique<OperationOf<T>>(TransactionKind::read, 0, std::move(work),
                                             std::move(reply)));
  }
  /// `bytes` is about as much memory as `work` holds. What a failed `work` changed is undone.
  template <class T>
  void write(std::size_t bytes, typename OperationOf<T>::Work work, Reply<T> reply) {
    enqueue(std::make_unique<OperationOf<T>>(TransactionKind::write, bytes, std::move(work),
                                             std::move(reply)));
  }
};

}  // namespace collet
