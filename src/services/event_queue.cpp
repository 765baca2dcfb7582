#include "services/event_queue.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace collet::services {

std::size_t EventQueue::push(std::shared_ptr<const Event> event) {
  bytes_ += event->params_json.size();
  waiting_.emplace(++last_, Entry{.event = std::move(event)});
  std::size_t dropped = 0;
  while (size() > limits_.queued_events_max || bytes_ > limits_.queued_bytes_max) {
    auto* from = with_oldest_to_drop();
    if (from == nullptr) break;
    remove(*from, from->begin()->first);
    ++dropped;
  }
  return dropped;
}

EventQueue::Entries* EventQueue::with_oldest_to_drop() {
  if (waiting_.empty()) return aside_.empty() ? nullptr : &aside_;
  return !aside_.empty() && aside_.begin()->first < waiting_.begin()->first ? &aside_ : &waiting_;
}

std::shared_ptr<const Event> EventQueue::next() const {
  if (waiting_.empty() || in_flight_.size() >= limits_.in_flight_max) return nullptr;
  const auto& first = waiting_.begin()->second;
  const auto had_a_death = [](const auto& entry) { return entry.second.deaths > 0; };
  if (first.deaths > 0 && !in_flight_.empty()) return nullptr;
  if (std::ranges::any_of(in_flight_, had_a_death)) return nullptr;
  return first.event;
}

EventQueue::Number EventQueue::send_next() {
  const auto number = waiting_.begin()->first;
  in_flight_.insert(waiting_.extract(number));
  return number;
}

void EventQueue::set_next_aside() {
  aside_.insert(waiting_.extract(waiting_.begin()));
}

void EventQueue::drop_next() {
  remove(waiting_, waiting_.begin()->first);
}

void EventQueue::recall() {
  waiting_.merge(aside_);
}

void EventQueue::return_unheard(Number number) {
  waiting_.insert(in_flight_.extract(number));
}

EventQueue::Fate EventQueue::return_after_death(Number number) {
  auto& entry = in_flight_.at(number);
  if (++entry.deaths >= limits_.deaths_max) {
    remove(in_flight_, number);
    return Fate::dropped;
  }
  return_unheard(number);
  return Fate::waits;
}

void EventQueue::remove(Entries& from, Number number) {
  const auto found = from.find(number);
  assert(found != from.end());
  bytes_ -= found->second.event->params_json.size();
  from.erase(found);
}

void EventQueue::clear() {
  waiting_.clear();
  in_flight_.clear();
  aside_.clear();
  bytes_ = 0;
}

}  // namespace collet::services
