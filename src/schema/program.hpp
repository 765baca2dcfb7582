// The compiled form of a schema: instructions, and the tables they point into. It answers whether
// an instance fits and knows nothing of where a keyword stood; explain.hpp tells why.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "json/document.hpp"
#include "schema/name_table.hpp"
#include "schema/target.hpp"

namespace collet::schema {

enum class Op : std::uint8_t {
  nothing,              ///< any value fits
  type,                 ///< its kind is in `a`
  never,                ///< no value of these kinds fits
  values,               ///< `enum`, `const`: value_sets[a]
  range,                ///< ranges[a]
  multiple_of,          ///< divisors[a]
  length,               ///< code points from a to b
  pattern,              ///< patterns[a]
  format,               ///< Format a
  member_count,         ///< members from a to b
  object,               ///< objects[a]
  plain_object,         ///< objects[a], without `patternProperties`
  names,                ///< `propertyNames`: targets[a] for each name
  requirement,          ///< requirements[a]
  dependencies,         ///< dependencies[a]
  item_count,           ///< elements from a to b
  items,                ///< arrays[a]
  contains,             ///< contains[a]
  unique,               ///< all elements differ
  call,                 ///< targets[a]
  any_of,               ///< b targets from a on
  one_of,               ///< b targets from a on
  select,               ///< selections[a]: `oneOf`, `anyOf` whose branches a property tells apart
  not_,                 ///< targets[a]
  condition,            ///< `if`, `then`, `else`: three targets from a on
  enter,                ///< targets[b] inside resource a, which counts for dynamic references
  dynamic_call,         ///< dynamic_anchors[a], or targets[b] where no resource around has it
  track,                ///< targets[a], noting what of the value it evaluates
  unevaluated_members,  ///< targets[a] for each member not yet evaluated
  unevaluated_items,    ///< targets[a] for each element not yet evaluated
};

/// One assertion or applicator. It looks at values of `kinds` only; others pass.
struct Instruction {
  Op op = Op::nothing;
  Kinds kinds = k_every_kind;
  bool is_last = false;  ///< of its block
  std::uint32_t a = 0;
  std::uint32_t b = 0;
};

/// No upper bound, for `length`, `member_count` and `item_count`.
inline constexpr std::uint32_t k_unbounded = 0xFFFFFFFF;
inline constexpr std::uint32_t k_no_index = 0xFFFFFFFF;

/// A short number times 10^6, an integer.
[[gnu::always_inline]] [[nodiscard]] constexpr std::int64_t scaled(json::ShortNumber number) {
  constexpr std::int64_t powers[] = {1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};
  return number.digits * powers[number.scale];
}
/// No scaled short number is larger.
inline constexpr std::int64_t k_scaled_max =
    std::int64_t{json::ShortNumber::digits_max + 1} * 1'000'000;

/// `minimum`, `maximum` and their exclusive forms.
struct Range {
  /// What scaled short numbers have to lie between, both included. A bound that is a short number
  /// itself is known by it exactly.
  std::int64_t least_scaled = std::numeric_limits<std::int64_t>::min();
  std::int64_t most_scaled = std::numeric_limits<std::int64_t>::max();
  std::uint32_t minimum = k_no_index;  ///< into long_numbers, where it is no short number
  std::uint32_t maximum = k_no_index;
  bool minimum_excluded = false;
  bool maximum_excluded = false;
};

/// `multipleOf`.
struct Divisor {
  std::int64_t scaled = 0;  ///< where it is a short number, not 0
  std::string token;
};

/// The values of an `enum`, by kind.
struct ValueSet {
  NameTable strings;
  std::uint32_t first_short = 0;  ///< into short_numbers, where they rise
  std::uint32_t short_count = 0;
  std::uint32_t first_other = 0;  ///< into other_values, where their hashes rise
  std::uint32_t other_count = 0;
  bool has_null = false;
  bool has_true = false;
  bool has_false = false;
};

/// A value of an `enum` that is no string, literal or short number.
struct OtherValue {
  std::uint64_t hash = 0;
  json::Document document;
};

struct PatternTarget {
  std::uint32_t pattern = 0;
  Target target;
};

/// `properties`, `patternProperties`, `additionalProperties` and `required` of one subschema: one
/// walk over the members.
struct ObjectPlan {
  NameTable properties;
  std::uint32_t first_pattern = 0;
  std::uint32_t pattern_count = 0;
  Target additional;
  bool marks_additional = false;  ///< `additionalProperties` is there, so it evaluates the rest
  std::uint64_t required = 0;     ///< the bits that have to come together
};

/// `prefixItems` and `items`, or what they were called before 2020-12.
struct ArrayPlan {
  std::uint32_t first_prefix = 0;  ///< into targets
  std::uint32_t prefix_count = 0;
  Target rest;
  bool marks_rest = false;  ///< there is a schema for the rest, so it evaluates them
};

struct ContainsPlan {
  Target target;
  std::uint32_t least = 1;
  std::uint32_t most = k_unbounded;
  bool marks = false;  ///< from 2020-12 on, what it finds is evaluated
};

/// Names that have to be there, more than ObjectPlan::required has bits for.
struct Requirement {
  NameTable names;
};

/// Members whose presence asks something of the whole object: the targets of their names.
struct DependencyPlan {
  NameTable triggers;
};

/// Branches that want different strings in one property: the value of that property leaves one.
struct Selection {
  std::string property;
  NameTable values;  ///< with their branches
};

/// The blocks that a dynamic anchor of one name means, by resource.
struct DynamicAnchor {
  struct Meaning {
    std::uint32_t resource = 0;
    Target target;
  };
  std::vector<Meaning> meanings;  ///< the resources rise
};

/// What few schemas have.
struct RareTables {
  std::vector<PatternTarget> pattern_targets;
  std::vector<ContainsPlan> contains;
  std::vector<Requirement> requirements;
  std::vector<DependencyPlan> dependencies;
  std::vector<Selection> selections;
  std::vector<DynamicAnchor> dynamic_anchors;
  std::vector<std::string> long_numbers;  ///< tokens of bounds that are no short numbers
  std::vector<Divisor> divisors;
  std::vector<OtherValue> other_values;
};

/// Immutable once compiled.
struct Program {
  Target root;
  std::uint32_t root_resource = 0;
  std::vector<Instruction> code;
  std::vector<Target> targets;
  std::vector<ObjectPlan> objects;
  std::vector<ArrayPlan> arrays;
  std::vector<Range> ranges;
  std::vector<ValueSet> value_sets;
  std::vector<std::uint32_t> short_numbers;  ///< of `enum`, packed
  NameStore names;
  std::unique_ptr<RareTables> rare = std::make_unique<RareTables>();  ///< null where all are empty

  /// Gives back what the tables have in reserve.
  void shrink();
  /// Heap bytes.
  [[nodiscard]] std::size_t memory() const;
};

}  // namespace collet::schema
