#include "schema/compiler.hpp"

#include <algorithm>
#include <compare>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "schema/explain/wording.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/format.hpp"
#include "schema/value/number.hpp"

namespace collet::schema {
namespace {

using json::Kind;
using json::Value;

/// Keywords that assert nothing by themselves.
constexpr std::uint64_t k_silent =
    bits_of(Keyword::id, Keyword::schema, Keyword::anchor, Keyword::dynamic_anchor,
            Keyword::recursive_anchor, Keyword::vocabulary, Keyword::comment, Keyword::defs,
            Keyword::definitions, Keyword::content_encoding, Keyword::content_media_type,
            Keyword::content_schema, Keyword::title, Keyword::description, Keyword::default_,
            Keyword::deprecated, Keyword::read_only, Keyword::write_only, Keyword::examples);

/// Keywords that apply subschemas to the value itself, and so may evaluate parts of it.
constexpr std::uint64_t k_in_place = bits_of(
    Keyword::ref, Keyword::dynamic_ref, Keyword::recursive_ref, Keyword::all_of, Keyword::any_of,
    Keyword::one_of, Keyword::if_, Keyword::dependent_schemas, Keyword::dependencies);

/// Required names that one word has room for.
constexpr std::size_t k_required_bits = Name::k_not_required;

/// Properties of a branch that are considered for telling it from the others; the first mostly
/// does.
constexpr std::size_t k_discriminators_max = 4;

constexpr Kinds k_numbers = kind_bit(Kind::number);
constexpr Kinds k_strings = kind_bit(Kind::string);
constexpr Kinds k_arrays = kind_bit(Kind::array);
constexpr Kinds k_objects = kind_bit(Kind::object);

Kinds kinds_named(Value name) {
  constexpr std::pair<std::string_view, Kinds> rows[] = {
      {"null", kind_bit(Kind::null)},
      {"boolean", kind_bit(Kind::boolean)},
      {"integer", k_integer},
      {"number", kind_bit(Kind::number)},
      {"string", kind_bit(Kind::string)},
      {"array", kind_bit(Kind::array)},
      {"object", kind_bit(Kind::object)},
  };
  for (const auto& [text, kinds] : rows) {
    if (name.equals(text)) return kinds;
  }
  return 0;
}

/// The kinds that `type` allows.
Kinds kinds_of(Value type) {
  if (type.is_string()) return kinds_named(type);
  Kinds kinds = 0;
  for (const Value name : type.elements()) kinds |= kinds_named(name);
  return kinds;
}

/// A count of `minLength` and its like; beyond 32 bits it is unbounded, which no instance reaches.
std::uint32_t count_of(Value value) {
  const Number number(value.raw());
  if (const auto small = value.as_int64()) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(*small, 0, k_unbounded));
  }
  for (std::uint32_t low = 0, high = k_unbounded;;) {  // 2.0 and 1e2 are counts, too
    const std::uint32_t middle = low + (high - low) / 2;
    const std::string token = std::to_string(middle);
    const auto order = number <=> Number(token);
    if (order == 0 || low == high) return middle;
    (order > 0 ? low : high) = order > 0 ? middle + 1 : middle;
  }
}

/// A number as a short one, however it is spelt.
std::optional<json::ShortNumber> short_number_of(Value value) {
  return value.is_number() ? Number::of(value).short_number() : std::nullopt;
}

/// The least integer that, divided by 10^6, is not below `limit` (above it, where `is_excluded`).
/// Beyond what short numbers reach it stays there.
std::int64_t least_scaled(Value limit, bool is_excluded) {
  if (const auto exact = Number::of(limit).short_number())
    return scaled(*exact) + (is_excluded ? 1 : 0);
  const Number bound(limit.raw());
  std::int64_t low = -k_scaled_max;
  std::int64_t high = k_scaled_max;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const std::string token = std::to_string(middle) + "e-6";
    const auto order = Number(token) <=> bound;
    const bool is_enough = order > 0 || (order == 0 && !is_excluded);
    (is_enough ? high : low) = is_enough ? middle : middle + 1;
  }
  return low;
}

class Compiler {
 public:
  Compiler(Sources& sources, const SchemaLimits& limits, Patterns& patterns)
      : sources_(sources), limits_(limits), patterns_(patterns) {}

  std::expected<Program, SchemaError> compile(Place root) {
    program_.root_resource = sources_.resource_at(root);
    program_.root = target_of(root);
    do {
      while (!waiting_.empty() && !error_) {
        const std::uint32_t block = waiting_.back();
        waiting_.pop_back();
        emit_block(block);
      }
    } while (!error_ && find_dynamic_meanings());
    if (!error_) refuse_endless();
    if (error_) return std::unexpected(std::move(*error_));
    finish();
    return std::move(program_);
  }

 private:
  /// What of a subschema a block holds.
  enum class Part : std::uint8_t {
    whole,
    tracked,      ///< what runs inside of `track`
    entry,        ///< nothing but entering its resource
    inlined,      ///< it stands in the block of the subschema around it
    requirement,  ///< the place is a list of names that have to be there
  };

  struct Block {
    Place place;
    Part part = Part::whole;
    std::uint32_t start = 0;              ///< its first instruction
    std::vector<std::uint32_t> in_place;  ///< blocks applied to the same value
  };

  /// A name that dynamic references look for.
  struct DynamicName {
    std::uint32_t anchor = 0;  ///< into dynamic_anchors
    std::uint32_t resources_seen = 0;
  };

  struct PlaceHash {
    std::size_t operator()(Place place) const {
      return std::hash<std::uint64_t>()(std::uint64_t{place.document} << 32U | place.node);
    }
  };

  void refuse(Place place, std::string message) {
    if (!error_) error_ = sources_.error(place, std::move(message));
  }

  [[nodiscard]] Place at(Place beside, Value value) const {
    return {beside.document, value.index()};
  }

  // ---- Subschemas

  [[nodiscard]] Keywords keywords_at(Place place) const {
    return {sources_.value(place), sources_.dialect_at(place)};
  }

  /// The keywords that can make a difference at `place`.
  [[nodiscard]] std::uint64_t asserting(Place place, const Keywords& keywords) const {
    std::uint64_t bits = keywords.present() & ~k_silent;
    if (const auto name = keywords[Keyword::format]) {
      if (!sources_.asserts_format(place) || !format_named(*name->as_string())) {
        bits &= ~bit_of(Keyword::format);
      }
    }
    return bits;
  }

  Target target_of(Place place) {
    if (const auto known = targets_.find(place); known != targets_.end()) return known->second;
    return targets_.emplace(place, new_target(place)).first->second;
  }

  Target new_target(Place place) {
    const std::uint32_t resource = sources_.resource_at(place);
    std::vector<Place> chain;  // bare references, each to the next: the schema at its end is meant
    Target target = Target::nothing();
    for (;;) {
      const Value value = sources_.value(place);
      if (const auto literal = value.as_bool()) {
        target = *literal ? Target::everything() : Target::nothing();
        break;
      }
      const Keywords keywords = keywords_at(place);
      const std::uint64_t bits = asserting(place, keywords);
      const auto next =
          bits == bit_of(Keyword::ref) ? referred(place, *keywords[Keyword::ref]) : std::nullopt;
      if (!next || sources_.resource_at(*next) != resource) {
        target = target_of_keywords(place, keywords, bits);
        break;
      }
      chain.push_back(place);
      if (chain.size() > limits_.nesting_max) {
        refuse(place, "the schema refers to itself for ever, or through more than " +
                          std::to_string(limits_.nesting_max) + " references");
        break;
      }
      place = *next;
      if (const auto known = targets_.find(place); known != targets_.end()) {
        target = known->second;
        break;
      }
    }
    targets_.try_emplace(place, target);
    for (const Place passed : chain) targets_.try_emplace(passed, target);
    return target;
  }

  Target target_of_keywords(Place place, const Keywords& keywords, std::uint64_t bits) {
    if (bits == 0) return Target::everything();
    const auto type = keywords[Keyword::type];
    const Kinds kinds = type ? kinds_of(*type) : k_every_kind;
    return bits == bit_of(Keyword::type) ? Target::kinds(kinds)
                                         : add_block(place, Part::whole, kinds);
  }

  /// The target of `to` as it is applied from `from`: where another resource begins between them,
  /// it has to be entered.
  Target applied(Place from, Place to) {
    const Target target = target_of(to);
    if (!target.has_block() || sources_.resource_at(from) == sources_.resource_at(to))
      return target;
    const auto known = entered_.find(to);
    if (known != entered_.end()) return known->second;
    return entered_.emplace(to, add_block(to, Part::entry)).first->second;
  }
  Target applied(Place from, Value subschema) { return applied(from, at(from, subschema)); }

  Target add_block(Place place, Part part, Kinds kinds = k_every_kind) {
    const auto number = static_cast<std::uint32_t>(blocks_.size());
    blocks_.push_back({.place = place, .part = part, .in_place = {}});
    waiting_.push_back(number);
    return Target::block(kinds, number);
  }

  std::optional<Place> referred(Place place, Value reference) {
    auto target = sources_.resolve(place, *reference.as_string());
    if (target) return *target;
    if (!error_) {
      error_ = std::move(target.error());
      if (error_->pointer == sources_.pointer(place))
        error_->pointer = sources_.pointer(at(place, reference));
    }
    return std::nullopt;
  }

  void emit_block(std::uint32_t number) {
    current_ = number;
    blocks_[number].start = static_cast<std::uint32_t>(program_.code.size());
    const Place place = blocks_[number].place;
    if (blocks_[number].part == Part::requirement) {
      emit_requirement(names_of(sources_.value(place)));
    } else if (blocks_[number].part == Part::entry) {
      emit(Op::enter, k_every_kind, sources_.resource_at(place), keep_in_place(target_of(place)));
    } else {
      emit_subschema(place, blocks_[number].part);
    }
    if (blocks_[number].start == program_.code.size()) emit(Op::nothing, 0);
    if (program_.code.size() > Target::block_max) refuse(place, "the schema is too large");
    program_.code.back().is_last = true;
  }

  void emit(Op op, Kinds kinds, std::uint32_t a = 0, std::uint32_t b = 0) {
    program_.code.push_back({.op = op, .kinds = kinds, .a = a, .b = b});
  }

  /// Keeps `target` in the program's table. One that is applied to the value itself is noted.
  std::uint32_t keep(Target target) {
    program_.targets.push_back(target);
    return static_cast<std::uint32_t>(program_.targets.size() - 1);
  }
  std::uint32_t keep_in_place(Target target) {
    note_in_place(target);
    return keep(target);
  }
  void note_in_place(Target target) {
    if (target.has_block()) blocks_[current_].in_place.push_back(target.block());
  }

  void emit_subschema(Place place, Part part) {
    if (++subschemas_ > limits_.subschemas_max) {
      return refuse(place, "the schema has more than " + std::to_string(limits_.subschemas_max) +
                               " subschemas");
    }
    if (const auto literal = sources_.value(place).as_bool()) {
      if (!*literal) emit(Op::never, k_every_kind);
      return;
    }
    const Keywords keywords = keywords_at(place);
    const std::uint64_t bits = asserting(place, keywords);
    const bool tracks = needs_tracking(bits);
    if (tracks && part != Part::tracked) {
      if (part == Part::inlined) emit_type(keywords);
      return emit(Op::track, k_every_kind, keep_in_place(add_block(place, Part::tracked)));
    }
    emit_scalars(place, keywords, bits, part);
    emit_object(place, keywords, bits);
    emit_array(place, keywords, bits);
    emit_references(place, keywords);
    emit_combinations(place, keywords);
    if (!tracks) return;
    if (const auto rest = keywords[Keyword::unevaluated_properties]) {
      emit(Op::unevaluated_members, k_objects, keep(applied(place, *rest)));
    }
    if (const auto rest = keywords[Keyword::unevaluated_items]) {
      emit(Op::unevaluated_items, k_arrays, keep(applied(place, *rest)));
    }
  }

  /// Without anything beside it that applies subschemas to the same value, `unevaluatedProperties`
  /// is `additionalProperties`, and likewise for items: nothing has to be noted.
  static bool needs_tracking(std::uint64_t bits) {
    const std::uint64_t unevaluated =
        bits & bits_of(Keyword::unevaluated_properties, Keyword::unevaluated_items);
    if (unevaluated == 0) return false;
    if ((bits & k_in_place) != 0) return true;
    return (unevaluated & bit_of(Keyword::unevaluated_items)) != 0 &&
           (bits & bit_of(Keyword::contains)) != 0;
  }

  // ---- Scalars

  void emit_type(const Keywords& keywords) {
    if (const auto type = keywords[Keyword::type]) emit(Op::type, k_every_kind, kinds_of(*type));
  }

  void emit_scalars(Place place, const Keywords& keywords, std::uint64_t bits, Part part) {
    // The type of a block's own subschema stands in the targets that lead to it.
    if (part == Part::inlined) emit_type(keywords);
    if (const auto values = keywords[Keyword::enum_]) emit_values(values->elements());
    if (const auto value = keywords[Keyword::const_]) emit_values(std::array{*value});
    emit_range(keywords);
    if (const auto divisor = keywords[Keyword::multiple_of]) {
      if (Number(divisor->raw()).significant_digits() > Number::divisor_digits_max) {
        return refuse(at(place, *divisor), "multipleOf must have at most " +
                                               std::to_string(Number::divisor_digits_max) +
                                               " digits");
      }
      emit(Op::multiple_of, k_numbers, keep_token(program_.rare->divisors, *divisor));
    }
    emit_bounds(Op::length, k_strings, keywords[Keyword::min_length],
                keywords[Keyword::max_length]);
    if (const auto pattern = keywords[Keyword::pattern]) {
      emit(Op::pattern, k_strings, add_pattern(at(place, *pattern), *pattern->as_string()));
    }
    if ((bits & bit_of(Keyword::format)) != 0) {
      const auto format = format_named(*keywords[Keyword::format]->as_string());
      emit(Op::format, k_strings, static_cast<std::uint32_t>(*format));
    }
    emit_bounds(Op::member_count, k_objects, keywords[Keyword::min_properties],
                keywords[Keyword::max_properties]);
    emit_bounds(Op::item_count, k_arrays, keywords[Keyword::min_items],
                keywords[Keyword::max_items]);
  }

  void emit_bounds(Op op, Kinds kinds, std::optional<Value> least, std::optional<Value> most) {
    if (!least && !most) return;
    emit(op, kinds, least ? count_of(*least) : 0, most ? count_of(*most) : k_unbounded);
  }

  static std::uint32_t keep_token(std::vector<std::string>& tokens, Value number) {
    tokens.emplace_back(number.raw());
    return static_cast<std::uint32_t>(tokens.size() - 1);
  }

  struct Bound {
    Value limit;
    bool is_excluded;
  };

  /// The bound that an inclusive and an exclusive keyword make together: the tighter one, which is
  /// the larger one where `tighter` is greater.
  static std::optional<Bound> bound_of(std::optional<Value> inclusive,
                                       std::optional<Value> exclusive,
                                       std::strong_ordering tighter) {
    if (exclusive && !exclusive->is_number()) {  // draft-04: a flag beside the inclusive keyword
      if (!inclusive) return std::nullopt;
      return Bound{*inclusive, *exclusive->as_bool()};
    }
    if (!exclusive) return inclusive ? std::optional(Bound{*inclusive, false}) : std::nullopt;
    if (inclusive && (Number(inclusive->raw()) <=> Number(exclusive->raw())) == tighter) {
      return Bound{*inclusive, false};
    }
    return Bound{*exclusive, true};
  }

  void emit_range(const Keywords& keywords) {
    const auto lower = bound_of(keywords[Keyword::minimum], keywords[Keyword::exclusive_minimum],
                                std::strong_ordering::greater);
    const auto upper = bound_of(keywords[Keyword::maximum], keywords[Keyword::exclusive_maximum],
                                std::strong_ordering::less);
    if (!lower && !upper) return;
    Range range;
    if (lower) {
      if (!Number::of(lower->limit).short_number()) {
        range.minimum = keep_token(program_.rare->long_numbers, lower->limit);
      }
      range.minimum_excluded = lower->is_excluded;
      range.least_scaled = least_scaled(lower->limit, lower->is_excluded);
    }
    if (upper) {
      if (!Number::of(upper->limit).short_number()) {
        range.maximum = keep_token(program_.rare->long_numbers, upper->limit);
      }
      range.maximum_excluded = upper->is_excluded;
      range.most_scaled = least_scaled(upper->limit, !upper->is_excluded) - 1;
    }
    emit(Op::range, k_numbers, static_cast<std::uint32_t>(program_.ranges.size()));
    program_.ranges.push_back(range);
  }

  template <class Values>
  void emit_values(const Values& values) {
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
        // It was parsed before, so it parses again.
        others.push_back({hash(value), *json::Document::parse(json::compact(value))});
      }
    }
    std::ranges::sort(short_numbers);
    std::ranges::sort(others, {}, &OtherValue::hash);
    strings = unique(std::move(strings));
    set.strings = name_table(strings, std::vector<Name>(strings.size()));
    set.short_count = static_cast<std::uint32_t>(short_numbers.size());
    set.first_short = append(program_.short_numbers, std::move(short_numbers));
    set.other_count = static_cast<std::uint32_t>(others.size());
    set.first_other = append(program_.rare->other_values, std::move(others));
    emit(Op::values, k_every_kind, static_cast<std::uint32_t>(program_.value_sets.size()));
    program_.value_sets.push_back(set);
  }

  static std::vector<std::string> unique(std::vector<std::string> names) {
    std::unordered_map<std::string_view, bool> seen;
    std::vector<std::string> out;
    out.reserve(names.size());
    for (std::string& name : names) {
      if (!seen.emplace(name, true).second) continue;
      out.push_back(name);
    }
    return out;
  }

  NameTable name_table(const std::vector<std::string>& names, const std::vector<Name>& what) {
    return {names, what, program_.names};
  }

  std::uint32_t add_pattern(Place place, const std::string& source) {
    auto index = patterns_.add(source, limits_.patterns_max);
    if (index) return *index;
    refuse(place, "the pattern " + wording::quoted(source) +
                      " cannot be used: " + index.error().message + " (at byte " +
                      std::to_string(index.error().offset) + ")");
    return 0;
  }

  // ---- Objects

  void emit_object(Place place, const Keywords& keywords, std::uint64_t bits) {
    emit_members(place, keywords, bits);
    if (const auto names = keywords[Keyword::property_names]) {
      const Target target = applied(place, *names);
      if (target != Target::everything()) emit(Op::names, k_objects, keep(target));
    }
    emit_dependencies(place, keywords);
  }

  /// The names that one plan knows, in order.
  struct Properties {
    std::vector<std::string> names;
    std::vector<Name> what;
    std::unordered_map<std::string, std::size_t> position;
    std::uint8_t required_count = 0;

    Name& at(std::string name) {
      const auto [known, is_new] = position.try_emplace(std::move(name), names.size());
      if (is_new) {
        names.push_back(known->first);
        what.push_back({.is_declared = false});
      }
      return what[known->second];
    }
    void require(std::string name) {
      Name& property = at(std::move(name));
      if (property.required == Name::k_not_required) property.required = required_count++;
    }
    [[nodiscard]] std::uint64_t required_word() const {
      return (std::uint64_t{1} << required_count) - 1;
    }
  };

  void emit_members(Place place, const Keywords& keywords, std::uint64_t bits) {
    const auto declared = keywords[Keyword::properties];
    const auto patterns = keywords[Keyword::pattern_properties];
    const auto required = keywords[Keyword::required];
    auto additional = keywords[Keyword::additional_properties];
    if (!additional && !needs_tracking(bits))
      additional = keywords[Keyword::unevaluated_properties];
    if (!declared && !patterns && !required && !additional) return;

    Properties properties;
    if (declared) {
      for (const auto& [key, value] : declared->members()) {
        const Target target = applied(place, value);
        Name& property = properties.at(*key.as_string());
        property.is_declared = true;
        property.target = target;  // of a repeated key the last counts
      }
    }
    ObjectPlan plan;
    std::vector<std::string> required_names = names_of(required);
    if (required_names.size() <= k_required_bits) {
      for (std::string& name : required_names) properties.require(std::move(name));
      required_names.clear();
    }
    std::vector<PatternTarget> pattern_targets;
    if (patterns) {
      for (const auto& [key, value] : patterns->members()) {
        const std::uint32_t pattern = add_pattern(at(place, value), *key.as_string());
        pattern_targets.push_back({pattern, applied(place, value)});
      }
    }
    if (additional) {
      plan.additional = applied(place, *additional);
      plan.marks_additional = true;
    }
    for (Name& property : properties.what) {
      if (!property.is_declared) property.target = plan.additional;
    }
    plan.required = properties.required_word();
    plan.properties = name_table(properties.names, properties.what);
    plan.first_pattern = append(program_.rare->pattern_targets, pattern_targets);
    plan.pattern_count = static_cast<std::uint32_t>(pattern_targets.size());
    emit(patterns ? Op::object : Op::plain_object, k_objects,
         static_cast<std::uint32_t>(program_.objects.size()));
    program_.objects.push_back(std::move(plan));
    emit_requirement(required_names);
  }

  /// The names in a list, each once; none where there is no list.
  static std::vector<std::string> names_of(std::optional<Value> list) {
    std::vector<std::string> names;
    if (!list) return names;
    for (const Value name : list->elements()) names.push_back(*name.as_string());
    return unique(std::move(names));
  }

  void emit_requirement(const std::vector<std::string>& names) {
    if (names.empty()) return;
    emit(Op::requirement, k_objects,
         static_cast<std::uint32_t>(program_.rare->requirements.size()));
    program_.rare->requirements.push_back({name_table(names, std::vector<Name>(names.size()))});
  }

  template <class T>
  static std::uint32_t append(std::vector<T>& all, std::vector<T> more) {
    const auto first = static_cast<std::uint32_t>(all.size());
    std::ranges::move(more, std::back_inserter(all));
    return first;
  }

  void emit_dependencies(Place place, const Keywords& keywords) {
    for (const Keyword keyword :
         {Keyword::dependent_required, Keyword::dependent_schemas, Keyword::dependencies}) {
      const auto map = keywords[keyword];
      if (!map) continue;
      Properties triggers;
      for (const auto& [key, value] : map->members()) {
        const Target target = value.is_array() ? add_block(at(place, value), Part::requirement)
                                               : applied(place, value);
        note_in_place(target);
        triggers.at(*key.as_string()).target = target;
      }
      emit(Op::dependencies, k_objects,
           static_cast<std::uint32_t>(program_.rare->dependencies.size()));
      program_.rare->dependencies.push_back({name_table(triggers.names, triggers.what)});
    }
  }

  // ---- Arrays

  void emit_array(Place place, const Keywords& keywords, std::uint64_t bits) {
    auto prefix = keywords[Keyword::prefix_items];
    auto rest = keywords[Keyword::items];
    if (rest && rest->is_array()) {  // before 2020-12
      prefix = rest;
      rest = keywords[Keyword::additional_items];
    }
    if (!rest && !needs_tracking(bits)) rest = keywords[Keyword::unevaluated_items];
    if (prefix || rest) {
      ArrayPlan plan;
      if (prefix) {
        std::vector<Target> targets;
        for (const Value item : prefix->elements()) targets.push_back(applied(place, item));
        plan.first_prefix = append(program_.targets, targets);
        plan.prefix_count = static_cast<std::uint32_t>(targets.size());
      }
      if (rest) {
        plan.rest = applied(place, *rest);
        plan.marks_rest = true;
      }
      emit(Op::items, k_arrays, static_cast<std::uint32_t>(program_.arrays.size()));
      program_.arrays.push_back(plan);
    }
    if (const auto item = keywords[Keyword::contains]) {
      const auto least = keywords[Keyword::min_contains];
      const auto most = keywords[Keyword::max_contains];
      const bool marks = sources_.dialect_at(place).draft >= SchemaDraft::draft2020_12;
      emit(Op::contains, k_arrays, static_cast<std::uint32_t>(program_.rare->contains.size()));
      program_.rare->contains.push_back({.target = applied(place, *item),
                                         .least = least ? count_of(*least) : 1,
                                         .most = most ? count_of(*most) : k_unbounded,
                                         .marks = marks});
    }
    if (const auto unique = keywords[Keyword::unique_items]; unique && *unique->as_bool()) {
      emit(Op::unique, k_arrays);
    }
  }

  // ---- References

  void emit_references(Place place, const Keywords& keywords) {
    if (const auto reference = keywords[Keyword::ref]) {
      if (const auto target = referred(place, *reference)) emit_call(place, *target);
    }
    for (const Keyword keyword : {Keyword::dynamic_ref, Keyword::recursive_ref}) {
      const auto reference = keywords[keyword];
      if (!reference) continue;
      const auto target = referred(place, *reference);
      if (!target) return;
      if (const auto name = sources_.dynamic_name(keyword, *reference->as_string(), *target)) {
        emit_dynamic_call(place, *target, *name);
      } else {
        emit_call(place, *target);
      }
    }
  }

  void emit_call(Place from, Place to) {
    const Target target = applied(from, to);
    if (target != Target::everything()) emit(Op::call, k_every_kind, keep_in_place(target));
  }

  void emit_dynamic_call(Place from, Place to, const std::string& name) {
    const auto [known, is_new] = dynamic_names_.try_emplace(
        name, DynamicName{static_cast<std::uint32_t>(dynamic_names_.size())});
    if (is_new) program_.rare->dynamic_anchors.emplace_back();
    dynamic_calls_.emplace_back(current_, known->second.anchor);
    emit(Op::dynamic_call, k_every_kind, known->second.anchor, keep(applied(from, to)));
  }

  /// Compiles what dynamic anchors of the names in use mean in resources that came to light since.
  bool find_dynamic_meanings() {
    bool found = false;
    const auto& resources = sources_.resources();
    for (auto& [name, known] : dynamic_names_) {
      for (; known.resources_seen < resources.size(); ++known.resources_seen) {
        const auto& anchors = resources[known.resources_seen].dynamic_anchors;
        const auto anchor = anchors.find(name);
        if (anchor == anchors.end()) continue;
        program_.rare->dynamic_anchors[known.anchor].meanings.push_back(
            {known.resources_seen, target_of(anchor->second)});
        found = true;
      }
    }
    return found;
  }

  // ---- Combinations

  void emit_combinations(Place place, const Keywords& keywords) {
    if (const auto all = keywords[Keyword::all_of]) {
      for (const Value branch : all->elements()) emit_branch(place, at(place, branch));
    }
    if (const auto any = keywords[Keyword::any_of]) emit_alternatives(Op::any_of, place, *any);
    if (const auto one = keywords[Keyword::one_of]) emit_alternatives(Op::one_of, place, *one);
    if (const auto not_ = keywords[Keyword::not_]) {
      emit(Op::not_, k_every_kind, keep_in_place(applied(place, *not_)));
    }
    emit_condition(place, keywords);
  }

  /// A subschema of `allOf`: its instructions stand in line, unless it is a resource of its own.
  /// One that has an `allOf` itself is called, so that nothing stands in line more than twice.
  void emit_branch(Place place, Place branch) {
    const Value value = sources_.value(branch);
    if (sources_.resource_at(branch) != sources_.resource_at(place) || value.find("allOf")) {
      return emit_call(place, branch);
    }
    emit_subschema(branch, Part::inlined);
  }

  void emit_alternatives(Op op, Place place, Value list) {
    std::vector<Target> targets;
    for (const Value branch : list.elements()) {
      targets.push_back(applied(place, branch));
      note_in_place(targets.back());
    }
    if (emit_selection(place, list, targets)) return;
    const std::uint32_t first = append(program_.targets, targets);
    emit(op, k_every_kind, first, static_cast<std::uint32_t>(targets.size()));
  }

  void emit_condition(Place place, const Keywords& keywords) {
    const auto condition = keywords[Keyword::if_];
    if (!condition) return;
    const auto target = [&](Keyword keyword) {
      const auto branch = keywords[keyword];
      if (!branch) return Target::everything();
      const Target applied_one = applied(place, *branch);
      note_in_place(applied_one);
      return applied_one;
    };
    std::vector<Target> targets{target(Keyword::if_), target(Keyword::then_),
                                target(Keyword::else_)};
    emit(Op::condition, k_every_kind, append(program_.targets, targets));
  }

  // ---- Branches that a property tells apart

  /// What a branch asks of one property: `type` object, the property required, and one of these
  /// strings.
  struct Discriminator {
    std::string property;
    std::vector<std::string> values;
  };

  /// The discriminators of a branch: properties that have to be there with one of a few strings.
  std::vector<Discriminator> discriminators_of(Place branch) {
    std::vector<Discriminator> found;
    for (std::uint32_t hops = 0; hops < 8; ++hops) {
      if (!sources_.value(branch).is_object()) return found;
      const Keywords keywords = keywords_at(branch);
      if (asserting(branch, keywords) != bit_of(Keyword::ref)) break;
      const auto next = referred(branch, *keywords[Keyword::ref]);
      if (!next) return found;
      branch = *next;
    }
    const Keywords keywords = keywords_at(branch);
    const auto type = keywords[Keyword::type];
    const auto properties = keywords[Keyword::properties];
    const auto required = keywords[Keyword::required];
    if (!type || kinds_of(*type) != k_objects || !properties || !required) return found;
    std::size_t looked_at = 0;
    for (const Value name : required->elements()) {
      if (++looked_at > k_discriminators_max) break;
      const std::string text = *name.as_string();
      const auto property = properties->find(text);
      if (!property || !property->is_object()) continue;
      const Keywords inner = keywords_at(at(branch, *property));
      std::vector<std::string> values;
      if (const auto only = inner[Keyword::const_]) {
        if (only->is_string()) values.push_back(*only->as_string());
      } else if (const auto list = inner[Keyword::enum_]) {
        for (const Value value : list->elements()) {
          if (value.is_string()) values.push_back(*value.as_string());
        }
        if (values.size() != list->size()) continue;
      }
      if (!values.empty()) found.push_back({text, unique(std::move(values))});
    }
    return found;
  }

  /// Where one property's string leaves one branch at most, only that branch is tried.
  bool emit_selection(Place place, Value list, const std::vector<Target>& branches) {
    if (branches.size() < 2) return false;
    std::vector<std::vector<Discriminator>> all;
    for (const Value branch : list.elements()) {
      all.push_back(discriminators_of(at(place, branch)));
      if (all.back().empty()) return false;
    }
    for (const Discriminator& candidate : all.front()) {
      std::vector<std::string> values;
      std::vector<Name> what;
      for (std::size_t i = 0; i < all.size(); ++i) {
        const auto same = std::ranges::find(all[i], candidate.property, &Discriminator::property);
        if (same == all[i].end()) break;
        values.insert(values.end(), same->values.begin(), same->values.end());
        what.resize(values.size(), {.target = branches[i]});
        if (i + 1 < all.size()) continue;
        if (unique(values).size() != values.size()) break;
        emit(Op::select, k_every_kind,
             static_cast<std::uint32_t>(program_.rare->selections.size()));
        program_.rare->selections.push_back(
            {.property = candidate.property, .values = name_table(values, what)});
        return true;
      }
    }
    return false;
  }

  // ---- The end

  /// Fails where a block leads to itself without going into the value: it would never end.
  void refuse_endless() {
    // A dynamic reference that can mean one thing only is like any other; where it can mean
    // several, evaluation has to see.
    for (const auto& [block, anchor] : dynamic_calls_) {
      const auto& meanings = program_.rare->dynamic_anchors[anchor].meanings;
      if (meanings.size() != 1 || !meanings.front().target.has_block()) continue;
      blocks_[block].in_place.push_back(meanings.front().target.block());
    }
    enum class State : std::uint8_t { fresh, open, done };
    std::vector<State> states(blocks_.size(), State::fresh);
    std::vector<std::pair<std::uint32_t, std::size_t>> path;  // block, next of its targets
    for (std::uint32_t start = 0; start < blocks_.size(); ++start) {
      if (states[start] != State::fresh) continue;
      path.emplace_back(start, 0);
      states[start] = State::open;
      while (!path.empty()) {
        auto& [block, next] = path.back();
        if (next == blocks_[block].in_place.size()) {
          states[block] = State::done;
          path.pop_back();
          continue;
        }
        const std::uint32_t target = blocks_[block].in_place[next++];
        if (states[target] == State::open) {
          return refuse(blocks_[target].place,
                        "the schema applies itself to the same value for ever");
        }
        if (states[target] == State::done) continue;
        states[target] = State::open;
        path.emplace_back(target, 0);
      }
    }
  }

  /// Turns block numbers into places in the code, tokens into numbers, and gives back spare memory.
  void finish() {
    const auto place_target = [&](Target& target) {
      if (!target.has_block()) return;
      target = Target::block(target.kinds(), blocks_[target.block()].start);
    };
    place_target(program_.root);
    for (Target& target : program_.targets) place_target(target);
    for (PatternTarget& pattern : program_.rare->pattern_targets) place_target(pattern.target);
    for (ObjectPlan& plan : program_.objects) {
      place_target(plan.additional);
    }
    for (Name& name : program_.names.names) place_target(name.target);
    for (ArrayPlan& plan : program_.arrays) place_target(plan.rest);
    for (ContainsPlan& plan : program_.rare->contains) place_target(plan.target);
    for (DynamicAnchor& anchor : program_.rare->dynamic_anchors) {
      for (DynamicAnchor::Meaning& meaning : anchor.meanings) place_target(meaning.target);
    }
    program_.shrink();
  }

  Sources& sources_;
  const SchemaLimits& limits_;
  Patterns& patterns_;
  Program program_;
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> waiting_;
  std::unordered_map<Place, Target, PlaceHash> targets_;
  std::unordered_map<Place, Target, PlaceHash> entered_;
  std::unordered_map<std::string, DynamicName> dynamic_names_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> dynamic_calls_;  // block, dynamic anchor
  std::uint32_t current_ = 0;
  std::uint32_t subschemas_ = 0;
  std::optional<SchemaError> error_;
};

}  // namespace

std::expected<Program, SchemaError> compile_program(Sources& sources, Place root,
                                                    const SchemaLimits& limits,
                                                    Patterns& patterns) {
  return Compiler(sources, limits, patterns).compile(root);
}

}  // namespace collet::schema
