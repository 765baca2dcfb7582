#include "base/timer_queue.hpp"

#include <algorithm>

namespace collet {

bool TimerQueue::later(const Entry& a, const Entry& b) {
  return a.when != b.when ? a.when > b.when : a.id > b.id;
}

std::uint64_t TimerQueue::add(TimePoint when, Task task) {
  const auto id = ++last_id_;
  tasks_.emplace(id, std::move(task));
  heap_.push_back({when, id});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return id;
}

void TimerQueue::cancel(std::uint64_t id) {
  tasks_.erase(id);
  // Deadlines lie seconds ahead: without this, a busy host would keep an entry for every call of
  // the last 30 s.
  constexpr std::size_t entries_kept_min = 64;
  if (heap_.size() > entries_kept_min && heap_.size() > 2 * tasks_.size()) {
    std::erase_if(heap_, [this](const Entry& entry) { return !tasks_.contains(entry.id); });
    std::make_heap(heap_.begin(), heap_.end(), later);
  }
}

void TimerQueue::drop_cancelled() {
  while (!heap_.empty() && !tasks_.contains(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
}

std::optional<TimePoint> TimerQueue::next() {
  drop_cancelled();
  if (heap_.empty()) return std::nullopt;
  return heap_.front().when;
}

std::optional<Task> TimerQueue::take_due(TimePoint now) {
  const auto due = next();
  if (!due || *due > now) return std::nullopt;
  auto node = tasks_.extract(heap_.front().id);
  std::pop_heap(heap_.begin(), heap_.end(), later);
  heap_.pop_back();
  return std::move(node.mapped());
}

}  // namespace collet
