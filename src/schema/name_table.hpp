// Sets of names that are looked up by the bytes of a JSON token: property names, strings of an
// `enum`.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "schema/target.hpp"

namespace collet::schema {

/// A name, and what the table's owner keeps with it. Its first and last eight bytes make it
/// comparable in a few instructions; up to 16 bytes they are all of it.
struct Name {
  static constexpr std::uint32_t words_bytes = 16;
  static constexpr std::uint8_t k_not_required = 63;

  std::uint64_t head = 0;  ///< the first eight bytes, zeros behind a shorter name
  std::uint64_t tail = 0;  ///< the last eight bytes; of a shorter name the head again
  std::uint32_t length = 0;
  std::uint32_t text = 0;    ///< where the bytes of a name longer than that are, in the arena
  std::uint8_t shift = 0;    ///< bits of a word that lie behind a shorter name
  std::uint8_t tail_at = 0;  ///< offset of the tail; not used beyond words_bytes

  bool is_declared = true;  ///< of a property: in `properties`, not only in `required`
  /// Of a property: its bit among the required ones. Those that may be absent share the last one.
  std::uint8_t required = k_not_required;
  Target target{};  ///< of a property: what applies to its value

  /// Whether the `length` bytes at `bytes`, of which the first eight may be read in any case, are
  /// this name.
  [[gnu::always_inline]] [[nodiscard]] bool is(const char* bytes, std::uint32_t its_length,
                                               const char* arena) const {
    static_assert(std::endian::native == std::endian::little, "the shift drops the last bytes");
    if (its_length != length) return false;
    if (length > words_bytes) return std::memcmp(bytes, arena + text, length) == 0;
    std::uint64_t its_head = 0;
    std::uint64_t its_tail = 0;
    std::memcpy(&its_head, bytes, 8);
    std::memcpy(&its_tail, bytes + tail_at, 8);
    return (((its_head ^ head) | (its_tail ^ tail)) << shift) == 0;
  }
};

/// The names of all tables of a program, and the hash slots that lead to them.
struct NameStore {
  std::vector<Name> names;
  std::vector<std::uint32_t> slots;  ///< positions + 1 in their table, 0 where empty
  std::string long_names;            ///< bytes of names that are longer than Name::words_bytes
};

/// Some of a store's names, one after the other.
class NameTable {
 public:
  /// So many bytes from its begin on may be read of a name that is looked up.
  static constexpr std::ptrdiff_t readable_bytes = 8;

  NameTable() = default;
  /// Adds `names`, which differ, to `store`; `what` says of each what is kept with it.
  NameTable(const std::vector<std::string>& names, const std::vector<Name>& what, NameStore& store);

  /// Whether a name may have so many bytes: most that are not here are told apart by it.
  [[nodiscard]] bool may_have_length(std::uint32_t length) const {
    return (lengths_ >> std::min(length, 63U) & 1U) != 0;
  }
  /// The name of those `length` bytes, or null. The first readable_bytes may be read in any case.
  [[nodiscard]] const Name* find(const char* bytes, std::uint32_t length,
                                 const NameStore& store) const;
  [[nodiscard]] const Name* begin(const NameStore& store) const {
    return store.names.data() + first_;
  }
  [[nodiscard]] const Name* end(const NameStore& store) const { return begin(store) + size_; }

 private:
  /// So few are compared one after the other.
  static constexpr std::size_t k_listed_max = 4;

  /// Enters the names in the slots; whether the longest way is short enough.
  bool fill_slots(const std::vector<std::string>& names, NameStore& store) const;

  std::uint64_t lengths_ = 0;  ///< a bit for each length; the last for all longer ones
  std::uint32_t first_ = 0;
  std::uint32_t size_ = 0;
  std::uint32_t first_slot_ = 0;
  std::uint32_t slot_mask_ = 0;  ///< slots - 1; 0 where there are none
  std::uint32_t seed_ = 0;       ///< of the hash: one that keeps all ways to a name short
};

/// Finds `text`, wherever it is stored.
[[nodiscard]] const Name* find_text(const NameTable& table, std::string_view text,
                                    const NameStore& store);

}  // namespace collet::schema
