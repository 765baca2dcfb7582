// The way of answers from the store's thread to the loop.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <span>

#include "base/loop.hpp"
#include "base/mutex.hpp"
#include "store/group_commit.hpp"

namespace collet {

/// Answers operations on the loop, in order, and some a turn: a commit of a thousand would hold up
/// whoever else is on the loop. Outlived by the loop, which may hold it for answers on their way.
class Answers : public std::enable_shared_from_this<Answers> {
 public:
  /// An answer costs a few microseconds: what its caller does with it, and a write to a worker. So
  /// many cost as much as a call of a tool.
  static constexpr std::size_t per_turn_max = 16;

  explicit Answers(Loop& loop) : loop_(loop) {}

  /// Takes operations that are done. Any thread.
  void give(std::span<std::unique_ptr<Operation>> done);
  /// Waits until what was taken and not answered holds no more than so much; false where it holds
  /// more and `give_up` was called, by who may hold up the loop. Any thread but the loop's.
  [[nodiscard]] bool wait_for_room(std::size_t bytes_max);
  void give_up();

 private:
  void answer_some();
  void turn_later();

  Loop& loop_;
  Mutex mutex_;
  std::condition_variable_any has_room_;
  std::deque<std::unique_ptr<Operation>> waiting_ GUARDED_BY(mutex_);
  std::size_t waiting_bytes_ GUARDED_BY(mutex_) = 0;
  bool has_given_up_ GUARDED_BY(mutex_) = false;
  bool has_turn_ GUARDED_BY(mutex_) = false;  // posted on the loop
};

}  // namespace collet
