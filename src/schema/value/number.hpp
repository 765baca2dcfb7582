// JSON numbers with their exact value: nothing is rounded, whatever its size.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "json/document.hpp"

namespace collet::schema {

/// The exact value of a number token: sign × digits × 10^exponent. It views the token, which has to
/// outlive it. Every operation is linear in the sizes of the tokens and, but for one case of
/// is_multiple_of, allocates nothing. Integers below 10^18 and decimals of up to 18 digits, which
/// is nearly all there are, stand in one machine word, and everything about two of them is
/// arithmetic of words.
class Number {
 public:
  /// Of a divisor: more of them are no longer divided by, because the cost is the product of both
  /// lengths. A dividend of 1 MB takes about 20 ms at this limit. The largest double has 17.
  static constexpr std::size_t divisor_digits_max = 1000;

  /// `token` is a JSON number (RFC 8259, section 6).
  explicit Number(std::string_view token) : token_(token) {
    const bool negative = token.front() == '-';
    const std::string_view digits = token.substr(negative ? 1 : 0);
    std::int64_t value = 0;
    if (digits.size() <= word_digits) {
      std::size_t i = 0;
      for (; i < digits.size(); ++i) {
        if (digits[i] < '0' || digits[i] > '9') break;
        value = value * 10 + (digits[i] - '0');
      }
      if (i == digits.size()) {
        word_ = negative ? -value : value;
        return;
      }
    }
    parse();
  }

  explicit Number(json::ShortNumber number)
      : Number(number.digits, -static_cast<int>(number.scale)) {}
  /// `digits` × 10^-scale; up to 18 digits and a scale up to 18.
  static Number decimal(std::int64_t digits, std::uint32_t scale) {
    while (scale > 0 && digits % 10 == 0) {
      digits /= 10;
      --scale;
    }
    return {digits, -static_cast<int>(scale)};
  }
  /// The value of a number in a document: mostly decoded already.
  static Number of(json::Value number) {
    const auto decoded = number.short_number();
    return decoded ? Number(*decoded) : Number(number.raw());
  }

  /// The same value as a short number, however it is spelt; nothing where it has too many digits.
  [[nodiscard]] std::optional<json::ShortNumber> short_number() const {
    constexpr auto digits_max = static_cast<std::int64_t>(json::ShortNumber::digits_max);
    constexpr auto scale_max = static_cast<int>(json::ShortNumber::scale_max);
    if (is_large() || word_ > digits_max || word_ < -digits_max || -exponent_ > scale_max) {
      return std::nullopt;
    }
    return json::ShortNumber{static_cast<std::int32_t>(word_),
                             static_cast<std::uint32_t>(-exponent_)};
  }
  [[nodiscard]] bool is_zero() const { return word_ == 0; }
  [[nodiscard]] bool is_negative() const { return word_ < 0; }
  /// Whether it has no fraction: 1.0 and 1e400 are integers, 1e-1 is none.
  [[nodiscard]] bool is_integer() const {
    return exponent_ == 0 || (is_large() && large_is_integer());
  }
  /// The order of the exact values: 1.0 equals 1, 2^53 + 1 is more than 2^53.
  [[nodiscard]] std::strong_ordering operator<=>(const Number& other) const {
    if (exponent_ == 0 && other.exponent_ == 0) return word_ <=> other.word_;
    return compare(other);
  }
  [[nodiscard]] bool operator==(const Number& other) const {
    if (word_ != other.word_ || exponent_ != other.exponent_) return false;
    return !is_large() || compare(other) == std::strong_ordering::equal;
  }
  /// Whether it is an integer times `divisor`, which is not zero and has at most
  /// divisor_digits_max significant_digits (for others: false, but for 0 and for equal numbers).
  /// Allocates where the divisor has more than 18 digits.
  [[nodiscard]] bool is_multiple_of(const Number& divisor) const {
    if (exponent_ == 0 && divisor.exponent_ == 0) return word_ % divisor.word_ == 0;
    return is_multiple(divisor);
  }
  /// The digits between the first and the last that is not 0: 3 of
  /// 0.010200, 1 of 5e99, 0 of 0.
  [[nodiscard]] std::size_t significant_digits() const;
  /// Equal numbers have equal hashes (of the same `seed`).
  [[nodiscard]] std::uint64_t hash(std::uint64_t seed = 0) const;

 private:
  Number(std::int64_t word, int exponent)
      : word_(word), exponent_(static_cast<std::int8_t>(exponent)) {}

  static constexpr std::size_t word_digits = 18;
  static constexpr std::int8_t large = 1;

  [[nodiscard]] bool is_large() const { return exponent_ == large; }
  void parse();
  /// The token, or one that says the same where the number came decoded; written into `buffer`
  /// then.
  [[nodiscard]] std::string_view token(std::span<char, 32> buffer) const;
  [[nodiscard]] bool large_is_integer() const;
  [[nodiscard]] std::strong_ordering compare(const Number& other) const;
  [[nodiscard]] bool is_multiple(const Number& divisor) const;

  std::string_view token_;
  // The value is word_ × 10^exponent_. An integer has the exponent 0; of others, which have -1 to
  // -18, the word does not end in 0: so equal values have equal members. Where that has no room,
  // exponent_ is `large`, word_ is the sign, and the token says the rest.
  std::int64_t word_ = 0;
  std::int8_t exponent_ = 0;
};

/// Whether `token` says an integer (see Number::is_integer), fast for the usual ones.
[[nodiscard]] inline bool is_integer_token(std::string_view token) {
  for (const char c : token) {
    if ((c < '0' || c > '9') && c != '-') return Number(token).is_integer();
  }
  return true;
}

}  // namespace collet::schema
