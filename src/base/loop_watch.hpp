// Whether a loop keeps its time: nothing on it may block.
#pragma once

#include <cstdint>

#include "base/file_descriptor.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"

namespace collet {

/// How long a loop did not come round.
struct LoopGaps {
  Clock::duration longest{};
  std::uint64_t too_long = 0;  ///< gaps beyond the limit
};

/// Asks the loop for a turn all the time, and sees how late it comes: less what its thread waited
/// for a processor, which is the machine's fault (/proc/self/task/…/schedstat; without that file it
/// counts too). A gap beyond the limit is told to the log. Loop thread only.
class LoopWatch {
 public:
  /// Half of what a person notices; a call takes a thousandth.
  static constexpr Clock::duration gap_max = std::chrono::milliseconds(100);

  /// Begins at once. Both outlive it.
  LoopWatch(Loop& loop, Logger& log);
  LoopWatch(const LoopWatch&) = delete;
  LoopWatch& operator=(const LoopWatch&) = delete;
  ~LoopWatch();

  [[nodiscard]] const LoopGaps& seen() const { return seen_; }

 private:
  void look();
  [[nodiscard]] Clock::duration waited_for_processor() const;

  Loop& loop_;
  Logger& log_;
  FileDescriptor schedstat_;
  TimePoint looked_at_;
  Clock::duration waited_before_{};
  LoopGaps seen_;
  Timer timer_;
};

}  // namespace collet
