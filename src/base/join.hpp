// Waits for several answers at once.
#pragma once

#include <memory>
#include <utility>

#include "collet/reply.hpp"

namespace collet {

/// Gives out replies and answers its own when the last of them is answered and the Join itself is
/// gone. Whether they were failures does not matter to it. One thread.
class Join {
 public:
  explicit Join(Reply<Done> all) : rest_(std::make_shared<Rest>(std::move(all))) {}

  [[nodiscard]] Reply<Done> one() const {
    return Reply<Done>([rest = rest_](Result<Done>) {});
  }

 private:
  struct Rest {
    explicit Rest(Reply<Done> owed) : all(std::move(owed)) {}
    Rest(const Rest&) = delete;
    Rest& operator=(const Rest&) = delete;
    ~Rest() { all(Done{}); }
    Reply<Done> all;
  };
  std::shared_ptr<Rest> rest_;
};

}  // namespace collet
