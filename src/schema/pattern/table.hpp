// Patterns that a small automaton can say, as a table: one lookup a byte, nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "schema/pattern/syntax.hpp"

namespace collet::schema::pattern {

/// A deterministic automaton over the bytes of UTF-8 (surrogates in their three-byte form). A state
/// is the index of its row in `next_`; a row has a column for the end of the text and one for each
/// class of bytes that the pattern does not tell apart. Row 0 never matches, row 1 has matched.
class Table {
 public:
  /// Nothing where the pattern has look-around, back-references, word boundaries or properties, or
  /// takes more than `states_max` states. Gives up early on patterns that would take many more.
  [[nodiscard]] static std::optional<Table> build(const Tree& tree, std::uint32_t states_max);

  /// Whether `text` contains a match.
  [[nodiscard]] bool search(std::string_view text) const {
    const std::uint16_t* const next = next_.data();
    const std::size_t matched = width_;
    std::size_t state = start_;
    for (const char byte : text) {
      state = next[state + column_of_[static_cast<unsigned char>(byte)]];
      if (state <= matched) return state == matched;
    }
    return next[state] == matched;
  }

  [[nodiscard]] std::size_t memory() const { return next_.capacity() * sizeof(next_.front()); }
  [[nodiscard]] std::size_t states() const { return next_.size() / width_; }

 private:
  std::array<std::uint8_t, 256> column_of_{};
  std::uint16_t width_ = 1;
  std::uint16_t start_ = 0;
  std::vector<std::uint16_t> next_;
};

}  // namespace collet::schema::pattern
