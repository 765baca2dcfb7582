// Which findings are worth reading: of a union those of the branch that was meant, and of several
// that say the same one. Internal to explain/*.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schema/explain/explain.hpp"
#include "schema/explain/hints.hpp"

namespace collet::schema::explaining {

/// How `anyOf` and `oneOf`, where no branch fits, are told.
struct Choice {
  enum class Kind : std::uint8_t {
    types,          ///< every branch wants another type
    values,         ///< every branch wants another value at `finding`'s instance
    discriminator,  ///< what tells the branches apart is not there: `property`, one of `allowed`
    presence,       ///< the branches differ in what they require; each lacks one of `missing`
    obvious,  ///< all others are of another type or kind: this branch's violations are the story
    closest,  ///< this branch came closest
  };
  Kind kind = Kind::closest;
  std::uint32_t finding = Finding::none;  ///< the branch, or for `values` one of the violations
  std::size_t number = 0;                 ///< of the branch, from 1
  std::string property{};
  AllowedValues allowed{};
  std::vector<std::vector<std::string>> missing{};  ///< names of properties, each set once
};
/// Whether `discriminator` and `presence` are among the answers: finding that out takes time, up to
/// a millisecond.
enum class Absences : std::uint8_t { considered, left_out };
/// Its parts are those before `end`: while it is judged, it does not know it itself.
[[nodiscard]] Choice choose(const Explanation& explanation, std::uint32_t finding,
                            std::uint32_t end, Absences absences);
[[nodiscard]] inline Choice choose(const Explanation& explanation, std::uint32_t finding) {
  return choose(explanation, finding, explanation.findings[finding].end, Absences::considered);
}

/// The branches' violations of `type`, or of `enum` and `const` at that part of the instance.
[[nodiscard]] std::vector<std::uint32_t> alternatives(const Explanation& explanation,
                                                      std::uint32_t finding, const Choice& choice);
/// Whether the finding is an `anyOf` or `oneOf` of which no branch fits.
[[nodiscard]] bool has_no_branch(const Finding& finding);

/// What to read of the findings in [first, last): indices of violations that have no parts worth
/// reading.
[[nodiscard]] std::vector<std::uint32_t> leaves(const Explanation& explanation, std::uint32_t first,
                                                std::uint32_t last);

// explain/absence.cpp: branches that are told apart by what is not there. `branches` are those that
// the instance may have been meant for, two or more of them; `choice` is completed where true is
// returned.

/// They hold the same property to different values, and the instance has none.
[[nodiscard]] bool lacks_discriminator(const Explanation& explanation,
                                       const std::vector<std::uint32_t>& branches, Choice& choice);
/// Each of them has no violation but that properties are missing.
[[nodiscard]] bool lacks_presence(const Explanation& explanation,
                                  const std::vector<std::uint32_t>& branches, Choice& choice);

/// Calls `use` with every violation of the finding that has no parts.
template <class Use>
void each_leaf(const Explanation& explanation, std::uint32_t finding, Use&& use) {
  const auto& findings = explanation.findings;
  for (std::uint32_t at = finding; at < findings[finding].end;) {
    if (findings[at].valid) {
      at = findings[at].end;
      continue;
    }
    if (findings[at].end == at + 1) use(at);
    ++at;
  }
}

}  // namespace collet::schema::explaining
