#include "schema/value/equality.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

#include "schema/value/mix.hpp"
#include "schema/value/number.hpp"
#include "schema/value/text.hpp"

namespace collet::schema {

namespace {

using json::Kind;
using json::Value;

/// Up to here, comparing each with each is cheaper than sorting, and stack is cheaper than heap.
constexpr std::size_t few = 16;

bool equal_strings(Value a, Value b) {
  const StringToken left(a), right(b);
  if (left.content == right.content) return true;
  return (left.escaped || right.escaped) && Text(a).view() == Text(b).view();
}

bool text_less(Value a, Value b) {
  const StringToken left(a), right(b);
  if (!left.escaped && !right.escaped) return left.content < right.content;
  return Text(a).view() < Text(b).view();
}

/// The members of an object that count, in the order of their keys' texts.
class SortedMembers {
 public:
  explicit SortedMembers(Value object) : tape_(object.tape()) {
    if (object.size() > few_.size()) {
      many_.resize(object.size());
      keys_ = many_;
    } else {
      keys_ = std::span(few_).first(object.size());
    }
    std::size_t i = 0;
    for (const auto& [key, value] : object.members()) keys_[i++] = key.index();
    // Of equal keys the last one comes first, and stays.
    std::ranges::sort(keys_, [&](std::uint32_t a, std::uint32_t b) {
      if (text_less(key(a), key(b))) return true;
      return a > b && !text_less(key(b), key(a));
    });
    const auto repeated = std::ranges::unique(
        keys_, [&](std::uint32_t a, std::uint32_t b) { return equal_strings(key(a), key(b)); });
    keys_ = keys_.first(keys_.size() - repeated.size());
  }
  SortedMembers(const SortedMembers&) = delete;
  SortedMembers& operator=(const SortedMembers&) = delete;

  [[nodiscard]] std::size_t size() const { return keys_.size(); }
  [[nodiscard]] json::Member operator[](std::size_t i) const {
    return {key(keys_[i]), Value(tape_, keys_[i] + 1)};
  }
  /// Whether `member` is none that a later one of the same key replaces.
  [[nodiscard]] bool counts(const json::Member& member) const {
    const auto found = std::ranges::lower_bound(keys_, member.key, text_less,
                                                [&](std::uint32_t index) { return key(index); });
    return *found == member.key.index();
  }

 private:
  [[nodiscard]] Value key(std::uint32_t index) const { return {tape_, index}; }

  const json::detail::Tape& tape_;
  std::array<std::uint32_t, few> few_;
  std::vector<std::uint32_t> many_;
  std::span<std::uint32_t> keys_;  // tape indices; the value follows its key
};

bool have_equal_keys_in_order(Value a, Value b) {
  if (a.size() != b.size()) return false;
  auto right = b.members().begin();
  for (const auto& [key, value] : a.members()) {
    if (!equal_strings(key, (*right).key)) return false;
    ++right;
  }
  return true;
}

bool equal_values(Value a, Value b);

/// Objects whose keys are the same in the same order, as records of one source are.
bool have_equal_values_in_order(Value a, Value b) {
  std::optional<SortedMembers> sorted;
  auto right = b.members().begin();
  for (const auto& member : a.members()) {
    if (!equal_values(member.value, (*right).value)) {
      if (!sorted) sorted.emplace(a);
      if (sorted->counts(member)) return false;
    }
    ++right;
  }
  return true;
}

bool equal_objects(Value a, Value b) {
  if (have_equal_keys_in_order(a, b)) return have_equal_values_in_order(a, b);
  const SortedMembers left(a), right(b);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!equal_strings(left[i].key, right[i].key)) return false;
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!equal_values(left[i].value, right[i].value)) return false;
  }
  return true;
}

bool equal_arrays(Value a, Value b) {
  if (a.size() != b.size()) return false;
  auto right = b.elements().begin();
  for (const Value element : a.elements()) {
    if (!equal_values(element, *right)) return false;
    ++right;
  }
  return true;
}

bool equal_values(Value a, Value b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return a.raw().front() == b.raw().front();
    case Kind::number:
      return Number::of(a) == Number::of(b);
    case Kind::string:
      return equal_strings(a, b);
    case Kind::array:
      return equal_arrays(a, b);
    case Kind::object:
      return equal_objects(a, b);
  }
  return false;
}

std::uint64_t hash_text(std::string_view text, std::uint64_t seed) {
  const std::uint64_t first = seed ^ 0xA076'1D64'78BD'642F, second = seed ^ 0xE703'7ED1'A0B4'28DB;
  std::uint64_t state = mix(text.size() ^ first, second);
  while (!text.empty()) {
    std::array<std::uint64_t, 2> words{};
    const std::size_t size = std::min(text.size(), sizeof words);
    std::memcpy(words.data(), text.data(), size);
    state = mix(words[0] ^ first, words[1] ^ state) + second;
    text.remove_prefix(size);
  }
  return state;
}

std::uint64_t another(std::uint64_t seed) {
  return mix(seed ^ 0x8EBC'6AF0'9C88'C6E3, 0x5899'65CC'7537'4CC3);
}

std::uint64_t hash_member(std::uint64_t key_hash, Value value, std::uint64_t seed) {
  return mix(key_hash ^ 0x1D8E'4E27'C47D'124F, another(seed) ^ hash(value, seed));
}

/// The sum over all members that count, so that no order does.
std::uint64_t hash_members(Value object, std::uint64_t seed) {
  std::uint64_t sum = 0;
  if (object.size() <= few) {
    std::array<std::uint64_t, few> hashes;
    std::size_t size = 0;
    bool repeated = false;
    for (const auto& [key, value] : object.members()) {
      const std::uint64_t hash = hash_text(Text(key).view(), seed);
      const auto known = std::span(hashes).first(size);
      repeated |= std::ranges::find(known, hash) != known.end();
      hashes[size++] = hash;
    }
    if (!repeated) {
      size = 0;
      for (const auto& [key, value] : object.members()) {
        sum += hash_member(hashes[size++], value, seed);
      }
      return sum;
    }
  }
  const SortedMembers members(object);
  for (std::size_t i = 0; i < members.size(); ++i) {
    const auto [key, value] = members[i];
    sum += hash_member(hash_text(Text(key).view(), seed), value, seed);
  }
  return sum;
}

struct Entry {
  std::uint64_t look;      ///< its first look, or its hash
  std::uint32_t position;  ///< among the elements
  std::uint32_t index;     ///< on the tape
};

/// A pair of equal elements, as positions.
struct Pair {
  std::uint32_t second;
  std::uint32_t first;
  auto operator<=>(const Pair&) const = default;
};

/// Words that differ belong to values that differ. 0 says nothing.
std::uint64_t first_look(Value value) {
  const std::uint64_t kind = static_cast<std::uint64_t>(value.kind()) + 1;
  if (const auto number = value.short_number()) return kind << 32U | number->packed();
  if (!value.is_string()) return value.is_number() ? 0 : kind << 32U;
  const StringToken token(value);
  if (token.escaped) return 0;
  std::uint32_t word = 0;
  std::memcpy(&word, token.content.data(), std::min(token.content.size(), sizeof word));
  return kind << 60U | token.content.size() << 32U | word;
}

/// Compares each with each, in the order of the result: `entries` rise in position. Looks that
/// differ, but for 0, tell entries apart.
std::optional<Pair> first_equal_pair(const json::detail::Tape& tape,
                                     std::span<const Entry> entries) {
  for (std::size_t second = 1; second < entries.size(); ++second) {
    for (std::size_t first = 0; first < second; ++first) {
      const std::uint64_t look = entries[first].look;
      if (look != 0 && entries[second].look != 0 && look != entries[second].look) continue;
      if (equal(Value(tape, entries[first].index), Value(tape, entries[second].index))) {
        return Pair{entries[second].position, entries[first].position};
      }
    }
  }
  return std::nullopt;
}

/// Groups `entries`, which rise in position, by their hashes and looks for equal ones within the
/// groups. A large group of elements that differ is no chance; it is hashed again with another
/// seed, and compared after some rounds.
std::optional<Pair> first_equal_pair_by_hash(const json::detail::Tape& tape,
                                             std::span<Entry> entries, std::uint64_t seed,
                                             int round) {
  constexpr int rounds_max = 3;
  for (Entry& entry : entries) entry.look = hash(Value(tape, entry.index), seed);
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::pair(e.look, e.position); });
  std::optional<Pair> best;
  for (std::size_t begin = 0, end = 0; begin < entries.size(); begin = end) {
    while (end < entries.size() && entries[end].look == entries[begin].look) ++end;
    const std::span<Entry> group = entries.subspan(begin, end - begin);
    std::optional<Pair> found = first_equal_pair(tape, group.first(std::min(group.size(), few)));
    if (!found && group.size() > few) {
      found = round < rounds_max ? first_equal_pair_by_hash(tape, group, another(seed), round + 1)
                                 : first_equal_pair(tape, group);
    }
    if (found && (!best || *found < *best)) best = found;
  }
  return best;
}

}  // namespace

bool equal(Value a, Value b) {
  // Equal bytes are equal values, and of containers the cheapest to find.
  if (a.kind() == b.kind() && a.size() > 0 && a.raw() == b.raw()) return true;
  return equal_values(a, b);
}

std::uint64_t hash(Value value, std::uint64_t seed) {
  const std::uint64_t key = seed ^ 0x5899'65CC'7537'4CC3;
  std::uint64_t state = mix(key, static_cast<std::uint64_t>(value.kind()) + key);
  switch (value.kind()) {
    case Kind::null:
      break;
    case Kind::boolean:
      state += static_cast<unsigned char>(value.raw().front());
      break;
    case Kind::number:
      return Number::of(value).hash(seed);
    case Kind::string:
      return hash_text(Text(value).view(), seed);
    case Kind::array:
      for (const Value element : value.elements()) {
        state = mix(state + key, hash(element, seed) ^ key);
      }
      break;
    case Kind::object:
      return mix(state + hash_members(value, seed), key);
  }
  return state;
}

std::optional<std::pair<std::size_t, std::size_t>> find_equal_elements(
    Value array, std::pmr::memory_resource& scratch) {
  std::array<Entry, few> inside;
  std::pmr::vector<Entry> outside(&scratch);
  std::span<Entry> entries;
  if (array.size() <= few) {
    entries = std::span(inside).first(array.size());
  } else {
    outside.resize(array.size());
    entries = outside;
  }
  std::uint32_t position = 0;
  for (const Value element : array.elements()) {
    entries[position] = {
        .look = first_look(element), .position = position, .index = element.index()};
    ++position;
  }
  std::optional<Pair> found;
  if (array.size() <= few) {
    found = first_equal_pair(array.tape(), entries);
  } else {
    const auto seed = reinterpret_cast<std::uintptr_t>(entries.data());
    found = first_equal_pair_by_hash(array.tape(), entries, seed, 0);
  }
  if (!found) return std::nullopt;
  return std::pair<std::size_t, std::size_t>(found->first, found->second);
}

}  // namespace collet::schema
