#include "schema/pattern/translate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "schema/pattern/references.hpp"

namespace collet::schema::pattern {

namespace {

/// RE2 is linear, but at its slowest by 8 ns for each byte and instruction; and it makes thousands
/// of them of counted characters, which PCRE2 counts. So it gets the patterns that stay small.
constexpr std::uint32_t re2_size_max = 500;
constexpr std::uint32_t pcre2_count_max = 65'535;
/// How many characters PCRE2 may read between two callouts.
constexpr std::uint32_t uncounted_max = 64;

/// How many code points a node reads.
struct Length {
  std::uint32_t min = 0;
  std::uint32_t max = 0;

  static std::uint32_t sum(std::uint32_t a, std::uint32_t b) {
    return a > unlimited - b ? unlimited : a + b;
  }
  static std::uint32_t product(std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{a} * b, unlimited));
  }
};

Length length_of(const Node& node);

struct LengthOf {
  Length operator()(const Literal&) const { return {1, 1}; }
  Length operator()(const CharacterSet&) const { return {1, 1}; }
  Length operator()(const Assertion&) const { return {0, 0}; }
  Length operator()(const Look&) const { return {0, 0}; }
  Length operator()(const BackReference&) const { return {0, unlimited}; }
  Length operator()(const Group& group) const { return length_of(*group.body); }
  Length operator()(const Sequence& sequence) const {
    Length all;
    for (const Node& item : sequence.items) {
      const Length one = length_of(item);
      all = {Length::sum(all.min, one.min), Length::sum(all.max, one.max)};
    }
    return all;
  }
  Length operator()(const Alternatives& alternatives) const {
    Length all{unlimited, 0};
    for (const Node& choice : alternatives.choices) {
      const Length one = length_of(choice);
      all = {std::min(all.min, one.min), std::max(all.max, one.max)};
    }
    return all;
  }
  Length operator()(const Repeat& repeat) const {
    const Length one = length_of(*repeat.body);
    return {Length::product(one.min, repeat.min), Length::product(one.max, repeat.max)};
  }
};

Length length_of(const Node& node) {
  return std::visit(LengthOf{}, node.form);
}

/// About how many instructions RE2 makes of a node.
std::uint32_t re2_size(const Node& node);

struct Re2Size {
  std::uint32_t operator()(const CharacterSet& set) const {
    constexpr std::uint32_t property_size = 150;
    return static_cast<std::uint32_t>(2 * set.ranges.size()) +
           property_size * static_cast<std::uint32_t>(set.properties.size());
  }
  std::uint32_t operator()(const Group& group) const { return re2_size(*group.body); }
  std::uint32_t operator()(const Sequence& sequence) const { return all(sequence.items); }
  std::uint32_t operator()(const Alternatives& alternatives) const {
    return all(alternatives.choices);
  }
  std::uint32_t operator()(const Repeat& repeat) const {
    const std::uint32_t copies = repeat.max == unlimited ? repeat.min : repeat.max;
    return Length::product(re2_size(*repeat.body), std::max(copies, 1u));
  }
  std::uint32_t operator()(const auto&) const { return 1; }

  static std::uint32_t all(const std::vector<Node>& nodes) {
    std::uint32_t sum = 0;
    for (const Node& node : nodes) sum = Length::sum(sum, re2_size(node));
    return sum;
  }
};

std::uint32_t re2_size(const Node& node) {
  return std::visit(Re2Size{}, node.form);
}

bool reads_one_character(const Node& node) {
  return std::holds_alternative<Literal>(node.form) ||
         std::holds_alternative<CharacterSet>(node.form);
}

/// Categories and scripts; but it has no cased letters, and its "other" lacks the unassigned.
bool is_known_to_re2(const Property& property) {
  if (property.kind == Property::Kind::script) return true;
  return property.kind == Property::Kind::category && property.name != "LC" &&
         property.name != "Cn" && property.name != "C";
}

enum class Dialect : std::uint8_t { re2, pcre2 };

class Writer {
 public:
  Writer(const Tree& tree, Dialect dialect)
      : tree_(tree), references_(kinds_of_references(tree)), dialect_(dialect) {}

  std::expected<std::string, PatternError> write() && {
    write_branches(tree_.root);
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(out_);
  }

 private:
  template <typename... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void fail(std::size_t offset, std::string message) {
    if (!error_) error_ = PatternError{offset, std::move(message)};
  }

  /// Has PCRE2 account for its work here.
  void put_callout(std::uint32_t number = 0) {
    if (dialect_ == Dialect::pcre2) put("(?C{})", std::min(number, 255u));
  }

  void write(const Node& node) {
    std::visit([this](const auto& form) { write(form); }, node.form);
  }

  /// What stands in a group; each branch begins with a callout.
  void write_branches(const Node& body) {
    if (const auto* alternatives = std::get_if<Alternatives>(&body.form)) {
      write_branches(*alternatives);
    } else {
      put_callout();
      write(body);
    }
  }

  void write_branches(const Alternatives& alternatives) {
    for (std::size_t i = 0; i < alternatives.choices.size(); ++i) {
      if (i > 0) out_ += '|';
      put_callout();
      write(alternatives.choices[i]);
    }
  }

  void write(const Literal& literal) {
    put("\\x{{{:X}}}", static_cast<std::uint32_t>(literal.code_point));
  }

  void write(const CharacterSet& set) {
    if (set.ranges.empty() && set.properties.empty()) {  // `[]` is an error to both
      out_ += "[^";
      write(Range{0, code_point_max});
    } else {
      out_ += set.sense == CharacterSet::Sense::none_of ? "[^" : "[";
    }
    for (const Range& range : set.ranges) write(range);
    for (const Property& property : set.properties) write(property);
    out_ += ']';
  }

  void write(const Range& range) {
    put("\\x{{{:X}}}", static_cast<std::uint32_t>(range.first));
    if (range.first < range.last) put("-\\x{{{:X}}}", static_cast<std::uint32_t>(range.last));
  }

  void write(const Property& property) {
    if (dialect_ == Dialect::re2 && !is_known_to_re2(property)) {
      return fail(0, "a property that RE2 does not know");
    }
    if (property.name == "Changes_When_NFKC_Casefolded") {
      return fail(0, "the property Changes_When_NFKC_Casefolded is not supported");
    }
    std::string_view prefix;
    if (dialect_ == Dialect::pcre2) {
      if (property.kind == Property::Kind::script) prefix = "sc:";
      if (property.kind == Property::Kind::script_extensions) prefix = "scx:";
    }
    put("\\{}{{{}{}}}", property.sense == Property::Sense::has ? 'p' : 'P', prefix,
        property.name == "LC" ? "L&" : property.name);
  }

  void write(Assertion assertion) {
    switch (assertion) {
      case Assertion::text_begin:
        out_ += "\\A";
        break;
      case Assertion::text_end:
        out_ += "\\z";
        break;
      case Assertion::word_boundary:
        out_ += "\\b";
        break;
      case Assertion::no_word_boundary:
        // RE2 finds it between the bytes of a character, too.
        if (dialect_ == Dialect::re2) return fail(0, "RE2 has another \\B");
        out_ += "\\B";
        break;
    }
  }

  void write(const Sequence& sequence) {
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
      if (i > 0 && i % uncounted_max == 0) put_callout();
      write(sequence.items[i]);
    }
  }

  /// `opening` is `(`, `(?:`, `(?=` …
  void write_group(std::string_view opening, const Node& body) {
    out_ += opening;
    write_branches(body);
    out_ += ')';
  }

  void write(const Alternatives& alternatives) {
    out_ += "(?:";
    write_branches(alternatives);
    out_ += ')';
  }

  void write(const Repeat& repeat) {
    if (dialect_ == Dialect::re2 || !reads_one_character(*repeat.body)) {
      write_group("(?:", *repeat.body);
      return write_quantifier(repeat.min, repeat.max, repeat.greed);
    }
    // PCRE2 reads all of a repeated character at once: what it must read goes in small portions.
    std::uint32_t in_portions = repeat.min - repeat.min % uncounted_max;
    if (in_portions > 0) {
      out_ += "(?:";
      write(*repeat.body);
      put("{{{}}}", uncounted_max);
      put_callout();
      out_ += ')';
      write_quantifier(in_portions / uncounted_max, in_portions / uncounted_max, repeat.greed);
    }
    write(*repeat.body);
    write_quantifier(repeat.min - in_portions,
                     repeat.max == unlimited ? unlimited : repeat.max - in_portions, repeat.greed);
    put_callout();
  }

  void write_quantifier(std::uint32_t min, std::uint32_t max, Repeat::Greed greed) {
    const std::uint32_t count_max = dialect_ == Dialect::pcre2 ? pcre2_count_max : 1000;
    if (min > count_max || (max > count_max && max != unlimited)) {
      return fail(0, fmt::format("repetition beyond {}", count_max));
    }
    if (max == unlimited)
      put("{{{},}}", min);
    else
      put("{{{},{}}}", min, max);
    if (greed == Repeat::Greed::lazy) out_ += '?';
  }

  void write(const Group& group) {
    write_group(tree_.references.empty() ? "(?:" : "(", *group.body);
  }

  void write(const Look& look) {
    if (dialect_ == Dialect::re2) return fail(look.offset, "RE2 has no look-around");
    const bool is_positive = look.sense == Look::Sense::positive;
    if (look.direction == Look::Direction::ahead) {
      return write_group(is_positive ? "(?=" : "(?!", *look.body);
    }
    if (const auto* alternatives = std::get_if<Alternatives>(&look.body->form)) {
      for (const Node& choice : alternatives->choices) check_look_behind(choice, look.offset);
    } else {
      check_look_behind(*look.body, look.offset);
    }
    write_group(is_positive ? "(?<=" : "(?<!", *look.body);
  }

  void check_look_behind(const Node& branch, std::size_t offset) {
    const Length length = length_of(branch);
    if (length.max == unlimited) {
      fail(offset, "look-behind of unbounded length");
    } else if (length.max > look_behind_max) {
      fail(offset, fmt::format("look-behind over more than {} characters", look_behind_max));
    } else if (length.min != length.max) {
      fail(offset, "look-behind of varying length");
    }
  }

  void write(const BackReference& reference) {
    const auto& [group, offset] = tree_.references[reference.index];
    if (dialect_ == Dialect::re2) return fail(offset, "RE2 has no back-references");
    switch (references_[reference.index]) {
      case ReferenceKind::plain:
        put_callout(group);
        put("\\g{{{}}}", group);
        break;
      case ReferenceKind::always_empty:
        break;
      case ReferenceKind::may_be_stale:
        fail(offset, "back-reference to a group that a repetition may skip");
    }
  }

  const Tree& tree_;
  std::vector<ReferenceKind> references_;
  Dialect dialect_;
  std::string out_;
  std::optional<PatternError> error_;
};

}  // namespace

std::optional<std::string> to_re2(const Tree& tree) {
  if (re2_size(tree.root) > re2_size_max) return std::nullopt;
  auto source = Writer(tree, Dialect::re2).write();
  if (!source) return std::nullopt;
  return std::move(*source);
}

std::expected<std::string, PatternError> to_pcre2(const Tree& tree) {
  return Writer(tree, Dialect::pcre2).write();
}

}  // namespace collet::schema::pattern
