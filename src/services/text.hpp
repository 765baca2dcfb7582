// Parts of texts. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace collet::services {

/// The beginning of `text` in at most so many bytes, cut between characters and never inside one.
[[nodiscard]] constexpr std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

/// `text` without ASCII white space around it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  constexpr std::string_view k_space = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(k_space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(k_space) - first + 1);
}

}  // namespace collet::services
