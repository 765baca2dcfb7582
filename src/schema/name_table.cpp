#include "schema/name_table.hpp"

#include <algorithm>
#include <cassert>

#include "schema/value/mix.hpp"

namespace collet::schema {
namespace {

constexpr std::uint64_t k_odd = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio

/// The first eight of `length` bytes; zeros behind fewer.
std::uint64_t first_word(const char* bytes, std::uint32_t length) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, 8);
  return length >= 8 ? word : word & ((std::uint64_t{1} << (length * 8)) - 1);
}

/// Of all bytes, so that no names collide whatever the seed.
std::uint32_t hash_of(const char* bytes, std::uint32_t length, std::uint32_t seed) {
  std::uint64_t state = mix(first_word(bytes, length) ^ seed, k_odd + length);
  if (length > 8) {
    std::uint64_t word = 0;
    for (std::uint32_t at = 8; at + 8 < length; at += 8) {
      std::memcpy(&word, bytes + at, 8);
      state = mix(state ^ word, k_odd);
    }
    std::memcpy(&word, bytes + length - 8, 8);
    state = mix(state ^ word, k_odd);
  }
  return static_cast<std::uint32_t>(state);
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
    Name name = what[position];
    name.length = static_cast<std::uint32_t>(text.size());
    lengths_ |= std::uint64_t{1} << std::min(name.length, 63U);
    const std::string padded = text + std::string(8, '\0');
    name.head = name.tail = first_word(padded.data(), name.length);
    if (name.length < 8) {
      name.shift = static_cast<std::uint8_t>(std::min(63U, (8 - name.length) * 8));
    } else if (name.length <= Name::words_bytes) {
      name.tail_at = static_cast<std::uint8_t>(name.length - 8);
      std::memcpy(&name.tail, text.data() + name.tail_at, 8);
    } else {
      name.text = static_cast<std::uint32_t>(store.long_names.size());
      store.long_names += text;
    }
    store.names.push_back(name);
  }
  if (names.size() <= k_listed_max) return;
  const std::size_t slots = std::bit_ceil(names.size() + names.size() / 2);
  store.slots.resize(first_slot_ + slots);
  slot_mask_ = static_cast<std::uint32_t>(slots) - 1;
  constexpr std::uint32_t seeds_max = 16;
  while (!fill_slots(names, store) && ++seed_ < seeds_max) {
  }
}

bool NameTable::fill_slots(const std::vector<std::string>& names, NameStore& store) const {
  constexpr std::uint32_t way_max = 32;  // chance makes it 10 to 20
  std::uint32_t longest = 0;
  std::uint32_t* const slots = store.slots.data() + first_slot_;
  std::fill_n(slots, slot_mask_ + 1, 0U);
  for (std::size_t position = 0; position < names.size(); ++position) {
    const std::string padded = names[position] + std::string(8, '\0');
    std::uint32_t slot =
        hash_of(padded.data(), static_cast<std::uint32_t>(names[position].size()), seed_) &
        slot_mask_;
    std::uint32_t way = 0;
    for (; slots[slot] != 0; slot = (slot + 1) & slot_mask_) ++way;
    longest = std::max(longest, way);
    slots[slot] = static_cast<std::uint32_t>(position + 1);
  }
  return longest <= way_max;
}

const Name* NameTable::find(const char* bytes, std::uint32_t length, const NameStore& store) const {
  const Name* const names = begin(store);
  const char* const long_names = store.long_names.data();
  if (slot_mask_ == 0) {
    for (const Name* name = names; name != names + size_; ++name) {
      if (name->is(bytes, length, long_names)) return name;
    }
    return nullptr;
  }
  const std::uint32_t* const slots = store.slots.data() + first_slot_;
  for (std::uint32_t slot = hash_of(bytes, length, seed_) & slot_mask_; slots[slot] != 0;
       slot = (slot + 1) & slot_mask_) {
    const Name& name = names[slots[slot] - 1];
    if (name.is(bytes, length, long_names)) return &name;
  }
  return nullptr;
}

const Name* find_text(const NameTable& table, std::string_view text, const NameStore& store) {
  const auto length = static_cast<std::uint32_t>(text.size());
  if (length >= NameTable::readable_bytes) return table.find(text.data(), length, store);
  char padded[NameTable::readable_bytes] = {};
  std::copy(text.begin(), text.end(), padded);
  return table.find(padded, length, store);
}

}  // namespace collet::schema
