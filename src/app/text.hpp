// Text for terminals: width, cutting, and the taming of what plugins write. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tool/shell_word.hpp"

namespace collet::app {

/// `text` on one line and harmless: what could move the cursor, colour the screen or turn the
/// reading direction (C0 and C1 controls, bidirectional controls, bytes that are not UTF-8) shows
/// as an escape like \n, \x1b or \u202e.
[[nodiscard]] std::string printable(std::string_view text);
/// The same for text of several lines: line feeds and tabs stay.
[[nodiscard]] std::string printable_lines(std::string_view text);

/// Columns that `text` takes on a terminal: 2 for East Asian wide characters and emoji, 0 for
/// combining marks.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// `text` in at most `width` columns, its end replaced by "…" where it is longer.
[[nodiscard]] std::string cut(std::string_view text, std::size_t width);

/// The first sentence of a description (to the first ". " or line feed), without white space
/// around.
[[nodiscard]] std::string first_sentence(std::string_view text);

/// The candidate that was probably meant by `name`, judged as the daemon judges tool names
/// (base/closest_name.hpp).
[[nodiscard]] std::optional<std::string> closest(std::string_view name,
                                                 std::span<const std::string> candidates);

using tool::shell_word;

/// "1 tool", "3 tools".
[[nodiscard]] std::string counted(std::size_t count, std::string_view noun);

}  // namespace collet::app
