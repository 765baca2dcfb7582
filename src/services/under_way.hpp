// Work that somebody waits for, and an end that waits for the work.
#pragma once

#include <cstddef>
#include <utility>

#include "collet/reply.hpp"

namespace collet::services {

/// Counts replies until they are answered. It outlives them. Loop thread only.
class UnderWay {
 public:
  template <class T>
  [[nodiscard]] Reply<T> counted(Reply<T> reply) {
    ++count_;
    return Reply<T>([this, reply = std::move(reply)](Result<T> outcome) mutable {
      reply(std::move(outcome));
      if (--count_ == 0 && drained_) drained_(Done{});
    });
  }
  /// Answers when nothing is under way; once.
  void drain(Reply<Done> reply) {
    if (count_ == 0) return reply(Done{});
    drained_ = std::move(reply);
  }

 private:
  std::size_t count_ = 0;
  Reply<Done> drained_;
};

}  // namespace collet::services
