// What a schema says of itself in a few words, for sentences about values that do not fit it.
// Internal to explain/*.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/sources.hpp"

namespace collet::schema::explaining {

/// `place`, or what it leads to where it is a reference and has nothing to say itself.
[[nodiscard]] Place behind_references(Sources& sources, Place place);

/// What the subschema wants, to stand after "is": `"circle"`, "one of a, b", "a string". Nothing
/// where that does not fit into a few words.
[[nodiscard]] std::optional<std::string> wanted(Sources& sources, Place place);

/// `string: the note's title`: for a property that is missing. May be empty.
[[nodiscard]] std::string hint(Sources& sources, Place place);

/// The name of a branch: its title, or the last part of the reference it is. May be empty.
[[nodiscard]] std::string label(Sources& sources, Place place);

/// The names in `properties` at `place`.
[[nodiscard]] std::vector<std::string> own_names(Sources& sources, Place place);
/// The same, and those of all that is applied to the same instance: references, branches.
[[nodiscard]] std::vector<std::string> all_names(Sources& sources, Place place);

}  // namespace collet::schema::explaining
