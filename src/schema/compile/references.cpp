// Keywords that apply a schema that stands elsewhere.
#include <cstdint>

#include "schema/compile/emit.hpp"

namespace collet::schema::compiling {

void emit_references(Compiler& compiler, const Subschema& schema) {
  if (const auto reference = schema[Keyword::ref]) {
    const auto target = compiler.referred(schema.place, *reference);
    if (target) emit_call(compiler, schema.place, *target);
  }
  for (const Keyword keyword : {Keyword::dynamic_ref, Keyword::recursive_ref}) {
    const auto reference = schema[keyword];
    if (!reference) continue;
    const auto target = compiler.referred(schema.place, *reference);
    if (!target) return;
    const auto name = compiler.sources().dynamic_name(keyword, *reference->as_string(), *target);
    if (!name) {
      emit_call(compiler, schema.place, *target);
      continue;
    }
    const std::uint32_t anchor = compiler.dynamic_anchor(*name);
    compiler.builder().emit_dynamic_call(anchor, compiler.applied(schema.place, *target));
  }
}

void emit_call(Compiler& compiler, Place from, Place to) {
  const Target target = compiler.applied(from, to);
  if (target == Target::everything()) return;
  compiler.builder().emit(Op::call, k_every_kind, compiler.builder().keep_in_place(target));
}

}  // namespace collet::schema::compiling
