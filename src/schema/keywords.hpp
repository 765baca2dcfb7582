// The keywords of one subschema, found by what they are.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "json/document.hpp"
#include "schema/dialect.hpp"

namespace collet::schema {

/// The row of the keyword that `key`, an object's key, spells in `dialect`; nothing for what the
/// dialect does not know.
[[nodiscard]] const KeywordRow* find_keyword(json::Value key, const Dialect& dialect);

/// The keywords of one subschema that its dialect knows, by keyword. Of a repeated key the last
/// counts. Where `$ref` stands alone, nothing else is here. Views the subschema's document.
class Keywords {
 public:
  /// `subschema` is an object.
  Keywords(json::Value subschema, const Dialect& dialect);
  [[nodiscard]] std::optional<json::Value> operator[](Keyword keyword) const {
    if (!has(keyword)) return std::nullopt;
    return json::Value(*tape_, nodes_[static_cast<std::size_t>(keyword)]);
  }
  [[nodiscard]] bool has(Keyword keyword) const { return (present_ & bit_of(keyword)) != 0; }
  /// A bit for each keyword that is here.
  [[nodiscard]] std::uint64_t present() const { return present_; }

 private:
  const json::detail::Tape* tape_;
  std::uint64_t present_ = 0;
  std::array<std::uint32_t, k_keyword_count> nodes_;  // of those that are present
};

}  // namespace collet::schema
