// What back-references see, in an engine that forgets less than ECMA-262 does.
#pragma once

#include <cstdint>
#include <vector>

#include "schema/pattern/syntax.hpp"

namespace collet::schema::pattern {

/// In ECMA-262 every iteration of a repetition forgets what the groups in it captured in the
/// iteration before (22.2.2.3.1, step 4); in PCRE2 a group keeps its text until it captures anew.
enum class ReferenceKind : std::uint8_t {
  plain,         ///< the same in both
  always_empty,  ///< in ECMA-262: whenever it is read, the group has not taken part, or is
                 ///< forgotten
  may_be_stale,  ///< reads what ECMA-262 has forgotten: `(?:(a)|b)*\1` after "ab"
};

/// For each of `tree.references`.
[[nodiscard]] std::vector<ReferenceKind> kinds_of_references(const Tree& tree);

}  // namespace collet::schema::pattern
