// The decoded text of string tokens, without allocation for the usual ones.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string_view>

#include "json/document.hpp"

namespace collet::schema {

/// What stands between the quotes of a string token.
struct StringToken {
  /// `value` is a string.
  explicit StringToken(json::Value value) {
    const json::detail::Tape& tape = value.tape();
    const json::detail::Node& node = tape.nodes[value.index()];
    content = {tape.text.data() + node.begin + 1, node.end - node.begin - std::size_t{2}};
    escaped = node.is_escaped();
  }
  std::string_view content;
  bool escaped;  ///< whether a backslash is among it; otherwise the content is the text
};

/// The decoded text of a string value: a view into the document where the token has no escapes, an
/// own copy otherwise (UTF-8; a lone surrogate in its three-byte form). Lives as long as this
/// object and the document. Allocates where a token with escapes has more than `inline_bytes`.
class Text {
 public:
  /// A paragraph with line breaks has room.
  static constexpr std::size_t inline_bytes = 256;

  /// `value` is a string.
  explicit Text(json::Value value) {
    const StringToken token(value);
    view_ = token.content;
    if (token.escaped) [[unlikely]]
      decode();
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  void decode();

  std::string_view view_;
  std::unique_ptr<char[]> long_;
  std::array<char, inline_bytes> short_;  // not initialised: most texts need none of it
};

/// The code point that one sequence of UTF-8, or a surrogate's three-byte form, stands for.
[[nodiscard]] char32_t code_point_of(std::string_view sequence);

/// The code points of UTF-8, where a surrogate in its three-byte form counts one.
[[nodiscard]] std::size_t count_code_points(std::string_view utf8);

/// The length of a string value in code points, as minLength and maxLength count (2020-12
/// validation, section 6.3.1); a lone surrogate counts one. Without allocation.
[[nodiscard]] std::size_t code_points(json::Value value);

}  // namespace collet::schema
