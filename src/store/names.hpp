// Enumerators as the words that stand in the store and on the wire.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace collet {

template <class Value, std::size_t count>
using NameTable = std::array<std::pair<Value, std::string_view>, count>;

/// Every enumerator stands in its table.
template <class Value, std::size_t count>
[[nodiscard]] constexpr std::string_view name_of(const NameTable<Value, count>& table,
                                                 Value value) {
  for (const auto& [each, name] : table) {
    if (each == value) return name;
  }
  return "unknown";  // no enumerator has this value
}

template <class Value, std::size_t count>
[[nodiscard]] constexpr std::optional<Value> value_of(const NameTable<Value, count>& table,
                                                      std::string_view name) {
  for (const auto& [value, each] : table) {
    if (each == name) return value;
  }
  return std::nullopt;
}

}  // namespace collet
