#include "expression.hpp"

#include <gtest/gtest.h>

#include <numbers>
#include <string>

namespace calc {
namespace {

std::string error_of(std::string_view text, const Variables& variables = {}) {
  try {
    return "value " + std::to_string(evaluate(text, variables));
  } catch (const ExpressionError& error) {
    return error.what();
  }
}

TEST(Expression, ObeysPrecedence) {
  EXPECT_EQ(evaluate("2 + 3 * 4"), 14);
  EXPECT_EQ(evaluate("(2 + 3) * 4"), 20);
  EXPECT_EQ(evaluate("10 - 4 - 3"), 3);
  EXPECT_EQ(evaluate("24 / 4 / 2"), 3);
  EXPECT_EQ(evaluate("2 ^ 3 ^ 2"), 512);
  EXPECT_EQ(evaluate("-2 ^ 2"), -4);
  EXPECT_EQ(evaluate("2 ^ -1"), 0.5);
  EXPECT_EQ(evaluate("2 - -3"), 5);
  EXPECT_EQ(evaluate("\t7\n"), 7);
  EXPECT_EQ(evaluate("1.5e3 + .5"), 1500.5);
}

TEST(Expression, KnowsFunctionsAndConstants) {
  EXPECT_EQ(evaluate("sqrt(16) + abs(-2)"), 6);
  EXPECT_EQ(evaluate("min(3, 1, 2) + max(3, 1, 2)"), 4);
  EXPECT_EQ(evaluate("floor(2.7) + ceil(2.1) + round(2.5)"), 8);
  EXPECT_EQ(evaluate("log(1000)"), 3);
  EXPECT_EQ(evaluate("ln(exp(2))"), 2);
  EXPECT_EQ(evaluate("cos(0) + sin(0) + tan(0)"), 1);
  EXPECT_EQ(evaluate("pi"), std::numbers::pi);
  EXPECT_EQ(evaluate("e"), std::numbers::e);
}

TEST(Expression, TakesVariablesFirst) {
  EXPECT_EQ(evaluate("price * 1.5", {{"price", 20}}), 30);
  EXPECT_EQ(evaluate("e + 1", {{"e", 2}}), 3);
}

TEST(Expression, SaysWhereItFails) {
  EXPECT_EQ(error_of(""), "column 1: expected a number, found the end");
  EXPECT_EQ(error_of("1 + )"), R"_(column 5: expected a number, found ")")_");
  EXPECT_EQ(error_of("1 2"), R"(column 3: expected an operator, found "2")");
  EXPECT_EQ(error_of("1 +"), "column 4: expected a number, found the end");
  EXPECT_EQ(error_of("2 * (3 + 4"),
            R"_(column 11: expected ")" for the "(" at column 5, found the end)_");
  EXPECT_EQ(error_of("1 / (2 - 2)"), "column 3: division by zero");
  EXPECT_EQ(error_of("0 ^ -1"), "column 3: division by zero");
  EXPECT_EQ(error_of("sqrt(-1)"), "column 1: the result is not a real number");
  EXPECT_EQ(error_of("9 ^ 999"), "column 3: the result is beyond the range of a double");
  EXPECT_EQ(error_of("1e999"), "column 1: this number is beyond the range of a double");
  EXPECT_EQ(error_of("2 * x"), R"(column 5: unknown name "x"; give its value in "variables")");
  EXPECT_EQ(error_of("cube(2)"), R"(column 1: unknown function "cube")");
  EXPECT_EQ(error_of("sqrt(1, 2)"), "column 1: sqrt takes one argument, found 2");
  EXPECT_EQ(error_of("1 \xE2\x82\xAC"), "column 3: expected an operator, found \"\xE2\x82\xAC\"");
}

TEST(Expression, NestsUpToTheLimit) {
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '(') + "1" + std::string(levels, ')');
  };
  EXPECT_EQ(evaluate(nested(depth_max - 1)), 1);  // the number itself is a level
  EXPECT_EQ(error_of(nested(depth_max)), "column 201: nested deeper than 200 levels");
  EXPECT_EQ(error_of(std::string(10000, '-') + "1"), "column 201: nested deeper than 200 levels");
}

}  // namespace
}  // namespace calc
