// Whether a keyword's value is what the metaschemas want, and what to say where it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "json/document.hpp"
#include "schema/dialect.hpp"

namespace collet::schema {

enum class Strictness : std::uint8_t {
  metaschema,  ///< all that the draft's own metaschema demands
  evaluation,  ///< what no evaluation can do without
};

struct ShapeFault {
  json::Value where;    ///< the keyword's value, or the part of it that is wrong
  std::string message;  ///< "minLength must be a non-negative integer; got -1"
};

/// The first thing that is wrong with `value`, the value of the keyword of `row`. Subschemas inside
/// of it are not looked at.
[[nodiscard]] std::optional<ShapeFault> shape_fault(const KeywordRow& row, json::Value value,
                                                    SchemaDraft draft, Strictness strictness);

/// What is wrong with `subschema` as a schema, its keywords apart.
[[nodiscard]] std::optional<std::string> schema_fault(json::Value subschema, SchemaDraft draft,
                                                      Strictness strictness);

/// `value` as it stands in those messages.
[[nodiscard]] std::string shown_value(json::Value value);

}  // namespace collet::schema
