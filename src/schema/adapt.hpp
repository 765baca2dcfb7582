// Changes an instance as its schema allows: defaults, and strings that mean something else.
//
// Only what applies to a value whatever else it is counts: its subschema, what `$ref` leads to, and
// all of `allOf`. A branch of `anyOf` or `oneOf`, `not`, `if`, `then`, `else`, dependent schemas
// and dynamic references leave more than one reading, and what `patternProperties` describes is
// left alone as well.
//
// Defaults: a property that is absent gets the `default` beside its schema's other keywords, or, in
// this order, that of the `$ref` or the `allOf` there. Where two schemas name different ones, none
// is filled in. Defaults are filled in inside of objects that are there, in items of arrays, and
// inside of defaults.
//
// Coercion happens where the value has none of the types it may have (`type`; of `anyOf` and
// `oneOf` the types of all branches together):
// - a string that is a JSON number to the last byte becomes that number, "true" and "false" become
//   booleans, where the type is among those allowed;
// - any value but null, "" and a string that begins with "[" becomes an array of one, where an
//   array is all that is allowed and its first item may be that value, coerced if need be.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "collet/schema.hpp"
#include "json/document.hpp"
#include "schema/sources.hpp"

namespace collet::schema {

/// What adapting may add and cost. Where a limit is reached, the rest stays as it was sent.
struct AdaptLimits {
  /// Bytes of defaults: they nest, and a schema of 1 KB can ask for more than memory has.
  std::size_t added_bytes_max = std::size_t{1} << 20;
  /// Defaults inside of defaults: a schema that refers to itself has no end of them.
  int nested_defaults_max = 16;
  /// Applications of a subschema: about a quarter of a second.
  std::size_t steps_max = 1'000'000;
  /// Nesting of the result: what json::ParseLimits reads again. A deeper one is given up.
  std::size_t depth_max = 1000;
};

/// Whether a schema that has been compiled from `sources` may have a `default` to fill in: false
/// only where none of its documents speaks of one. For whoever wants to spare adapt() altogether.
[[nodiscard]] bool may_have_defaults(const Sources& sources);

/// The text of `instance` with defaults filled in and values coerced where the schema leaves
/// exactly one reading; nothing where nothing changes. Every other token keeps its bytes, members
/// keep their order, and those that are added stand behind them in the order of the schema.
[[nodiscard]] std::optional<std::string> adapt(Sources& sources, Place root, json::Value instance,
                                               SchemaAdaptation adaptation,
                                               const AdaptLimits& limits = {});

}  // namespace collet::schema
