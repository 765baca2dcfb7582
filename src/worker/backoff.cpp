#include "worker/backoff.hpp"

#include <algorithm>

namespace collet::worker {

Clock::duration backoff_delay(const BackoffPolicy& policy, std::uint32_t crashes,
                              std::uint64_t random) {
  auto delay = policy.first;
  for (std::uint32_t i = 1; i < crashes && delay < policy.longest; ++i) delay *= 2;
  delay = std::min(delay, policy.longest);
  // A share from -25 % to +25 % in steps of 1/1000.
  const auto per_mille = static_cast<std::int64_t>(random % 501) - 250;
  return delay + delay / 1000 * per_mille;
}

}  // namespace collet::worker
