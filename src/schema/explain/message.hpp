// From findings to sentences. Internal to explain/*.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "json/pointer.hpp"
#include "schema/explain/explain.hpp"

namespace collet::schema::explaining {

/// The value of a finding's keyword, or of that keyword beside it.
[[nodiscard]] std::optional<json::Value> keyword_value(const Explanation& explanation, Place schema,
                                                       Keyword keyword);
[[nodiscard]] inline json::Value instance_of(const Explanation& explanation,
                                             const Finding& finding) {
  return {explanation.instance.tape(), finding.instance};
}
/// The name of the finding's keyword; of a subschema's the keyword that it is the value of.
[[nodiscard]] std::string_view keyword_name(const Explanation& explanation, const Finding& finding);

/// The part of the instance that a violation is reported at: for an unknown property the object.
[[nodiscard]] std::uint32_t reported_at(const Explanation& explanation, std::uint32_t finding);

/// Whether the sentence of an `anyOf` or `oneOf` includes those of the closest branch.
enum class Branches : std::uint8_t { told, left_out };

/// Whether a sentence proposes the name or value that was probably meant, which takes up to a
/// millisecond.
enum class Suggestions : std::uint8_t { made, left_out };

/// The sentence of a violation: starts with the instance's pointer unless that is the root. `paths`
/// is of the instance.
[[nodiscard]] std::string sentence_of(const Explanation& explanation, json::PathFinder& paths,
                                      std::uint32_t finding, Branches branches,
                                      Suggestions suggestions);

}  // namespace collet::schema::explaining
