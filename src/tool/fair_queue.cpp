#include "tool/fair_queue.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace collet::tool {

std::size_t FairQueue::Caller::size() const {
  std::size_t sum = 0;
  for (const auto& [tool, waiting] : calls) sum += waiting.size();
  return sum;
}

void FairQueue::add(Number number, Call call) {
  auto& caller = callers_[call.caller];
  if (caller.calls.empty()) {
    if (caller.since == 0) {
      caller.since = number;
      caller.weight = call.weight;
    } else {
      idle_.erase(caller.rank());
    }
    caller.clock = std::max(caller.clock, clock_);
    waiting_weight_ += caller.weight;
  }
  auto& waiting = caller.calls[call.tool];
  if (waiting.empty()) by_tool_[call.tool].emplace(caller.rank(), &caller);
  waiting.emplace(call.deadline, number);
  caller.places += call.places;
  places_ += call.places;
  calls_.emplace(number, std::pair(&caller, std::move(call)));
}

void FairQueue::start(Number number) {
  auto& caller = *calls_.at(number).first;
  // At least by what one turn of everybody takes, so that whoever comes later does not come first
  // for ever.
  clock_ = std::max(clock_ + 1 / waiting_weight_, caller.clock);
  const auto before = caller.rank();
  // Whom a full tool held up does not catch up on all the turns that others had meanwhile.
  caller.clock = std::max(caller.clock, clock_ - 1) + 1.0 / caller.weight;
  for (const auto& [tool, waiting] : caller.calls) {
    auto& ranking = by_tool_.at(tool);
    ranking.erase(before);
    ranking.emplace(caller.rank(), &caller);
  }
  take_out(number);
}

void FairQueue::remove(Number number) {
  take_out(number);
}

void FairQueue::take_out(Number number) {
  const auto found = calls_.find(number);
  assert(found != calls_.end());
  auto& [caller, call] = found->second;
  places_ -= call.places;
  caller->places -= call.places;
  const auto waiting = caller->calls.find(call.tool);
  waiting->second.erase({call.deadline, number});
  if (waiting->second.empty()) {
    const auto ranking = by_tool_.find(call.tool);
    ranking->second.erase(caller->rank());
    if (ranking->second.empty()) by_tool_.erase(ranking);
    caller->calls.erase(waiting);
  }
  if (caller->calls.empty()) {
    waiting_weight_ -= caller->weight;
    idle_.emplace(caller->rank(), call.caller);
  }
  calls_.erase(found);
  forget_idle();
}

void FairQueue::forget_idle() {
  if (calls_.empty()) {  // nobody is behind anybody
    callers_.clear();
    idle_.clear();
    clock_ = 0;
    waiting_weight_ = 0;
    return;
  }
  while (!idle_.empty() && idle_.begin()->first.first <= clock_) {
    callers_.erase(idle_.begin()->second);
    idle_.erase(idle_.begin());
  }
}

std::size_t FairQueue::ahead_of(const std::string& name, std::uint32_t weight) const {
  const auto found = callers_.find(name);
  const auto own = found == callers_.end() ? 0 : found->second.size();
  auto ahead = own;
  for (const auto& [other, caller] : callers_) {
    if (other == name) continue;
    // Until the new call's turn everybody has as many as its caller, by weight.
    const auto turns = static_cast<double>(own + 1) * caller.weight / weight;
    ahead += std::min(caller.size(), static_cast<std::size_t>(std::ceil(turns)));
  }
  return ahead;
}

std::optional<FairQueue::Number> FairQueue::displaced_by(const Call& call,
                                                         std::size_t places_max) const {
  const auto found = callers_.find(call.caller);
  const auto own = found == callers_.end() ? 0 : found->second.places;
  const auto weights = waiting_weight_ + (own > 0 ? 0 : call.weight);
  const auto share = static_cast<double>(places_max) * call.weight / weights;
  if (static_cast<double>(own + call.places) > share) return std::nullopt;
  const Caller* most = nullptr;
  const auto load = [](const Caller& caller) {
    return static_cast<double>(caller.places) / caller.weight;
  };
  for (const auto& [name, caller] : callers_) {
    if (name != call.caller && (most == nullptr || load(caller) > load(*most))) most = &caller;
  }
  if (most == nullptr || most->calls.empty()) return std::nullopt;
  auto last = *most->calls.begin()->second.rbegin();
  for (const auto& [tool, waiting] : most->calls) last = std::max(last, *waiting.rbegin());
  return last.second;
}

}  // namespace collet::tool
