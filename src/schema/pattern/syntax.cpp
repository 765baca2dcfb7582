#include "schema/pattern/syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "json/utf8.hpp"
#include "schema/value/text.hpp"

namespace collet::schema::pattern {

namespace {

namespace utf8 = json::utf8;

constexpr Range digits[] = {{'0', '9'}};
constexpr Range word[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
constexpr Range white_space[] = {
    {'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
    {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
constexpr Range line_ends[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};
constexpr Range ascii[] = {{0, 0x7F}};
constexpr Range any[] = {{0, code_point_max}};

bool is_digit(char c) {
  return '0' <= c && c <= '9';
}
bool is_letter(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z');
}
bool is_surrogate(char32_t c, char32_t first) {
  return first <= c && c < first + 0x400;
}
/// Longer than any name with its value.
constexpr std::size_t property_bytes_max = 64;
constexpr char32_t high_surrogates = 0xD800;
constexpr char32_t low_surrogates = 0xDC00;

std::vector<Range> listed(std::span<const Range> ranges) {
  return {ranges.begin(), ranges.end()};
}

/// All code points but those of `ranges`, which are sorted and disjoint.
std::vector<Range> complement(std::span<const Range> ranges) {
  std::vector<Range> rest;
  char32_t next = 0;
  for (const Range& range : ranges) {
    if (next < range.first) rest.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= code_point_max) rest.push_back({next, code_point_max});
  return rest;
}

void sort_and_merge(std::vector<Range>& ranges) {
  std::ranges::sort(ranges, {}, &Range::first);
  std::size_t kept = 0;
  for (const Range& range : ranges) {
    if (kept > 0 && range.first <= ranges[kept - 1].last + 1) {
      ranges[kept - 1].last = std::max(ranges[kept - 1].last, range.last);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

/// Recursive descent. After the first error it stands at the end of the source, where every loop
/// ends by itself; what the functions then return is thrown away.
class Parser {
 public:
  explicit Parser(std::string_view source) : source_(source) {}

  std::expected<Tree, PatternError> parse() && {
    Node root = alternatives(0);
    if (!at_end()) fail(at_, "unmatched )");
    Tree tree{std::move(root), resolved_references()};
    if (error_) return std::unexpected(std::move(*error_));
    return tree;
  }

 private:
  /// A reference as it is written; its group may stand behind it.
  struct Reference {
    std::size_t offset;
    std::uint32_t number;  ///< 0 where it has a name
    std::string name;
  };
  struct Name {
    std::string name;
    std::uint32_t number;
  };
  struct Bounds {
    std::uint32_t min;
    std::uint32_t max;
  };

  // --- the source ---

  bool at_end() const { return at_ == source_.size(); }
  std::string_view rest() const { return source_.substr(at_); }
  bool sees(std::string_view text) const { return rest().starts_with(text); }
  bool sees_any_of(std::string_view characters) const {
    return !at_end() && characters.find(source_[at_]) != std::string_view::npos;
  }

  bool take(std::string_view text) {
    if (!sees(text)) return false;
    at_ += text.size();
    return true;
  }

  /// The code point here, which it passes. The source is not at its end.
  char32_t take_code_point() {
    const utf8::Sequence sequence = utf8::read(rest());
    if (sequence.form == utf8::Form::invalid) {
      fail(at_, "not UTF-8");
      return 0;
    }
    const std::size_t begin = at_;
    at_ += sequence.length;
    return code_point_of(source_.substr(begin, sequence.length));
  }

  /// Decimal digits here, of which it stops counting one before `unlimited`.
  std::optional<std::uint32_t> take_number() {
    if (at_end() || !is_digit(source_[at_])) return std::nullopt;
    std::uint64_t number = 0;
    for (; !at_end() && is_digit(source_[at_]); ++at_) {
      number = std::min<std::uint64_t>(number * 10 + (source_[at_] - '0'), unlimited - 1);
    }
    return static_cast<std::uint32_t>(number);
  }

  /// Up to `count` hexadecimal digits; nothing, and nothing passed, where there are none.
  std::optional<char32_t> take_hex(std::size_t count) {
    const std::string_view found = rest().substr(0, count);
    const std::size_t length =
        std::min(found.find_first_not_of("0123456789abcdefABCDEF"), found.size());
    if (length == 0) return std::nullopt;
    char32_t value = 0;
    for (const char c : found.substr(0, length)) {
      value = value * 16 + static_cast<char32_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    at_ += length;
    return value;
  }

  void fail(std::size_t offset, std::string message) {
    if (!error_) error_ = PatternError{offset, std::move(message)};
    at_ = source_.size();
  }

  // --- the grammar ---

  Node alternatives(std::size_t depth) {
    Alternatives all;
    do {
      all.choices.push_back(sequence(depth));
    } while (take("|"));
    if (all.choices.size() == 1) return std::move(all.choices.front());
    return Node{std::move(all)};
  }

  Node sequence(std::size_t depth) {
    Sequence all;
    while (!at_end() && !sees_any_of("|)")) all.items.push_back(term(depth));
    if (all.items.size() == 1) return std::move(all.items.front());
    return Node{std::move(all)};
  }

  Node term(std::size_t depth) {
    const std::size_t start = at_;
    if (sees_any_of("*+?") || (sees("{") && take_braces())) {
      fail(start, "nothing to repeat");
      return {};
    }
    const bool repeatable = !sees_assertion();
    Node node = atom(depth);
    const std::size_t end = at_;
    const std::optional<Bounds> bounds = take_quantifier();
    if (!bounds) return node;
    if (!repeatable) fail(end, "nothing to repeat");
    if (bounds->min > bounds->max) fail(end, "repetition out of order");
    const auto greed = take("?") ? Repeat::Greed::lazy : Repeat::Greed::greedy;
    return Node{Repeat{std::make_unique<Node>(std::move(node)), bounds->min, bounds->max, greed}};
  }

  bool sees_assertion() const {
    constexpr std::string_view assertions[] = {"^",   "$",   "\\b",  "\\B",
                                               "(?=", "(?!", "(?<=", "(?<!"};
    return std::ranges::any_of(assertions, [this](std::string_view text) { return sees(text); });
  }

  Node atom(std::size_t depth) {
    switch (source_[at_]) {
      case '^':
        ++at_;
        return Node{Assertion::text_begin};
      case '$':
        ++at_;
        return Node{Assertion::text_end};
      case '.':
        ++at_;
        return Node{CharacterSet{.ranges = complement(line_ends)}};
      case '(':
        return group(depth + 1);
      case '[':
        return Node{character_class()};
      case '\\':
        return escape();
      default:
        return Node{Literal{take_code_point()}};
    }
  }

  std::optional<Bounds> take_quantifier() {
    if (take("*")) return Bounds{0, unlimited};
    if (take("+")) return Bounds{1, unlimited};
    if (take("?")) return Bounds{0, 1};
    if (sees("{")) return take_braces();
    return std::nullopt;
  }

  /// {2}, {2,} or {2,3}; nothing, and nothing passed, where the brace means itself.
  std::optional<Bounds> take_braces() {
    const std::size_t start = std::exchange(at_, at_ + 1);
    if (const auto min = take_number()) {
      if (take("}")) return Bounds{*min, *min};
      if (take(",")) {
        const auto max = take_number();
        if (take("}")) return Bounds{*min, max.value_or(unlimited)};
      }
    }
    at_ = start;
    return std::nullopt;
  }

  Node group(std::size_t depth) {
    const std::size_t start = std::exchange(at_, at_ + 1);
    if (depth > group_depth_max) {
      fail(start, fmt::format("groups nest deeper than {}", group_depth_max));
      return {};
    }
    using enum Look::Direction;
    using enum Look::Sense;
    if (take("?:")) return group_body(start, depth);
    if (take("?=")) return look(start, depth, ahead, positive);
    if (take("?!")) return look(start, depth, ahead, negative);
    if (take("?<=")) return look(start, depth, behind, positive);
    if (take("?<!")) return look(start, depth, behind, negative);
    const std::uint32_t number = ++groups_;
    if (take("?<")) {
      add_name(number);
    } else if (take("?")) {
      fail(start, unknown_group());
    }
    Node body = group_body(start, depth);
    return Node{Group{std::make_unique<Node>(std::move(body)), number}};
  }

  /// Stands behind `(?`.
  std::string unknown_group() const {
    if (sees_any_of("ims-")) return "modifiers such as (?i: are not supported";
    const std::size_t shown = at_end() ? 0 : utf8::read(rest()).length;
    return fmt::format("unknown kind of group (?{}", rest().substr(0, shown));
  }

  Node group_body(std::size_t start, std::size_t depth) {
    Node body = alternatives(depth);
    if (!take(")")) fail(start, "unclosed group");
    return body;
  }

  Node look(std::size_t start, std::size_t depth, Look::Direction direction, Look::Sense sense) {
    Node body = group_body(start, depth);
    return Node{Look{std::make_unique<Node>(std::move(body)), direction, sense, start}};
  }

  // --- names and references ---

  void add_name(std::uint32_t number) {
    const std::size_t start = at_;
    std::string name = group_name();
    if (std::ranges::find(names_, name, &Name::name) != names_.end())
      fail(start, "two groups of one name");
    names_.push_back({std::move(name), number});
  }

  /// Passes `name>`. Which letters beyond ASCII may stand in a name is not checked.
  std::string group_name() {
    const std::size_t start = at_;
    std::string name;
    while (!at_end() && !sees(">")) {
      const char32_t c = take("\\u") ? unicode_escape(at_ - 2) : take_code_point();
      const bool starts = c >= 0x80 || c == '$' || c == '_' || is_letter(static_cast<char>(c));
      if (!starts && (name.empty() || !is_digit(static_cast<char>(c)))) {
        fail(start, "bad group name");
      }
      utf8::append(name, c);
    }
    if (name.empty() || !take(">")) fail(start, "bad group name");
    return name;
  }

  Node reference(Reference reference) {
    references_.push_back(std::move(reference));
    return Node{BackReference{references_.size() - 1}};
  }

  std::vector<Tree::Reference> resolved_references() {
    std::vector<Tree::Reference> resolved;
    for (const Reference& reference : references_) {
      std::uint32_t group = reference.number;
      if (group == 0) {
        const auto named = std::ranges::find(names_, reference.name, &Name::name);
        if (named != names_.end())
          group = named->number;
        else
          fail(reference.offset, fmt::format("no group is named {}", reference.name));
      } else if (group > groups_) {
        fail(reference.offset, fmt::format("there is no group {}", group));
      }
      resolved.push_back({group, reference.offset});
    }
    return resolved;
  }

  // --- escapes ---

  /// An escape outside a character class. Stands at its backslash.
  Node escape() {
    const std::size_t start = at_;
    if (take("\\b")) return Node{Assertion::word_boundary};
    if (take("\\B")) return Node{Assertion::no_word_boundary};
    if (take("\\k<")) return reference({start, 0, group_name()});
    if (auto set = set_escape()) return Node{std::move(*set)};
    ++at_;
    if (sees_any_of("123456789")) return reference({start, *take_number(), {}});
    --at_;
    return Node{Literal{character_escape()}};
  }

  /// \d \s \w \p{…} and their opposites; nothing, and nothing passed, for other escapes.
  std::optional<CharacterSet> set_escape() {
    if (take("\\d")) return CharacterSet{.ranges = listed(digits)};
    if (take("\\D")) return CharacterSet{.ranges = complement(digits)};
    if (take("\\s")) return CharacterSet{.ranges = listed(white_space)};
    if (take("\\S")) return CharacterSet{.ranges = complement(white_space)};
    if (take("\\w")) return CharacterSet{.ranges = listed(word)};
    if (take("\\W")) return CharacterSet{.ranges = complement(word)};
    if (sees("\\p") || sees("\\P")) return property_escape();
    return std::nullopt;
  }

  CharacterSet property_escape() {
    const std::size_t start = at_;
    auto sense = sees("\\p") ? Property::Sense::has : Property::Sense::lacks;
    at_ += 2;
    const std::size_t close = rest().substr(0, property_bytes_max).find('}');
    if (!sees("{") || close == std::string_view::npos) {
      fail(start, fmt::format("\\{} without a property in braces", source_[start + 1]));
      return {};
    }
    auto property = property_named(rest().substr(1, close - 1));
    at_ += close + 1;
    if (!property) {
      fail(start, fmt::format("unknown property {}", source_.substr(start, at_ - start)));
      return {};
    }
    const bool has = sense == Property::Sense::has;
    if (property->name == "Any") return {.ranges = has ? listed(any) : std::vector<Range>{}};
    if (property->name == "ASCII") return {.ranges = has ? listed(ascii) : complement(ascii)};
    if (property->name == "Assigned") {
      property = Property{.kind = Property::Kind::category, .name = "Cn"};
      sense = has ? Property::Sense::lacks : Property::Sense::has;
    }
    property->sense = sense;
    return {.properties = {*property}};
  }

  /// An escape of one character. Stands at its backslash.
  char32_t character_escape() {
    const std::size_t start = std::exchange(at_, at_ + 1);
    if (at_end()) {
      fail(start, "\\ at the end");
      return 0;
    }
    const char32_t c = take_code_point();
    switch (c) {
      case 't':
        return '\t';
      case 'n':
        return '\n';
      case 'v':
        return '\v';
      case 'f':
        return '\f';
      case 'r':
        return '\r';
      case 'c':
        return control_escape(start);
      case 'x':
        return hex_escape(start);
      case 'u':
        return unicode_escape(start);
      case '0':
        if (at_end() || !is_digit(source_[at_])) return 0;
        break;
      default:
        if (c < 0x80 && !is_letter(static_cast<char>(c)) && !is_digit(static_cast<char>(c))) {
          return c;
        }
    }
    fail(start, fmt::format("unknown escape {}", source_.substr(start, at_ - start)));
    return 0;
  }

  char32_t control_escape(std::size_t start) {
    if (!at_end() && is_letter(source_[at_])) return take_code_point() % 32;
    fail(start, "\\c without a letter");
    return 0;
  }

  char32_t hex_escape(std::size_t start) {
    const std::size_t digits_start = at_;
    const auto value = take_hex(2);
    if (value && at_ - digits_start == 2) return *value;
    fail(start, "\\x without two hexadecimal digits");
    return 0;
  }

  /// Stands behind `\u`. Two escaped halves of a surrogate pair are one character.
  char32_t unicode_escape(std::size_t start) {
    if (take("{")) {
      while (sees("00")) ++at_;
      const auto value = take_hex(7);
      if (value && *value <= code_point_max && take("}")) return *value;
      fail(start, "\\u{…} is no code point");
      return 0;
    }
    const std::optional<char32_t> unit = utf16_unit();
    if (!unit) {
      fail(start, "\\u without four hexadecimal digits");
      return 0;
    }
    if (is_surrogate(*unit, high_surrogates) && sees("\\u")) {
      const std::size_t second = std::exchange(at_, at_ + 2);
      const std::optional<char32_t> low = utf16_unit();
      if (low && is_surrogate(*low, low_surrogates)) {
        return 0x10000 + ((*unit - high_surrogates) << 10) + (*low - low_surrogates);
      }
      at_ = second;
    }
    return *unit;
  }

  std::optional<char32_t> utf16_unit() {
    const std::size_t start = at_;
    const auto value = take_hex(4);
    if (at_ - start == 4) return value;
    return std::nullopt;
  }

  // --- character classes ---

  CharacterSet character_class() {
    const std::size_t start = std::exchange(at_, at_ + 1);
    const bool negated = take("^");
    CharacterSet set;
    while (!take("]")) {
      if (at_end()) {
        fail(start, "unclosed character class");
        return {};
      }
      add_class_range(set);
    }
    sort_and_merge(set.ranges);
    if (negated && set.properties.empty()) {
      set.ranges = complement(set.ranges);
    } else if (negated) {
      set.sense = CharacterSet::Sense::none_of;
    }
    return set;
  }

  /// `a-z`, or a member without a range.
  void add_class_range(CharacterSet& set) {
    const std::size_t start = at_;
    const CharacterSet first = class_member();
    if (!sees("-") || sees("-]") || at_ + 1 == source_.size()) return add(set, first);
    ++at_;
    const CharacterSet last = class_member();
    const auto low = only_character(first);
    const auto high = only_character(last);
    if (low && high) {
      if (*low > *high) fail(start, "character range out of order");
      return set.ranges.push_back({*low, *high});
    }
    add(set, first);
    add(set, CharacterSet{.ranges = {{'-', '-'}}});
    add(set, last);
  }

  CharacterSet class_member() {
    if (auto set = set_escape()) return std::move(*set);
    if (take("\\b")) return one('\b');
    if (sees("\\")) return one(character_escape());
    return one(take_code_point());
  }

  static CharacterSet one(char32_t c) { return {.ranges = {{c, c}}}; }

  static std::optional<char32_t> only_character(const CharacterSet& set) {
    if (!set.properties.empty() || set.ranges.size() != 1) return std::nullopt;
    const Range& range = set.ranges.front();
    return range.first == range.last ? std::optional(range.first) : std::nullopt;
  }

  static void add(CharacterSet& set, const CharacterSet& more) {
    set.ranges.insert(set.ranges.end(), more.ranges.begin(), more.ranges.end());
    set.properties.insert(set.properties.end(), more.properties.begin(), more.properties.end());
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::uint32_t groups_ = 0;
  std::vector<Name> names_;
  std::vector<Reference> references_;
  std::optional<PatternError> error_;
};

}  // namespace

std::expected<Tree, PatternError> parse(std::string_view source) {
  return Parser(source).parse();
}

}  // namespace collet::schema::pattern
