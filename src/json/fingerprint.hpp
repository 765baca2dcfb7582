// A few bits that tell strings apart. The parser leaves them with every string token, so that
// whoever looks names up neither reads nor hashes the bytes again.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "json/swar.hpp"

namespace collet::json::detail {

/// The first and the last eight bytes of a text. Of a shorter one both are all of it, in the high
/// bytes, with zeros below.
struct Edges {
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
};

/// What edges_of() reads of a text, whatever its length is.
inline constexpr std::size_t readable_bytes = 8;

/// `readable_bytes` may be read from `bytes` on. Without a branch on the length, which no processor
/// could foresee.
[[nodiscard]] inline Edges edges_of(const char* bytes, std::size_t length) {
  static_assert(std::endian::native == std::endian::little, "the shifts drop what is behind");
  const std::size_t edge = std::min(length, sizeof(std::uint64_t));
  const std::size_t half = 32 - edge * 4;  // 64 bits cannot be shifted away in one go
  const std::uint64_t head = swar::load(bytes) << half << half;
  const std::uint64_t tail = swar::load(bytes + length - edge) << half << half;
  return {head, tail};
}
/// The same where nothing behind the text may be read.
[[nodiscard]] inline Edges edges_of(std::string_view text) {
  if (text.size() >= readable_bytes) return edges_of(text.data(), text.size());
  std::uint64_t all = 0;
  for (const char c : text) all = all >> 8 | std::uint64_t{static_cast<unsigned char>(c)} << 56;
  return {all, all};
}

inline constexpr std::uint32_t fingerprint_bits = 28;

/// Equal texts have equal fingerprints. Long texts that differ in the middle only have equal ones,
/// too, so who meets many of one has to look closer.
[[nodiscard]] inline std::uint32_t fingerprint(const Edges& edges, std::size_t length) {
  constexpr std::uint64_t odd_1 = 0x9E3779B97F4A7C15U;
  constexpr std::uint64_t odd_2 = 0xD6E8FEB86659FD93U;
  const std::uint64_t both = (edges.head + length) * odd_1 + edges.tail;
  return static_cast<std::uint32_t>((both * odd_2) >> (64 - fingerprint_bits));
}

}  // namespace collet::json::detail
