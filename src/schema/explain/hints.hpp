// What a schema says of itself in a few words, for sentences about values that do not fit it.
// Internal to explain/*.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/sources.hpp"

namespace collet::schema::explaining {

/// `place`, or what it leads to where it is nothing but a reference (behind_bare_references).
[[nodiscard]] Place behind_references(Sources& sources, Place place);

/// The values that a subschema allows, where it names them all.
struct AllowedValues {
  std::vector<json::Value> values;  ///< the first of them
  std::size_t all = 0;
};
/// By `const` or `enum`, also behind references and in all branches of a union; each once.
[[nodiscard]] std::optional<AllowedValues> allowed_values(Sources& sources, Place place);
/// Keeps the first of values with the same text: branches of a union often allow the same.
void drop_repeated(AllowedValues& allowed);

/// "a, b, "c d", … (5 more)": the first dozen of them.
[[nodiscard]] std::string listed(const AllowedValues& allowed);

/// The names in the value of a `type`.
[[nodiscard]] std::vector<std::string> type_names(json::Value type);

/// What the subschema wants, to stand after "is": `"circle"`, "one of a, b", "a string". Nothing
/// where that does not fit into a few words.
[[nodiscard]] std::optional<std::string> wanted(Sources& sources, Place place);

/// `string: the note's title`, `must be "circle"`: for a property that is missing. May be empty.
[[nodiscard]] std::string hint(Sources& sources, Place place);

/// The name of a branch: its title, or the last part of the reference it is. May be empty.
[[nodiscard]] std::string label(Sources& sources, Place place);

/// The names in `properties` at `place`.
[[nodiscard]] std::vector<std::string> own_names(Sources& sources, Place place);

/// The same, and those of all that is applied to the same instance: references, branches.
struct KnownNames {
  std::vector<std::string> names;
  bool has_others = false;  ///< of `patternProperties`, or more than are collected
};
[[nodiscard]] KnownNames all_names(Sources& sources, Place place);

}  // namespace collet::schema::explaining
