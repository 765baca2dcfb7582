#include "store/answers.hpp"

#include <iterator>
#include <utility>
#include <vector>

namespace collet {

void Answers::give(std::span<std::unique_ptr<Operation>> done) {
  {
    Lock lock(mutex_);
    for (auto& operation : done) waiting_.push_back(std::move(operation));
    if (std::exchange(has_turn_, true)) return;
  }
  turn_later();
}

void Answers::turn_later() {
  loop_.post([self = shared_from_this()] { self->answer_some(); });
}

void Answers::answer_some() {
  std::vector<std::unique_ptr<Operation>> some;
  some.reserve(per_turn_max);
  bool is_last = false;
  {
    Lock lock(mutex_);
    while (!waiting_.empty() && some.size() < per_turn_max) {
      some.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    is_last = waiting_.empty();
    if (is_last) has_turn_ = false;
  }
  for (const auto& operation : some) operation->answer();
  if (!is_last) turn_later();
}

}  // namespace collet
