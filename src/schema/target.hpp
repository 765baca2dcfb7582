// What a subschema becomes when it is compiled.
#pragma once

#include <cstdint>

#include "schema/kinds.hpp"

namespace collet::schema {

/// The kinds of values that a subschema allows, which is all that many ask for, and the
/// instructions for the rest.
class Target {
 public:
  static constexpr std::uint32_t block_max = (1U << 25U) - 2;

  static Target kinds(Kinds kinds) { return {kinds, 0}; }
  static Target everything() { return kinds(k_every_kind); }
  static Target nothing() { return kinds(0); }
  /// While compiling `block` is the number of a block, afterwards the index of its first
  /// instruction.
  static Target block(Kinds kinds, std::uint32_t block) { return {kinds, block + 1}; }

  Target() : Target(everything()) {}
  [[nodiscard]] Kinds kinds() const { return static_cast<Kinds>(bits_ & 0x7F); }
  [[nodiscard]] bool has_block() const { return bits_ >> 7U != 0; }
  [[nodiscard]] std::uint32_t block() const { return (bits_ >> 7U) - 1; }
  bool operator==(const Target&) const = default;

 private:
  Target(Kinds kinds, std::uint32_t rest) : bits_(rest << 7U | kinds) {}
  std::uint32_t bits_;
};

}  // namespace collet::schema
