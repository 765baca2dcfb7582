// One at a time: whoever wants to change something waits until those before are done with it.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/loop.hpp"
#include "collet/reply.hpp"

namespace collet::plugin {

/// Queues by key, first come first served. Outlives its turns. Loop thread only.
class Turns {
 public:
  /// The right to work on a key; given back when it ends.
  class Turn {
   public:
    Turn(Turns& turns, std::string key) : turns_(&turns), key_(std::move(key)) {}
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), key_(std::move(other.key_)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (turns_ != nullptr) turns_->give_back(key_);
    }

   private:
    Turns* turns_;
    std::string key_;
  };

  explicit Turns(Loop& loop) : loop_(loop) {}

  /// Answers when it is the caller's turn; at once where nobody is before.
  void take(const std::string& key, Reply<Turn> reply) {
    const auto [queue, free] = waiting_.try_emplace(key);
    if (!free) {
      queue->second.push_back(std::move(reply));
      return;
    }
    reply(Turn(*this, key));
  }

 private:
  void give_back(const std::string& key) {
    const auto queue = waiting_.find(key);
    if (queue->second.empty()) {
      waiting_.erase(queue);
      return;
    }
    // Posted, so that a long queue does not become a deep stack.
    loop_.post(
        [this, key, next = std::move(queue->second.front())]() mutable { next(Turn(*this, key)); });
    queue->second.pop_front();
  }

  Loop& loop_;
  std::map<std::string, std::deque<Reply<Turn>>> waiting_;  ///< keys somebody works on
};

}  // namespace collet::plugin
