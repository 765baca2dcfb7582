#include "schema/pattern/table.hpp"

#include <algorithm>
#include <bit>
#include <bitset>
#include <limits>
#include <ranges>
#include <span>
#include <utility>

namespace collet::schema::pattern {

namespace {

// --- the tree as an automaton that may be in many states at once (Thompson) ---

using StateId = std::uint16_t;

/// Goes on to `next` with a byte of [first, last].
struct Step {
  std::uint8_t first;
  std::uint8_t last;
  StateId next;
};

struct State {
  enum class Kind : std::uint8_t { reads, splits, at_text_begin, at_text_end, matches };

  Kind kind;
  StateId a = 0;  ///< reads: its first step; splits: one way; at_…: what follows
  StateId b = 0;  ///< reads: behind its last step; splits: the other way
};

/// Code points whose UTF-8 has one lead byte pattern and a number of continuation bytes.
struct Encoding {
  char32_t first;
  char32_t last;
  int continuations;
  unsigned lead;
};
constexpr Encoding encodings[] = {{0, 0x7F, 0, 0x00},
                                  {0x80, 0x7FF, 1, 0xC0},
                                  {0x800, 0xFFFF, 2, 0xE0},
                                  {0x10000, code_point_max, 3, 0xF0}};
constexpr unsigned continuation = 0x80;

/// Built from the end of the pattern to its start: each part is told which state follows it.
class Automaton {
 public:
  /// How many parts are entered at most, each repetition counted: a count of counts grows fast.
  explicit Automaton(std::size_t entries_max) : entries_left_(entries_max) {}

  /// False where it cannot be said, or takes too much.
  bool build(const Node& root) {
    start_ = enter(root, add({State::Kind::matches}));
    return !failed_;
  }

  StateId start() const { return start_; }
  std::size_t size() const { return states_.size(); }
  const State& state(StateId id) const { return states_[id]; }
  std::span<const Step> steps(const State& state) const {
    return std::span(steps_).subspan(state.a, state.b - state.a);
  }
  /// Whether some state tells the byte from the one before it.
  bool is_boundary(std::size_t byte) const { return boundaries_[byte]; }

 private:
  StateId fail() {
    failed_ = true;
    return 0;
  }

  StateId add(State state) {
    if (states_.size() == std::numeric_limits<StateId>::max()) return fail();
    states_.push_back(state);
    return static_cast<StateId>(states_.size() - 1);
  }

  /// The state that reads `node` and goes on to `next`.
  StateId enter(const Node& node, StateId next) {
    if (failed_ || entries_left_-- == 0) return fail();
    return std::visit([&](const auto& form) { return enter(form, next); }, node.form);
  }

  StateId enter(const Literal& literal, StateId next) {
    return reads({{{literal.code_point, literal.code_point}}}, next);
  }

  StateId enter(const CharacterSet& set, StateId next) {
    return set.properties.empty() ? reads(set.ranges, next) : fail();
  }

  StateId enter(Assertion assertion, StateId next) {
    if (assertion == Assertion::text_begin) return add({State::Kind::at_text_begin, next});
    if (assertion == Assertion::text_end) return add({State::Kind::at_text_end, next});
    return fail();
  }

  StateId enter(const Sequence& sequence, StateId next) {
    for (const Node& item : sequence.items | std::views::reverse) next = enter(item, next);
    return next;
  }

  StateId enter(const Alternatives& alternatives, StateId next) {
    StateId rest = enter(alternatives.choices.back(), next);
    for (const Node& choice : alternatives.choices | std::views::reverse | std::views::drop(1)) {
      rest = add({State::Kind::splits, enter(choice, next), rest});
    }
    return rest;
  }

  StateId enter(const Repeat& repeat, StateId next) {
    StateId state = next;
    if (repeat.max == unlimited) {
      state = add({State::Kind::splits, 0, next});
      const StateId body = enter(*repeat.body, state);
      states_[state].a = body;
      if (repeat.min > 0 && !failed_) state = body;
      return times(*repeat.body, std::max(repeat.min, 1u) - 1, state);
    }
    for (std::uint32_t i = repeat.min; i < repeat.max && !failed_; ++i) {
      state = add({State::Kind::splits, enter(*repeat.body, state), next});
    }
    return times(*repeat.body, repeat.min, state);
  }

  StateId times(const Node& body, std::uint32_t count, StateId next) {
    for (; count > 0 && !failed_; --count) next = enter(body, next);
    return next;
  }

  StateId enter(const Group& group, StateId next) { return enter(*group.body, next); }
  StateId enter(const Look&, StateId) { return fail(); }
  StateId enter(const BackReference&, StateId) { return fail(); }

  /// The state that reads one code point of `ranges`, which are sorted and disjoint.
  StateId reads(std::span<const Range> ranges, StateId next) {
    const std::size_t mark = pending_.size();
    for (const Encoding& encoding : encodings) {
      push_steps(ranges, encoding.first, encoding.last, encoding.continuations, encoding.lead,
                 next);
    }
    return pop_reading_state(mark);
  }

  /// Pushes the steps for those code points of `ranges` that lie in [first, last] and have their
  /// leading bytes in common: over the byte that follows these, then `continuations` more. `marker`
  /// holds the upper bits of the byte.
  void push_steps(std::span<const Range> ranges, char32_t first, char32_t last, int continuations,
                  unsigned marker, StateId next) {
    const int shift = 6 * continuations;
    const char32_t below = (char32_t{1} << shift) - 1;  // what the continuation bytes count
    const auto byte_of = [&](char32_t c) {
      const char32_t bits = c >> shift;
      return static_cast<std::uint8_t>(marker == continuation ? marker | (bits & 0x3F)
                                                              : marker | bits);
    };
    ranges =
        ranges.subspan(std::ranges::lower_bound(ranges, first, {}, &Range::last) - ranges.begin());
    while (!failed_ && !ranges.empty() && ranges.front().first <= last && first <= last) {
      const Range& range = ranges.front();
      first = std::max(first, range.first);
      const char32_t end = std::min(last, range.last) + 1;
      char32_t whole_end = end & ~below;  // before it, every continuation is in the range
      if ((first & below) == 0 && first < whole_end) {
        push({byte_of(first), byte_of(whole_end - 1), any_continuations(continuations, next)});
      } else {
        whole_end = (first | below) + 1;
        const std::size_t mark = pending_.size();
        push_steps(ranges, first, std::min<char32_t>(last, whole_end - 1), continuations - 1,
                   continuation, next);
        const StateId rest = pop_reading_state(mark);
        push({byte_of(first), byte_of(first), rest});
      }
      first = whole_end;
      while (!ranges.empty() && ranges.front().last < first) ranges = ranges.subspan(1);
    }
  }

  /// The state that reads so many continuation bytes, whichever.
  StateId any_continuations(int count, StateId next) {
    if (next != any_next_) {
      any_next_ = next;
      any_ = {next};
      any_known_ = 0;
    }
    for (; any_known_ < count; ++any_known_) {
      const std::size_t mark = pending_.size();
      push({continuation, continuation | 0x3F, any_[any_known_]});
      any_[any_known_ + 1] = pop_reading_state(mark);
    }
    return any_[count];
  }

  void push(Step step) {
    pending_.push_back(step);
    boundaries_.set(step.first);
    boundaries_.set(step.last + 1u);
  }

  /// Makes the steps above `mark` a state.
  StateId pop_reading_state(std::size_t mark) {
    const std::size_t first = steps_.size();
    steps_.insert(steps_.end(), pending_.begin() + static_cast<std::ptrdiff_t>(mark),
                  pending_.end());
    pending_.resize(mark);
    if (steps_.size() > std::numeric_limits<StateId>::max()) return fail();
    return add(
        {State::Kind::reads, static_cast<StateId>(first), static_cast<StateId>(steps_.size())});
  }

  std::vector<State> states_;
  std::vector<Step> steps_;
  std::vector<Step> pending_;       // a stack: the steps of states that are not complete
  std::bitset<257> boundaries_{1};  // byte 0 starts a class
  StateId any_next_ = 0;            // what follows the states in any_
  std::array<StateId, 4> any_{};
  int any_known_ = 0;
  StateId start_ = 0;
  std::size_t entries_left_;
  bool failed_ = false;
};

// --- the same in one state at a time (subset construction) ---

/// The states that the automaton may be in, ascending; only those that read or wait for the end.
using Set = std::span<const StateId>;

class SubsetConstruction {
 public:
  static constexpr std::uint16_t dead = 0;
  static constexpr std::uint16_t matched = 1;

  SubsetConstruction(const Automaton& automaton, std::size_t states_max)
      : automaton_(automaton),
        states_max_(states_max),
        work_max_(512 * states_max),
        buckets_(std::bit_ceil(2 * states_max + 1), dead),
        seen_(automaton.size(), 0) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (automaton.is_boundary(byte)) class_starts_.push_back(static_cast<std::uint8_t>(byte));
    }
  }

  /// False where it takes more states than allowed, or too much work.
  bool run() {
    column_hashes_.assign(class_starts_.size(), 0);
    add_row({}, dead);
    add_row({}, matched);
    const StateId entry[] = {automaton_.start()};
    follow(entry, {.is_begin = false, .is_end = false});
    restart_ = found_;
    follow(entry, {.is_begin = true, .is_end = false});
    if (found_match_) {
      start_ = matched;
      return true;
    }
    const std::vector<StateId> at_begin = found_;
    // The start has a row of its own: an equal set later on is no longer at the begin of the text.
    start_ = add_row(at_begin, result_at_end(at_begin, {.is_begin = true, .is_end = true}));
    found_ = restart_;
    found_match_ = false;
    elsewhere_ = row_of_found();
    for (std::size_t row = start_; row < rows(); ++row) {
      if (rows() > states_max_ || work_ > work_max_) return false;
      fill(row);
    }
    return true;
  }

  std::uint16_t start() const { return start_; }
  std::size_t rows() const { return set_ends_.size(); }
  /// The first bytes of the classes, each of which goes on to the first byte of the next one.
  std::span<const std::uint8_t> class_starts() const { return class_starts_; }
  std::uint16_t at_end(std::size_t row) const { return rows_[row * width()]; }
  std::uint16_t after(std::size_t row, std::size_t column) const {
    return rows_[row * width() + 1 + column];
  }
  bool equal(std::size_t column, std::size_t other) const {
    if (column_hashes_[column] != column_hashes_[other]) return false;
    for (std::size_t row = 0; row < rows(); ++row) {
      if (after(row, column) != after(row, other)) return false;
    }
    return true;
  }

 private:
  struct Position {
    bool is_begin;
    bool is_end;
  };

  std::size_t width() const { return 1 + class_starts_.size(); }

  Set set(std::size_t row) const {
    const std::size_t begin = row == 0 ? 0 : set_ends_[row - 1];
    return std::span(members_).subspan(begin, set_ends_[row] - begin);
  }

  std::uint16_t add_row(Set set, std::uint16_t at_end) {
    const auto row = static_cast<std::uint16_t>(rows());
    members_.insert(members_.end(), set.begin(), set.end());
    set_ends_.push_back(members_.size());
    rows_.push_back(at_end);
    rows_.insert(rows_.end(), class_starts_.size(), row);
    return row;
  }

  /// Computes the row's successors.
  void fill(std::size_t row) {
    last_targets_.clear();
    std::uint16_t last_row = elsewhere_;
    for (std::size_t column = 0; column < class_starts_.size(); ++column) {
      targets_.clear();
      for (const StateId id : set(row)) add_target(id, class_starts_[column]);
      if (!targets_.empty() && targets_ != last_targets_) {
        last_targets_ = targets_;
        // Inside the text, a match may also start here.
        targets_.insert(targets_.end(), restart_.begin(), restart_.end());
        follow(targets_, {.is_begin = false, .is_end = false});
        last_row = row_of_found();
        targets_ = last_targets_;
      }
      const std::uint16_t next = targets_.empty() ? elsewhere_ : last_row;
      rows_[row * width() + 1 + column] = next;
      column_hashes_[column] = column_hashes_[column] * 31 + next;
    }
  }

  void add_target(StateId id, std::uint8_t byte) {
    const State& state = automaton_.state(id);
    if (state.kind != State::Kind::reads) return;
    for (const Step& step : automaton_.steps(state)) {
      ++work_;
      if (byte <= step.last) {
        if (byte >= step.first) targets_.push_back(step.next);
        return;
      }
    }
  }

  /// Where the automaton gets from these states without reading: into found_ and found_match_.
  void follow(Set from, Position position) {
    found_.clear();
    found_match_ = false;
    ++round_;
    todo_.assign(from.begin(), from.end());
    while (!todo_.empty()) {
      const StateId id = todo_.back();
      todo_.pop_back();
      if (std::exchange(seen_[id], round_) == round_) continue;
      ++work_;
      const State& state = automaton_.state(id);
      switch (state.kind) {
        case State::Kind::reads:
          found_.push_back(id);
          break;
        case State::Kind::splits:
          todo_.push_back(state.b);
          todo_.push_back(state.a);
          break;
        case State::Kind::at_text_begin:
          if (position.is_begin) todo_.push_back(state.a);
          break;
        case State::Kind::at_text_end:
          found_.push_back(id);
          if (position.is_end) todo_.push_back(state.a);
          break;
        case State::Kind::matches:
          found_match_ = true;
          break;
      }
    }
    std::ranges::sort(found_);
  }

  std::uint16_t result_at_end(Set set, Position position) {
    follow(set, position);
    return found_match_ ? matched : dead;
  }

  /// The row of found_, made where there is none.
  std::uint16_t row_of_found() {
    if (found_match_) return matched;
    if (found_.empty()) return dead;
    std::size_t bucket = 0;
    for (const StateId id : found_) bucket = bucket * 31 + id;
    for (bucket &= buckets_.size() - 1; buckets_[bucket] != dead;
         bucket = (bucket + 1) & (buckets_.size() - 1)) {
      if (std::ranges::equal(set(buckets_[bucket]), found_)) return buckets_[bucket];
    }
    if (rows() > states_max_) return dead;  // run() fails
    const std::vector<StateId> set = found_;
    const auto at_end = result_at_end(set, {.is_begin = false, .is_end = true});
    return buckets_[bucket] = add_row(set, at_end);
  }

  const Automaton& automaton_;
  std::size_t states_max_;
  std::size_t work_max_;
  std::size_t work_ = 0;
  std::vector<std::uint8_t> class_starts_;
  std::uint16_t start_ = dead;
  std::vector<StateId> restart_;    // where a match may start inside the text
  std::uint16_t elsewhere_ = dead;  // the row after a byte that goes on with no match begun before
  std::vector<std::uint32_t> column_hashes_;

  std::vector<StateId> members_;       // of the sets, one behind the other
  std::vector<std::size_t> set_ends_;  // of each row, in members_
  std::vector<std::uint16_t> rows_;
  std::vector<std::uint16_t> buckets_;  // rows by the hash of their sets

  std::vector<StateId> targets_;
  std::vector<StateId> last_targets_;
  std::vector<StateId> todo_;
  std::vector<StateId> found_;
  bool found_match_ = false;
  std::vector<std::uint32_t> seen_;  // the last round that came to each state
  std::uint32_t round_ = 0;
};

}  // namespace

std::optional<Table> Table::build(const Tree& tree, std::uint32_t states_max) {
  constexpr std::uint32_t index_max = std::numeric_limits<std::uint16_t>::max();
  states_max = std::min(states_max, index_max);
  if (states_max == 0) return std::nullopt;
  Automaton automaton(std::size_t{4} * states_max);
  if (!automaton.build(tree.root)) return std::nullopt;
  SubsetConstruction subsets(automaton, states_max);
  if (!subsets.run()) return std::nullopt;

  // Classes that no state tells apart become one column.
  Table table;
  std::vector<std::size_t> kept;  // a class for each column
  const auto classes = subsets.class_starts();
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const auto same =
        std::ranges::find_if(kept, [&](std::size_t other) { return subsets.equal(i, other); });
    const std::size_t column = 1 + static_cast<std::size_t>(same - kept.begin());
    if (same == kept.end()) kept.push_back(i);
    if (column > std::numeric_limits<std::uint8_t>::max()) return std::nullopt;
    std::fill(table.column_of_.begin() + classes[i], table.column_of_.end(),
              static_cast<std::uint8_t>(column));
  }

  const std::size_t width = 1 + kept.size();
  if (subsets.rows() * width > index_max) return std::nullopt;
  table.width_ = static_cast<std::uint16_t>(width);
  table.start_ = static_cast<std::uint16_t>(subsets.start() * width);
  table.next_.reserve(subsets.rows() * width);
  const auto put = [&](std::size_t row) {
    table.next_.push_back(static_cast<std::uint16_t>(row * width));
  };
  for (std::size_t row = 0; row < subsets.rows(); ++row) {
    put(subsets.at_end(row));
    for (const std::size_t column : kept) put(subsets.after(row, column));
  }
  return table;
}

}  // namespace collet::schema::pattern
