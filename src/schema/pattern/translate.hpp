// Patterns in the words of RE2 and PCRE2. Both get explicit character classes, so that nothing
// hangs on what `\d`, `.` or `$` mean to them.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "schema/pattern/pattern.hpp"
#include "schema/pattern/syntax.hpp"

namespace collet::schema::pattern {

/// Nothing where RE2 cannot say it (look-around, back-references, and properties but the categories
/// and scripts), or only at length.
[[nodiscard]] std::optional<std::string> to_re2(const Tree& tree);

/// The longest text that a look-behind may read: what it costs at every character is not counted.
inline constexpr std::uint32_t look_behind_max = 255;

/// In PCRE2's words, with callouts where a search has to account for its work (see
/// pattern/pcre2.hpp): `(?C0)` for the distance from the last one, `(?C<n>)` for the text of group
/// n, `(?C255)` for any group beyond 254.
///
/// Refused: look-behind over texts of different lengths (but for its outermost alternatives) or
/// over a back-reference; a back-reference that may be stale (pattern/references.hpp); the property
/// Changes_When_NFKC_Casefolded; counts beyond 65,535.
[[nodiscard]] std::expected<std::string, PatternError> to_pcre2(const Tree& tree);

}  // namespace collet::schema::pattern
