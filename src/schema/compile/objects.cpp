// Keywords that judge the members of an object.
#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/compile/emit.hpp"

namespace collet::schema::compiling {
namespace {

using json::Value;

/// Required names that one word has room for.
constexpr std::size_t k_required_bits = Name::k_not_required;

/// The names that one table knows, in order.
class Properties {
 public:
  /// What is kept with `name`, which is added where it is new.
  Name& at(std::string name) {
    const auto [known, is_new] = position_.try_emplace(std::move(name), names_.size());
    if (is_new) {
      names_.push_back(known->first);
      what_.push_back({.is_declared = false});
    }
    return what_[known->second];
  }
  /// At most k_required_bits different ones.
  void require(std::string name) {
    Name& property = at(std::move(name));
    if (property.required == Name::k_not_required) property.required = required_count_++;
  }
  [[nodiscard]] std::uint64_t required_word() const {
    return (std::uint64_t{1} << required_count_) - 1;
  }
  /// Gives `target` to those that are required only.
  void fill_undeclared(Target target) {
    for (Name& property : what_) {
      if (!property.is_declared) property.target = target;
    }
  }
  [[nodiscard]] NameTable table(Builder& builder) const {
    return builder.name_table(names_, what_);
  }

 private:
  std::vector<std::string> names_;
  std::vector<Name> what_;
  std::unordered_map<std::string, std::size_t> position_;
  std::uint8_t required_count_ = 0;
};

void declare(Compiler& compiler, const Subschema& schema, Value declared, Properties& properties) {
  for (const auto& [key, value] : declared.members()) {
    const Target target = compiler.applied(schema, value);
    Name& property = properties.at(*key.as_string());
    property.is_declared = true;
    property.target = target;  // of a repeated key the last counts
  }
}

std::vector<PatternTarget> pattern_targets_of(Compiler& compiler, const Subschema& schema,
                                              std::optional<Value> patterns) {
  std::vector<PatternTarget> targets;
  if (!patterns) return targets;
  for (const auto& [key, value] : patterns->members()) {
    const std::uint32_t pattern = compiler.add_pattern(schema.at(value), *key.as_string());
    targets.push_back({pattern, compiler.applied(schema, value)});
  }
  return targets;
}

/// One walk over the members for all keywords that look at each.
void emit_members(Compiler& compiler, const Subschema& schema) {
  const auto declared = schema[Keyword::properties];
  const auto patterns = schema[Keyword::pattern_properties];
  const auto required = schema[Keyword::required];
  auto additional = schema[Keyword::additional_properties];
  if (!additional && !schema.tracks) additional = schema[Keyword::unevaluated_properties];
  if (!declared && !patterns && !required && !additional) return;

  Properties properties;
  if (declared) declare(compiler, schema, *declared, properties);
  std::vector<std::string> required_names = names_in(required);  // left there: beyond the word
  if (required_names.size() <= k_required_bits) {
    for (std::string& name : required_names) properties.require(std::move(name));
    required_names.clear();
  }
  std::vector<PatternTarget> pattern_targets = pattern_targets_of(compiler, schema, patterns);
  ObjectPlan plan;
  if (additional) {
    plan.additional = compiler.applied(schema, *additional);
    plan.marks_additional = true;
  }
  properties.fill_undeclared(plan.additional);
  Builder& builder = compiler.builder();
  plan.required = properties.required_word();
  plan.properties = properties.table(builder);
  plan.pattern_count = static_cast<std::uint32_t>(pattern_targets.size());
  plan.first_pattern = append(builder.tables().rare->pattern_targets, std::move(pattern_targets));
  builder.emit_entry(patterns ? Op::object : Op::plain_object, k_objects, builder.tables().objects,
                     std::move(plan));
  emit_requirement(compiler, required_names);
}

void emit_property_names(Compiler& compiler, const Subschema& schema) {
  const auto names = schema[Keyword::property_names];
  if (!names) return;
  const Target target = compiler.applied(schema, *names);
  if (target == Target::everything()) return;
  compiler.builder().emit(Op::names, k_objects, compiler.builder().keep(target));
}

/// The members of `map` are what the presence of a name asks: more names, or a schema.
void emit_dependencies(Compiler& compiler, const Subschema& schema, Value map) {
  Builder& builder = compiler.builder();
  Properties triggers;
  for (const auto& [key, value] : map.members()) {
    const Target target = value.is_array() ? builder.add_block(schema.at(value), Part::requirement)
                                           : compiler.applied(schema, value);
    builder.note_in_place(target);
    triggers.at(*key.as_string()).target = target;
  }
  builder.emit_entry(Op::dependencies, k_objects, builder.tables().rare->dependencies,
                     {triggers.table(builder)});
}

}  // namespace

void emit_objects(Compiler& compiler, const Subschema& schema) {
  emit_members(compiler, schema);
  emit_property_names(compiler, schema);
  for (const Keyword keyword :
       {Keyword::dependent_required, Keyword::dependent_schemas, Keyword::dependencies}) {
    if (const auto map = schema[keyword]) emit_dependencies(compiler, schema, *map);
  }
}

void emit_requirement(Compiler& compiler, const std::vector<std::string>& names) {
  if (names.empty()) return;
  Builder& builder = compiler.builder();
  builder.emit_entry(Op::requirement, k_objects, builder.tables().rare->requirements,
                     {builder.name_table(names)});
}

std::vector<std::string> names_in(std::optional<Value> list) {
  std::vector<std::string> names;
  if (!list) return names;
  for (const Value name : list->elements()) names.push_back(*name.as_string());
  return each_once(std::move(names));
}

}  // namespace collet::schema::compiling
