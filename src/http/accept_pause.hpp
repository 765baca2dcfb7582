// How long a server that cannot accept leaves its socket alone. Internal to this room.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/loop.hpp"

namespace collet::http {

/// Pauses that double from the shortest to the longest until `forget`. Without them the loop would
/// spin: a listening socket stays readable while somebody waits in its backlog. Loop thread only.
class AcceptPause {
 public:
  /// Longer than closing a connection takes, and nobody notices it.
  static constexpr std::chrono::milliseconds shortest{10};
  /// Once a second costs nothing, and who is let in after a second has not given up yet.
  static constexpr std::chrono::milliseconds longest{1000};

  explicit AcceptPause(Loop& loop) : loop_(loop) {}

  [[nodiscard]] bool is_under_way() const { return under_way_; }
  /// Calls `resume` after the next pause. None is under way.
  void begin(Task resume) {
    resume_ = std::move(resume);
    under_way_ = true;
    end_after(next_);
    next_ = std::min(2 * next_, longest);
  }
  /// Ends the pause that is under way on the loop's next turn: what was wanting may be there.
  void cut_short() {
    if (under_way_) end_after({});
  }
  /// Takes the pause back.
  void cancel() {
    timer_.cancel();
    under_way_ = false;
  }
  /// The next pause is the shortest again.
  void forget() { next_ = shortest; }

 private:
  void end_after(Clock::duration delay) {
    timer_ = loop_.call_after(delay, [this] {
      under_way_ = false;
      std::exchange(resume_, nullptr)();
    });
  }

  Loop& loop_;
  Timer timer_;
  Task resume_;
  bool under_way_ = false;
  std::chrono::milliseconds next_ = shortest;
};

}  // namespace collet::http
