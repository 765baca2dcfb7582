// Keywords that apply several subschemas to the value itself, and what looks at what they leave.
#include <utility>
#include <vector>

#include "schema/compile/emit.hpp"

namespace collet::schema::compiling {
namespace {

using json::Value;

/// A subschema of `allOf`: its instructions stand in line, unless it is a resource of its own. One
/// that has an `allOf` itself is called, so that nothing stands in line more than twice.
void emit_branch(Compiler& compiler, const Subschema& schema, Value branch) {
  const Place place = schema.at(branch);
  const Sources& sources = compiler.sources();
  if (sources.resource_at(place) != sources.resource_at(schema.place) || branch.find("allOf")) {
    return emit_call(compiler, schema.place, place);
  }
  compiler.emit_subschema(place, Part::inlined);
}

/// The target of a subschema that is applied to the value itself.
Target applied_in_place(Compiler& compiler, const Subschema& schema, Value branch) {
  const Target target = compiler.applied(schema, branch);
  compiler.builder().note_in_place(target);
  return target;
}

void emit_alternatives(Compiler& compiler, Op op, const Subschema& schema, Value branches) {
  std::vector<Target> targets;
  for (const Value branch : branches.elements()) {
    targets.push_back(applied_in_place(compiler, schema, branch));
  }
  if (emit_selection(compiler, schema, branches, targets)) return;
  Builder& builder = compiler.builder();
  const auto count = static_cast<std::uint32_t>(targets.size());
  builder.emit(op, k_every_kind, append(builder.tables().targets, std::move(targets)), count);
}

void emit_condition(Compiler& compiler, const Subschema& schema) {
  if (!schema[Keyword::if_]) return;
  std::vector<Target> targets;
  for (const Keyword keyword : {Keyword::if_, Keyword::then_, Keyword::else_}) {
    const auto branch = schema[keyword];
    targets.push_back(branch ? applied_in_place(compiler, schema, *branch) : Target::everything());
  }
  Builder& builder = compiler.builder();
  builder.emit(Op::condition, k_every_kind, append(builder.tables().targets, std::move(targets)));
}

}  // namespace

void emit_combinations(Compiler& compiler, const Subschema& schema) {
  if (const auto all = schema[Keyword::all_of]) {
    for (const Value branch : all->elements()) emit_branch(compiler, schema, branch);
  }
  if (const auto any = schema[Keyword::any_of]) {
    emit_alternatives(compiler, Op::any_of, schema, *any);
  }
  if (const auto one = schema[Keyword::one_of]) {
    emit_alternatives(compiler, Op::one_of, schema, *one);
  }
  if (const auto not_ = schema[Keyword::not_]) {
    Builder& builder = compiler.builder();
    builder.emit(Op::not_, k_every_kind, builder.keep_in_place(compiler.applied(schema, *not_)));
  }
  emit_condition(compiler, schema);
}

void emit_unevaluated(Compiler& compiler, const Subschema& schema) {
  Builder& builder = compiler.builder();
  if (const auto rest = schema[Keyword::unevaluated_properties]) {
    builder.emit(Op::unevaluated_members, k_objects, builder.keep(compiler.applied(schema, *rest)));
  }
  if (const auto rest = schema[Keyword::unevaluated_items]) {
    builder.emit(Op::unevaluated_items, k_arrays, builder.keep(compiler.applied(schema, *rest)));
  }
}

}  // namespace collet::schema::compiling
