// Pieces of sentences: values, names and lists as a model and a person read them. Everything is one
// line of valid UTF-8 without invisible characters, which are escaped as in JSON, and bounded,
// whatever stands in the schema or the instance.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.hpp"

namespace collet::schema::wording {

/// Code points of a quoted value. Enough to recognise what one has sent.
inline constexpr std::size_t quoted_max = 60;
/// Code points of a pointer in a sentence; the violation has it whole.
inline constexpr std::size_t pointer_max = 120;

/// The value as JSON text without white space, its end replaced by "…" where it is long.
[[nodiscard]] std::string quoted(json::Value value);
/// Decoded text as a JSON string, shortened in the same way.
[[nodiscard]] std::string quoted(std::string_view text);
/// Text without quotes, white space as single spaces, shortened.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t code_points_max = quoted_max);
/// A title or a description inside of a sentence: without the full stop at its end.
[[nodiscard]] std::string phrase(std::string_view text);
/// A pointer, shortened at its beginning: the end of a pointer says more.
[[nodiscard]] std::string shown_pointer(std::string_view pointer);
/// One word of an enumeration: strings without their quotes where nobody can take them for anything
/// else.
[[nodiscard]] std::string bare_or_quoted(json::Value value);

/// A name of `type`: "an integer", "null".
[[nodiscard]] std::string with_article(std::string_view type);
[[nodiscard]] std::string with_article(json::Kind kind);
/// `"12" (a string)`; null stands alone.
[[nodiscard]] std::string with_kind(json::Value value);

/// "a", "a or b", "a, b or c".
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view last);
/// The same without the word; where `parts` are but the first of `all`, with "… (5 more)" behind.
[[nodiscard]] std::string enumerated(const std::vector<std::string>& parts, std::size_t all);
/// "1st", "22nd".
[[nodiscard]] std::string ordinal(std::size_t number);
/// "1 item", "3 items"; `amount` is the text of a number.
[[nodiscard]] std::string counted(std::string_view amount, std::string_view one,
                                  std::string_view many);
/// "2,000,000".
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace collet::schema::wording
