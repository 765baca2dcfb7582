// The Unicode properties that ECMA-262 lets `\p{…}` name (2024, tables 67 to 70), by their exact
// spellings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace collet::schema::pattern {

/// The code points that have a property, or those that lack it.
struct Property {
  enum class Kind : std::uint8_t { category, script, script_extensions, binary };
  enum class Sense : std::uint8_t { has, lacks };

  Kind kind = Kind::binary;
  Sense sense = Sense::has;
  std::string_view name;  ///< the short name of a category (Lu), the long one of others (Greek)
};

/// The property that stands between the braces of `\p{…}`: "Lu", "Script=Greek", "Alphabetic".
[[nodiscard]] std::optional<Property> property_named(std::string_view text);

}  // namespace collet::schema::pattern
