// One subschema as the compiler reads it. Internal to compile/.
#pragma once

#include <cstdint>
#include <optional>

#include "json/document.hpp"
#include "schema/sources.hpp"

namespace collet::schema::compiling {

/// An object of keywords; booleans are none.
struct Subschema {
  Subschema(const Sources& sources, Place where);

  Place place;
  Keywords keywords;
  std::uint64_t asserting;  ///< those of them that can make a difference
  bool tracks;              ///< it has to note what of the value its parts evaluate

  [[nodiscard]] std::optional<json::Value> operator[](Keyword keyword) const {
    return keywords[keyword];
  }
  /// The place of `part`, a value inside of it.
  [[nodiscard]] Place at(json::Value part) const { return {place.document, part.index()}; }
  [[nodiscard]] bool asserts_only(Keyword keyword) const { return asserting == bit_of(keyword); }
};

}  // namespace collet::schema::compiling
