// Eight bytes at a time in a plain register. For those who read tokens: json/, and schema/ where it
// judges them.
#pragma once

#include <cstdint>
#include <cstring>

namespace collet::json::swar {

inline constexpr std::uint64_t ones = 0x0101'0101'0101'0101;  ///< 1 in every byte
inline constexpr std::uint64_t tops = ones << 7;              ///< the top bit of every byte

/// The eight bytes at `bytes`.
inline std::uint64_t load(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Not 0 where a byte of `word` is `byte`. Which bit is set may lie above the right one; whether
/// one is set is exact.
constexpr std::uint64_t has(std::uint64_t word, char byte) {
  const std::uint64_t difference = word ^ (ones * static_cast<unsigned char>(byte));
  return (difference - ones) & ~difference & tops;
}

}  // namespace collet::json::swar
