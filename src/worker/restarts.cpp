#include "worker/restarts.hpp"

#include <algorithm>

namespace collet::worker {

Clock::duration backoff_delay(const RestartPolicy& policy, std::uint32_t crashes,
                              std::uint64_t random) {
  auto delay = policy.first;
  for (std::uint32_t i = 1; i < crashes && delay < policy.longest; ++i) delay *= 2;
  delay = std::min(delay, policy.longest);
  // A share from -25 % to +25 % in steps of 1/1000.
  const auto per_mille = static_cast<std::int64_t>(random % 501) - 250;
  return delay + delay / 1000 * per_mille;
}

Restarts::Next Restarts::crashed(TimePoint now, Clock::duration ran, std::uint64_t random) {
  if (ran >= policy_.stable_after) forgive();
  ++in_a_row_;
  ++total_;
  while (!recent_.empty() && now - recent_.front() >= policy_.window) recent_.pop_front();
  recent_.push_back(now);
  has_failed_ = has_failed_ || recent_.size() >= policy_.crashes_max;
  if (has_failed_) return {true, policy_.retry_after};
  return {false, backoff_delay(policy_, in_a_row_, random)};
}

void Restarts::forgive() {
  recent_.clear();
  in_a_row_ = 0;
  has_failed_ = false;
}

}  // namespace collet::worker
