#include "schema/machine.hpp"

#include <algorithm>
#include <compare>
#include <limits>
#include <memory_resource>
#include <span>
#include <string_view>

#include "json/fingerprint.hpp"
#include "json/swar.hpp"
#include "schema/marks.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/format.hpp"
#include "schema/value/number.hpp"
#include "schema/value/text.hpp"

namespace collet::schema {
namespace {

using json::Kind;
using json::Value;
using json::detail::Node;

// What an instruction reads beyond a few bytes counts as more steps: one costs about 10 ns.
constexpr std::uint32_t k_parts_per_step = 4;  // members and elements that are passed
constexpr std::size_t k_bytes_per_step = 64;   // of strings
constexpr std::size_t k_digits_per_step = 2;   // of numbers that are no short ones
constexpr std::size_t k_words_per_step = 8;    // of Marks

/// Values of an `enum` that are compared one after the other.
constexpr std::size_t k_compared_max = 4;

/// The resources entered on the way here, innermost first; a list on the stack.
struct Scope {
  std::uint32_t resource;
  const Scope* outer;
};

class Machine {
 public:
  Machine(const Program& program, const Patterns& patterns, Value instance,
          const SchemaLimits& limits)
      : program_(program),
        patterns_(patterns),
        code_(program.code.data()),
        tape_(instance.tape()),
        nodes_(tape_.nodes.get()),
        text_(tape_.text.data()),
        readable_end_(
            tape_.text.size() <= json::detail::readable_bytes
                ? 0
                : static_cast<std::uint32_t>(tape_.text.size() - json::detail::readable_bytes)),
        steps_max_(limits.steps_max),
        nesting_left_(limits.nesting_max) {}

  Judgement judge(std::uint32_t index) {
    const Scope scope{program_.root_resource, nullptr};
    scope_ = &scope;
    const bool fits = accepts(program_.root, nodes_ + index);
    if (steps_ > steps_max_) give_up();  // the last steps led no deeper, so nobody has asked
    return {gave_up() ? Verdict::gave_up : fits ? Verdict::fits : Verdict::differs, steps_};
  }

 private:
  // ---- Values

  [[nodiscard]] Kind kind(const Node* node) const { return node->kind(); }
  [[nodiscard]] Value value(const Node* node) const {
    return {tape_, static_cast<std::uint32_t>(node - nodes_)};
  }
  /// One past a value and all that it contains: its next sibling, where it has one.
  [[nodiscard]] const Node* past(const Node* node) const { return nodes_ + node->next; }
  [[nodiscard]] std::string_view token(const Node* node) const {
    return {text_ + node->begin, node->end - node->begin};
  }

  /// The steps that reading all of a value takes, in which long numbers may be.
  [[nodiscard]] std::uint64_t size_of(const Node* node) const {
    const std::size_t bytes_per_step =
        kind(node) == Kind::string ? k_bytes_per_step : k_digits_per_step;
    return static_cast<std::uint64_t>(past(node) - node) + token(node).size() / bytes_per_step;
  }

  [[nodiscard]] Number number(const Node* node) const { return Number::of(value(node)); }

  [[gnu::always_inline]] [[nodiscard]] bool is_one_of(Kinds kinds, const Node& node) {
    if ((kinds >> node.form() & 1U) != 0) return true;
    return (kinds & k_integer) != 0 && node.form() == static_cast<std::uint32_t>(Kind::number) &&
           node.detail() == json::ShortNumber::none && is_long_integer(&node);
  }

  [[gnu::noinline]] [[nodiscard]] bool is_long_integer(const Node* node) {
    return may_read(size_of(node)) && number(node).is_integer();
  }

  /// Whether the text of a string is `name`; false where a closer look is needed: `find` takes it.
  [[gnu::always_inline]] [[nodiscard]] bool is_name(const Name& name, const Node& token) const {
    return token.word == name.word && token.begin < readable_end_ &&
           name.is(text_ + token.begin + 1, token, program_.names.long_names);
  }

  /// The name in `table` that a string's text is, or null.
  [[gnu::always_inline]] [[nodiscard]] const Name* find(const NameTable& table, const Node& token) {
    if (token.is_escaped() || token.begin >= readable_end_ || table.reads_all()) [[unlikely]]
      return find_by_all(table, token);
    return table.find(text_ + token.begin + 1, token, program_.names);
  }

  [[gnu::noinline]] [[nodiscard]] const Name* find_by_all(const NameTable& table,
                                                          const Node& token) {
    if (!may_read((token.end - token.begin) / k_bytes_per_step)) return nullptr;
    return find_text(table, Text(value(&token)).view(), program_.names);
  }

  [[nodiscard]] bool is_named(const Node* key, std::string_view name) const {
    if (key->is_escaped()) return value(key).equals(name);
    const std::string_view quoted = token(key);
    return quoted.size() == name.size() + 2 && quoted.substr(1, name.size()) == name;
  }

  /// The value of the first member of that name, or null.
  [[nodiscard]] const Node* member(const Node* object, std::string_view name) const {
    for (const Node* key = object + 1; key < past(object); key = past(key + 1)) {
      if (is_named(key, name)) return key + 1;
    }
    return nullptr;
  }

  // ---- Blocks

  [[gnu::always_inline]] bool accepts(Target target, const Node* node, Marks* marks = nullptr) {
    if (!is_one_of(target.kinds(), *node)) return false;
    return !target.has_block() || run(code_ + target.block(), node, marks);
  }

  /// Applies the block that begins at `it`; what it evaluates of the value goes to `marks`, where
  /// somebody asks.
  [[gnu::always_inline]] bool run(const Instruction* it, const Node* node, Marks* marks) {
    return it->is_last ? execute(*it, node, marks) : run_all(it, node, marks);
  }

  [[gnu::noinline]] bool run_all(const Instruction* it, const Node* node, Marks* marks) {
    for (; execute(*it, node, marks); ++it) {
      if (it->is_last) return true;
    }
    return false;
  }

  /// What nearly every scalar asks is decided right here; all else is a call of its own, so that
  /// what it needs costs the others nothing.
  [[gnu::always_inline]] bool execute(const Instruction& it, const Node* node, Marks* marks) {
    if ((it.kinds >> node->form() & 1U) == 0) return true;
    ++steps_;
    switch (it.op) {
      case Op::nothing:
        return true;
      case Op::values:
        return is_in(program_.value_sets[it.a], node);
      case Op::range: {
        const Range& range = program_.ranges[it.a];
        if (node->detail() >= json::ShortNumber::none) [[unlikely]]
          return is_within_exactly(range, node);
        const std::int64_t given = scaled(json::ShortNumber::unpacked(node->detail()));
        return range.least_scaled <= given && given <= range.most_scaled;
      }
      case Op::length: {
        // A code point takes one to four bytes, so the bytes often tell enough.
        const std::uint32_t bytes = node->end - node->begin - 2;
        if (!node->is_escaped() && bytes <= it.b && bytes / 4 >= it.a) return true;
        return has_length(it.a, it.b, node);
      }
      case Op::pattern:
        return matches(it.a, node);
      case Op::member_count:
      case Op::item_count:
        return it.a <= node->detail() && node->detail() <= it.b;
      case Op::plain_object:
        if (marks != nullptr) [[unlikely]]
          return has_named_members(program_.objects[it.a], node, *marks);
        return has_named_members(program_.objects[it.a], node);
      case Op::items:
        return has_items(program_.arrays[it.a], node, marks);
      case Op::call:
        return fits_call(program_.targets[it.a], node, marks);
      default:
        return execute_other(it, node, marks);
    }
  }

  /// Counts how deep applications lie in each other, as long as it lives.
  class Nesting {
   public:
    explicit Nesting(Machine& machine) : machine_(machine) { --machine_.nesting_left_; }
    ~Nesting() { ++machine_.nesting_left_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Machine& machine_;
  };

  /// Whether a limit is reached; from then on it always is. To be asked before one goes deeper.
  [[nodiscard]] bool must_give_up() {
    if (steps_ <= steps_max_ && nesting_left_ != 0) [[likely]]
      return false;
    give_up();
    return true;
  }
  /// Counts what an instruction reads beyond a few bytes; false where that is too much, and then
  /// the verdict does not matter any more.
  [[nodiscard]] bool may_read(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ <= steps_max_) [[likely]]
      return true;
    give_up();
    return false;
  }
  [[nodiscard]] bool gave_up() const { return steps_max_ == 0; }
  void give_up() {
    steps_max_ = 0;
    ++steps_;  // more than 0 in any case
  }

  [[gnu::noinline]] bool fits_call(Target target, const Node* node, Marks* marks) {
    if (must_give_up()) return false;
    const Nesting nesting(*this);
    return accepts(target, node, marks);
  }

  [[gnu::noinline]] bool execute_other(const Instruction& it, const Node* node, Marks* marks) {
    if (must_give_up()) return false;
    const Nesting nesting(*this);
    switch (it.op) {
      case Op::never:
        return false;
      case Op::type:
        return is_one_of(static_cast<Kinds>(it.a), *node);
      case Op::multiple_of:
        return is_multiple(program_.rare->divisors[it.a], node);
      case Op::format:
        return has_format(static_cast<Format>(it.a), node);
      case Op::object:
        return has_members(program_.objects[it.a], node, marks);
      case Op::names:
        return has_names(program_.targets[it.a], node);
      case Op::dependencies:
        return has_dependencies(program_.rare->dependencies[it.a], node, marks);
      case Op::requirement:
        return has_required(program_.rare->requirements[it.a], node);
      case Op::contains:
        return does_contain(program_.rare->contains[it.a], node, marks);
      case Op::unique:
        return is_unique(node);
      case Op::any_of:
        return fits_any(it.a, it.b, node, marks);
      case Op::one_of:
        return fits_one(it.a, it.b, node, marks);
      case Op::select:
        return fits_selected(program_.rare->selections[it.a], node, marks);
      case Op::not_:
        return !accepts(program_.targets[it.a], node, nullptr);
      case Op::condition:
        return fits_condition(it.a, node, marks);
      case Op::enter: {
        const Scope inner{it.a, scope_};
        scope_ = &inner;
        const bool fits = accepts(program_.targets[it.b], node, marks);
        scope_ = inner.outer;
        return fits;
      }
      case Op::dynamic_call:
        return accepts(dynamic_target(program_.rare->dynamic_anchors[it.a], program_.targets[it.b]),
                       node, marks);
      case Op::track:
        return fits_tracked(program_.targets[it.a], node, marks);
      case Op::unevaluated_members:
        return rest_of_members(program_.targets[it.a], node, *marks);
      case Op::unevaluated_items:
        return rest_of_items(program_.targets[it.a], node, *marks);
      default:
        return false;  // the frequent ones
    }
  }

  // ---- Scalars

  [[gnu::noinline]] bool is_in(const ValueSet& set, const Node* node) {
    switch (kind(node)) {
      case Kind::null:
        return set.has_null;
      case Kind::boolean:
        return text_[node->begin] == 't' ? set.has_true : set.has_false;
      case Kind::string:
        return find(set.strings, *node) != nullptr;
      case Kind::number:
        if (const std::uint32_t packed = node->detail(); packed < json::ShortNumber::none) {
          const auto numbers = shorts_of(set);
          return std::ranges::binary_search(numbers, packed);
        }
        return is_among(set, node);
      case Kind::array:
      case Kind::object:
        return is_among(set, node);
    }
    return false;
  }

  [[nodiscard]] std::span<const std::uint32_t> shorts_of(const ValueSet& set) const {
    return std::span(program_.short_numbers).subspan(set.first_short, set.short_count);
  }

  /// Whether a long number is one of the short ones of `set`, spelt differently, or a value one of
  /// the others.
  bool is_among(const ValueSet& set, const Node* node) {
    if (!may_read(size_of(node))) return false;
    if (kind(node) == Kind::number) {
      const auto as_short = number(node).short_number();
      if (as_short && std::ranges::binary_search(shorts_of(set), as_short->packed())) return true;
    }
    if (set.other_count == 0) return false;
    const auto others =
        std::span(program_.rare->other_values).subspan(set.first_other, set.other_count);
    const auto is_it = [&](const OtherValue& other) {
      return equal(other.document.root(), value(node));
    };
    // Hashing reads all of the value; of a few, most are told apart by less.
    if (others.size() <= k_compared_max) return std::ranges::any_of(others, is_it);
    return std::ranges::any_of(
        std::ranges::equal_range(others, hash(value(node)), {}, &OtherValue::hash), is_it);
  }

  [[gnu::noinline]] bool is_within_exactly(const Range& range, const Node* node) {
    if (!may_read((token(node).size() + bound_size(range.minimum) + bound_size(range.maximum)) /
                  k_digits_per_step)) {
      return false;
    }
    const Number given = number(node);
    if (range.least_scaled != std::numeric_limits<std::int64_t>::min()) {
      const auto order = compare(given, range.minimum, range.least_scaled - range.minimum_excluded);
      if (order < 0 || (range.minimum_excluded && order == 0)) return false;
    }
    if (range.most_scaled != std::numeric_limits<std::int64_t>::max()) {
      const auto order = compare(given, range.maximum, range.most_scaled + range.maximum_excluded);
      if (order > 0 || (range.maximum_excluded && order == 0)) return false;
    }
    return true;
  }

  /// How `given` compares to a bound: long_numbers[index], or what `scaled_bound` is the scaled
  /// form of.
  [[nodiscard]] std::size_t bound_size(std::uint32_t index) const {
    return index == k_no_index ? 0 : program_.rare->long_numbers[index].size();
  }

  [[nodiscard]] std::strong_ordering compare(const Number& given, std::uint32_t index,
                                             std::int64_t scaled_bound) const {
    if (index != k_no_index) return given <=> Number(program_.rare->long_numbers[index]);
    return given <=> Number::decimal(scaled_bound, json::ShortNumber::scale_max);
  }

  bool is_multiple(const Divisor& divisor, const Node* node) {
    if (divisor.scaled != 0 && node->detail() < json::ShortNumber::none) {
      return scaled(json::ShortNumber::unpacked(node->detail())) % divisor.scaled == 0;
    }
    return may_read((token(node).size() + divisor.token.size()) / k_digits_per_step) &&
           number(node).is_multiple_of(Number(divisor.token));
  }

  [[gnu::noinline]] bool has_length(std::uint32_t least, std::uint32_t most, const Node* node) {
    const std::size_t bytes = node->end - node->begin - 2;
    if (bytes < least) return false;
    if (!may_read(bytes / k_bytes_per_step)) return false;
    const std::size_t points = is_plain_ascii(node, bytes) ? bytes : code_points(value(node));
    return least <= points && points <= most;
  }

  /// Whether a string of up to eight bytes, without escapes, is ASCII; false for longer ones.
  [[nodiscard]] bool is_plain_ascii(const Node* node, std::size_t bytes) const {
    if (bytes - 1 >= 8 || node->is_escaped() || node->begin >= readable_end_) return false;
    const std::uint64_t word = json::swar::load(text_ + node->begin + 1);
    return (word << (64 - bytes * 8) & json::swar::tops) == 0;
  }

  bool has_format(Format format, const Node* string) {
    if (!may_read(token(string).size() / k_bytes_per_step)) return false;
    const Text text(value(string));
    return may_read(steps_of(format, text.view())) && conforms(format, text.view());
  }

  [[gnu::noinline]] bool matches(std::uint32_t pattern, const Node* string) {
    if (string->is_escaped()) [[unlikely]]
      return matches(pattern, Text(value(string)).view());
    return matches(pattern, {text_ + string->begin + 1, string->end - string->begin - 2});
  }
  bool matches(std::uint32_t pattern, std::string_view text) {
    const auto outcome = patterns_[pattern].search(text, steps_);
    if (outcome == Pattern::Outcome::gave_up || steps_ > steps_max_) give_up();
    return outcome == Pattern::Outcome::matches && !gave_up();
  }

  // ---- Objects

  /// has_members without patterns: the hottest loop where nobody asks what was evaluated, which is
  /// nearly always.
  [[gnu::noinline]] bool has_named_members(const ObjectPlan& plan, const Node* node) {
    if (must_give_up()) return false;
    --nesting_left_;
    const bool fits = do_members_fit(plan, node, nullptr);
    ++nesting_left_;
    return fits;
  }

  /// The same where somebody asks.
  [[gnu::noinline]] bool has_named_members(const ObjectPlan& plan, const Node* node, Marks& marks) {
    if (must_give_up()) return false;
    const Nesting nesting(*this);
    return do_members_fit(plan, node, &marks);
  }

  /// Members mostly come in the schema's order, so the next property is compared first.
  [[gnu::always_inline]] bool do_members_fit(const ObjectPlan& plan, const Node* node,
                                             Marks* marks) {
    steps_ += node->detail() / k_parts_per_step;
    const Node* const end = past(node);
    const Name* const names_end = plan.properties.end(program_.names);
    const Name* expected = plan.properties.begin(program_.names);
    std::uint64_t seen = 0;
    std::uint32_t position = 0;
    for (const Node* key = node + 1; key < end; key = past(key + 1), ++position) {
      const Name* name = expected;
      if (name == names_end || !is_name(*name, *key)) {
        name = find(plan.properties, *key);
        if (name == nullptr) {
          if (plan.additional != Target::everything() && !accepts(plan.additional, key + 1)) {
            return false;
          }
          if (marks != nullptr && plan.marks_additional) marks->mark(position);
          continue;
        }
      }
      expected = name + 1;
      seen |= std::uint64_t{1} << name->required;
      if (!accepts(name->target, key + 1)) return false;
      if (marks != nullptr && (name->is_declared || plan.marks_additional)) marks->mark(position);
    }
    return (seen & plan.required) == plan.required;
  }

  [[gnu::noinline]] bool has_members(const ObjectPlan& plan, const Node* node, Marks* marks) {
    if (must_give_up()) return false;
    const Nesting nesting(*this);
    steps_ += node->detail();
    const Node* const end = past(node);
    const Name* expected = plan.properties.begin(program_.names);
    std::uint64_t seen = 0;
    std::uint32_t position = 0;
    for (const Node* key = node + 1; key < end; key = past(key + 1), ++position) {
      bool evaluated = false;
      if (expected == plan.properties.end(program_.names) || !is_name(*expected, *key)) {
        expected = find(plan.properties, *key);
      }
      if (const Name* const property = expected; property == nullptr) {
        expected = plan.properties.end(program_.names);
      } else {
        ++expected;
        seen |= std::uint64_t{1} << property->required;
        evaluated = property->is_declared;
        if (evaluated && !accepts(property->target, key + 1, nullptr)) return false;
      }
      for (std::uint32_t i = 0; i < plan.pattern_count; ++i) {
        const PatternTarget& pattern = program_.rare->pattern_targets[plan.first_pattern + i];
        ++steps_;
        if (!matches(pattern.pattern, key)) {
          if (gave_up()) return false;
          continue;
        }
        evaluated = true;
        if (!accepts(pattern.target, key + 1, nullptr)) return false;
      }
      if (!evaluated) {
        if (!accepts(plan.additional, key + 1, nullptr)) return false;
        evaluated = plan.marks_additional;
      }
      if (marks != nullptr && evaluated) marks->mark(position);
    }
    return (seen & plan.required) == plan.required;
  }

  bool has_names(Target target, const Node* node) {
    steps_ += node->detail() / k_parts_per_step;
    for (const Node* key = node + 1; key < past(node); key = past(key + 1)) {
      if (!accepts(target, key, nullptr)) return false;
    }
    return true;
  }

  bool has_dependencies(const DependencyPlan& plan, const Node* node, Marks* marks) {
    steps_ += node->detail() / k_parts_per_step;
    for (const Node* key = node + 1; key < past(node); key = past(key + 1)) {
      const Name* const trigger = find(plan.triggers, *key);
      if (trigger != nullptr && !accepts(trigger->target, node, marks)) return false;
    }
    return true;
  }

  /// One walk over the members, noting which of the names are there.
  bool has_required(const Requirement& requirement, const Node* node) {
    const Name* const first = requirement.names.begin(program_.names);
    std::size_t missing = static_cast<std::size_t>(requirement.names.end(program_.names) - first);
    if (node->detail() < missing) return false;
    steps_ += node->detail() / k_parts_per_step;
    Marks found;
    for (const Node* key = node + 1; key < past(node); key = past(key + 1)) {
      const Name* const name = find(requirement.names, *key);
      if (name == nullptr) continue;
      const auto position = static_cast<std::uint32_t>(name - first);
      if (found.has(position)) continue;
      found.mark(position);
      --missing;
    }
    return missing == 0;
  }

  bool rest_of_members(Target target, const Node* node, Marks& marks) {
    steps_ += node->detail() / k_parts_per_step;
    std::uint32_t position = 0;
    for (const Node* key = node + 1; key < past(node); key = past(key + 1), ++position) {
      if (marks.has(position)) continue;
      if (!accepts(target, key + 1, nullptr)) return false;
      marks.mark(position);
    }
    return true;
  }

  // ---- Arrays

  [[gnu::noinline]] bool has_items(const ArrayPlan& plan, const Node* node, Marks* marks) {
    if (must_give_up()) return false;
    const Nesting nesting(*this);
    steps_ += node->detail() / k_parts_per_step;
    if (plan.prefix_count == 0 && marks == nullptr) {
      for (const Node* item = node + 1; item < past(node); item = past(item)) {
        if (!accepts(plan.rest, item)) return false;
      }
      return true;
    }
    std::uint32_t position = 0;
    for (const Node* item = node + 1; item < past(node); item = past(item), ++position) {
      const bool is_prefix = position < plan.prefix_count;
      const Target target = is_prefix ? program_.targets[plan.first_prefix + position] : plan.rest;
      if (!accepts(target, item, nullptr)) return false;
      if (marks != nullptr && (is_prefix || plan.marks_rest)) marks->mark(position);
    }
    return true;
  }

  bool does_contain(const ContainsPlan& plan, const Node* node, Marks* marks) {
    steps_ += node->detail() / k_parts_per_step;
    Marks* const found_marks = plan.marks ? marks : nullptr;
    std::uint32_t found = 0;
    std::uint32_t position = 0;
    for (const Node* item = node + 1; item < past(node); item = past(item), ++position) {
      if (!accepts(plan.target, item, nullptr)) {
        if (gave_up()) return false;
        continue;
      }
      if (++found > plan.most) return false;
      if (found_marks != nullptr) {
        found_marks->mark(position);
      } else if (found >= plan.least && plan.most == k_unbounded) {
        return true;
      }
    }
    return found >= plan.least;
  }

  [[gnu::noinline]] bool is_unique(const Node* node) {
    if (are_strings_with_different_words(node)) return true;
    if (!may_read(size_of(node))) return false;
    std::byte memory[4096];
    std::pmr::monotonic_buffer_resource scratch(memory, sizeof memory);
    return !find_equal_elements(value(node), scratch);
  }

  /// Whether there are few elements, all of them unescaped strings that their words tell apart;
  /// false where a closer look is needed.
  [[nodiscard]] bool are_strings_with_different_words(const Node* node) const {
    constexpr std::uint32_t elements_max = 8;
    const Node* const first = node + 1;
    if (node->detail() > elements_max) return false;
    for (const Node* item = first; item != past(node); item = past(item)) {
      if (item->form() != static_cast<std::uint32_t>(Kind::string) || item->is_escaped())
        return false;
      for (const Node* other = first; other != item; ++other) {
        if (other->word == item->word) return false;
      }
    }
    return true;
  }

  bool rest_of_items(Target target, const Node* node, Marks& marks) {
    steps_ += node->detail() / k_parts_per_step;
    std::uint32_t position = 0;
    for (const Node* item = node + 1; item < past(node); item = past(item), ++position) {
      if (marks.has(position)) continue;
      if (!accepts(target, item, nullptr)) return false;
      marks.mark(position);
    }
    return true;
  }

  // ---- Combinations

  /// Applies `target`; where it fits, what it evaluated is added to `marks`.
  bool accepts_branch(Target target, const Node* node, Marks* marks) {
    return marks == nullptr ? accepts(target, node, nullptr) : fits_tracked(target, node, marks);
  }

  /// The same, where `target` asks what has been evaluated.
  [[gnu::noinline]] bool fits_tracked(Target target, const Node* node, Marks* marks) {
    Marks inner;
    if (!accepts(target, node, &inner)) return false;
    steps_ += inner.rest_size() / k_words_per_step;
    if (marks != nullptr) marks->add(inner);
    return true;
  }

  bool fits_any(std::uint32_t first, std::uint32_t count, const Node* node, Marks* marks) {
    bool fits = false;
    for (std::uint32_t i = first; i < first + count; ++i) {
      if (!accepts_branch(program_.targets[i], node, marks)) continue;
      fits = true;
      if (marks == nullptr) break;  // nobody asks what the others would evaluate
    }
    return fits;
  }

  bool fits_one(std::uint32_t first, std::uint32_t count, const Node* node, Marks* marks) {
    std::uint32_t fitting = 0;
    for (std::uint32_t i = first; i < first + count && fitting < 2; ++i) {
      if (accepts_branch(program_.targets[i], node, marks)) ++fitting;
    }
    return fitting == 1;
  }

  bool fits_selected(const Selection& selection, const Node* node, Marks* marks) {
    if (kind(node) != Kind::object) return false;
    steps_ += node->detail() / k_parts_per_step;
    const Node* const chosen = member(node, selection.property);
    if (chosen == nullptr || kind(chosen) != Kind::string) return false;
    const Name* value = find(selection.values, *chosen);
    return value != nullptr && accepts(value->target, node, marks);
  }

  bool fits_condition(std::uint32_t first, const Node* node, Marks* marks) {
    const bool holds = accepts_branch(program_.targets[first], node, marks);
    return accepts(program_.targets[first + (holds ? 1 : 2)], node, marks);
  }

  /// The meaning of the anchor in the outermost resource that has it (2020-12 core,
  /// section 8.2.3.2).
  Target dynamic_target(const DynamicAnchor& anchor, Target otherwise) {
    Target target = otherwise;
    for (const Scope* scope = scope_; scope != nullptr; scope = scope->outer) {
      ++steps_;
      const auto meaning = std::ranges::lower_bound(anchor.meanings, scope->resource, {},
                                                    &DynamicAnchor::Meaning::resource);
      if (meaning != anchor.meanings.end() && meaning->resource == scope->resource) {
        target = meaning->target;
      }
    }
    return target;
  }

  const Program& program_;
  const Patterns& patterns_;
  const Instruction* const code_;
  const json::detail::Tape& tape_;
  const Node* nodes_;
  const char* text_;
  /// Of strings that begin before it, json::detail::readable_bytes behind the quote may be read.
  std::uint32_t readable_end_;
  std::uint64_t steps_max_;  ///< 0 from giving up on, so that every way out is short
  std::uint64_t steps_ = 0;
  std::uint32_t nesting_left_;  ///< applications that may still lie in each other here
  const Scope* scope_ = nullptr;
};

}  // namespace

Judgement judge(const Program& program, const Patterns& patterns, Value instance,
                const SchemaLimits& limits) {
  return Machine(program, patterns, instance, limits).judge(instance.index());
}

}  // namespace collet::schema
