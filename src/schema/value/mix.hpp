// The step of the room's hashes.
#pragma once

#include <cstdint>

namespace collet::schema {

/// Both halves of the product of `a` and `b`: every bit of each reaches every bit of the result,
/// unless one of them is 0, so one of them has to be a secret where that matters.
[[nodiscard]] inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
}

}  // namespace collet::schema
