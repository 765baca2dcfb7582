#include "schema/program.hpp"

namespace collet::schema {
namespace {

template <class Table>
std::size_t bytes_of(const Table& table) {
  return table.capacity() * sizeof(typename Table::value_type);
}

template <class Rare, class Visit>
void for_each_rare(Rare& rare, Visit&& visit) {
  visit(rare.pattern_targets);
  visit(rare.contains);
  visit(rare.requirements);
  visit(rare.dependencies);
  visit(rare.selections);
  visit(rare.dynamic_anchors);
  visit(rare.long_numbers);
  visit(rare.divisors);
  visit(rare.other_values);
}

template <class Program, class Visit>
void for_each_table(Program& program, Visit&& visit) {
  visit(program.code);
  visit(program.targets);
  visit(program.objects);
  visit(program.arrays);
  visit(program.ranges);
  visit(program.value_sets);
  visit(program.short_numbers);
  visit(program.names.names);
  visit(program.names.slots);
  visit(program.names.long_names);
  if (program.rare) for_each_rare(*program.rare, visit);
}

}  // namespace

void Program::shrink() {
  bool has_rare = false;
  for_each_rare(*rare, [&](const auto& table) { has_rare = has_rare || !table.empty(); });
  if (!has_rare) rare.reset();
  for_each_table(*this, [](auto& table) { table.shrink_to_fit(); });
}

std::size_t Program::memory() const {
  std::size_t bytes = rare ? sizeof(RareTables) : 0;
  for_each_table(*this, [&](const auto& table) { bytes += bytes_of(table); });
  if (!rare) return bytes;
  for (const OtherValue& value : rare->other_values) bytes += value.document.memory();
  for (const std::string& token : rare->long_numbers) bytes += token.capacity();
  for (const Divisor& divisor : rare->divisors) bytes += divisor.token.capacity();
  for (const Selection& selection : rare->selections) bytes += selection.property.capacity();
  for (const DynamicAnchor& anchor : rare->dynamic_anchors) bytes += bytes_of(anchor.meanings);
  return bytes;
}

}  // namespace collet::schema
