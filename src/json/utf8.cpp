#include "json/utf8.hpp"

namespace collet::json::utf8 {

namespace {

bool in_range(std::string_view text, std::size_t index, unsigned low, unsigned high) {
  if (index >= text.size()) return false;
  const unsigned byte = static_cast<unsigned char>(text[index]);
  return low <= byte && byte <= high;
}

/// Three or four bytes: the second byte lies in [low, high], all later ones are continuation bytes.
Sequence read_long(std::string_view text, std::size_t length, unsigned low, unsigned high) {
  if (!in_range(text, 1, low, high)) return {Form::invalid, 1};
  for (std::size_t i = 2; i < length; ++i) {
    if (!in_range(text, i, 0x80, 0xBF)) return {Form::invalid, i};
  }
  return {Form::valid, length};
}

}  // namespace

Sequence read(std::string_view text) {
  const unsigned lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {Form::valid, 1};
  if (lead < 0xC2) return {Form::invalid, 1};
  if (lead < 0xE0) return read_long(text, 2, 0x80, 0xBF);
  if (lead == 0xE0) return read_long(text, 3, 0xA0, 0xBF);
  if (lead == 0xED && in_range(text, 1, 0xA0, 0xBF) && in_range(text, 2, 0x80, 0xBF)) {
    return {Form::surrogate, 3};
  }
  if (lead == 0xED) return read_long(text, 3, 0x80, 0x9F);
  if (lead < 0xF0) return read_long(text, 3, 0x80, 0xBF);
  if (lead == 0xF0) return read_long(text, 4, 0x90, 0xBF);
  if (lead < 0xF4) return read_long(text, 4, 0x80, 0xBF);
  if (lead == 0xF4) return read_long(text, 4, 0x80, 0x8F);
  return {Form::invalid, 1};
}

bool is_valid(std::string_view text) {
  while (!text.empty()) {
    const auto [form, length] = read(text);
    if (form != Form::valid) return false;
    text.remove_prefix(length);
  }
  return true;
}

void append(std::string& out, char32_t code_point) {
  const auto put = [&out](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto put_continuation = [&](int shift) { put(0x80 | ((code_point >> shift) & 0x3F)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | (code_point >> 6));
    put_continuation(0);
  } else if (code_point < 0x10000) {
    put(0xE0 | (code_point >> 12));
    put_continuation(6);
    put_continuation(0);
  } else {
    put(0xF0 | (code_point >> 18));
    put_continuation(12);
    put_continuation(6);
    put_continuation(0);
  }
}

}  // namespace collet::json::utf8
