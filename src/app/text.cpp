#include "app/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "base/closest_name.hpp"
#include "json/utf8.hpp"

namespace collet::app {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t length = 1;
  bool valid = false;
};

/// The code point at the start of `text`, which is not empty; its first byte alone where it is
/// none.
CodePoint read_code_point(std::string_view text) {
  const auto sequence = json::utf8::read(text);
  if (sequence.form != json::utf8::Form::valid) return {};
  constexpr std::array<unsigned char, 5> bits_of_lead{0, 0x7F, 0x1F, 0x0F, 0x07};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  char32_t value = byte(0) & bits_of_lead[sequence.length];
  for (std::size_t i = 1; i < sequence.length; ++i) value = value << 6 | (byte(i) & 0x3Fu);
  return {value, sequence.length, true};
}

struct Range {
  char32_t first;
  char32_t last;
};

constexpr bool within(std::span<const Range> ranges, char32_t value) {
  return std::ranges::any_of(
      ranges, [&](const Range& range) { return value >= range.first && value <= range.last; });
}

constexpr std::array<Range, 11> k_zero_width{{{0x0300, 0x036F},
                                              {0x0483, 0x0489},
                                              {0x0591, 0x05BD},
                                              {0x0610, 0x061A},
                                              {0x064B, 0x065F},
                                              {0x1AB0, 0x1AFF},
                                              {0x1DC0, 0x1DFF},
                                              {0x200B, 0x200D},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE0F},
                                              {0xFE20, 0xFE2F}}};

constexpr std::array<Range, 10> k_wide{{{0x1100, 0x115F},
                                        {0x2E80, 0x303E},
                                        {0x3041, 0xA4CF},
                                        {0xAC00, 0xD7A3},
                                        {0xF900, 0xFAFF},
                                        {0xFE30, 0xFE6F},
                                        {0xFF00, 0xFF60},
                                        {0x1F300, 0x1F64F},
                                        {0x1F680, 0x1FAFF},
                                        {0x20000, 0x3FFFD}}};

/// What may not reach a terminal from a plugin: C1 controls, line and paragraph separators,
/// bidirectional marks, embeddings and isolates (Unicode Technical Report 36, section 2), and the
/// byte order mark.
constexpr std::array<Range, 6> k_unprintable{{{0x0080, 0x009F},
                                              {0x061C, 0x061C},
                                              {0x200E, 0x200F},
                                              {0x2028, 0x202E},
                                              {0x2066, 0x2069},
                                              {0xFEFF, 0xFEFF}}};

std::size_t width_of(char32_t value) {
  if (within(k_zero_width, value)) return 0;
  return within(k_wide, value) ? 2 : 1;
}

std::string tame(std::string_view text, std::string_view kept) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto point = read_code_point(text);
    const auto bytes = text.substr(0, point.length);
    if (!point.valid) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes.front()));
    } else if (point.length == 1 && kept.find(bytes.front()) != std::string_view::npos) {
      out += bytes;
    } else if (point.value == '\n') {
      out += "\\n";
    } else if (point.value == '\r') {
      out += "\\r";
    } else if (point.value == '\t') {
      out += "\\t";
    } else if (point.value < 0x20 || point.value == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(point.value));
    } else if (within(k_unprintable, point.value)) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(point.value));
    } else {
      out += bytes;
    }
    text.remove_prefix(point.length);
  }
  return out;
}

}  // namespace

std::string printable(std::string_view text) {
  return tame(text, "");
}
std::string printable_lines(std::string_view text) {
  return tame(text, "\n\t");
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto point = read_code_point(text);
    width += width_of(point.value);
    text.remove_prefix(point.length);
  }
  return width;
}

std::string cut(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t used = 1;  // the ellipsis
  std::size_t end = 0;
  while (end < text.size()) {
    const auto point = read_code_point(text.substr(end));
    if (used + width_of(point.value) > width) break;
    used += width_of(point.value);
    end += point.length;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string first_sentence(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const auto begin = text.find_first_not_of(white);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  text = text.substr(0, text.find('\n'));
  // "e.g. this" is not an end: a sentence starts with something else than a lower-case letter.
  for (auto dot = text.find(". "); dot != std::string_view::npos; dot = text.find(". ", dot + 1)) {
    const auto next = text.find_first_not_of(' ', dot + 1);
    const char letter = next == std::string_view::npos ? 'A' : text[next];
    if (letter >= 'a' && letter <= 'z') continue;
    text = text.substr(0, dot + 1);
    break;
  }
  return std::string(text.substr(0, text.find_last_not_of(white) + 1));
}

std::optional<std::string> closest(std::string_view name, std::span<const std::string> candidates) {
  ClosestName search(name);
  for (const auto& candidate : candidates) search.offer(candidate);
  if (search.result().empty()) return std::nullopt;
  return std::string(search.result());
}

std::string counted(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace collet::app
