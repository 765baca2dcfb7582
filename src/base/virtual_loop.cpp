#include "base/virtual_loop.hpp"

namespace collet {

void VirtualLoop::run_ready() {
  for (;;) {
    if (!ready_.empty()) {
      auto task = std::move(ready_.front());
      ready_.pop_front();
      task();
    } else if (auto task = timers_.take_due(now_)) {
      (*task)();
    } else {
      return;
    }
  }
}

void VirtualLoop::advance(Clock::duration duration) {
  const auto target = now_ + duration;
  run_ready();
  for (auto next = timers_.next(); next && *next <= target; next = timers_.next()) {
    now_ = *next;
    run_ready();
  }
  now_ = target;
  run_ready();
}

}  // namespace collet
