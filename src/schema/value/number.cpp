#include "schema/value/number.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <boost/multiprecision/cpp_int.hpp>

#include "schema/value/mix.hpp"

namespace collet::schema {

namespace {

// GCC's 128-bit integers are no ISO C++.
__extension__ using Int128 = __int128;
__extension__ using UInt128 = unsigned __int128;

constexpr std::array<std::int64_t, 19> powers_of_ten = [] {
  std::array<std::int64_t, 19> powers{};
  std::int64_t power = 1;
  for (std::size_t i = 0; i < powers.size(); ++i) {
    powers[i] = power;
    if (i + 1 < powers.size()) power *= 10;
  }
  return powers;
}();

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void trim_leading_zeros(std::string_view& digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of('0'), digits.size()));
}
void trim_trailing_zeros(std::string_view& digits) {
  digits.remove_suffix(digits.size() - (digits.find_last_not_of('0') + 1));
}

/// The exponent of a token: an integer of any length.
struct Exponent {
  bool negative = false;
  std::string_view digits;  // without leading zeros, so none for 0

  /// The digit that stands `place` places above the lowest one, signed.
  [[nodiscard]] int signed_digit(std::size_t place) const {
    if (place >= digits.size()) return 0;
    const int digit = digits[digits.size() - 1 - place] - '0';
    return negative ? -digit : digit;
  }
};

/// Far more than the length of a text, far less than what overflows when lengths are added.
constexpr std::int64_t exponent_limit = std::int64_t{1} << 60;

/// a - b, at most exponent_limit either way. Once the difference of the leading digits is beyond
/// the limit, no further digits bring it back.
std::int64_t difference(const Exponent& a, const Exponent& b) {
  std::int64_t result = 0;
  for (std::size_t place = std::max(a.digits.size(), b.digits.size()); place-- > 0;) {
    result = result * 10 + a.signed_digit(place) - b.signed_digit(place);
    if (result >= exponent_limit / 16) return exponent_limit;
    if (result <= -exponent_limit / 16) return -exponent_limit;
  }
  return result;
}

/// A token taken apart: 0.DIGITS × 10^(exponent + point), where the digits, `head` and then `tail`,
/// neither begin nor end with 0. Zero has none.
struct Decimal {
  explicit Decimal(std::string_view token) {
    if (token.front() == '-') {
      negative = true;
      token.remove_prefix(1);
    }
    const std::size_t e = std::min(token.find_first_of("eE"), token.size());
    if (e < token.size()) {
      exponent.digits = token.substr(e + 1);
      exponent.negative = exponent.digits.front() == '-';
      if (!is_digit(exponent.digits.front())) exponent.digits.remove_prefix(1);
      trim_leading_zeros(exponent.digits);
    }
    head = token.substr(0, e);
    const std::size_t dot = head.find('.');
    if (dot != std::string_view::npos) {
      tail = head.substr(dot + 1);
      head = head.substr(0, dot);
    }
    trim_leading_zeros(head);
    trim_trailing_zeros(tail);
    point = static_cast<std::int64_t>(head.size());
    if (head.empty()) {
      const std::size_t fraction = tail.size();
      trim_leading_zeros(tail);
      point = static_cast<std::int64_t>(tail.size()) - static_cast<std::int64_t>(fraction);
    } else if (tail.empty()) {
      trim_trailing_zeros(head);
    }
  }

  [[nodiscard]] std::size_t size() const { return head.size() + tail.size(); }
  [[nodiscard]] bool is_zero() const { return size() == 0; }
  /// The exponent of the last digit: the value is DIGITS × 10^last_place().
  [[nodiscard]] std::int64_t last_place() const {
    return difference(exponent, {}) + point - static_cast<std::int64_t>(size());
  }

  /// exponent + point modulo `modulus`, which is at least 2^61: equal where the numbers are.
  [[nodiscard]] std::uint64_t exponent_modulo(std::uint64_t modulus) const {
    UInt128 rest = 0;
    for (const char c : exponent.digits) {
      rest = (rest * 10 + static_cast<unsigned>(c - '0')) % modulus;
    }
    if (exponent.negative) rest = modulus - rest;
    rest += point >= 0 ? static_cast<UInt128>(point) : modulus - static_cast<UInt128>(-point);
    return static_cast<std::uint64_t>(rest % modulus);
  }

  bool negative = false;
  std::string_view head, tail;
  Exponent exponent;
  std::int64_t point = 0;
};

/// Reads digits in groups, whichever of the two parts they stand in.
class DigitReader {
 public:
  explicit DigitReader(const Decimal& decimal) : head_(decimal.head), tail_(decimal.tail) {}

  [[nodiscard]] bool at_end() const { return head_.empty() && tail_.empty(); }
  struct Group {
    std::int64_t value = 0;
    std::size_t size = 0;
  };
  /// The next `size` digits, at most 18, or as many as there are.
  Group next(std::size_t size) {
    Group group;
    append(group, head_, size);
    append(group, tail_, size - group.size);
    return group;
  }

 private:
  static void append(Group& group, std::string_view& digits, std::size_t size) {
    const std::string_view taken = digits.substr(0, size);
    for (const char c : taken) group.value = group.value * 10 + (c - '0');
    group.size += taken.size();
    digits.remove_prefix(taken.size());
  }

  std::string_view head_, tail_;
};

std::strong_ordering compare_digits(const Decimal& a, const Decimal& b) {
  DigitReader left(a), right(b);
  while (!left.at_end() && !right.at_end()) {
    const auto x = left.next(18), y = right.next(18);
    // The shorter group is the last of its number; zeros that follow it change nothing.
    const std::int64_t longer = static_cast<std::int64_t>(std::max(x.size, y.size));
    const std::int64_t x_value = x.value * powers_of_ten[longer - x.size];
    const std::int64_t y_value = y.value * powers_of_ten[longer - y.size];
    if (x_value != y_value) return x_value <=> y_value;
  }
  return a.size() <=> b.size();
}

/// The order without the signs; neither is zero.
std::strong_ordering compare_magnitudes(const Decimal& a, const Decimal& b) {
  const std::int64_t places = difference(a.exponent, b.exponent) + a.point - b.point;
  if (places != 0) return places <=> 0;
  return compare_digits(a, b);
}

/// `divisor` without its factors 2 and 5, of each at most `places`: digits × 10^places is a
/// multiple of the divisor where the digits alone are one of what is left of it.
template <typename Integer>
Integer without_tens(Integer divisor, std::int64_t places) {
  for (const unsigned prime : {2u, 5u}) {
    for (std::int64_t taken = 0; taken < places && divisor % prime == 0; ++taken) divisor /= prime;
  }
  return divisor;
}

bool digits_are_multiple(const Decimal& dividend, std::uint64_t divisor) {
  UInt128 rest = 0;
  for (DigitReader reader(dividend); !reader.at_end();) {
    const auto group = reader.next(18);
    rest = (rest * static_cast<std::uint64_t>(powers_of_ten[group.size]) +
            static_cast<std::uint64_t>(group.value)) %
           divisor;
  }
  return rest == 0;
}

using BigInteger = boost::multiprecision::cpp_int;

/// The next `size` digits, or as many as there are; `scale` becomes 10 to their number.
BigInteger read_big(DigitReader& reader, std::size_t size, BigInteger& scale) {
  BigInteger value = 0;
  scale = 1;
  while (size > 0 && !reader.at_end()) {
    const auto group = reader.next(std::min<std::size_t>(size, 18));
    value = value * powers_of_ten[group.size] + group.value;
    scale *= powers_of_ten[group.size];
    size -= group.size;
  }
  return value;
}

bool digits_are_multiple(const Decimal& dividend, const BigInteger& divisor) {
  BigInteger rest = 0, scale;
  for (DigitReader reader(dividend); !reader.at_end();) {
    const BigInteger group = read_big(reader, Number::divisor_digits_max, scale);
    rest = (rest * scale + group) % divisor;
  }
  return rest == 0;
}

/// The value of short decimals without exponent, which are the most frequent ones: "19.99".
struct Word {
  std::int64_t value;
  std::int8_t exponent;
};
std::optional<Word> read_short_decimal(std::string_view digits) {
  if (digits.size() > 19) return std::nullopt;
  std::int64_t value = 0;
  std::size_t dot = digits.size() - 1;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[i];
    if (is_digit(c)) {
      value = value * 10 + (c - '0');
    } else if (c == '.') {
      dot = i;
    } else {
      return std::nullopt;
    }
  }
  auto exponent = -static_cast<int>(digits.size() - 1 - dot);
  for (; exponent < 0 && value % 10 == 0; ++exponent) value /= 10;
  return Word{value, static_cast<std::int8_t>(exponent)};
}

}  // namespace

void Number::parse() {
  const bool negative = token_.front() == '-';
  if (token_.find('.') != std::string_view::npos) {
    if (const auto word = read_short_decimal(token_.substr(negative ? 1 : 0))) {
      word_ = negative ? -word->value : word->value;
      exponent_ = word->exponent;
      return;
    }
  }
  const Decimal decimal(token_);
  if (decimal.is_zero()) return;
  const std::int64_t last = decimal.last_place();
  const auto size = static_cast<std::int64_t>(decimal.size());
  constexpr auto room = static_cast<std::int64_t>(word_digits);
  if (size > room || last < -room || last > room - size) {
    word_ = negative ? -1 : 1;
    exponent_ = large;
    return;
  }
  const std::int64_t digits = DigitReader(decimal).next(word_digits).value;
  const std::int64_t value = last > 0 ? digits * powers_of_ten[last] : digits;
  word_ = negative ? -value : value;
  exponent_ = static_cast<std::int8_t>(std::min<std::int64_t>(last, 0));
}

bool Number::large_is_integer() const {
  return Decimal(token_).last_place() >= 0;
}

std::strong_ordering Number::compare(const Number& other) const {
  if (!is_large() && !other.is_large()) {
    const int lower = std::min(exponent_, other.exponent_);
    return Int128{word_} * powers_of_ten[exponent_ - lower] <=>
           Int128{other.word_} * powers_of_ten[other.exponent_ - lower];
  }
  const auto sign = [](const Number& number) { return (number.word_ > 0) - (number.word_ < 0); };
  if (sign(*this) != sign(other)) return sign(*this) <=> sign(other);
  std::array<char, 32> mine;
  std::array<char, 32> its;
  const auto order = compare_magnitudes(Decimal(token(mine)), Decimal(other.token(its)));
  return is_negative() ? 0 <=> order : order;
}

bool Number::is_multiple(const Number& divisor) const {
  if (is_zero()) return true;
  if (!is_large() && !divisor.is_large()) {
    const int places = exponent_ - divisor.exponent_;
    // The word does not end in 0 here, and would have to.
    if (places < 0) return false;
    std::int64_t scaled = 0;
    if (!__builtin_mul_overflow(word_, powers_of_ten[places], &scaled)) {
      return scaled % divisor.word_ == 0;
    }
    return Int128{word_} * powers_of_ten[places] % divisor.word_ == 0;
  }
  std::array<char, 32> mine;
  std::array<char, 32> its;
  const Decimal a(token(mine)), b(divisor.token(its));
  const auto order = compare_magnitudes(a, b);
  if (order != std::strong_ordering::greater) return order == std::strong_ordering::equal;
  const std::int64_t places = difference(a.exponent, b.exponent) + a.point -
                              static_cast<std::int64_t>(a.size()) - b.point +
                              static_cast<std::int64_t>(b.size());
  if (places < 0) return false;  // as above
  if (b.size() <= word_digits) {
    const auto value = static_cast<std::uint64_t>(DigitReader(b).next(word_digits).value);
    return digits_are_multiple(a, without_tens(value, places));
  }
  if (b.size() > divisor_digits_max) return false;
  DigitReader reader(b);
  BigInteger scale;
  return digits_are_multiple(a, without_tens(read_big(reader, b.size(), scale), places));
}

std::size_t Number::significant_digits() const {
  std::array<char, 32> buffer;
  return Decimal(token(buffer)).size();
}

std::string_view Number::token(std::span<char, 32> buffer) const {
  if (!token_.empty()) return token_;
  char* end = std::to_chars(buffer.data(), buffer.data() + 24, word_).ptr;
  *end++ = 'e';
  end = std::to_chars(end, buffer.data() + buffer.size(), static_cast<int>(exponent_)).ptr;
  return {buffer.data(), end};
}

std::uint64_t Number::hash(std::uint64_t seed) const {
  const std::uint64_t key = seed ^ 0x9E37'79B9'7F4A'7C15;  // 2^64 divided by the golden ratio
  if (!is_large()) {
    return mix(static_cast<std::uint64_t>(word_) ^ key,
               key + static_cast<std::uint64_t>(exponent_));
  }
  const Decimal decimal(token_);
  std::uint64_t state = mix(decimal.exponent_modulo(key >> 2 | std::uint64_t{1} << 61) ^ key,
                            key + static_cast<std::uint64_t>(word_));
  for (DigitReader reader(decimal); !reader.at_end();) {
    state = mix(static_cast<std::uint64_t>(reader.next(word_digits).value) ^ key, state + key);
  }
  return state;
}

}  // namespace collet::schema
