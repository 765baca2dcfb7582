// Keywords that judge a value by itself: its type, the values it may be, numbers, strings, counts.
#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "json/writer.hpp"
#include "schema/compile/emit.hpp"
#include "schema/compile/numbers.hpp"
#include "schema/kinds.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/format.hpp"
#include "schema/value/number.hpp"

namespace collet::schema::compiling {
namespace {

using json::Value;

/// A number as a short one, however it is spelt.
std::optional<json::ShortNumber> short_number_of(Value value) {
  return value.is_number() ? Number::of(value).short_number() : std::nullopt;
}

template <class Values>
void emit_values(Builder& builder, const Values& values) {
  ValueSet set;
  std::vector<std::string> strings;
  std::vector<std::uint32_t> short_numbers;
  std::vector<OtherValue> others;
  for (const Value value : values) {
    if (value.is_null()) {
      set.has_null = true;
    } else if (const auto truth = value.as_bool()) {
      (*truth ? set.has_true : set.has_false) = true;
    } else if (value.is_string()) {
      strings.push_back(*value.as_string());
    } else if (const auto number = short_number_of(value)) {
      short_numbers.push_back(number->packed());
    } else {
      // It was parsed before, so it parses again, however deep it is.
      constexpr json::ParseLimits k_any_depth{.depth_max =
                                                  std::numeric_limits<std::uint32_t>::max()};
      others.push_back({hash(value), *json::Document::parse(json::compact(value), k_any_depth)});
    }
  }
  std::ranges::sort(short_numbers);
  std::ranges::sort(others, {}, &OtherValue::hash);
  Program& tables = builder.tables();
  set.strings = builder.name_table(each_once(std::move(strings)));
  set.short_count = static_cast<std::uint32_t>(short_numbers.size());
  set.first_short = append(tables.short_numbers, std::move(short_numbers));
  set.other_count = static_cast<std::uint32_t>(others.size());
  set.first_other = append(tables.rare->other_values, std::move(others));
  builder.emit_entry(Op::values, k_every_kind, tables.value_sets, set);
}

void emit_multiple_of(Compiler& compiler, const Subschema& schema) {
  const auto divisor = schema[Keyword::multiple_of];
  if (!divisor) return;
  if (Number(divisor->raw()).significant_digits() > Number::divisor_digits_max) {
    return compiler.refuse(
        schema.at(*divisor),
        "multipleOf must have at most " + std::to_string(Number::divisor_digits_max) + " digits");
  }
  Divisor kept{.token = std::string(divisor->raw())};
  if (const auto exact = Number::of(*divisor).short_number()) kept.scaled = scaled(*exact);
  Builder& builder = compiler.builder();
  builder.emit_entry(Op::multiple_of, k_numbers, builder.tables().rare->divisors, std::move(kept));
}

/// `op` with the counts of two keywords.
void emit_counts(Builder& builder, Op op, Kinds kinds, std::optional<Value> least,
                 std::optional<Value> most) {
  if (least || most) builder.emit(op, kinds, count_of(least, 0), count_of(most, k_unbounded));
}

}  // namespace

void emit_type(Compiler& compiler, const Subschema& schema) {
  const auto type = schema[Keyword::type];
  if (type) compiler.builder().emit(Op::type, k_every_kind, kinds_of_type(*type));
}

void emit_scalars(Compiler& compiler, const Subschema& schema) {
  Builder& builder = compiler.builder();
  if (const auto values = schema[Keyword::enum_]) emit_values(builder, values->elements());
  if (const auto value = schema[Keyword::const_]) emit_values(builder, std::array{*value});
  if (const auto range = range_of(schema, builder.tables().rare->long_numbers)) {
    builder.emit_entry(Op::range, k_numbers, builder.tables().ranges, *range);
  }
  emit_multiple_of(compiler, schema);
  emit_counts(builder, Op::length, k_strings, schema[Keyword::min_length],
              schema[Keyword::max_length]);
  if (const auto pattern = schema[Keyword::pattern]) {
    builder.emit(Op::pattern, k_strings,
                 compiler.add_pattern(schema.at(*pattern), *pattern->as_string()));
  }
  if ((schema.asserting & bit_of(Keyword::format)) != 0) {
    const auto format = format_named(*schema[Keyword::format]->as_string());
    builder.emit(Op::format, k_strings, static_cast<std::uint32_t>(*format));
  }
  emit_counts(builder, Op::member_count, k_objects, schema[Keyword::min_properties],
              schema[Keyword::max_properties]);
  emit_counts(builder, Op::item_count, k_arrays, schema[Keyword::min_items],
              schema[Keyword::max_items]);
}

}  // namespace collet::schema::compiling
