#include "schema/value/number.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include <boost/multiprecision/cpp_int.hpp>

namespace collet::schema {
namespace {

using boost::multiprecision::cpp_int;
using boost::multiprecision::cpp_rational;

std::string zeros(std::size_t count) {
  return std::string(count, '0');
}

// ---- Integers

TEST(Number, knows_integers_by_their_value) {
  for (const std::string token : {"0",
                                  "-0",
                                  "0.0",
                                  "-0.0e5",
                                  "0e5",
                                  "0e-5",
                                  "0.000000000000000000000000000000",
                                  "1",
                                  "-1",
                                  "1.0",
                                  "-1.00",
                                  "1e400",
                                  "1.5e1",
                                  "12.50e1",
                                  "100e-2",
                                  "1000000e-6",
                                  "123456789012345678",
                                  "1234567890123456789",
                                  "123456789012345678901234567890",
                                  "9007199254740993.0",
                                  "1e999999999999999999999",
                                  "1.5e999999999999999999999",
                                  "0e-999999999999999999999",
                                  "0.00001e5",
                                  "1E2",
                                  "1E+2"}) {
    EXPECT_TRUE(Number(token).is_integer()) << token;
    EXPECT_TRUE(is_integer_token(token)) << token;
  }
  EXPECT_TRUE(Number("1" + zeros(5000) + "e-5000").is_integer());
  EXPECT_TRUE(Number("0." + zeros(5000) + "7e5001").is_integer());
  for (const std::string token :
       {"0.5", "-0.5", "1.1", "1e-1", "10e-2", "1.05e1", "1234567890123456789.5",
        "123456789012345678.5", "0.1e-400", "1e-999999999999999999999", "1e-19",
        "123456789012345678901234567890e-2", "0.00001e4", "9007199254740993.5"}) {
    EXPECT_FALSE(Number(token).is_integer()) << token;
    EXPECT_FALSE(is_integer_token(token)) << token;
  }
  EXPECT_FALSE(Number("1" + zeros(5000) + "e-5001").is_integer());
  EXPECT_FALSE(Number("0." + zeros(5000) + "7e5000").is_integer());
}

TEST(Number, knows_zero_and_the_sign) {
  for (const std::string token : {"0", "-0", "0.0", "-0.0", "0e5", "-0E-999999999999999999999",
                                  "0.0000000000000000000000000000000000000"}) {
    EXPECT_TRUE(Number(token).is_zero()) << token;
    EXPECT_FALSE(Number(token).is_negative()) << token;
  }
  for (const std::string token : {"1", "0.1", "1e-400", "1e400", "123456789012345678901"}) {
    const std::string negative = "-" + token;
    EXPECT_FALSE(Number(token).is_zero()) << token;
    EXPECT_FALSE(Number(token).is_negative()) << token;
    EXPECT_TRUE(Number(negative).is_negative()) << token;
  }
}

// ---- Order

TEST(Number, is_ordered_by_its_exact_value) {
  // Rising, equal ones side by side.
  const std::vector<std::vector<std::string>> ladder = {
      {"-1e99999999999999999999999999999999999999999"},
      {"-1e999999999999999999999"},
      {"-123456789012345678901234567891"},
      {"-123456789012345678901234567890", "-12345678901234567890123456789e1"},
      {"-1e18", "-1000000000000000000"},
      {"-999999999999999999"},
      {"-1.5", "-15e-1", "-1.50"},
      {"-1", "-1.0", "-0.1e1"},
      {"-0.1", "-1e-1", "-0.10"},
      {"-1e-19"},
      {"-1e-999999999999999999999"},
      {"0", "-0", "0.0", "0e5", "-0e-5", "0e999999999999999999999"},
      {"1e-1000000000000000000000"},
      {"1e-999999999999999999999"},
      {"0.1e-400", "1e-401"},
      {"1e-19", "0.0000000000000000001"},
      {"1e-18", "0.000000000000000001"},
      {"0.099999999999999999"},
      {"0.1", "1e-1", "100e-3"},
      {"0.10000000000000000000000000001"},
      {"0.3"},
      {"0.30000000000000004"},
      {"1", "1.0", "10e-1", "0.001e3", "1E0", "1000000000000000000000e-21"},
      {"1.000000000000000001"},
      {"2", "2.000000000000000000000000"},
      {"9007199254740992", "9007199254740992.0"},
      {"9007199254740993", "9007199254740993.0", "9.007199254740993e15"},
      {"999999999999999999"},
      {"1000000000000000000", "1e18", "1000000000000000000.0"},
      {"18446744073709551615"},
      {"18446744073709551616"},
      {"1e400", "10e399", "1" + zeros(400)},
      {"1.0000000000000000000000000000001e400"},
      {"1e999999999999999999998", "0.01e1000000000000000000000"},
      {"1e999999999999999999999", "10e999999999999999999998"},
      {"12e999999999999999999998", "1.2e999999999999999999999"},
      {"1e1000000000000000000000", "0.1e1000000000000000000001"},
      {"1e99999999999999999999999999999999999999998"},
      {"1e99999999999999999999999999999999999999999"},
  };
  for (std::size_t i = 0; i < ladder.size(); ++i) {
    for (std::size_t j = 0; j < ladder.size(); ++j) {
      for (const std::string& left : ladder[i]) {
        for (const std::string& right : ladder[j]) {
          const Number a(left), b(right);
          EXPECT_EQ(a <=> b, i <=> j) << left << " <=> " << right;
          EXPECT_EQ(a == b, i == j) << left << " == " << right;
          EXPECT_EQ(a.hash() == b.hash(), i == j) << left << " and " << right;
        }
      }
    }
  }
}

TEST(Number, compares_five_thousand_digits) {
  std::string digits;
  for (int i = 0; i < 5000; ++i) digits += static_cast<char>('1' + i % 9);
  std::string more = digits;
  more.back() += 1;
  EXPECT_TRUE(Number(digits) < Number(more));
  EXPECT_TRUE(Number("-" + more) < Number("-" + digits));
  EXPECT_TRUE(Number(digits) == Number(digits + ".000"));
  EXPECT_TRUE(Number(digits) == Number(digits.substr(0, 7) + "." + digits.substr(7) + "e4993"));
  EXPECT_EQ(Number(digits).hash(),
            Number(digits.substr(0, 7) + "." + digits.substr(7) + "e4993").hash());
}

TEST(Number, has_another_hash_for_another_seed) {
  for (const std::string token : {"1", "1.5", "1e400"}) {
    EXPECT_NE(Number(token).hash(1), Number(token).hash(2));
  }
}

/// A hash that took the exponent modulo 2^64 could be made to collide without end.
TEST(Number, hashes_the_whole_exponent) {
  EXPECT_NE(Number("1e100").hash(), Number("1e18446744073709551716").hash());
  EXPECT_NE(Number("1e-100").hash(), Number("1e18446744073709551516").hash());
}

TEST(Number, counts_significant_digits) {
  for (const auto& [token, count] : std::initializer_list<std::pair<std::string_view, std::size_t>>{
           {"0", 0}, {"-0.0e7", 0}, {"5e99", 1}, {"100", 1}, {"0.010200", 3}, {"10.01", 4}}) {
    EXPECT_EQ(Number(token).significant_digits(), count) << token;
  }
}

// ---- Multiples

struct Division {
  std::string dividend;
  std::string divisor;
};

TEST(Number, is_a_multiple) {
  for (const auto& [dividend, divisor] : {
           Division{"0", "3"},
           Division{"-0.0", "0.7"},
           Division{"0e999999999999999999999", "1" + zeros(2000) + "1"},
           Division{"12", "3"},
           Division{"-12", "3"},
           Division{"12", "-3"},
           Division{"12.0", "3"},
           Division{"1.2e1", "3.0"},
           Division{"19.99", "0.01"},
           Division{"0.0075", "0.0001"},
           Division{"4.5", "1.5"},
           Division{"30", "1.5e1"},
           Division{"1e308", "0.5"},
           Division{"1e308", "1e-300"},
           Division{"1e1000", "2"},
           Division{"3e1000", "3"},
           Division{"1e999999999999999999999", "1e999999999999999999998"},
           Division{"1e999999999999999999999", "1024"},
           Division{"999999999999999999", "0.000000000000000001"},
           Division{"123456789012345678", "1e-18"},
           Division{"123456789012345678901234567890", "10"},
           Division{"123456789012345678901234567890", "123456789012345678901234567890.0"},
           Division{"370370367037037036703703703670", "123456789012345678901234567890"},
           Division{std::string(900, '7') + zeros(7000), std::string(900, '7')},
           Division{"1" + zeros(4999) + "1", "1" + zeros(4999) + "1.0"},
       }) {
    EXPECT_TRUE(Number(dividend).is_multiple_of(Number(divisor))) << dividend << " / " << divisor;
  }
}

TEST(Number, is_no_multiple) {
  for (const auto& [dividend, divisor] : {
           Division{"13", "3"},
           Division{"1", "3"},
           Division{"-1", "3"},
           Division{"0.5", "1"},
           Division{"1.5", "1"},
           Division{"12.5", "3"},
           Division{"19.995", "0.01"},
           Division{"0.00751", "0.0001"},
           Division{"35", "1.5"},
           Division{"1e308", "0.123456789"},
           Division{"1e1000", "3"},
           Division{"1e999999999999999999999", "3"},
           Division{"1e999999999999999999999", "1e1000000000000000000000"},
           Division{"1e-999999999999999999999", "1"},
           Division{"1", "1e400"},
           Division{"999999999999999999.5", "1"},
           Division{"123456789012345678901234567891", "10"},
           Division{"370370367037037036703703703671", "123456789012345678901234567890"},
           Division{std::string(900, '7') + zeros(7000) + "1", std::string(900, '7')},
       }) {
    EXPECT_FALSE(Number(dividend).is_multiple_of(Number(divisor))) << dividend << " / " << divisor;
  }
}

/// 2^100 divides 10^100 and not 10^99.
TEST(Number, counts_the_twos_and_fives_of_a_divisor) {
  const std::string power = "1267650600228229401496703205376";
  EXPECT_TRUE(Number("1e100").is_multiple_of(Number(power)));
  EXPECT_FALSE(Number("1e99").is_multiple_of(Number(power)));
  EXPECT_TRUE(Number("2e99").is_multiple_of(Number(power)));
  EXPECT_TRUE(Number("1e99").is_multiple_of(Number(power + "e-1")));
  EXPECT_FALSE(Number("1e98").is_multiple_of(Number(power + "e-1")));
  EXPECT_TRUE(Number("1e10").is_multiple_of(Number("1024")));
  EXPECT_FALSE(Number("1e9").is_multiple_of(Number("1024")));
  EXPECT_TRUE(Number("1e18").is_multiple_of(Number("3814697265625")));  // 5^18
  EXPECT_FALSE(Number("1e17").is_multiple_of(Number("3814697265625")));
}

TEST(Number, divides_by_so_many_digits_and_no_more) {
  const std::string most(Number::divisor_digits_max, '3');
  EXPECT_TRUE(Number(most + "0").is_multiple_of(Number(most)));
  EXPECT_FALSE(Number(most + "1").is_multiple_of(Number(most)));
  const std::string too_many = most + "3";
  EXPECT_EQ(Number(too_many).significant_digits(), Number::divisor_digits_max + 1);
  EXPECT_TRUE(Number(too_many).is_multiple_of(Number(too_many))) << "equal numbers";
  EXPECT_FALSE(Number(too_many + "0").is_multiple_of(Number(too_many))) << "not computed";
}

TEST(Number, costs_little_for_a_megabyte) {
  const std::string nines(1 << 20, '9');
  const std::string half(1 << 19, '9');
  const std::string divisor(Number::divisor_digits_max, '7');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(Number(nines).is_integer());
  EXPECT_TRUE(Number(nines) == Number(nines + ".0"));
  EXPECT_TRUE(Number("1e" + nines) > Number("1e" + half));
  EXPECT_TRUE(Number(nines).is_multiple_of(Number("3")));
  EXPECT_FALSE(Number(nines).is_multiple_of(Number(half)));
  EXPECT_FALSE(Number(nines).is_multiple_of(Number(divisor)));
  EXPECT_EQ(Number(nines).hash(), Number(nines + "e0").hash());
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5)) << "sanitizers slow";
}

// ---- Against the arithmetic of a library

/// Tokens of all shapes, near each other often enough to be equal or multiples.
class Tokens {
 public:
  explicit Tokens(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string token = pick(4) == 0 ? "-" : "";
    token += pick(3) == 0 ? "0" : digits(1 + pick(pick(4) == 0 ? 60 : 6));
    if (pick(2) == 0) token += "." + digits(1 + pick(pick(4) == 0 ? 40 : 4), zeros_allowed);
    if (pick(3) == 0) {
      const int exponent = static_cast<int>(pick(60)) - 30;
      token += (pick(2) == 0 ? "e" : "E") + std::to_string(exponent);
    }
    return token;
  }
  std::size_t pick(std::size_t choices) { return random_() % choices; }

 private:
  static constexpr bool zeros_allowed = true;
  std::string digits(std::size_t count, bool leading_zero = false) {
    std::string out;
    while (out.size() < count) {
      const std::size_t digit = pick(2) == 0 ? 0 : pick(10);  // many zeros
      if (out.empty() && digit == 0 && !leading_zero) {
        out += '1';
      } else {
        out += static_cast<char>('0' + digit);
      }
    }
    return out;
  }
  std::mt19937 random_;
};

cpp_rational exact(const std::string& token) {
  const std::size_t e = std::min(token.find_first_of("eE"), token.size());
  std::string digits = token.substr(0, e);
  int exponent = e < token.size() ? std::stoi(token.substr(e + 1)) : 0;
  if (const std::size_t dot = digits.find('.'); dot != std::string::npos) {
    exponent -= static_cast<int>(digits.size() - dot - 1);
    digits.erase(dot, 1);
  }
  const bool negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));  // not octal
  const cpp_int significand((negative ? "-" : "") + digits);
  const cpp_int scale = pow(cpp_int(10), static_cast<unsigned>(std::abs(exponent)));
  // Boost 1.81 leaves 1 as it is when dividing it in place by an integer.
  return exponent >= 0 ? cpp_rational(cpp_int(significand * scale))
                       : cpp_rational(significand, scale);
}

TEST(Number, agrees_with_rational_arithmetic) {
  Tokens tokens(20261120);
  int equal_pairs = 0, multiples = 0, integers = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string left = tokens.next();
    std::string right = tokens.next();
    if (tokens.pick(4) == 0) right = left + (left.find_first_of("eE") == left.npos ? "e0" : "");
    const Number a(left), b(right);
    const cpp_rational x = exact(left), y = exact(right);
    const auto order = x < y   ? std::strong_ordering::less
                       : x > y ? std::strong_ordering::greater
                               : std::strong_ordering::equal;
    ASSERT_EQ(a <=> b, order) << left << " <=> " << right;
    ASSERT_EQ(a == b, x == y) << left << " == " << right;
    ASSERT_EQ(a.hash() == b.hash(), x == y) << left << " and " << right;
    ASSERT_EQ(a.is_integer(), denominator(x) == 1) << left;
    ASSERT_EQ(is_integer_token(left), denominator(x) == 1) << left;
    ASSERT_EQ(a.is_zero(), x == 0) << left;
    ASSERT_EQ(a.is_negative(), x < 0) << left;
    equal_pairs += x == y;
    integers += denominator(x) == 1;
    if (y != 0) {
      const cpp_rational quotient(cpp_int(numerator(x) * denominator(y)),
                                  cpp_int(denominator(x) * numerator(y)));
      ASSERT_EQ(a.is_multiple_of(b), denominator(quotient) == 1) << left << " / " << right;
      multiples += x != y && x != 0 && denominator(quotient) == 1;
    }
  }
  EXPECT_GT(equal_pairs, 1000);
  EXPECT_GT(multiples, 500);
  EXPECT_GT(integers, 5000);
}

TEST(Number, finds_products_to_be_multiples) {
  Tokens tokens(7);
  std::mt19937_64 random(7);
  for (int i = 0; i < 2000; ++i) {
    cpp_int divisor = 1, factor = 1;
    for (std::size_t n = 1 + tokens.pick(20); n > 0; --n) divisor = divisor * random() + 1;
    for (std::size_t n = 1 + tokens.pick(40); n > 0; --n) factor = factor * random() + 1;
    const std::string shift = "e" + std::to_string(static_cast<int>(tokens.pick(20)) - 10);
    const std::string small = divisor.str() + shift;
    const std::string product = cpp_int(divisor * factor).str() + shift;
    const std::string next = cpp_int(divisor * factor + 1).str() + shift;
    ASSERT_TRUE(Number(product).is_multiple_of(Number(small))) << product << " / " << small;
    ASSERT_EQ(Number(next).is_multiple_of(Number(small)), divisor == 1) << next << " / " << small;
  }
}

TEST(Number, IsShortHoweverItIsSpelt) {
  const auto short_of = [](const char* token) -> std::pair<int, int> {
    const auto number = Number(token).short_number();
    return number ? std::pair<int, int>(number->digits, number->scale) : std::pair(-1, -1);
  };
  EXPECT_EQ(short_of("-2.0"), std::pair(-2, 0));
  EXPECT_EQ(short_of("1.50"), std::pair(15, 1));
  EXPECT_EQ(short_of("1e2"), std::pair(100, 0));
  EXPECT_EQ(short_of("16777215"), std::pair(16777215, 0));
  EXPECT_EQ(short_of("16777216"), std::pair(-1, -1));
  EXPECT_EQ(short_of("0.000001"), std::pair(1, 6));
  EXPECT_EQ(short_of("0.0000001"), std::pair(-1, -1));
  EXPECT_EQ(short_of("1e400"), std::pair(-1, -1));
}

// A decoded number has no token; what only tokens say is asked of the other one.
TEST(Number, ComparesDecodedOnesToLargeOnes) {
  const Number small(json::ShortNumber{.digits = -25, .scale = 1});
  EXPECT_LT(small, Number("1e400"));
  EXPECT_LT(Number("-1e400"), small);
  EXPECT_GT(small, Number("-2.50000000000000000000000000000000001"));
  EXPECT_EQ(small, Number("-2.50000000000000000000000000000000000"));
  EXPECT_FALSE(small.is_multiple_of(Number("1e400")));
  EXPECT_TRUE(small.is_multiple_of(Number("0.00000000000000000000000000000000005")));
  EXPECT_TRUE(Number("1e400").is_multiple_of(Number(json::ShortNumber{.digits = 25, .scale = 1})));
  EXPECT_EQ(small.significant_digits(), 2U);
  EXPECT_EQ(small.hash(), Number("-2.5").hash());
}

}  // namespace
}  // namespace collet::schema
