// What speaks for a branch of a union in the instance itself: the members that the branch knows.
#include <algorithm>
#include <cstddef>
#include <optional>

#include "schema/explain/walk.hpp"
#include "schema/value/text.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;

// What is looked at. Nothing beyond speaks for a branch.
constexpr std::size_t k_properties_max = 256;
constexpr std::size_t k_members_max = 64;
constexpr std::size_t k_parts_max = 8;  // of an allOf
constexpr int k_nesting_max = 2;        // of them

/// Whether the property's schema allows but some values, and this one is among them.
std::optional<bool> fits_values(Walk& walk, Place property, Value value) {
  const Keywords& keywords = walk.read_behind_references(property).keywords;
  if (const auto constant = keywords[Keyword::const_]) return walk.equals(value, *constant);
  if (const auto values = keywords[Keyword::enum_]) return walk.equals_one_of(value, *values);
  return std::nullopt;
}

/// `nesting` is that of `allOf`: the shared part of the branches and what each adds.
void count_members(Walk& walk, Place branch, Value instance, Likeness& likeness, int nesting) {
  if (!walk.spend()) return;
  Subschema& schema = walk.read_behind_references(branch);
  const auto parts = schema.keywords[Keyword::all_of];
  if (parts && nesting < k_nesting_max && parts->size() <= k_parts_max) {
    for (const Value part : parts->elements()) {
      count_members(walk, {schema.place.document, part.index()}, instance, likeness, nesting + 1);
    }
  }
  const auto properties = schema.keywords[Keyword::properties];
  if (!properties || properties->size() > k_properties_max) return;
  if (!walk.spend_on(std::min(instance.size(), k_members_max))) return;
  std::size_t members = 0;
  for (const auto& [key, value] : instance.members()) {
    if (++members > k_members_max) return;
    const auto property = schema.property(Text(key).view());
    if (!property) continue;
    ++likeness.known;
    if (const auto fits = fits_values(walk, *property, value)) {
      likeness.discriminators += *fits ? 1 : -1;
    }
  }
}

}  // namespace

Likeness likeness_of(Walk& walk, Place branch, Value instance) {
  Likeness likeness;
  if (instance.is_object()) count_members(walk, branch, instance, likeness, 0);
  return likeness;
}

}  // namespace collet::schema::explaining
