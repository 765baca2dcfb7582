#include "schema/wording.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "json/utf8.hpp"
#include "json/writer.hpp"
#include "schema/kinds.hpp"
#include "schema/value/text.hpp"

namespace collet::schema::wording {
namespace {

constexpr std::string_view k_more = "…";
constexpr std::string_view k_replacement = "\xEF\xBF\xBD";

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct Range {
  char32_t first;
  char32_t last;
};

/// What a reader does not see, or what changes how he sees the rest: controls, soft hyphens,
/// joiners and other characters without width, bidirectional marks, line separators, tags (Unicode
/// Technical Report 36, section 2).
constexpr Range k_invisible[] = {{0x0000, 0x001F}, {0x007F, 0x009F}, {0x00AD, 0x00AD},
                                 {0x061C, 0x061C}, {0x180E, 0x180E}, {0x200B, 0x200F},
                                 {0x2028, 0x202E}, {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
                                 {0xFFF9, 0xFFFB}, {0xD800, 0xDFFF}, {0xE0000, 0xE0FFF}};

/// Appends the character or the invalid bytes at the start of `text` so that they are seen, and
/// returns how many bytes that were.
std::size_t append_visible(std::string& out, std::string_view text) {
  const auto [form, length] = json::utf8::read(text);
  if (form == json::utf8::Form::invalid) {
    out += k_replacement;
    return length;
  }
  const char32_t point = code_point_of(text.substr(0, length));
  const bool is_seen = std::ranges::none_of(
      k_invisible, [&](const Range& range) { return point >= range.first && point <= range.last; });
  if (is_seen) {
    out += text.substr(0, length);
  } else if (point <= 0xFFFF) {
    out += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
  } else {
    const auto rest = static_cast<std::uint32_t>(point) - 0x10000;
    out += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10U), 0xDC00 + (rest & 0x3FFU));
  }
  return length;
}

/// Appends the character or the escape sequence at the start of `json`, which is valid JSON, and
/// returns its length.
std::size_t append_unit(std::string& out, std::string_view json, bool in_string) {
  if (!in_string || json.front() != '\\') return append_visible(out, json);
  const std::size_t length = json[1] == 'u' ? 6 : 2;
  out.append(json, 0, length);
  return length;
}

/// The start of a JSON text without the white space between its tokens.
std::string start_of(std::string_view json, bool in_string) {
  std::string out;
  for (std::size_t units = 0; !json.empty();) {
    if (!in_string && is_space(json.front())) {
      json.remove_prefix(1);
      continue;
    }
    if (units++ == quoted_max) return out.append(k_more);
    const bool ends_or_begins = json.front() == '"';
    json.remove_prefix(append_unit(out, json, in_string));
    if (ends_or_begins) in_string = !in_string;
  }
  return out;
}

/// Letters, digits and what names are made of, and not to be taken for a number or a literal.
bool is_plain_word(std::string_view text) {
  if (text.empty() || text.size() > quoted_max) return false;
  if (text == "true" || text == "false" || text == "null") return false;
  const auto is_letter = [](char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; };
  if (!is_letter(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '/';
  });
}

}  // namespace

std::string quoted(json::Value value) {
  const std::string_view raw = value.raw();
  if (!value.is_string()) return start_of(raw, false);
  // As people write it, not as an escaping client sends it.
  if (StringToken(value).escaped) return quoted(Text(value).view());
  return '"' + start_of(raw.substr(1, raw.size() - 2), true) + '"';
}

std::string quoted(std::string_view text) {
  // One code point more than is shown: whether a sequence is cut there is not seen.
  constexpr std::size_t bytes_max = 4 * (quoted_max + 1);
  std::string token;
  json::append_string(token, text.substr(0, bytes_max));
  return '"' + start_of(std::string_view(token).substr(1, token.size() - 2), true) + '"';
}

std::string one_line(std::string_view text, std::size_t code_points_max) {
  std::string out;
  std::size_t written = 0;
  bool space = false;
  while (!text.empty()) {
    if (is_space(text.front())) {
      space = !out.empty();
      text.remove_prefix(1);
      continue;
    }
    if (written + (space ? 1 : 0) >= code_points_max) return out.append(k_more);
    if (space) out.push_back(' ');
    written += space ? 2 : 1;
    space = false;
    text.remove_prefix(append_visible(out, text));
  }
  return out;
}

std::string phrase(std::string_view text) {
  std::string out = one_line(text);
  if (out.ends_with('.') && !out.ends_with("..")) out.pop_back();
  return out;
}

std::string shown_pointer(std::string_view pointer) {
  std::size_t first = pointer.size();
  std::size_t kept = 0;
  for (std::size_t at = pointer.size(); at > 0 && kept < pointer_max; --at) {
    const bool continues = (static_cast<unsigned char>(pointer[at - 1]) & 0xC0U) == 0x80U;
    if (continues) continue;
    first = at - 1;
    ++kept;
  }
  std::string shown(first == 0 ? "" : k_more);
  for (pointer.remove_prefix(first); !pointer.empty();) {
    pointer.remove_prefix(append_visible(shown, pointer));
  }
  return shown;
}

std::string bare_or_quoted(json::Value value) {
  if (!value.is_string()) return quoted(value);
  const std::string_view content = value.raw().substr(1, value.raw().size() - 2);
  return is_plain_word(content) ? std::string(content) : quoted(value);
}

std::string with_article(std::string_view type) {
  if (type == "null") return "null";
  const bool vowel = !type.empty() && std::string_view("aeiou").contains(type.front());
  return std::string(vowel ? "an " : "a ") + one_line(type);
}

std::string with_article(json::Kind kind) {
  return with_article(type_name(kind));
}

std::string with_kind(json::Value value) {
  if (value.is_null()) return "null";
  return quoted(value) + " (" + with_article(value.kind()) + ")";
}

std::string joined(const std::vector<std::string>& parts, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += i + 1 == parts.size() ? " " + std::string(last) + " " : ", ";
    out += parts[i];
  }
  return out;
}

std::string enumerated(const std::vector<std::string>& parts, std::size_t all) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += ", ";
    out += part;
  }
  if (parts.size() >= all) return out;
  return out + ", … (" + std::to_string(all - parts.size()) + " more)";
}

std::string ordinal(std::size_t number) {
  const std::size_t tens = number / 10 % 10;
  const std::size_t units = tens == 1 ? 0 : number % 10;
  const std::string_view ending = units == 1 ? "st" : units == 2 ? "nd" : units == 3 ? "rd" : "th";
  return std::to_string(number) + std::string(ending);
}

std::string counted(std::string_view amount, std::string_view one, std::string_view many) {
  return std::string(amount) + " " + std::string(amount == "1" ? one : many);
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace collet::schema::wording
