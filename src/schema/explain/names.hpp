// Which name was meant: the same one in other letters, a misspelt one, or one with a word more or
// less. Internal to explain/*.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace collet::schema::explaining {

/// The words of a name in lower case: "old", "text" of `old_text`, `oldText` and `Old-Text`.
[[nodiscard]] std::vector<std::string> words_of(std::string_view name);

/// The one of `candidates` that was probably meant by `name`; empty where none or several may have
/// been. Takes up to a millisecond (see ClosestName).
[[nodiscard]] std::string_view nearest_name(std::string_view name,
                                            const std::vector<std::string>& candidates);

}  // namespace collet::schema::explaining
