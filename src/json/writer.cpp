#include "json/writer.hpp"

#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "json/swar.hpp"
#include "json/utf8.hpp"

namespace collet::json {

namespace {

/// Bytes that go into a string token as they are: ASCII but control characters, quote and
/// backslash.
constexpr auto plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (unsigned byte = 0x20; byte < 0x80; ++byte) plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

/// Whether all eight bytes of `word` are plain. A borrow can only make it say no too often.
constexpr bool all_plain(std::uint64_t word) {
  const std::uint64_t control_or_high = word | (word - swar::ones * 0x20);
  return ((control_or_high & swar::tops) | swar::has(word, '"') | swar::has(word, '\\')) == 0;
}

/// How many bytes at the start of `text` are plain.
std::size_t plain_prefix(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    if (!all_plain(swar::load(text.data() + i))) break;
  }
  while (i < text.size() && plain_bytes[static_cast<unsigned char>(text[i])]) ++i;
  return i;
}

void append_unicode_escape(std::string& out, unsigned unit) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out.push_back(digits[(unit >> shift) & 0xF]);
}

void append_ascii_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      append_unicode_escape(out, static_cast<unsigned char>(c));
      break;
  }
}

/// Code point of a three-byte sequence.
unsigned decode_three(std::string_view bytes) {
  const auto bits = [&](std::size_t i, unsigned mask) {
    return static_cast<unsigned char>(bytes[i]) & mask;
  };
  return bits(0, 0x0F) << 12 | bits(1, 0x3F) << 6 | bits(2, 0x3F);
}

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t plain = plain_prefix(text);
    out.append(text, 0, plain);
    text.remove_prefix(plain);
    if (text.empty()) break;

    const auto [form, length] = utf8::read(text);
    const std::string_view bytes = text.substr(0, length);
    if (form == utf8::Form::invalid) {
      out += "\xEF\xBF\xBD";
    } else if (length == 1) {
      append_ascii_escape(out, bytes.front());
    } else if (form == utf8::Form::surrogate || bytes == "\xE2\x80\xA8" ||
               bytes == "\xE2\x80\xA9") {
      append_unicode_escape(out, decode_three(bytes));
    } else {
      out += bytes;
    }
    text.remove_prefix(length);
  }
  out.push_back('"');
}

void Writer::separate() {
  assert(open_.empty() ? out_.empty() : (open_.back() == '[' || after_key_));
  if (!first_ && !after_key_) out_.push_back(',');
  first_ = false;
  after_key_ = false;
}

Writer& Writer::begin_object() {
  separate();
  out_.push_back('{');
  open_.push_back('{');
  first_ = true;
  return *this;
}

Writer& Writer::end_object() {
  assert(!open_.empty() && open_.back() == '{' && !after_key_);
  out_.push_back('}');
  open_.pop_back();
  first_ = false;
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  out_.push_back('[');
  open_.push_back('[');
  first_ = true;
  return *this;
}

Writer& Writer::end_array() {
  assert(!open_.empty() && open_.back() == '[');
  out_.push_back(']');
  open_.pop_back();
  first_ = false;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  assert(!open_.empty() && open_.back() == '{' && !after_key_);
  if (!first_) out_.push_back(',');
  append_string(out_, name);
  out_.push_back(':');
  first_ = false;
  after_key_ = true;
  return *this;
}

Writer& Writer::string(std::string_view text) {
  separate();
  append_string(out_, text);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  std::array<char, 20> digits;  // -9223372036854775808
  const auto [end, code] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), end);
  return *this;
}

Writer& Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  std::array<char, 32> digits;  // the shortest text has at most 24 bytes: -2.2250738585072014e-308
  const auto [end, code] = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out_.append(digits.data(), end);
  return *this;
}

Writer& Writer::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

Writer& Writer::null() {
  separate();
  out_ += "null";
  return *this;
}

Writer& Writer::raw(std::string_view json) {
  separate();
  out_ += json;
  return *this;
}

}  // namespace collet::json
