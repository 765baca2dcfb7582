// Keywords that judge the items of an array.
#include <utility>
#include <vector>

#include "schema/compile/emit.hpp"
#include "schema/compile/numbers.hpp"
#include "schema/keyword_rules.hpp"

namespace collet::schema::compiling {
namespace {

using json::Value;

/// One walk over the items for all keywords that look at each.
void emit_items(Compiler& compiler, const Subschema& schema) {
  auto [prefix, rest] = item_keywords(schema.keywords);
  if (!rest && !schema.tracks) rest = schema[Keyword::unevaluated_items];
  if (!prefix && !rest) return;
  Builder& builder = compiler.builder();
  ArrayPlan plan;
  if (prefix) {
    std::vector<Target> targets;
    for (const Value item : prefix->elements()) targets.push_back(compiler.applied(schema, item));
    plan.prefix_count = static_cast<std::uint32_t>(targets.size());
    plan.first_prefix = append(builder.tables().targets, std::move(targets));
  }
  if (rest) {
    plan.rest = compiler.applied(schema, *rest);
    plan.marks_rest = true;
  }
  builder.emit_entry(Op::items, k_arrays, builder.tables().arrays, plan);
}

void emit_contains(Compiler& compiler, const Subschema& schema) {
  const auto item = schema[Keyword::contains];
  if (!item) return;
  const SchemaDraft draft = compiler.sources().dialect_at(schema.place).draft;
  const ContainsPlan plan{.target = compiler.applied(schema, *item),
                          .least = count_of(schema[Keyword::min_contains], 1),
                          .most = count_of(schema[Keyword::max_contains], k_unbounded),
                          .marks = draft >= SchemaDraft::draft2020_12};
  Builder& builder = compiler.builder();
  builder.emit_entry(Op::contains, k_arrays, builder.tables().rare->contains, plan);
}

}  // namespace

void emit_arrays(Compiler& compiler, const Subschema& schema) {
  emit_items(compiler, schema);
  emit_contains(compiler, schema);
  if (const auto unique = schema[Keyword::unique_items]; unique && *unique->as_bool()) {
    compiler.builder().emit(Op::unique, k_arrays);
  }
}

}  // namespace collet::schema::compiling
