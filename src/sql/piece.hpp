// What a translation is put together from. Internal to sql/.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/types.hpp"

namespace collet::sql {

/// A part of a statement, in SQLite's words.
struct Piece {
  enum class Form : std::uint8_t {
    operand,  ///< a value, a name, a call, something in parentheses
    keyword,
    symbol,
  };
  Form form = Form::operand;
  std::string text{};
  Type type = Type::unknown;
  /// What PostgreSQL calls a result column of this, where SQLite would call it otherwise.
  std::string label{};
  std::string word{};  ///< of an operand that is one unquoted name

  [[nodiscard]] bool is_operand() const { return form == Form::operand; }
  [[nodiscard]] bool is(std::string_view what) const {
    return form != Form::operand && text == what;
  }

  [[nodiscard]] static Piece keyword(std::string_view word) {
    return {.form = Form::keyword, .text = std::string(word)};
  }
  [[nodiscard]] static Piece symbol(std::string_view symbol) {
    return {.form = Form::symbol, .text = std::string(symbol)};
  }
};
using Pieces = std::vector<Piece>;

[[nodiscard]] inline std::string joined(const Pieces& pieces) {
  std::string text;
  for (const auto& piece : pieces) {
    if (!text.empty()) text += ' ';
    text += piece.text;
  }
  return text;
}

}  // namespace collet::sql
