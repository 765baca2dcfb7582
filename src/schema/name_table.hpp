// Sets of names that are looked up by the bytes of a JSON token: property names, strings of an
// `enum`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "json/swar.hpp"
#include "schema/target.hpp"

namespace collet::schema {

/// A name, and what the table's owner keeps with it. The word of its token tells it from nearly all
/// others. Of up to 16 bytes, all stand right here.
struct Name {
  static constexpr std::uint32_t short_bytes_max = 7;
  static constexpr std::uint32_t edges_bytes_max = 16;
  static constexpr std::uint8_t not_short = 0xFF;
  static constexpr std::uint8_t k_not_required = 63;

  std::uint32_t word = 0;  ///< of a token with this text: json::detail::Node::word
  std::uint32_t length = 0;
  /// The first eight bytes. Of a short name, which has up to seven: those and the closing quote,
  /// in the high bytes, so that the empty name is no special case.
  std::uint64_t head = 0;
  std::uint64_t tail = 0;  ///< the last eight bytes; of a long name the offset of all in the arena
  std::uint8_t shift = not_short;  ///< of a short name: the bits that lie behind the quote
  bool is_declared = true;         ///< of a property: in `properties`, not only in `required`
  /// Of a property: its bit among the required ones. Those that may be absent share the last one.
  std::uint8_t required = k_not_required;
  Target target{};  ///< of a property: what applies to its value

  /// Whether the text of `token`, an unescaped string, is this name. `bytes` are behind its first
  /// quote; json::detail::readable_bytes of them may be read in any case.
  [[gnu::always_inline]] [[nodiscard]] bool is(const char* bytes, const json::detail::Node& token,
                                               const std::string& arena) const {
    if (token.end - token.begin - 2 != length) return false;
    const std::uint64_t its_head = json::swar::load(bytes);
    if (shift != not_short) return its_head << shift == head;
    if (length > edges_bytes_max) return std::memcmp(bytes, arena.data() + tail, length) == 0;
    return its_head == head && json::swar::load(bytes + length - 8) == tail;
  }
};

/// The names of all tables of a program, and the hash slots that lead to them.
struct NameStore {
  /// What hashes of bytes begin with: nobody who writes names knows it.
  std::uint64_t secret = reinterpret_cast<std::uintptr_t>(this);
  std::vector<Name> names;
  std::vector<std::uint32_t> slots;  ///< positions + 1 in their table, 0 where empty
  std::string long_names;  ///< bytes of the names that have more than Name::edges_bytes_max
};

/// Some of a store's names, one after the other.
class NameTable {
 public:
  NameTable() = default;
  /// Adds `names`, which differ, to `store`; `what` says of each what is kept with it.
  NameTable(const std::vector<std::string>& names, const std::vector<Name>& what, NameStore& store);

  /// The name that the text of `token` is, or null: see Name::is.
  [[gnu::always_inline]] [[nodiscard]] const Name* find(const char* bytes,
                                                        const json::detail::Node& token,
                                                        const NameStore& store) const {
    const Name* const names = begin(store);
    if (slot_mask_ == 0) {
      for (const Name* name = names; name != names + size_; ++name) {
        if (name->word == token.word && name->is(bytes, token, store.long_names)) return name;
      }
      return nullptr;
    }
    const std::uint32_t* const slots = store.slots.data() + first_slot_;
    std::uint32_t slot = hash_ == Hash::word
                             ? slot_by_word(token.word)
                             : slot_by_bytes(bytes, token.end - token.begin - 2, store.secret);
    for (; slots[slot] != 0; slot = (slot + 1) & slot_mask_) {
      const Name& name = names[slots[slot] - 1];
      if (name.word == token.word && name.is(bytes, token, store.long_names)) return &name;
    }
    return nullptr;
  }
  /// Whether looking a text up reads all of it, and not its edges only.
  [[nodiscard]] bool reads_all() const { return hash_ == Hash::bytes; }
  [[nodiscard]] const Name* begin(const NameStore& store) const {
    return store.names.data() + first_;
  }
  [[nodiscard]] const Name* end(const NameStore& store) const { return begin(store) + size_; }

 private:
  /// So few are compared one after the other.
  static constexpr std::size_t k_listed_max = 4;

  /// Which hash leads to the slots: words do, unless too many names have equal ones.
  enum class Hash : std::uint8_t { word, bytes };

  /// Enters the names in the slots, in the best of a few ways.
  void fill_slots(const std::vector<std::string>& names, NameStore& store);
  /// Enters them in the way that `hash_` and `seed_` say; how many slots lie before the right one
  /// for the most unlucky name. Stops, with some not entered, where those are more than `way_max`.
  [[nodiscard]] std::uint32_t try_slots(const std::vector<std::string>& names, NameStore& store,
                                        std::uint32_t way_max) const;
  [[nodiscard]] std::uint32_t slot_by_word(std::uint32_t word) const {
    return word >> (json::detail::Node::detail_shift + seed_) & slot_mask_;
  }
  [[nodiscard]] std::uint32_t slot_by_bytes(const char* bytes, std::uint32_t length,
                                            std::uint64_t secret) const;

  std::uint32_t first_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t first_slot_ = 0;
  std::uint32_t slot_mask_ = 0;  ///< slots - 1; 0 where there are none
  Hash hash_ = Hash::word;
  std::uint8_t seed_ = 0;  ///< of the hash: one that keeps all ways to a name short
};

/// Finds `text`, wherever it is stored.
[[nodiscard]] const Name* find_text(const NameTable& table, std::string_view text,
                                    const NameStore& store);

}  // namespace collet::schema
