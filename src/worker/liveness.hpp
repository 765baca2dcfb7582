// Whether a worker that runs still does its work. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "collet/deadline.hpp"
#include "collet/limits.hpp"

namespace collet::worker {

struct LivenessPolicy {
  Clock::duration look_every = limits::worker::look_every;  ///< between two looks
  /// So long may a worker be silent before it is asked for its health, and then again before it
  /// counts as deaf.
  Clock::duration patience = limits::worker::silence_max;
};

/// One run of a worker, from its answer to `initialize` on.
///
/// Silence inside a call's deadline is no crime: a busy single-threaded worker answers nothing for
/// seconds, and reads its input in order. So nobody is found deaf while a call that was sent before
/// the question may still be answered. A worker that has never answered `health` may not know it:
/// it is deaf only where it has let a call's deadline pass as well.
class Liveness {
 public:
  enum class Verdict : std::uint8_t {
    fine,
    ask,      ///< for its health; then `asked` is to be called
    stopped,  ///< by a signal, and it did not go on
    deaf,     ///< it answers neither its calls by their deadlines nor `health`
  };

  /// What the host knows at a look.
  struct Sight {
    bool is_stopped = false;
    bool is_idle = true;      ///< no call is open
    bool is_excused = false;  ///< it may be busy with a call that it got before the open question
  };

  /// The policy outlives it.
  Liveness(const LivenessPolicy& policy, TimePoint now) : policy_(&policy), answered_at_(now) {}

  /// It answered something: it listens.
  void answered(TimePoint now);
  void answered_health(TimePoint now);
  /// A call was not answered by its deadline.
  void missed_deadline();
  void asked(TimePoint now) { silent_since_ = now; }

  /// To be asked every `look_every`.
  [[nodiscard]] Verdict look(TimePoint now, const Sight& sight);
  [[nodiscard]] bool has_missed_deadline() const { return has_missed_deadline_; }

 private:
  [[nodiscard]] bool is_deaf(TimePoint now, const Sight& sight);

  const LivenessPolicy* policy_;
  TimePoint answered_at_;
  std::optional<TimePoint> silent_since_;  // since it was asked, or excused later than that
  bool has_missed_deadline_ = false;       // since it answered last
  bool knows_health_ = false;
  bool was_stopped_ = false;  // at the look before
  bool was_deaf_ = false;
};

}  // namespace collet::worker
