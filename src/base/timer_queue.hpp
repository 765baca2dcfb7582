// Pending timers ordered by time: the part that the real and the virtual loop share.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/loop.hpp"

namespace collet {

/// A binary heap in which cancelled entries stay until they come up or outnumber the live ones,
/// because nearly all timers are deadlines that are cancelled long before they are due. Timers of
/// one moment fire in the order in which they were added.
class TimerQueue {
 public:
  std::uint64_t add(TimePoint when, Task task);
  void cancel(std::uint64_t id);
  /// When the earliest timer is due.
  [[nodiscard]] std::optional<TimePoint> next();
  /// Takes the earliest task that is due at `now`, or nothing.
  [[nodiscard]] std::optional<Task> take_due(TimePoint now);
  [[nodiscard]] std::size_t size() const { return tasks_.size(); }

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t id;
  };
  static bool later(const Entry& a, const Entry& b);
  void drop_cancelled();

  std::vector<Entry> heap_;
  std::unordered_map<std::uint64_t, Task> tasks_;
  std::uint64_t last_id_ = 0;
};

}  // namespace collet
