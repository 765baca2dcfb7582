// How the parts of a store get their work to its one connection.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "store/group_commit.hpp"

namespace collet {

/// Takes operations, runs them where the connection lives, and answers on the loop. An operation
/// may be refused at once with `store_unavailable`. Those of one plugin run in order, and so do the
/// host's own. Loop thread only.
class StoreQueue {
 public:
  virtual ~StoreQueue() = default;
  /// An empty `plugin_id` is the host.
  virtual void enqueue(std::string_view plugin_id, std::unique_ptr<Operation> operation) = 0;
  /// Answers when nothing waits any more and all that ran is answered.
  virtual void settle(Reply<Done> reply) = 0;

  /// The way in for what one plugin asks for, or the host and its operator.
  class Lane {
   public:
    /// `work` runs inside a transaction, on the connection's thread; it may be run again after a
    /// rollback, so it must not use up what it captured.
    template <class T>
    void read(typename OperationOf<T>::Work work, Reply<T> reply) {
      queue_.enqueue(plugin_id_, std::make_unique<OperationOf<T>>(
                                     TransactionKind::read, 0, std::move(work), std::move(reply)));
    }
    /// `bytes` is about as much memory as `work` holds. What a failed `work` changed is undone.
    template <class T>
    void write(std::size_t bytes, typename OperationOf<T>::Work work, Reply<T> reply) {
      queue_.enqueue(plugin_id_,
                     std::make_unique<OperationOf<T>>(TransactionKind::write, bytes,
                                                      std::move(work), std::move(reply)));
    }

   private:
    friend class StoreQueue;
    Lane(StoreQueue& queue, std::string plugin_id)
        : queue_(queue), plugin_id_(std::move(plugin_id)) {}

    StoreQueue& queue_;
    std::string plugin_id_;
  };

  /// Copies the id, so that the work may take the record that it stands in.
  [[nodiscard]] Lane of(std::string plugin_id) { return {*this, std::move(plugin_id)}; }
  [[nodiscard]] Lane of_host() { return {*this, {}}; }
};

}  // namespace collet
