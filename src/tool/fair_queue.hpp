// Whose turn it is among the calls of one plugin that wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "collet/deadline.hpp"

namespace collet::tool {

/// Weighted fair queueing: each caller has a clock of its own that moves by 1/weight with each call
/// it starts, and the caller whose clock is furthest behind is next; so nobody who calls much makes
/// others wait for more than one call of his a turn. Of one caller's calls the one whose deadline
/// is first goes first. A tool that has no room holds up its own calls only.
///
/// A full queue displaces: while a caller has less than its share of the places, a new call of its
/// takes the place of one of whoever has most beyond his. One thread; knows no time.
class FairQueue {
 public:
  /// Names a call. Counts up with the order of arrival.
  using Number = std::uint64_t;
  struct Call {
    std::string caller;
    std::uint32_t weight = 1;  ///< of the caller, at least 1; the same for all its calls
    std::size_t tool = 0;
    Deadline deadline = Deadline::never();
    std::size_t places = 1;  ///< how much of the queue it takes, at least 1
  };

  void add(Number number, Call call);
  /// The call whose turn it is among those of tools for which `has_room(tool)`.
  template <class HasRoom>
  [[nodiscard]] std::optional<Number> next(HasRoom has_room) const;
  /// Removes a call whose turn has come: its caller's clock moves.
  void start(Number number);
  /// Removes a call that ends unstarted.
  void remove(Number number);

  [[nodiscard]] bool empty() const { return calls_.empty(); }
  [[nodiscard]] std::size_t size() const { return calls_.size(); }
  [[nodiscard]] std::size_t places() const { return places_; }
  /// How many of the waiting calls would start before a new one of this caller, about.
  [[nodiscard]] std::size_t ahead_of(const std::string& caller, std::uint32_t weight) const;
  /// Where `places_max` leave no room for `call`: the one that has to go for it; nothing where it
  /// is `call` itself that finds no place.
  [[nodiscard]] std::optional<Number> displaced_by(const Call& call, std::size_t places_max) const;

 private:
  struct Caller {
    double clock = 0;
    Number since = 0;  // names the caller where clocks are equal: who came first goes first
    std::uint32_t weight = 1;
    std::size_t places = 0;
    // By tool; none is empty.
    std::map<std::size_t, std::set<std::pair<Deadline, Number>>> calls{};
    [[nodiscard]] std::pair<double, Number> rank() const { return {clock, since}; }
    [[nodiscard]] std::size_t size() const;
  };
  // Callers in the order of their turns.
  using Ranking = std::map<std::pair<double, Number>, Caller*>;

  void take_out(Number number);
  void forget_idle();

  std::unordered_map<Number, std::pair<Caller*, Call>> calls_;
  std::unordered_map<std::string, Caller> callers_;
  std::map<std::size_t, Ranking> by_tool_;  // who waits for which tool; no ranking is empty
  // Callers that wait for nothing and whose clocks are ahead: who comes back at once does not start
  // anew.
  std::map<std::pair<double, Number>, std::string> idle_;
  double clock_ = 0;           // of a caller that comes now
  double waiting_weight_ = 0;  // of all that wait
  std::size_t places_ = 0;
};

template <class HasRoom>
std::optional<FairQueue::Number> FairQueue::next(HasRoom has_room) const {
  const Caller* first = nullptr;
  std::pair<Deadline, Number> call{Deadline::never(), 0};
  for (const auto& [tool, ranking] : by_tool_) {
    if (!has_room(tool)) continue;
    const auto& [rank, caller] = *ranking.begin();
    const auto& urgent = *caller->calls.at(tool).begin();
    if (first == nullptr || rank < first->rank() || (caller == first && urgent < call)) {
      first = caller;
      call = urgent;
    }
  }
  if (first == nullptr) return std::nullopt;
  return call.second;
}

}  // namespace collet::tool
