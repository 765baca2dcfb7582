// The JSON value of C++ plugins: what arrives as parameters and what goes back as data.
// Part of <collet/plugin.hpp>; depends on the C++20 standard library only.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace collet::plugin {

/// Text that is not JSON (RFC 8259), or is nested deeper than `Json::depth_max`.
class JsonParseError : public std::runtime_error {
 public:
  JsonParseError(const std::string& what, std::size_t offset)
      : std::runtime_error(what + " at byte " + std::to_string(offset)), offset_(offset) {}

  /// Where the text stops making sense, in bytes from its start.
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  std::size_t offset_;
};

/// A value is of another kind than the code asked for, or is not there. The message is meant for
/// whoever made the call: `"top": expected an integer, found a string`.
class JsonTypeError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One JSON value. A regular value type: copies are deep, moves are cheap.
///
/// - Numbers keep the text they arrived with (25-digit integers, `1.0`) and give it back unchanged.
/// - Strings are UTF-8. A lone surrogate (`"\ud800"`) is kept as the three bytes that its code
///   point would have, and is written as its escape again.
/// - Objects keep the order of their members and also duplicates; a look-up finds the last one, as
///   JavaScript does.
///
/// Threads: as any standard container; a const Json may be read from several threads.
class Json {
 public:
  /// A member of an object: its name and its value.
  using Member = std::pair<std::string, Json>;
  using Array = std::vector<Json>;
  using Object = std::vector<Member>;

  enum class Kind { null, boolean, number, string, array, object };

  /// Levels of arrays and objects that `parse` accepts. Each level costs a stack frame of a few
  /// hundred bytes, and a thread may have as little as 1 MiB.
  static constexpr std::size_t depth_max = 1000;

  // ---- making values ----

  Json() = default;  ///< null
  Json(std::nullptr_t) {}
  Json(std::same_as<bool> auto value) : value_(value) {}
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>) Json(T value)
      : value_(Number{to_text(value)}) {}
  Json(char) = delete;  // neither a number nor a string
  /// Shortest text that reads back the same; NaN and infinities, which JSON lacks, become null.
  Json(double value) {
    if (std::isfinite(value)) value_ = Number{to_text(value)};
  }
  Json(std::string text) : value_(std::move(text)) {}
  Json(std::string_view text) : value_(std::string(text)) {}
  Json(const char* text) : value_(std::string(text)) {}
  /// An array of anything that converts to Json.
  template <class T>
  requires std::convertible_to<const T&, Json> Json(const std::vector<T>& items)
      : value_(Array(items.begin(), items.end())) {}
  Json(Array items) : value_(std::move(items)) {}
  Json(Object members) : value_(std::move(members)) {}

  /// `Json::array({1, "two", nullptr})`
  [[nodiscard]] static Json array(std::initializer_list<Json> items = {}) { return Array(items); }
  /// `Json::object({{"mean", 2.5}, {"count", 4}})`
  [[nodiscard]] static Json object(std::initializer_list<Member> members = {}) {
    return Object(members);
  }
  /// Reads exactly one JSON value with optional white space around it. Throws JsonParseError.
  [[nodiscard]] static Json parse(std::string_view text);

  // ---- asking what it is ----

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(value_.index()); }
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_boolean() const { return kind() == Kind::boolean; }
  [[nodiscard]] bool is_number() const { return kind() == Kind::number; }
  [[nodiscard]] bool is_string() const { return kind() == Kind::string; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }

  // ---- reading; each throws JsonTypeError where the value is of another kind ----

  [[nodiscard]] bool as_boolean() const { return expect<bool>("a boolean"); }
  /// An integer of at most 64 bits, however it is written (`2`, `2.0`, `2e0`). Also throws when it
  /// does not fit; `number_text` has every digit.
  [[nodiscard]] std::int64_t as_integer() const;
  /// The nearest double. Also throws for a number beyond its range (`1e400`).
  [[nodiscard]] double as_number() const;
  /// The number exactly as it was written.
  [[nodiscard]] const std::string& number_text() const { return expect<Number>("a number").text; }
  [[nodiscard]] const std::string& as_string() const { return expect<std::string>("a string"); }
  [[nodiscard]] const Array& as_array() const { return expect<Array>("an array"); }
  [[nodiscard]] const Object& as_object() const { return expect<Object>("an object"); }

  /// The value as a C++ type: bool, std::int64_t, double, std::string, Json, or a std::vector of
  /// these.
  template <class T>
  [[nodiscard]] T as() const;

  // ---- members of an object ----

  /// The member, or nullptr where there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const;
  /// A member that must be there: `parameters.get<std::string>("expression")`. The error names it.
  template <class T = Json>
  [[nodiscard]] T get(std::string_view name) const {
    const Json* member = find(name);
    if (!member) throw JsonTypeError(quoted(name) + " is missing");
    return member->as_named<T>(name);
  }
  /// A member that may be absent or null: `parameters.get<std::int64_t>("top", 5)`.
  template <class T>
  [[nodiscard]] T get(std::string_view name, T otherwise) const {
    const Json* member = find(name);
    return member && !member->is_null() ? member->as_named<T>(name) : otherwise;
  }

  // ---- building; a null turns into what is built ----

  /// Sets a member of an object, replacing the one that has this name.
  Json& set(std::string name, Json value);
  /// Appends to an array.
  Json& push_back(Json item);

  // ---- writing ----

  /// Compact JSON text on one line. Bytes that are not UTF-8 become U+FFFD; U+2028 and U+2029 are
  /// escaped, because old line readers split on them.
  [[nodiscard]] std::string dump() const {
    std::string out;
    append_to(out);
    return out;
  }
  /// The same, behind what `out` already holds.
  void append_to(std::string& out) const;

  /// Same kind and content. Numbers are compared by their text, objects also by the order of
  /// members.
  friend bool operator==(const Json&, const Json&) = default;

 private:
  struct Number {
    std::string text;
    friend bool operator==(const Number&, const Number&) = default;
  };
  class Parser;

  template <class T>
  static std::string to_text(T value) {
    std::array<char, 32> buffer;  // 24 characters are the most that a double or an int64 needs
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
  }
  static std::string quoted(std::string_view name) {
    std::string out;
    append_string(out, name);
    return out;
  }
  static void append_string(std::string& out, std::string_view text);
  [[nodiscard]] std::string_view kind_name() const {
    constexpr std::array<std::string_view, 6> names = {"null",     "a boolean", "a number",
                                                       "a string", "an array",  "an object"};
    return names[value_.index()];
  }
  [[nodiscard]] JsonTypeError mismatch(std::string_view wanted) const {
    return JsonTypeError("expected " + std::string(wanted) + ", found " + std::string(kind_name()));
  }
  template <class T>
  const T& expect(std::string_view wanted) const {
    if (const T* held = std::get_if<T>(&value_)) return *held;
    throw mismatch(wanted);
  }
  template <class T>
  T as_named(std::string_view name) const {
    try {
      return as<T>();
    } catch (const JsonTypeError& error) {
      throw JsonTypeError(quoted(name) + ": " + error.what());
    }
  }

  std::variant<std::monostate, bool, Number, std::string, Array, Object>
      value_;  // in the order of Kind
};

namespace detail {

/// One UTF-8 sequence. Surrogates in three bytes count as valid: that is how Json keeps lone ones.
struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0: not UTF-8
};

inline CodePoint decode_utf8(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  constexpr std::array<char32_t, 5> smallest = {0, 0, 0x80, 0x800, 0x10000};  // no overlong forms
  char32_t value = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3FU);
  }
  if (first < 0xC2 || first > 0xF4 || value < smallest[bytes] || value > 0x10FFFF) return {};
  return {value, bytes};
}

inline void append_utf8(std::string& out, char32_t value) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (value < 0x80) return put(value);
  if (value < 0x800) {
    put(0xC0 | value >> 6);
  } else {
    if (value < 0x10000) {
      put(0xE0 | value >> 12);
    } else {
      put(0xF0 | value >> 18);
      put(0x80 | (value >> 12 & 0x3F));
    }
    put(0x80 | (value >> 6 & 0x3F));
  }
  put(0x80 | (value & 0x3F));
}

constexpr bool is_surrogate(char32_t value) {
  return value >= 0xD800 && value <= 0xDFFF;
}

}  // namespace detail

/// Recursive descent over the text; `depth_max` bounds the recursion.
class Json::Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Json document() {
    Json value = this->value(0);
    skip_space();
    if (at_ != text_.size()) fail("unexpected text after the value");
    return value;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw JsonParseError(what, at_); }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(char wanted) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  Json value(std::size_t depth) {
    skip_space();
    if (at_ == text_.size()) fail("unexpected end of the text");
    switch (text_[at_]) {
      case '{':
        return object(depth + 1);
      case '[':
        return array(depth + 1);
      case '"':
        return string();
      case 't':
        return word("true", true);
      case 'f':
        return word("false", false);
      case 'n':
        return word("null", nullptr);
      default:
        return number();
    }
  }

  Json word(std::string_view spelling, Json value) {
    if (!text_.substr(at_).starts_with(spelling)) fail("expected a value");
    at_ += spelling.size();
    return value;
  }

  void check_depth(std::size_t depth) const {
    if (depth > depth_max) fail("nested deeper than " + std::to_string(depth_max) + " levels");
  }

  Json object(std::size_t depth) {
    check_depth(depth);
    ++at_;
    Object members;
    if (take('}')) return members;
    do {
      skip_space();
      if (peek() != '"') fail("expected a member name in double quotes");
      std::string name = string();
      if (!take(':')) fail("expected ':'");
      Json member = value(depth);
      members.emplace_back(std::move(name), std::move(member));
    } while (take(','));
    if (!take('}')) fail("expected ',' or '}'");
    return members;
  }

  Json array(std::size_t depth) {
    check_depth(depth);
    ++at_;
    Array items;
    if (take(']')) return items;
    do {
      items.push_back(value(depth));
    } while (take(','));
    if (!take(']')) fail("expected ',' or ']'");
    return items;
  }

  std::string string() {
    std::string out;
    ++at_;
    for (;;) {
      const std::size_t plain = at_;
      while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
             static_cast<unsigned char>(text_[at_]) - 0x20U < 0x60U)
        ++at_;
      out.append(text_, plain, at_ - plain);
      if (at_ == text_.size()) fail("a string without an end");
      const auto byte = static_cast<unsigned char>(text_[at_]);
      if (byte == '"') {
        ++at_;
        return out;
      }
      if (byte == '\\') {
        escape(out);
      } else if (byte < 0x20) {
        fail("a control character in a string (write it as \\u00XX)");
      } else {
        const auto point = detail::decode_utf8(text_, at_);
        if (point.bytes == 0 || detail::is_surrogate(point.value))
          fail("a string that is not UTF-8");
        out.append(text_, at_, point.bytes);
        at_ += point.bytes;
      }
    }
  }

  void escape(std::string& out) {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    ++at_;
    if (peek() == 'u') {
      ++at_;
      char32_t value = hex4();
      if (value >= 0xD800 && value <= 0xDBFF && text_.substr(at_).starts_with("\\u")) {
        const std::size_t before = at_;
        at_ += 2;
        const char32_t low = hex4();
        if (low >= 0xDC00 && low <= 0xDFFF) {
          value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
        } else {
          at_ = before;  // a lone high surrogate; the next escape speaks for itself
        }
      }
      return detail::append_utf8(out, value);
    }
    const std::size_t which =
        at_ < text_.size() ? letters.find(text_[at_]) : std::string_view::npos;
    if (which == std::string_view::npos) fail("an unknown escape");
    out += meanings[which];
    ++at_;
  }

  char32_t hex4() {
    std::uint32_t value = 0;
    const std::string_view digits = text_.substr(at_, 4);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() != 4 || error != std::errc{} || end != digits.data() + 4)
      fail("\\u needs four hexadecimal digits");
    at_ += 4;
    return value;
  }

  Json number() {
    const std::size_t start = at_;
    const auto digits = [&] {
      const std::size_t first = at_;
      while (peek() >= '0' && peek() <= '9') ++at_;
      return at_ - first;
    };
    if (peek() == '-') ++at_;
    const bool zero = peek() == '0';
    const std::size_t whole = digits();
    if (whole == 0) fail("expected a value");
    if (zero && whole > 1) fail("a number with a leading zero");
    if (peek() == '.') {
      ++at_;
      if (digits() == 0) fail("expected a digit behind the point");
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) fail("expected a digit in the exponent");
    }
    Json out;
    out.value_ = Number{std::string(text_.substr(start, at_ - start))};
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

inline Json Json::parse(std::string_view text) {
  return Parser(text).document();
}

inline double Json::as_number() const {
  const std::string& text = number_text();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    value = std::strtod(text.c_str(), nullptr);  // 0 or infinite
  if (!std::isfinite(value)) throw JsonTypeError(text + " is beyond the range of a double");
  return value;
}

inline std::int64_t Json::as_integer() const {
  if (!is_number()) throw mismatch("an integer");
  const std::string& text = number_text();
  std::int64_t value = 0;
  const char* last = text.data() + text.size();
  if (const auto [end, error] = std::from_chars(text.data(), last, value); end == last) {
    if (error == std::errc{}) return value;
    throw JsonTypeError(text + " is beyond 64 bits");
  }
  const double number = as_number();
  constexpr double exact_max =
      9007199254740992;  // 2^53: beyond it a double no longer has every integer
  if (number != std::trunc(number)) throw JsonTypeError("expected an integer, found " + text);
  if (std::abs(number) > exact_max)
    throw JsonTypeError(text + " is beyond 2^53; write it without point and exponent");
  return static_cast<std::int64_t>(number);
}

template <class T>
T Json::as() const {
  if constexpr (std::same_as<T, Json>) {
    return *this;
  } else if constexpr (std::same_as<T, bool>) {
    return as_boolean();
  } else if constexpr (std::same_as<T, std::int64_t>) {
    return as_integer();
  } else if constexpr (std::same_as<T, double>) {
    return as_number();
  } else if constexpr (std::same_as<T, std::string>) {
    return as_string();
  } else {
    T items;  // a std::vector
    for (const Json& item : as_array()) {
      try {
        items.push_back(item.as<typename T::value_type>());
      } catch (const JsonTypeError& error) {
        throw JsonTypeError("item " + std::to_string(items.size()) + ": " + error.what());
      }
    }
    return items;
  }
}

inline const Json* Json::find(std::string_view name) const {
  const auto* members = std::get_if<Object>(&value_);
  if (!members) return nullptr;
  const auto found = std::find_if(members->rbegin(), members->rend(),
                                  [&](const Member& member) { return member.first == name; });
  return found == members->rend() ? nullptr : &found->second;
}

inline Json& Json::set(std::string name, Json value) {
  if (is_null()) value_ = Object{};
  auto* members = std::get_if<Object>(&value_);
  if (!members) throw mismatch("an object");
  const auto found = std::find_if(members->rbegin(), members->rend(),
                                  [&](const Member& member) { return member.first == name; });
  if (found == members->rend()) {
    members->emplace_back(std::move(name), std::move(value));
  } else {
    found->second = std::move(value);
  }
  return *this;
}

inline Json& Json::push_back(Json item) {
  if (is_null()) value_ = Array{};
  auto* items = std::get_if<Array>(&value_);
  if (!items) throw mismatch("an array");
  items->push_back(std::move(item));
  return *this;
}

inline void Json::append_string(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto escape = [&](char32_t value) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += hex[value >> shift & 0xF];
  };
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t plain = at;
    while (at < text.size() && text[at] != '"' && text[at] != '\\' &&
           static_cast<unsigned char>(text[at]) - 0x20U < 0x60U)
      ++at;
    out.append(text, plain, at - plain);
    if (at == text.size()) break;
    const auto point = detail::decode_utf8(text, at);
    switch (point.value) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
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
        if (point.bytes == 0) {
          out += "\xEF\xBF\xBD";  // U+FFFD
        } else if (point.value < 0x20 || point.value == 0x2028 || point.value == 0x2029 ||
                   detail::is_surrogate(point.value)) {
          escape(point.value);
        } else {
          out.append(text, at, point.bytes);
        }
    }
    at += std::max<std::size_t>(point.bytes, 1);
  }
  out += '"';
}

inline void Json::append_to(std::string& out) const {
  switch (kind()) {
    case Kind::null:
      out += "null";
      break;
    case Kind::boolean:
      out += std::get<bool>(value_) ? "true" : "false";
      break;
    case Kind::number:
      out += std::get<Number>(value_).text;
      break;
    case Kind::string:
      append_string(out, std::get<std::string>(value_));
      break;
    case Kind::array: {
      out += '[';
      std::string_view comma;
      for (const Json& item : std::get<Array>(value_)) {
        out += std::exchange(comma, ",");
        item.append_to(out);
      }
      out += ']';
      break;
    }
    case Kind::object: {
      out += '{';
      std::string_view comma;
      for (const auto& [name, member] : std::get<Object>(value_)) {
        out += std::exchange(comma, ",");
        append_string(out, name);
        out += ':';
        member.append_to(out);
      }
      out += '}';
      break;
    }
  }
}

}  // namespace collet::plugin
