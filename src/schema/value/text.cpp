#include "schema/value/text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace collet::schema {

namespace {

/// Four hexadecimal digits; a parsed document holds none but good ones.
char32_t hex4(std::string_view digits) {
  char32_t value = 0;
  for (const char c : digits.substr(0, 4)) {
    const char32_t digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value * 16 + digit;
  }
  return value;
}

/// One escape at the start of a text.
struct Escape {
  std::size_t size;  ///< bytes of the token
  char32_t code_point;
};

Escape read_escape(std::string_view text) {
  switch (const char c = text[1]) {
    case 'b':
      return {2, '\b'};
    case 'f':
      return {2, '\f'};
    case 'n':
      return {2, '\n'};
    case 'r':
      return {2, '\r'};
    case 't':
      return {2, '\t'};
    case 'u':
      break;
    default:
      return {2, static_cast<unsigned char>(c)};  // " \ /
  }
  const char32_t unit = hex4(text.substr(2));
  if (unit >= 0xD800 && unit <= 0xDBFF && text.size() >= 12 && text.substr(6, 2) == "\\u") {
    const char32_t low = hex4(text.substr(8));
    if (low >= 0xDC00 && low <= 0xDFFF) {
      return {12, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)};
    }
  }
  return {6, unit};
}

/// Writes `code_point` to `out`, which has room for four bytes, and returns what follows.
char* put_utf8(char* out, char32_t code_point) {
  const auto put = [&](char32_t byte) { *out++ = static_cast<char>(byte); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
  return out;
}

}  // namespace

void Text::decode() {
  std::string_view rest = view_;
  char* const begin = rest.size() <= inline_bytes
                          ? short_.data()
                          : (long_ = std::make_unique_for_overwrite<char[]>(rest.size())).get();
  // Every escape is longer than its text, so the token's size is room enough.
  char* out = begin;
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    std::memcpy(out, rest.data(), plain);
    out += plain;
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    const Escape escape = read_escape(rest);
    out = put_utf8(out, escape.code_point);
    rest.remove_prefix(escape.size);
  }
  view_ = {begin, static_cast<std::size_t>(out - begin)};
}

char32_t code_point_of(std::string_view sequence) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(sequence[at]); };
  if (sequence.size() == 1) return byte(0);
  char32_t point = byte(0) & (0xFFU >> (sequence.size() + 1));
  for (std::size_t at = 1; at < sequence.size(); ++at) point = point << 6U | (byte(at) & 0x3FU);
  return point;
}

std::size_t count_code_points(std::string_view utf8) {
  // Bytes 10xxxxxx continue a code point; all others begin one.
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
  std::size_t continuations = 0;
  std::size_t i = 0;
  for (; i + 8 <= utf8.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, utf8.data() + i, sizeof word);
    const std::uint64_t marks = word >> 7 & ~word >> 6 & ones;
    continuations += marks * ones >> 56;
  }
  for (; i < utf8.size(); ++i) {
    continuations += (static_cast<unsigned char>(utf8[i]) & 0xC0) == 0x80;
  }
  return utf8.size() - continuations;
}

std::size_t code_points(json::Value value) {
  const StringToken token(value);
  std::size_t count = count_code_points(token.content);
  if (!token.escaped) return count;
  std::string_view rest = token.content;
  for (std::size_t plain = 0; (plain = rest.find('\\')) != std::string_view::npos;) {
    rest.remove_prefix(plain);
    const std::size_t size = read_escape(rest).size;
    count -= size - 1;
    rest.remove_prefix(size);
  }
  return count;
}

}  // namespace collet::schema
