// The kinds of JSON values, as sets, and the names that `type` has for them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "json/document.hpp"

namespace collet::schema {

/// A set of kinds of values: a bit for each form of json::detail::Node. Numbers have two: one for
/// those without fraction.
using Kinds = std::uint8_t;
inline constexpr Kinds k_fraction = 1U << static_cast<unsigned>(json::Kind::number);
inline constexpr Kinds k_integer = 1U << json::detail::Node::short_integer;
inline constexpr Kinds k_every_kind = 0x7F;
[[nodiscard]] constexpr Kinds kind_bit(json::Kind kind) {
  return static_cast<Kinds>(kind == json::Kind::number ? k_fraction | k_integer
                                                       : 1U << static_cast<unsigned>(kind));
}

/// A name that `type` may hold, and what it allows.
struct TypeName {
  std::string_view name;
  Kinds kinds;
};
inline constexpr std::array<TypeName, 7> k_type_names = {{
    {"null", kind_bit(json::Kind::null)},
    {"boolean", kind_bit(json::Kind::boolean)},
    {"integer", k_integer},
    {"number", kind_bit(json::Kind::number)},
    {"string", kind_bit(json::Kind::string)},
    {"array", kind_bit(json::Kind::array)},
    {"object", kind_bit(json::Kind::object)},
}};

/// What a type name allows; nothing (0) where `name` is none of the seven.
[[nodiscard]] Kinds kinds_named(json::Value name);
/// What the value of a `type` keyword allows: a name, or an array of them.
[[nodiscard]] Kinds kinds_of_type(json::Value type);
/// The kind of `value`; of a number whether it has a fraction.
[[nodiscard]] Kinds kinds_of_value(json::Value value);
/// The type name of all values of `kind`.
[[nodiscard]] std::string_view type_name(json::Kind kind);

}  // namespace collet::schema
