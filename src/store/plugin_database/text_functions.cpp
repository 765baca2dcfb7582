// Texts, casts and comparisons as PostgreSQL has them.
#include <string.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

#include "base/digest.hpp"
#include "json/utf8.hpp"
#include "store/plugin_database/call.hpp"

namespace collet::plugin_database {
namespace {

/// Steps of a comparison after which it asks whether its time is over: some 100 µs.
constexpr std::size_t k_steps_between_looks = 1u << 16;

enum class Case : std::uint8_t { matters, ignored };

char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t length_of_character(std::string_view text) {
  return std::max<std::size_t>(1, json::utf8::read(text).length);
}

/// LIKE: % is anything, _ one character, and what follows `escape` itself. Goes back to the last %
/// only, so that its time is at most the product of both lengths.
class LikeMatcher {
 public:
  LikeMatcher(std::string_view pattern, std::string_view escape, Case how)
      : pattern_(pattern), escape_(escape), how_(how) {}

  enum class Outcome : std::uint8_t { no, yes, out_of_time };
  Outcome run(std::string_view text, FunctionContext& context) const {
    std::size_t p = 0, t = 0;
    std::size_t retry_p = std::string_view::npos, retry_t = 0;
    for (std::size_t steps = 1;; ++steps) {
      if (steps % k_steps_between_looks == 0 && context.is_over()) return Outcome::out_of_time;
      if (p == pattern_.size() && t == text.size()) return Outcome::yes;
      if (p < pattern_.size() && pattern_[p] == '%' && !is_escape(p)) {
        retry_p = ++p;
        retry_t = t;
        continue;
      }
      if (t < text.size() && step(text, p, t)) continue;
      if (retry_p == std::string_view::npos || retry_t >= text.size()) return Outcome::no;
      retry_t += length_of_character(text.substr(retry_t));
      p = retry_p;
      t = retry_t;
    }
  }

 private:
  [[nodiscard]] bool is_escape(std::size_t p) const {
    return !escape_.empty() && pattern_.substr(p).starts_with(escape_);
  }
  // Goes one character on in both where they agree.
  bool step(std::string_view text, std::size_t& p, std::size_t& t) const {
    if (p >= pattern_.size()) return false;
    if (is_escape(p) && p + escape_.size() < pattern_.size()) {
      const auto literal = p + escape_.size();
      if (!agree(pattern_[literal], text[t])) return false;
      p = literal + 1, ++t;
      return true;
    }
    if (pattern_[p] == '_') {
      ++p;
      t += length_of_character(text.substr(t));
      return true;
    }
    if (!agree(pattern_[p], text[t])) return false;
    ++p, ++t;
    return true;
  }
  [[nodiscard]] bool agree(char a, char b) const {
    return a == b || (how_ == Case::ignored && folded(a) == folded(b));
  }

  std::string_view pattern_;
  std::string_view escape_;
  Case how_;
};

template <Case how>
void like(Call& call) {
  const auto escape = call.count() > 2 ? call.text(2) : std::string_view("\\");
  const LikeMatcher matcher(call.text(0), escape, how);
  switch (matcher.run(call.text(1), call.context())) {
    case LikeMatcher::Outcome::out_of_time:
      return call.interrupt();
    case LikeMatcher::Outcome::yes:
      return call.give(true);
    case LikeMatcher::Outcome::no:
      return call.give(false);
  }
}

enum class Side : std::uint8_t { both, left, right };

template <Side side>
void trim(Call& call) {
  std::array<bool, 256> drops{};
  const auto set = call.count() > 1 ? call.text(1) : std::string_view(" ");
  for (const char c : set) drops[static_cast<unsigned char>(c)] = true;
  auto text = call.text(0);
  const auto is_dropped = [&](char c) { return drops[static_cast<unsigned char>(c)]; };
  while (side != Side::right && !text.empty() && is_dropped(text.front())) text.remove_prefix(1);
  while (side != Side::left && !text.empty() && is_dropped(text.back())) text.remove_suffix(1);
  call.give(text);
}

// memmem takes time in proportion to both lengths, unlike std::string_view::find.
std::size_t find_part(std::string_view text, std::string_view part, std::size_t from) {
  if (part.empty()) return from;
  const auto rest = text.substr(from);
  const auto* found = ::memmem(rest.data(), rest.size(), part.data(), part.size());
  if (found == nullptr) return std::string_view::npos;
  return from + static_cast<std::size_t>(static_cast<const char*>(found) - rest.data());
}

std::int64_t characters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

void strpos(Call& call) {
  const auto text = call.text(0);
  const auto at = find_part(text, call.text(1), 0);
  call.give(at == text.npos ? std::int64_t{0} : characters(text.substr(0, at)) + 1);
}

// SQLite stops a result that grows too large, but only once it is there.
constexpr std::size_t k_text_bytes_max = std::size_t{4} << 20;

void replace(Call& call) {
  const auto text = call.text(0), part = call.text(1), by = call.text(2);
  if (part.empty()) return call.give_argument(0);
  std::string out;
  std::size_t from = 0;
  for (auto at = find_part(text, part, 0); at != text.npos; at = find_part(text, part, from)) {
    out.append(text, from, at - from);
    out += by;
    from = at + part.size();
    if (out.size() > k_text_bytes_max) return call.fail("the text becomes too long");
  }
  call.give(out.append(text, from));
}

void split_part(Call& call) {
  const auto text = call.text(0), separator = call.text(1);
  if (separator.empty()) return call.give(call.integer(2) == 1 ? text : std::string_view());
  std::size_t from = 0;
  for (auto part = call.integer(2); part > 0; --part) {
    const auto at = find_part(text, separator, from);
    if (part == 1) return call.give(text.substr(from, at == text.npos ? at : at - from));
    if (at == text.npos) break;
    from = at + separator.size();
  }
  call.give(std::string_view());
}

// The first characters, or all but the last ones where the number is negative.
template <Side side>
void end_of(Call& call) {
  const auto text = call.text(0);
  const auto all = characters(text);
  auto count = call.integer(1);
  if (count < 0) count = std::max<std::int64_t>(0, all + std::max(count, -all));
  count = std::min(count, all);
  const auto kept = side == Side::left ? count : all - count;  // before the cut
  std::size_t at = 0;
  for (std::int64_t i = 0; i < kept; ++i) at += length_of_character(text.substr(at));
  call.give(side == Side::left ? text.substr(0, at) : text.substr(at));
}

void concat(Call& call) {
  std::string out;
  for (int i = 0; i < call.count(); ++i) {
    out += call.text(i);
    if (out.size() > k_text_bytes_max) return call.fail("the text becomes too long");
  }
  call.give(out);
}

void concat_ws(Call& call) {
  if (call.count() == 0 || call.is_null(0)) return call.give_null();
  std::string out;
  bool is_first = true;
  for (int i = 1; i < call.count(); ++i) {
    if (call.is_null(i)) continue;
    if (!is_first) out += call.text(0);
    is_first = false;
    out += call.text(i);
    if (out.size() > k_text_bytes_max) return call.fail("the text becomes too long");
  }
  call.give(out);
}

bool is_less(const Call& call, int a, int b) {
  if (call.is_integer(a) && call.is_integer(b)) return call.integer(a) < call.integer(b);
  if (call.is_number(a) && call.is_number(b)) return call.number(a) < call.number(b);
  if (call.is_number(a) != call.is_number(b)) return call.is_number(a);
  return call.text(a) < call.text(b);
}

enum class Extreme : std::uint8_t { least, greatest };

// What is NULL does not count.
template <Extreme which>
void extreme(Call& call) {
  int found = -1;
  for (int i = 0; i < call.count(); ++i) {
    if (call.is_null(i)) continue;
    if (found < 0 || (which == Extreme::least ? is_less(call, i, found) : is_less(call, found, i)))
      found = i;
  }
  if (found < 0) return call.give_null();
  call.give_argument(found);
}

// Numbers are rounded, the half to the even one; a text has to be a whole number.
void to_integer(Call& call) {
  if (call.is_integer(0)) return call.give_argument(0);
  if (call.is_number(0)) {
    const double rounded = std::nearbyint(call.number(0));
    if (!(std::fabs(rounded) < 9.2e18)) return call.fail("integer out of range");
    return call.give(static_cast<std::int64_t>(rounded));
  }
  auto text = call.text(0);
  const std::string whole(text);
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure == std::errc::result_out_of_range) return call.fail("integer out of range");
  if (failure != std::errc{} || end != text.data() + text.size())
    return call.fail("invalid input syntax for type integer: \"" + whole + "\"");
  call.give(value);
}

void to_boolean(Call& call) {
  if (call.is_number(0)) return call.give(call.number(0) != 0);
  std::string text(call.text(0));
  std::ranges::transform(text, text.begin(), folded);
  for (const auto* yes : {"t", "true", "y", "yes", "on", "1"}) {
    if (text == yes) return call.give(true);
  }
  for (const auto* no : {"f", "false", "n", "no", "off", "0"}) {
    if (text == no) return call.give(false);
  }
  call.fail("invalid input syntax for type boolean: \"" + text + "\"");
}

using enum FunctionRow::Nulls;
using enum FunctionRow::Result;

constexpr std::array<FunctionRow, 24> k_functions{{
    {"gen_random_uuid", 0, [](Call& call) { call.give(make_uuid(call.context().entropy())); },
     give_null, changing},
    {"like", 2, like<Case::matters>},
    {"like", 3, like<Case::matters>},
    {"match", 2, like<Case::ignored>},
    {"match", 3, like<Case::ignored>},
    {"md5", 1, [](Call& call) { call.give(md5_hex(call.text(0))); }},
    {"pg_bool", 1, to_boolean},
    {"pg_btrim", 1, trim<Side::both>},
    {"pg_btrim", 2, trim<Side::both>},
    {"pg_concat", -1, concat, are_seen},
    {"pg_concat_ws", -1, concat_ws, are_seen},
    {"pg_greatest", -1, extreme<Extreme::greatest>, are_seen},
    {"pg_integer", 1, to_integer},
    {"pg_least", -1, extreme<Extreme::least>, are_seen},
    {"pg_left", 2, end_of<Side::left>},
    {"pg_ltrim", 1, trim<Side::left>},
    {"pg_ltrim", 2, trim<Side::left>},
    {"pg_random", 0,
     [](Call& call) {
       // 53 random bits are what a double holds.
       call.give(static_cast<double>(call.context().entropy().next() >> 11) * 0x1p-53);
     },
     give_null, changing},
    {"pg_replace", 3, replace},
    {"pg_right", 2, end_of<Side::right>},
    {"pg_rtrim", 1, trim<Side::right>},
    {"pg_rtrim", 2, trim<Side::right>},
    {"pg_split_part", 3, split_part},
    {"pg_strpos", 2, strpos},

}};

}  // namespace

std::span<const FunctionRow> text_functions() {
  return k_functions;
}

}  // namespace collet::plugin_database
