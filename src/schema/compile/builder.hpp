// The program while it grows: instructions, grouped in blocks, and the tables they point into. It
// knows nothing of keywords. Internal to compile/.
#pragma once

#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "json/document.hpp"
#include "schema/program.hpp"
#include "schema/sources.hpp"

namespace collet::schema::compiling {

inline constexpr Kinds k_numbers = kind_bit(json::Kind::number);
inline constexpr Kinds k_strings = kind_bit(json::Kind::string);
inline constexpr Kinds k_arrays = kind_bit(json::Kind::array);
inline constexpr Kinds k_objects = kind_bit(json::Kind::object);

/// What of the subschema at a place is emitted.
enum class Part : std::uint8_t {
  whole,
  tracked,      ///< what runs inside of `track`
  entry,        ///< nothing but entering its resource
  inlined,      ///< all, in the block of the subschema around it
  requirement,  ///< the place is a list of names that have to be there
};

/// Instructions that are run one after the other; targets lead to them.
struct Block {
  Place place;
  Part part = Part::whole;
  std::uint32_t start = 0;              ///< its first instruction
  std::vector<std::uint32_t> in_place;  ///< blocks that it applies to the same value
};

/// A block is added when something first leads to it, waits, and is written in one go.
class Builder {
 public:
  // ---- Blocks
  [[nodiscard]] Target add_block(Place place, Part part, Kinds kinds = k_every_kind);
  /// The number of a block to be written next; nothing where none waits.
  [[nodiscard]] std::optional<std::uint32_t> take_waiting();
  [[nodiscard]] const Block& block(std::uint32_t number) const { return blocks_[number]; }
  /// What is emitted until end_block() belongs to `block`.
  void begin_block(std::uint32_t block);
  void end_block();

  // ---- Instructions
  void emit(Op op, Kinds kinds, std::uint32_t a = 0, std::uint32_t b = 0);
  /// Emits `op` for `entry`, which goes to `table`, one of tables().
  template <class T>
  void emit_entry(Op op, Kinds kinds, std::vector<T>& table, T entry) {
    emit(op, kinds, static_cast<std::uint32_t>(table.size()));
    table.push_back(std::move(entry));
  }
  /// Emits a call of what `anchor` means: `otherwise` where no resource around has it.
  void emit_dynamic_call(std::uint32_t anchor, Target otherwise);
  [[nodiscard]] std::size_t size() const { return program_.code.size(); }

  // ---- Tables
  [[nodiscard]] Program& tables() { return program_; }
  /// Keeps `target` in the program's table; its index.
  std::uint32_t keep(Target target);
  /// The same for a target that is applied to the value itself.
  std::uint32_t keep_in_place(Target target);
  /// Notes that the current block applies `target` to the value itself.
  void note_in_place(Target target);
  [[nodiscard]] NameTable name_table(const std::vector<std::string>& names,
                                     const std::vector<Name>& what);
  [[nodiscard]] NameTable name_table(const std::vector<std::string>& names);

  // ---- The end
  /// A place that leads to itself without going into the value: its evaluation would never end.
  [[nodiscard]] std::optional<Place> find_endless();
  /// Turns block numbers into places in the code, and gives back spare memory.
  [[nodiscard]] Program finish();

 private:
  struct DynamicCall {
    std::uint32_t block;
    std::uint32_t anchor;
  };

  Program program_;
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> waiting_;
  std::vector<DynamicCall> dynamic_calls_;
  std::uint32_t current_ = 0;
};

/// Appends `more`; the index of its first.
template <class T>
std::uint32_t append(std::vector<T>& all, std::vector<T> more) {
  const auto first = static_cast<std::uint32_t>(all.size());
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return first;
}

/// The token of a number that the program has no shorter form for; its index.
[[nodiscard]] std::uint32_t keep_token(std::vector<std::string>& tokens, json::Value number);

/// Each of `names` once, in order, as a NameTable wants them.
[[nodiscard]] std::vector<std::string> each_once(std::vector<std::string> names);

}  // namespace collet::schema::compiling
