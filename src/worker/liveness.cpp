#include "worker/liveness.hpp"

#include <utility>

namespace collet::worker {

void Liveness::answered(TimePoint now) {
  answered_at_ = now;
  silent_since_.reset();
  has_missed_deadline_ = false;
}

void Liveness::answered_health(TimePoint now) {
  answered(now);
  knows_health_ = true;
}

void Liveness::missed_deadline() {
  if (std::exchange(has_missed_deadline_, true)) return;
  silent_since_.reset();  // an older question may have gone to one that does not know it
}

Liveness::Verdict Liveness::look(TimePoint now, const Sight& sight) {
  if (std::exchange(was_stopped_, sight.is_stopped) && sight.is_stopped) return Verdict::stopped;
  if (!silent_since_) {
    const bool is_due =
        has_missed_deadline_ || (sight.is_idle && now - answered_at_ >= policy_->patience);
    return is_due ? Verdict::ask : Verdict::fine;
  }
  const bool is_deaf_now = is_deaf(now, sight);
  return std::exchange(was_deaf_, is_deaf_now) && is_deaf_now ? Verdict::deaf : Verdict::fine;
}

bool Liveness::is_deaf(TimePoint now, const Sight& sight) {
  if (sight.is_excused || sight.is_stopped) silent_since_ = now;
  return now - *silent_since_ >= policy_->patience && (has_missed_deadline_ || knows_health_);
}

}  // namespace collet::worker
