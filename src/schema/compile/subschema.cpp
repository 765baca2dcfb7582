#include "schema/compile/subschema.hpp"

#include "schema/keyword_rules.hpp"

namespace collet::schema::compiling {
namespace {

/// Keywords that apply subschemas to the value itself, and so may evaluate parts of it.
constexpr std::uint64_t k_in_place = bits_of(
    Keyword::ref, Keyword::dynamic_ref, Keyword::recursive_ref, Keyword::all_of, Keyword::any_of,
    Keyword::one_of, Keyword::if_, Keyword::dependent_schemas, Keyword::dependencies);

/// Without anything beside it that applies subschemas to the same value, `unevaluatedProperties` is
/// `additionalProperties`, and likewise for items: nothing has to be noted.
bool needs_tracking(std::uint64_t bits) {
  const std::uint64_t unevaluated =
      bits & bits_of(Keyword::unevaluated_properties, Keyword::unevaluated_items);
  if (unevaluated == 0) return false;
  if ((bits & k_in_place) != 0) return true;
  return (unevaluated & bit_of(Keyword::unevaluated_items)) != 0 &&
         (bits & bit_of(Keyword::contains)) != 0;
}

}  // namespace

Subschema::Subschema(const Sources& sources, Place where)
    : place(where),
      keywords(sources.value(where), sources.dialect_at(where)),
      asserting(asserting_keywords(sources, where, keywords)),
      tracks(needs_tracking(asserting)) {}

}  // namespace collet::schema::compiling
