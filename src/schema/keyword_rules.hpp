// What keywords of one subschema mean together, where more than one reader of schemas has to know.
#pragma once

#include <cstdint>
#include <optional>

#include "json/document.hpp"
#include "schema/sources.hpp"

namespace collet::schema {

/// The keywords at `place` that can make a difference to whether a value fits: a bit for each.
/// Annotations are left out, and a `format` that is not asserted there or has no rule.
[[nodiscard]] std::uint64_t asserting_keywords(const Sources& sources, Place place,
                                               const Keywords& keywords);

/// The schema that `place` stands for: where a subschema is nothing but a reference, the one that
/// the reference leads to, and so on, `references_max` times at most. A reference that leads
/// nowhere is not followed.
[[nodiscard]] Place behind_bare_references(Sources& sources, Place place,
                                           std::uint32_t references_max);

/// The keywords that speak of an array's items by their index.
struct ItemKeywords {
  std::optional<json::Value> prefix;  ///< an array: a schema for each of the first items
  std::optional<json::Value> rest;    ///< the schema of all items behind them
};
/// `prefixItems` and `items` (2020-12 core, section 10.3.1), or what they were called before: the
/// array form of `items`, and `additionalItems`, which means nothing without it (2019-09 core,
/// section 9.3.1).
[[nodiscard]] ItemKeywords item_keywords(const Keywords& keywords);

/// Whether `exclusive`, the value of `exclusiveMinimum` or `exclusiveMaximum`, is the flag that it
/// was in draft-04 and is set: then the limit beside it does not fit itself. From draft-06 on it is
/// a limit of its own.
[[nodiscard]] bool excludes_limit_beside(std::optional<json::Value> exclusive);

}  // namespace collet::schema
