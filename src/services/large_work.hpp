// Work on texts that may be large, which must not hold the loop up.
#pragma once

#include <cstddef>
#include <functional>
#include <utility>

#include "base/background.hpp"

namespace collet::services {

/// Reading or writing so much JSON takes the loop less than a millisecond.
inline constexpr std::size_t k_on_loop_bytes_max = 256u << 10;

/// Does work on `bytes` bytes: at once where they are few, else off the loop. Answers on the loop.
template <class T>
void do_by_size(Background& background, std::size_t bytes,
                std::move_only_function<Result<T>()> work, Reply<T> reply) {
  if (bytes <= k_on_loop_bytes_max) return reply(work());
  off_loop<T>(background, std::move(work), std::move(reply));
}

}  // namespace collet::services
