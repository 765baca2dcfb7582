// From findings to sentences. Internal to explain/*.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

/// What to read of the findings in [first, last): indices of violations that have no parts worth
/// reading.
[[nodiscard]] std::vector<std::uint32_t> leaves(const Explanation& explanation, std::uint32_t first,
                                                std::uint32_t last);

/// How `anyOf` and `oneOf`, where no branch fits, are told.
struct Choice {
  enum class Kind : std::uint8_t {
    types,    ///< every branch wants another type
    values,   ///< every branch wants another value at `finding`'s instance
    obvious,  ///< all others are of another type or kind: this branch's violations are the story
    closest,  ///< this branch came closest
  };
  Kind kind = Kind::closest;
  std::uint32_t finding = Finding::none;  ///< the branch, or for `values` one of the violations
  std::size_t number = 0;                 ///< of the branch, from 1
};
/// Its parts are those before `end`: while it is judged, it does not know it itself.
[[nodiscard]] Choice choose(const Explanation& explanation, std::uint32_t finding,
                            std::uint32_t end);
[[nodiscard]] inline Choice choose(const Explanation& explanation, std::uint32_t finding) {
  return choose(explanation, finding, explanation.findings[finding].end);
}
/// The branches' violations of `type`, or of `enum` and `const` at that part of the instance.
[[nodiscard]] std::vector<std::uint32_t> alternatives(const Explanation& explanation,
                                                      std::uint32_t finding, const Choice& choice);
/// Whether the finding is an `anyOf` or `oneOf` of which no branch fits.
[[nodiscard]] bool has_no_branch(const Finding& finding);

}  // namespace collet::schema::explaining
