// Arithmetic expressions: text in, number out.
#pragma once

#include <cstddef>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace calc {

/// Why an expression has no value, and at which of its characters: `column 5: expected a number,
/// found ")"`.
class ExpressionError : public std::runtime_error {
 public:
  ExpressionError(std::size_t column, const std::string& reason)
      : std::runtime_error("column " + std::to_string(column) + ": " + reason), column_(column) {}

  /// Counted in bytes, from 1.
  [[nodiscard]] std::size_t column() const { return column_; }

 private:
  std::size_t column_;
};

using Variables = std::map<std::string, double, std::less<>>;

/// Levels of parentheses, signs and powers that an expression may nest: recursion is a stack frame
/// each.
inline constexpr std::size_t depth_max = 200;

/// Computes `text`; its grammar stands in expression.cpp. The value is finite. Throws
/// ExpressionError.
double evaluate(std::string_view text, const Variables& variables = {});

}  // namespace calc
