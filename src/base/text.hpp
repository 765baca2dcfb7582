// Parts of texts. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace collet {

/// The beginning of `text` in at most so many bytes, cut between characters and never inside one.
[[nodiscard]] constexpr std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

/// The same for a message, with "…" where something is left out.
[[nodiscard]] inline std::string shortened(std::string_view text, std::size_t bytes_max) {
  const auto beginning = cut(text, bytes_max);
  return std::string(beginning) + (beginning.size() < text.size() ? "…" : "");
}

/// `text` without what of `space` is around it: ASCII's white space where nothing else is said.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text,
                                                 std::string_view space = " \t\n\v\f\r") {
  const auto first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(space) - first + 1);
}

}  // namespace collet
