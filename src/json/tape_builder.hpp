// From text to tape: the reading half of json/, behind Parser and Document. Internal to json/.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string_view>

#include "json/document.hpp"

namespace simdjson::internal {
class dom_parser_implementation;
}

namespace collet::json::detail {

/// Reads texts onto tapes and keeps the buffer of structural indexes between them. One thread at a
/// time.
///
/// Two passes. simdjson's stage 1 lists the offset of every bracket, colon, comma, opening quote
/// and first byte of a number or literal ("structural indexes"), and has checked by then: UTF-8, no
/// control character inside a string, every string closed. It reads nothing past the text's end.
/// The second pass walks that list once and checks all the rest of RFC 8259.
class TapeBuilder {
 public:
  TapeBuilder();
  ~TapeBuilder();
  TapeBuilder(TapeBuilder&&) noexcept;
  TapeBuilder& operator=(TapeBuilder&&) noexcept;

  /// Fills `tape` from `text`; the tape's buffer is used again where it fits.
  [[nodiscard]] std::expected<void, ParseError> build(std::string_view text,
                                                      const ParseLimits& limits, Tape& tape);

  /// Heap bytes of the structural indexes.
  [[nodiscard]] std::size_t memory() const;

 private:
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage1_;
};

/// White space between tokens (RFC 8259, section 2).
constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/// A buffer above this is given back when the next text needs a quarter of it or less: one message
/// of 9 MB must not stay resident for ever, and below it the memory is not worth an allocation for
/// each message.
inline constexpr std::size_t kept_bytes_max = std::size_t{1} << 20;

}  // namespace collet::json::detail
