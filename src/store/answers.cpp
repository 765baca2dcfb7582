#include "store/answers.hpp"

#include <iterator>
#include <utility>
#include <vector>

namespace collet {

void Answers::give(std::span<std::unique_ptr<Operation>> done) {
  {
    Lock lock(mutex_);
    for (auto& operation : done) {
      waiting_bytes_ += operation->answer_bytes();
      waiting_.push_back(std::move(operation));
    }
    if (std::exchange(has_turn_, true)) return;
  }
  turn_later();
}

bool Answers::wait_for_room(std::size_t bytes_max) {
  Lock lock(mutex_);
  while (waiting_bytes_ > bytes_max && !has_given_up_) has_room_.wait(mutex_);
  return waiting_bytes_ <= bytes_max;
}

void Answers::give_up() {
  {
    Lock lock(mutex_);
    has_given_up_ = true;
  }
  has_room_.notify_all();
}

void Answers::turn_later() {
  loop_.post([self = shared_from_this()] { self->answer_some(); });
}

void Answers::answer_some() {
  std::vector<std::unique_ptr<Operation>> some;
  some.reserve(per_turn_max);
  std::size_t bytes = 0;
  bool is_last = false;
  {
    Lock lock(mutex_);
    while (!waiting_.empty() && some.size() < per_turn_max) {
      bytes += waiting_.front()->answer_bytes();
      some.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    is_last = waiting_.empty();
    if (is_last) has_turn_ = false;
  }
  for (const auto& operation : some) operation->answer();
  some.clear();
  {
    Lock lock(mutex_);
    waiting_bytes_ -= bytes;
  }
  has_room_.notify_all();
  if (!is_last) turn_later();
}

}  // namespace collet
