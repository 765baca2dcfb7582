#include "schema/value/format.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include <idn2.h>

#include "base/ascii.hpp"
#include "json/utf8.hpp"
#include "schema/pattern/pattern.hpp"
#include "schema/value/text.hpp"

namespace collet::schema {

namespace {

// ---- Characters

/// What a byte may be a part of. Percent signs and bytes beyond ASCII are looked at apart.
enum Class : std::uint16_t {
  digit = 1 << 0,
  hex = 1 << 1,
  alpha = 1 << 2,
  scheme = 1 << 3,          // RFC 3986: ALPHA / DIGIT / "+" / "-" / "."
  reg_name = 1 << 4,        // unreserved / sub-delims
  userinfo = 1 << 5,        // the same and ":"
  segment = 1 << 6,         // pchar, without those percent-encoded
  path = 1 << 7,            // the same and "/"
  query = 1 << 8,           // the same and "?"; fragments too
  template_text = 1 << 9,   // RFC 6570: literals
  template_name = 1 << 10,  // RFC 6570: varchar
  atom = 1 << 11,           // RFC 5321: atext
  let_dig_hyphen = 1 << 12,
};

constexpr std::array<std::uint16_t, 256> classes = [] {
  std::array<std::uint16_t, 256> table{};
  const auto add = [&](std::string_view characters, unsigned bits) {
    for (const char c : characters) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint16_t>(entry | bits);
    }
  };
  constexpr unsigned in_query = query;
  constexpr unsigned in_path = path | in_query;
  constexpr unsigned in_segment = segment | in_path;
  constexpr unsigned in_userinfo = userinfo | in_segment;
  constexpr unsigned in_name = reg_name | in_userinfo;
  constexpr std::string_view digits = "0123456789";
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  add(digits, digit | hex | scheme | in_name | template_name | atom | let_dig_hyphen);
  add(letters, alpha | scheme | in_name | template_name | atom | let_dig_hyphen);
  add("ABCDEFabcdef", hex);
  add("+-.", scheme);
  add("-._~!$&'()*+,;=", in_name);
  add(":", in_userinfo);
  add("@", in_segment);
  add("/", in_path);
  add("?", in_query);
  add("-", let_dig_hyphen);
  add("!#$%&'*+-/=?^_`{|}~", atom);
  add("_", template_name);
  // The apostrophe by erratum 6937.
  add(digits, template_text);
  add(letters, template_text);
  add("!#$&'()*+,-./:;=?@[]_~", template_text);
  return table;
}();

bool is(char c, unsigned bits) {
  return (classes[static_cast<unsigned char>(c)] & bits) != 0;
}

bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}

struct Range {
  char32_t first, last;
};

bool in_any(std::span<const Range> ranges, char32_t code_point) {
  return std::ranges::any_of(
      ranges, [&](const Range& r) { return code_point >= r.first && code_point <= r.last; });
}

/// RFC 3987, section 2.2: the last two of each plane are no characters.
bool is_ucschar(char32_t c) {
  constexpr Range ranges[] = {{0xA0, 0xD7FF}, {0xF900, 0xFDCF}, {0xFDF0, 0xFFEF}};
  if (c < 0x10000) return in_any(ranges, c);
  return c <= 0xEFFFF && (c & 0xFFFF) <= 0xFFFD && (c < 0xE0000 || c >= 0xE1000);
}
bool is_iprivate(char32_t c) {
  if (c < 0x10000) return c >= 0xE000 && c <= 0xF8FF;
  return c >= 0xF0000 && (c & 0xFFFF) <= 0xFFFD;
}

/// The code point at `at`, and the place behind it.
struct Decoded {
  char32_t code_point;
  std::size_t end;
};
Decoded decode_at(std::string_view text, std::size_t at) {
  const auto [form, size] = json::utf8::read(text.substr(at));
  if (form != json::utf8::Form::valid) return {0xD800, at + std::max<std::size_t>(size, 1)};
  return {code_point_of(text.substr(at, size)), at + size};
}

// ---- Dates and times: RFC 3339, section 5.6 and appendix A

/// The number of the two digits at `at`; 100 and more where they are none.
unsigned two_digits(std::string_view text, std::size_t at) {
  const unsigned tens = static_cast<unsigned char>(text[at]) - '0';
  const unsigned ones = static_cast<unsigned char>(text[at + 1]) - '0';
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

bool is_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  constexpr std::array<unsigned char, 13> days = {0,  31, 29, 31, 30, 31, 30,
                                                  31, 31, 30, 31, 30, 31};
  const unsigned century = two_digits(text, 0), year = two_digits(text, 2);
  const unsigned month = two_digits(text, 5), day = two_digits(text, 8);
  if (century > 99 || year > 99 || month < 1 || month > 12 || day < 1 || day > days[month]) {
    return false;
  }
  if (month != 2 || day < 29) return true;
  return year == 0 ? century % 4 == 0 : year % 4 == 0;
}

bool is_time(std::string_view text) {
  if (text.size() < 9 || text[2] != ':' || text[5] != ':') return false;
  const unsigned hour = two_digits(text, 0), minute = two_digits(text, 3);
  const unsigned second = two_digits(text, 6);
  if (hour > 23 || minute > 59 || second > 60) return false;
  std::size_t at = 8;
  if (text[at] == '.') {
    const std::size_t first = ++at;
    while (at < text.size() && is(text[at], digit)) ++at;
    if (at == first || at == text.size()) return false;
  }
  unsigned utc_minute = hour * 60 + minute;  // of the day
  const char zone = text[at];
  if (zone == 'Z' || zone == 'z') {
    if (at + 1 != text.size()) return false;
  } else {
    if ((zone != '+' && zone != '-') || text.size() - at != 6 || text[at + 3] != ':') return false;
    const unsigned offset_hour = two_digits(text, at + 1);
    const unsigned offset_minute = two_digits(text, at + 4);
    if (offset_hour > 23 || offset_minute > 59) return false;
    const unsigned offset = offset_hour * 60 + offset_minute;
    constexpr unsigned day = 24 * 60;
    utc_minute = (utc_minute + (zone == '+' ? day - offset : offset)) % day;
  }
  return second < 60 || utc_minute == 23 * 60 + 59;  // a leap second ends a day of UTC
}

bool is_date_time(std::string_view text) {
  return text.size() > 10 && (text[10] == 'T' || text[10] == 't') && is_date(text.substr(0, 10)) &&
         is_time(text.substr(11));
}

/// Takes "12D34H…" off the front of `text`: digits and a unit each, the units a run of neighbours
/// of `units`. False where there is none at all or they do not run on.
bool take_units(std::string_view& text, std::string_view units) {
  std::size_t next = std::string_view::npos;  // the unit that has to follow
  while (!text.empty() && is(text.front(), digit)) {
    const auto* const end = std::ranges::find_if_not(text, [](char c) { return is(c, digit); });
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size == text.size()) return false;
    const std::size_t unit = units.find(text[size]);
    if (unit == std::string_view::npos || (next != std::string_view::npos && unit != next)) {
      return false;
    }
    next = unit + 1;
    text.remove_prefix(size + 1);
  }
  return next != std::string_view::npos;
}

bool is_duration(std::string_view text) {
  if (!text.starts_with('P')) return false;
  text.remove_prefix(1);
  if (!text.starts_with('T')) {
    std::string_view rest = text;
    if (take_units(rest, "W")) return rest.empty();
    if (!take_units(text, "YMD")) return false;
    if (text.empty()) return true;
  }
  if (!text.starts_with('T')) return false;
  text.remove_prefix(1);
  return take_units(text, "HMS") && text.empty();
}

// ---- Addresses: RFC 2673, section 3.2 (without leading zeros); RFC 4291, section 2.2

bool is_ipv4(std::string_view text) {
  if (text.size() > 15) return false;
  int parts = 0;
  for (;;) {
    std::size_t size = 0;
    unsigned value = 0;
    while (size < text.size() && is(text[size], digit)) {
      value = value * 10 + static_cast<unsigned>(text[size++] - '0');
    }
    if (size == 0 || size > 3 || value > 255 || (size > 1 && text.front() == '0')) return false;
    ++parts;
    if (size == text.size()) return parts == 4;
    if (parts == 4 || text[size] != '.') return false;
    text.remove_prefix(size + 1);
  }
}

bool is_ipv6(std::string_view text) {
  if (text.size() < 2 || text.size() > 45) return false;
  int groups = 0;
  bool shortened = false;
  if (text.starts_with("::")) {
    shortened = true;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  for (;;) {
    std::size_t size = 0;
    while (size < text.size() && is(text[size], hex)) ++size;
    if (size < text.size() && text[size] == '.') {
      groups += 2;
      if (!is_ipv4(text)) return false;
      break;
    }
    if (size == 0 || size > 4) return false;
    ++groups;
    text.remove_prefix(size);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (shortened) return false;
      shortened = true;
      text.remove_prefix(2);
      if (text.empty()) break;
    } else if (text.starts_with(':')) {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return shortened ? groups < 8 : groups == 8;
}

// ---- Host names: RFC 1123, section 2.1; RFC 5890 to 5893 for those beyond ASCII

constexpr std::size_t host_bytes_max = 253;
constexpr std::size_t idn_bytes_max = 4 * host_bytes_max;
constexpr std::size_t label_bytes_max = 63;

bool is_ldh_label(std::string_view label) {
  return !label.empty() && label.size() <= label_bytes_max && label.front() != '-' &&
         label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return is(c, let_dig_hyphen); });
}

bool is_a_label(std::string_view label) {
  return label.size() >= 4 && equal_ignoring_case(label.substr(0, 4), "xn--");
}

struct FreeIdn {
  void operator()(void* memory) const { idn2_free(memory); }
};
using IdnText = std::unique_ptr<std::uint8_t, FreeIdn>;

const std::uint8_t* bytes(const std::string& text) {
  return reinterpret_cast<const std::uint8_t*>(text.c_str());
}

/// The A-label of a U-label, where RFC 5891, section 4, lets one register it; nothing otherwise.
std::string a_label_of(const std::string& u_label, int flags) {
  std::uint8_t* made = nullptr;
  if (idn2_register_u8(bytes(u_label), nullptr, &made, flags) != IDN2_OK) return {};
  const IdnText owned(made);
  return reinterpret_cast<const char*>(made);
}

/// The U-label of an A-label; nothing where it has none or is not the one that belongs to it.
std::string u_label_of(const std::string& a_label) {
  char* made = nullptr;
  if (idn2_to_unicode_8z8z(a_label.c_str(), &made, 0) != IDN2_OK) return {};
  const std::unique_ptr<char, FreeIdn> owned(made);
  return made;
}

/// Whether it is of a script that is written from right to left, or one of its digits: the blocks
/// of the bidirectional classes R, AL and AN. The extended Arabic digits are no such.
bool is_right_to_left(char32_t c) {
  constexpr Range ranges[] = {{0x590, 0x6EF},   {0x6FA, 0x8FF},     {0xFB1D, 0xFDFF},
                              {0xFE70, 0xFEFF}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}};
  return in_any(ranges, c);
}

/// What the labels of one name say about each other.
struct HostLabels {
  std::size_t bytes = 0;  ///< as A-labels, a dot behind each
  bool right_to_left = false;
  bool digit_first = false;
};

/// Adds a label of `size` bytes as an A-label. False where it has digits of both kinds, which RFC
/// 5893, section 2, rule 4, forbids and libidn2 does not see.
bool note(HostLabels& host, std::string_view u_label, std::size_t size) {
  host.bytes += size + 1;
  host.digit_first |= is(u_label.front(), digit);
  bool european_digit = false, arabic_digit = false;
  for (std::size_t at = 0; at < u_label.size();) {
    if (is_ascii(u_label[at])) {
      european_digit |= is(u_label[at++], digit);
      continue;
    }
    const Decoded decoded = decode_at(u_label, at);
    arabic_digit |= decoded.code_point >= 0x660 && decoded.code_point <= 0x669;
    host.right_to_left |= is_right_to_left(decoded.code_point);
    at = decoded.end;
  }
  return !(european_digit && arabic_digit);
}

enum class Reserved { allowed, refused };

/// A label of ASCII. `reserved` says whether there may be "--" as of an encoding that is none.
bool take_ascii_label(HostLabels& host, std::string_view label, Reserved reserved) {
  if (!is_ldh_label(label)) return false;
  if (!is_a_label(label)) {
    if (reserved == Reserved::refused && label.size() >= 4 && label.substr(2, 2) == "--") {
      return false;
    }
    return note(host, label, label.size());
  }
  const std::string a_label = ascii_lower(label);
  const std::string u_label = u_label_of(a_label);
  if (u_label.empty() || a_label_of(u_label, 0) != a_label) return false;
  return note(host, u_label, label.size());
}

bool take_u_label(HostLabels& host, std::string_view label, int flags) {
  constexpr std::size_t u_label_bytes_max = 4 * label_bytes_max;
  if (label.size() > u_label_bytes_max || label.contains('\0')) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  const std::string a_label = a_label_of(std::string(label), flags);
  if (a_label.empty() || a_label.size() > label_bytes_max) return false;
  return note(host, label, a_label.size());
}

bool labels_agree(const HostLabels& host) {
  if (host.bytes > host_bytes_max + 1) return false;
  // RFC 5893, section 2: beside one label from right to left, none begins with a digit.
  return !(host.right_to_left && host.digit_first);
}

bool is_hostname(std::string_view text) {
  if (text.size() > host_bytes_max) return false;
  HostLabels host;
  for (;;) {
    const std::size_t end = std::min(text.find('.'), text.size());
    if (!take_ascii_label(host, text.substr(0, end), Reserved::allowed)) return false;
    if (end == text.size()) return labels_agree(host);
    text.remove_prefix(end + 1);
  }
}

/// The first of the dots that RFC 3490, section 3.1, lists, and its bytes.
struct Dot {
  std::size_t at, size;
};
Dot find_dot(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '.') return {at, 1};
    if (is_ascii(text[at])) continue;
    for (const std::string_view dot : {"\u3002", "\uFF0E", "\uFF61"}) {
      if (text.substr(at).starts_with(dot)) return {at, dot.size()};
    }
  }
  return {text.size(), 0};
}

/// Whether there may be a label that is not plain ASCII.
bool has_idn_label(std::string_view text) {
  constexpr std::string_view prefix = "xn--";
  return !std::ranges::all_of(text, is_ascii) ||
         !std::ranges::search(text, prefix, {}, [](char c) { return ascii_lower(c); }).empty();
}

bool is_idn_hostname(std::string_view text, int flags) {
  if (text.size() > idn_bytes_max) return false;
  HostLabels host;
  for (;;) {
    const Dot dot = find_dot(text);
    const std::string_view label = text.substr(0, dot.at);
    const bool good = std::ranges::all_of(label, is_ascii)
                          ? take_ascii_label(host, label, Reserved::refused)
                          : take_u_label(host, label, flags);
    if (!good) return false;
    if (dot.at == text.size()) return labels_agree(host);
    text.remove_prefix(dot.at + dot.size);
  }
}

// ---- Mail: RFC 5321, section 4.1.2; RFC 6531, section 3.3

enum class Letters { ascii, unicode };

constexpr std::size_t local_bytes_max = 64;  // section 4.5.3.1.1

/// The size of the local part at the start of `text`; 0 where there is none.
std::size_t local_part_size(std::string_view text, Letters letters) {
  const auto beyond_ascii = [&](char c) { return !is_ascii(c) && letters == Letters::unicode; };
  std::size_t at = 0;
  if (text.starts_with('"')) {
    for (at = 1; at < text.size(); ++at) {
      if (text[at] == '"') return at + 1;
      if (text[at] == '\\' && ++at == text.size()) return 0;
      if (text[at] < ' ' || text[at] > '~') {
        if (!beyond_ascii(text[at])) return 0;
      }
    }
    return 0;
  }
  for (;;) {
    const std::size_t first = at;
    while (at < text.size() && (is(text[at], atom) || beyond_ascii(text[at]))) ++at;
    if (at == first) return 0;
    if (at == text.size() || text[at] != '.') return at;
    ++at;
  }
}

bool is_mail_domain(std::string_view text, Letters letters) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return false;
    text = text.substr(1, text.size() - 2);
    constexpr std::string_view tag = "IPv6:";
    return equal_ignoring_case(text.substr(0, tag.size()), tag) ? is_ipv6(text.substr(tag.size()))
                                                                : is_ipv4(text);
  }
  if (letters == Letters::unicode) return is_idn_hostname(text, IDN2_NFC_INPUT);
  if (text.size() > host_bytes_max) return false;
  for (;;) {
    const std::size_t end = std::min(text.find('.'), text.size());
    if (!is_ldh_label(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_email(std::string_view text, Letters letters) {
  const std::size_t local = local_part_size(text, letters);
  return local > 0 && local <= local_bytes_max && local < text.size() && text[local] == '@' &&
         is_mail_domain(text.substr(local + 1), letters);
}

// ---- URIs: RFC 3986, appendix A; RFC 3987, section 2.2

enum class Private { refused, allowed };

/// The place behind the longest run, from `at` on, of bytes of `bits`, percent-encoded ones and,
/// of IRIs, characters beyond ASCII.
std::size_t skip(std::string_view text, std::size_t at, unsigned bits, Letters letters,
                 Private in_private = Private::refused) {
  while (at < text.size()) {
    if (is(text[at], bits)) {
      ++at;
    } else if (text[at] == '%') {
      if (text.size() - at < 3 || !is(text[at + 1], hex) || !is(text[at + 2], hex)) return at;
      at += 3;
    } else if (letters == Letters::unicode && !is_ascii(text[at])) {
      const Decoded decoded = decode_at(text, at);
      if (!is_ucschar(decoded.code_point) &&
          !(in_private == Private::allowed && is_iprivate(decoded.code_point))) {
        return at;
      }
      at = decoded.end;
    } else {
      return at;
    }
  }
  return at;
}

std::size_t skip_class(std::string_view text, std::size_t at, unsigned bits) {
  while (at < text.size() && is(text[at], bits)) ++at;
  return at;
}

/// What stands between the brackets.
bool is_ip_literal(std::string_view text) {
  if (!text.starts_with('v') && !text.starts_with('V')) return is_ipv6(text);
  const std::size_t dot = skip_class(text, 1, hex);
  return dot > 1 && dot + 1 < text.size() && text[dot] == '.' &&
         skip_class(text, dot + 1, userinfo) == text.size();
}

constexpr std::size_t none = std::string_view::npos;

/// The place behind the authority that begins at `at`; `none` where it is wrong.
std::size_t skip_authority(std::string_view text, std::size_t at, Letters letters) {
  const std::size_t user_end = skip(text, at, userinfo, letters);
  if (user_end < text.size() && text[user_end] == '@') at = user_end + 1;
  if (at < text.size() && text[at] == '[') {
    // Nothing in the brackets is longer than a few dozen bytes or of another class.
    const std::size_t end = skip_class(text, at + 1, userinfo);
    if (end >= text.size() || text[end] != ']') return none;
    if (!is_ip_literal(text.substr(at + 1, end - at - 1))) return none;
    at = end + 1;
  } else {
    at = skip(text, at, reg_name, letters);
  }
  if (at < text.size() && text[at] == ':') at = skip_class(text, at + 1, digit);
  const bool ends = at == text.size() || text[at] == '/' || text[at] == '?' || text[at] == '#';
  return ends ? at : none;
}

enum class Reference { absolute, any };

bool is_uri(std::string_view text, Letters letters, Reference reference) {
  std::size_t at = 0;
  if (!text.empty() && is(text.front(), alpha)) at = skip_class(text, 1, scheme);
  const bool absolute = at > 0 && at < text.size() && text[at] == ':';
  if (!absolute && reference == Reference::absolute) return false;
  at = absolute ? at + 1 : 0;
  if (text.substr(at).starts_with("//")) {
    at = skip_authority(text, at + 2, letters);
    if (at == none) return false;
  } else if (!absolute) {
    // A colon in the first segment would make a scheme of what stands in front of it.
    const std::size_t end = skip(text, at, segment, letters);
    if (text.substr(at, end - at).contains(':')) return false;
    at = end;
  }
  at = skip(text, at, path, letters);
  if (at < text.size() && text[at] == '?')
    at = skip(text, at + 1, query, letters, Private::allowed);
  if (at < text.size() && text[at] == '#') at = skip(text, at + 1, query, letters);
  return at == text.size();
}

// ---- URI templates: RFC 6570, section 2

/// The place behind the variable at `at`, modifier included; `none` where there is none.
std::size_t skip_variable(std::string_view text, std::size_t at) {
  for (;;) {
    const std::size_t end = skip(text, at, template_name, Letters::ascii);
    if (end == at) return none;
    at = end;
    if (at == text.size() || text[at] != '.') break;
    ++at;
  }
  if (at < text.size() && text[at] == '*') return at + 1;
  if (at == text.size() || text[at] != ':') return at;
  const std::size_t first = at + 1;
  at = skip_class(text, first, digit);
  if (at == first || at - first > 4 || text[first] == '0') return none;
  return at;
}

bool is_uri_template(std::string_view text) {
  constexpr std::string_view operators = "+#./;?&=,!@|";
  for (std::size_t at = 0;;) {
    at = skip(text, at, template_text, Letters::unicode, Private::allowed);
    if (at == text.size()) return true;
    if (text[at] != '{') return false;
    ++at;
    if (at < text.size() && operators.contains(text[at])) ++at;
    for (;;) {
      at = skip_variable(text, at);
      if (at >= text.size()) return false;
      if (text[at] != ',') break;
      ++at;
    }
    if (text[at] != '}') return false;
    ++at;
  }
}

// ---- The rest

/// RFC 4122, section 3: whatever version and variant.
bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  const auto are_hex = [&](std::size_t at, std::size_t size) {
    unsigned all = hex;
    for (const char c : text.substr(at, size)) all &= classes[static_cast<unsigned char>(c)];
    return all != 0;
  };
  return text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' && are_hex(0, 8) &&
         are_hex(9, 4) && are_hex(14, 4) && are_hex(19, 4) && are_hex(24, 12);
}

/// RFC 6901, section 3.
bool is_json_pointer(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() != '/') return false;
  for (std::size_t at = 0; (at = text.find('~', at)) != none; at += 2) {
    if (at + 1 == text.size() || (text[at + 1] != '0' && text[at + 1] != '1')) return false;
  }
  return true;
}

/// The place behind the number at `at`, which has no leading zeros; `none` where there is none.
std::size_t skip_number(std::string_view text, std::size_t at) {
  const std::size_t end = skip_class(text, at, digit);
  return end == at || (text[at] == '0' && end - at > 1) ? none : end;
}

/// draft-bhutton-relative-json-pointer-00, section 3: "1/a", "0-1/b", "0#".
bool is_relative_json_pointer(std::string_view text) {
  std::size_t at = skip_number(text, 0);
  if (at == none) return false;
  if (text.substr(at) == "#") return true;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) at = skip_number(text, at + 1);
  return at != none && is_json_pointer(text.substr(at));
}

struct Description {
  Format format;
  std::string_view name;
  std::string_view example;
};

/// In the order of the enumeration.
constexpr Description descriptions[] = {
    {Format::date_time, "date-time", "2026-01-31T09:30:00Z"},
    {Format::date, "date", "2026-01-31"},
    {Format::time, "time", "09:30:00Z"},
    {Format::duration, "duration", "P1DT12H"},
    {Format::email, "email", "ada@example.com"},
    {Format::idn_email, "idn-email", "ada@bücher.example"},
    {Format::hostname, "hostname", "www.example.com"},
    {Format::idn_hostname, "idn-hostname", "www.bücher.example"},
    {Format::ipv4, "ipv4", "192.0.2.1"},
    {Format::ipv6, "ipv6", "2001:db8::1"},
    {Format::uri, "uri", "https://example.com/path?query"},
    {Format::uri_reference, "uri-reference", "/path?query"},
    {Format::iri, "iri", "https://example.com/straße"},
    {Format::iri_reference, "iri-reference", "/straße?query"},
    {Format::uri_template, "uri-template", "/users/{id}"},
    {Format::uuid, "uuid", "123e4567-e89b-42d3-a456-426614174000"},
    {Format::json_pointer, "json-pointer", "/items/0/name"},
    {Format::relative_json_pointer, "relative-json-pointer", "1/name"},
    {Format::regex, "regex", "^[a-z]+$"},
};
static_assert(std::ranges::all_of(descriptions, [i = 0](const Description& d) mutable {
  return static_cast<int>(d.format) == i++;
}));

const Description& description_of(Format format) {
  return descriptions[static_cast<std::size_t>(format)];
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  const auto* const found = std::ranges::find(descriptions, name, &Description::name);
  if (found == std::end(descriptions)) return std::nullopt;
  return found->format;
}

std::string_view name_of(Format format) {
  return description_of(format).name;
}

std::string_view example_of(Format format) {
  return description_of(format).example;
}

std::size_t steps_of(Format format, std::string_view text) {
  switch (format) {
    case Format::regex:
      return 8 * text.size();  // becomes a tree: up to 75 ns a byte
    case Format::hostname:
    case Format::idn_hostname:
    case Format::email:
    case Format::idn_email: {
      // Labels in other scripts are looked up in the tables of IDNA: up to 100 ns a byte. What is
      // longer than any address is refused before that.
      constexpr std::size_t address_bytes_max = local_bytes_max + 1 + idn_bytes_max;
      const std::string_view start = text.substr(0, address_bytes_max);
      return has_idn_label(start) ? 10 * start.size() : text.size() / 4;
    }
    case Format::uri_template:
      return text.size() / 2;
    default:
      return text.size() / 4;
  }
}

bool conforms(Format format, std::string_view text) {
  switch (format) {
    case Format::date_time:
      return is_date_time(text);
    case Format::date:
      return is_date(text);
    case Format::time:
      return is_time(text);
    case Format::duration:
      return is_duration(text);
    case Format::email:
      return is_email(text, Letters::ascii);
    case Format::idn_email:
      return is_email(text, Letters::unicode);
    case Format::hostname:
      return is_hostname(text);
    case Format::idn_hostname:
      return is_idn_hostname(text, 0);
    case Format::ipv4:
      return is_ipv4(text);
    case Format::ipv6:
      return is_ipv6(text);
    case Format::uri:
      return is_uri(text, Letters::ascii, Reference::absolute);
    case Format::uri_reference:
      return is_uri(text, Letters::ascii, Reference::any);
    case Format::iri:
      return is_uri(text, Letters::unicode, Reference::absolute);
    case Format::iri_reference:
      return is_uri(text, Letters::unicode, Reference::any);
    case Format::uri_template:
      return is_uri_template(text);
    case Format::uuid:
      return is_uuid(text);
    case Format::json_pointer:
      return is_json_pointer(text);
    case Format::relative_json_pointer:
      return is_relative_json_pointer(text);
    case Format::regex:
      return is_ecma_pattern(text);
  }
  return false;
}

}  // namespace collet::schema
