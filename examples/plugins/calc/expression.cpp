// Recursive descent, one function a rule:
//
//   sum     = product { ("+" | "-") product }
//   product = signed { ("*" | "/") signed }
//   signed  = ("+" | "-") signed | power
//   power   = atom [ "^" signed ]                  right to left: 2^3^2 = 2^9, and -2^2 = -4
//   atom    = number | name | name "(" sum { "," sum } ")" | "(" sum ")"
#include "expression.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <system_error>
#include <vector>

namespace calc {
namespace {

struct Function {
  std::string_view name;
  double (*compute)(double);
};

constexpr std::array<Function, 11> functions{{
    {"sqrt", [](double x) { return std::sqrt(x); }},
    {"abs", [](double x) { return std::abs(x); }},
    {"exp", [](double x) { return std::exp(x); }},
    {"ln", [](double x) { return std::log(x); }},
    {"log", [](double x) { return std::log10(x); }},
    {"sin", [](double x) { return std::sin(x); }},
    {"cos", [](double x) { return std::cos(x); }},
    {"tan", [](double x) { return std::tan(x); }},
    {"floor", [](double x) { return std::floor(x); }},
    {"ceil", [](double x) { return std::ceil(x); }},
    {"round", [](double x) { return std::round(x); }},
}};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

class Parser {
 public:
  Parser(std::string_view text, const Variables& variables) : text_(text), variables_(variables) {}

  double whole() {
    const double value = sum();
    if (!at_end()) fail("expected an operator, found " + found());
    return value;
  }

 private:
  // ---- the rules ----

  double sum() {
    double value = product();
    for (;;) {
      const std::size_t at = next();
      if (take('+')) {
        value = finite(at, value + product());
      } else if (take('-')) {
        value = finite(at, value - product());
      } else {
        return value;
      }
    }
  }

  double product() {
    double value = signed_power();
    for (;;) {
      const std::size_t at = next();
      if (take('*')) {
        value = finite(at, value * signed_power());
      } else if (take('/')) {
        const double divisor = signed_power();
        if (divisor == 0) fail("division by zero", at);
        value = finite(at, value / divisor);
      } else {
        return value;
      }
    }
  }

  double signed_power() {
    const Nesting nesting(*this);
    if (take('-')) return -signed_power();
    if (take('+')) return signed_power();
    return power();
  }

  double power() {
    const double base = atom();
    const std::size_t at = next();
    if (!take('^')) return base;
    const double exponent = signed_power();
    if (base == 0 && exponent < 0) fail("division by zero", at);
    return finite(at, std::pow(base, exponent));
  }

  double atom() {
    const std::size_t at = next();
    if (take('(')) {
      const double value = sum();
      close(at);
      return value;
    }
    if (at < text_.size() && is_letter(text_[at])) return named(at);
    if (at < text_.size() && (is_digit(text_[at]) || text_[at] == '.')) return number(at);
    fail("expected a number, found " + found());
  }

  double number(std::size_t at) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at, text_.data() + text_.size(), value);
    if (error == std::errc::result_out_of_range)
      fail("this number is beyond the range of a double", at);
    if (error != std::errc{}) fail("expected a number, found " + found(), at);
    at_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  double named(std::size_t at) {
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    const std::string_view name = text_.substr(at, at_ - at);
    const std::size_t open = next();
    if (take('(')) return call(name, at, open);
    if (const auto variable = variables_.find(name); variable != variables_.end())
      return finite(at, variable->second);
    if (name == "pi") return std::numbers::pi;
    if (name == "e") return std::numbers::e;
    fail("unknown name " + quoted(name) + "; give its value in \"variables\"", at);
  }

  double call(std::string_view name, std::size_t at, std::size_t open) {
    std::vector<double> arguments;
    do {
      arguments.push_back(sum());
    } while (take(','));
    close(open);
    if (name == "min") return std::ranges::min(arguments);
    if (name == "max") return std::ranges::max(arguments);
    const auto function = std::ranges::find(functions, name, &Function::name);
    if (function == functions.end()) fail("unknown function " + quoted(name), at);
    if (arguments.size() != 1)
      fail(std::string(name) + " takes one argument, found " + std::to_string(arguments.size()),
           at);
    return finite(at, function->compute(arguments.front()));
  }

  // ---- the text ----

  std::size_t next() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
    return at_;
  }
  bool at_end() { return next() == text_.size(); }
  bool take(char wanted) {
    if (at_end() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void close(std::size_t open) {
    if (!take(')'))
      fail("expected \")\" for the \"(\" at column " + std::to_string(open + 1) + ", found " +
           found());
  }
  std::string found() {
    if (at_end()) return "the end";
    std::size_t bytes = 1;  // the whole character, where it is one of several bytes of UTF-8
    while (at_ + bytes < text_.size() &&
           (static_cast<unsigned char>(text_[at_ + bytes]) & 0xC0) == 0x80)
      ++bytes;
    return quoted(text_.substr(at_, bytes));
  }

  // ---- the errors ----

  [[noreturn]] static void fail(const std::string& reason, std::size_t at) {
    throw ExpressionError(at + 1, reason);
  }
  [[noreturn]] void fail(const std::string& reason) { fail(reason, next()); }

  static double finite(std::size_t at, double value) {
    if (std::isnan(value)) fail("the result is not a real number", at);
    if (std::isinf(value)) fail("the result is beyond the range of a double", at);
    return value;
  }

  /// Counts the rules that are open, for as long as it lives.
  class Nesting {
   public:
    explicit Nesting(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > depth_max)
        parser_.fail("nested deeper than " + std::to_string(depth_max) + " levels");
    }
    ~Nesting() { --parser_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Parser& parser_;
  };

  std::string_view text_;
  const Variables& variables_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

double evaluate(std::string_view text, const Variables& variables) {
  return Parser(text, variables).whole();
}

}  // namespace calc
