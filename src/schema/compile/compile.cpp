#include "schema/compile/compile.hpp"

#include "schema/compile/compiler.hpp"

namespace collet::schema {

std::expected<Program, SchemaError> compile_program(Sources& sources, Place root,
                                                    const SchemaLimits& limits,
                                                    Patterns& patterns) {
  return compiling::Compiler(sources, limits, patterns).compile(root);
}

}  // namespace collet::schema
