// UTF-8 one sequence at a time, surrogates in their three-byte form (WTF-8) told apart.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace collet::json::utf8 {

enum class Form {
  valid,
  surrogate,  ///< U+D800 to U+DFFF in three bytes: not UTF-8, but WTF-8
  invalid,
};

struct Sequence {
  Form form;
  std::size_t length;  ///< bytes; where invalid, the longest start of a sequence that could have
                       ///< become valid
};

/// The sequence at the start of `text`, which is not empty (The Unicode Standard, table 3-7).
[[nodiscard]] Sequence read(std::string_view text);

/// Whether all of `text` is UTF-8.
[[nodiscard]] bool is_valid(std::string_view text);

/// Appends `code_point` (at most U+10FFFF); a surrogate becomes its three-byte form.
void append(std::string& out, char32_t code_point);

}  // namespace collet::json::utf8
