// What keywords become: one function for each subject, in the file of that name. Each emits into
// the current block. Internal to compile/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json/document.hpp"
#include "schema/compile/compiler.hpp"
#include "schema/compile/subschema.hpp"
#include "schema/program.hpp"

namespace collet::schema::compiling {

/// `type`, where no target leads to the subschema: others have it in the target.
void emit_type(Compiler& compiler, const Subschema& schema);
/// Values without parts, and the counts of parts.
void emit_scalars(Compiler& compiler, const Subschema& schema);
/// Members: `properties` and its relatives, `required`, `propertyNames`, the dependencies.
void emit_objects(Compiler& compiler, const Subschema& schema);
/// Items: `items` and its relatives, `contains`, `uniqueItems`.
void emit_arrays(Compiler& compiler, const Subschema& schema);
/// `$ref`, `$dynamicRef`, `$recursiveRef`.
void emit_references(Compiler& compiler, const Subschema& schema);
/// `allOf`, `anyOf`, `oneOf`, `not`, `if`.
void emit_combinations(Compiler& compiler, const Subschema& schema);
/// `unevaluatedProperties` and `unevaluatedItems`, behind all that may evaluate.
void emit_unevaluated(Compiler& compiler, const Subschema& schema);

/// A call of the schema at `to`.
void emit_call(Compiler& compiler, Place from, Place to);
/// Names that have to be there, each once.
void emit_requirement(Compiler& compiler, const std::vector<std::string>& names);
/// The names in a list, each once; none where there is no list.
[[nodiscard]] std::vector<std::string> names_in(std::optional<json::Value> list);
/// `oneOf` or `anyOf` where one property's string leaves one of its branches at most: only that
/// branch is tried. False, and nothing emitted, where it is not so. `targets` are the branches'.
[[nodiscard]] bool emit_selection(Compiler& compiler, const Subschema& schema, json::Value branches,
                                  const std::vector<Target>& targets);

}  // namespace collet::schema::compiling
