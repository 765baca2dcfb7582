#include "schema/name_table.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

#include "json/fingerprint.hpp"
#include "schema/value/mix.hpp"

namespace collet::schema {
namespace {

using json::detail::Edges;
using json::detail::edges_of;
using json::detail::Node;

std::uint32_t word_of(const Edges& edges, std::size_t length) {
  return Node::string_word(json::detail::fingerprint(edges, length));
}

/// Of all bytes, so that no names collide whatever the seed.
std::uint32_t hash_of(const char* bytes, std::uint32_t length, std::uint64_t seed) {
  constexpr std::uint64_t k_odd = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio
  const auto [head, tail] = edges_of(bytes, length);
  std::uint64_t state = mix(head ^ seed, k_odd + length);
  for (std::uint32_t at = 8; at + 8 < length; at += 8) {
    state = mix(state ^ json::swar::load(bytes + at), k_odd);
  }
  return static_cast<std::uint32_t>(mix(state ^ tail, k_odd));
}

/// Not inlined: knowing that a text is short, GCC 12 warns of what is read of long ones.
[[gnu::noinline]] const Name* find(const NameTable& table, const char* bytes, const Node& token,
                                   const NameStore& store) {
  return table.find(bytes, token, store);
}

}  // namespace

NameTable::NameTable(const std::vector<std::string>& names, const std::vector<Name>& what,
                     NameStore& store)
    : first_(static_cast<std::uint32_t>(store.names.size())),
      size_(static_cast<std::uint32_t>(names.size())),
      first_slot_(static_cast<std::uint32_t>(store.slots.size())) {
  assert(names.size() == what.size());
  for (std::size_t position = 0; position < names.size(); ++position) {
    const std::string& text = names[position];
    const Edges edges = edges_of(text);
    Name name = what[position];
    name.length = static_cast<std::uint32_t>(text.size());
    name.word = word_of(edges, text.size());
    name.head = edges.head;
    name.tail = edges.tail;
    if (name.length <= Name::short_bytes_max) {
      name.head = edges_of(text + '"').head;
      name.shift = static_cast<std::uint8_t>((Name::short_bytes_max - name.length) * 8);
    } else if (name.length > Name::edges_bytes_max) {
      name.tail = store.long_names.size();
      store.long_names += text;
    }
    store.names.push_back(name);
  }
  if (names.size() > k_listed_max) fill_slots(names, store);
}

void NameTable::fill_slots(const std::vector<std::string>& names, NameStore& store) {
  constexpr std::uint32_t way_max = 32;  // chance makes it 10 to 20
  constexpr std::uint8_t word_seeds_max = 8;
  constexpr std::uint8_t byte_seeds_max = 16;
  const std::size_t slots = std::bit_ceil(names.size() + names.size() / 2);
  store.slots.resize(first_slot_ + slots);
  slot_mask_ = static_cast<std::uint32_t>(slots) - 1;
  std::uint32_t shortest = way_max + 1;
  std::uint8_t best = 0;
  for (seed_ = 0; seed_ < word_seeds_max; ++seed_) {
    const std::uint32_t longest = try_slots(names, store, shortest - 1);
    if (longest <= 1) return;
    if (longest >= shortest) continue;
    shortest = longest;
    best = seed_;
  }
  seed_ = best;
  if (try_slots(names, store, way_max) <= way_max) return;
  hash_ = Hash::bytes;
  for (seed_ = 0; seed_ < byte_seeds_max; ++seed_) {
    if (try_slots(names, store, way_max) <= way_max) return;
  }
  // So many names that some way is always longer.
  seed_ = 0;
  (void)try_slots(names, store, slot_mask_);
}

std::uint32_t NameTable::try_slots(const std::vector<std::string>& names, NameStore& store,
                                   std::uint32_t way_max) const {
  std::uint32_t longest = 0;
  std::uint32_t* const slots = store.slots.data() + first_slot_;
  std::fill_n(slots, slot_mask_ + 1, 0U);
  for (std::size_t position = 0; position < names.size(); ++position) {
    const Name& name = begin(store)[position];
    const std::string padded = names[position] + std::string(json::detail::readable_bytes, '\0');
    std::uint32_t slot = hash_ == Hash::word
                             ? slot_by_word(name.word)
                             : slot_by_bytes(padded.data(), name.length, store.secret);
    std::uint32_t way = 0;
    for (; slots[slot] != 0 && way <= way_max; slot = (slot + 1) & slot_mask_) ++way;
    longest = std::max(longest, way);
    if (longest > way_max) break;
    slots[slot] = static_cast<std::uint32_t>(position + 1);
  }
  return longest;
}

std::uint32_t NameTable::slot_by_bytes(const char* bytes, std::uint32_t length,
                                       std::uint64_t secret) const {
  return hash_of(bytes, length, secret + seed_) & slot_mask_;
}

const Name* find_text(const NameTable& table, std::string_view text, const NameStore& store) {
  const auto length = static_cast<std::uint32_t>(text.size());
  const Node node{
      .begin = 0, .end = length + 2, .next = 1, .word = word_of(edges_of(text), length)};
  if (length > Name::short_bytes_max) return find(table, text.data(), node, store);
  char quoted[json::detail::readable_bytes] = {};
  *std::copy(text.begin(), text.end(), quoted) = '"';
  return find(table, quoted, node, store);
}

}  // namespace collet::schema
