#include "schema/compile/numbers.hpp"

#include <algorithm>
#include <compare>
#include <string>

#include "schema/compile/builder.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/value/number.hpp"

namespace collet::schema::compiling {
namespace {

using json::Value;

struct Bound {
  Value limit;
  bool is_excluded;
};

/// The bound that an inclusive and an exclusive keyword make together: the tighter one, which is
/// the larger one where `tighter` is greater.
std::optional<Bound> bound_of(std::optional<Value> inclusive, std::optional<Value> exclusive,
                              std::strong_ordering tighter) {
  if (!exclusive || !exclusive->is_number()) {
    if (!inclusive) return std::nullopt;
    return Bound{*inclusive, excludes_limit_beside(exclusive)};
  }
  if (inclusive && (Number(inclusive->raw()) <=> Number(exclusive->raw())) == tighter) {
    return Bound{*inclusive, false};
  }
  return Bound{*exclusive, true};
}

/// The least integer that, divided by 10^6, is not below `limit` (above it, where `is_excluded`).
/// Beyond what short numbers reach it stays there.
std::int64_t least_scaled(Value limit, bool is_excluded) {
  if (const auto exact = Number::of(limit).short_number())
    return scaled(*exact) + (is_excluded ? 1 : 0);
  const Number bound(limit.raw());
  std::int64_t low = -k_scaled_max;
  std::int64_t high = k_scaled_max;
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    const std::string token = std::to_string(middle) + "e-6";
    const auto order = Number(token) <=> bound;
    const bool is_enough = order > 0 || (order == 0 && !is_excluded);
    (is_enough ? high : low) = is_enough ? middle : middle + 1;
  }
  return low;
}

/// The index of the limit's token, where it is no short number.
std::uint32_t keep_long(Value limit, std::vector<std::string>& long_numbers) {
  return Number::of(limit).short_number() ? k_no_index : keep_token(long_numbers, limit);
}

}  // namespace

std::uint32_t count_of(std::optional<Value> value, std::uint32_t absent) {
  if (!value) return absent;
  if (const auto small = value->as_int64()) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(*small, 0, k_unbounded));
  }
  const Number number(value->raw());
  for (std::uint32_t low = 0, high = k_unbounded;;) {  // 2.0 and 1e2 are counts, too
    const std::uint32_t middle = low + (high - low) / 2;
    const std::string token = std::to_string(middle);
    const auto order = number <=> Number(token);
    if (order == 0 || low == high) return middle;
    (order > 0 ? low : high) = order > 0 ? middle + 1 : middle;
  }
}

std::optional<Range> range_of(const Subschema& schema, std::vector<std::string>& long_numbers) {
  const auto lower = bound_of(schema[Keyword::minimum], schema[Keyword::exclusive_minimum],
                              std::strong_ordering::greater);
  const auto upper = bound_of(schema[Keyword::maximum], schema[Keyword::exclusive_maximum],
                              std::strong_ordering::less);
  if (!lower && !upper) return std::nullopt;
  Range range;
  if (lower) {
    range.minimum = keep_long(lower->limit, long_numbers);
    range.minimum_excluded = lower->is_excluded;
    range.least_scaled = least_scaled(lower->limit, lower->is_excluded);
  }
  if (upper) {
    range.maximum = keep_long(upper->limit, long_numbers);
    range.maximum_excluded = upper->is_excluded;
    range.most_scaled = least_scaled(upper->limit, !upper->is_excluded) - 1;
  }
  return range;
}

}  // namespace collet::schema::compiling
