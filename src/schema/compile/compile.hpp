// Turns a schema's sources into a program.
#pragma once

#include <expected>

#include "collet/schema.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/program.hpp"
#include "schema/sources.hpp"

namespace collet::schema {

/// Compiles what is reachable from `root`; patterns go to `patterns`. Fails where a reference leads
/// nowhere, a pattern is none, a limit is passed, or a subschema applies itself to the same value
/// for ever, as far as can be told without a value. `patterns` keeps what was added before a
/// failure.
[[nodiscard]] std::expected<Program, SchemaError> compile_program(Sources& sources, Place root,
                                                                  const SchemaLimits& limits,
                                                                  Patterns& patterns);

}  // namespace collet::schema
