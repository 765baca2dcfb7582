#include "json/document.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

#include "json/tape_builder.hpp"
#include "json/utf8.hpp"

namespace collet::json {

namespace {

/// Four hexadecimal digits; the tape holds none but good ones.
char32_t hex4(std::string_view digits) {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + 4, value, 16);
  return value;
}

bool is_high_surrogate(char32_t unit) {
  return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(char32_t unit) {
  return unit >= 0xDC00 && unit <= 0xDFFF;
}

/// Decodes the \u escape at the start of `rest`, and the one after it where the two are a surrogate
/// pair. Returns the bytes it used.
std::size_t decode_unicode_escape(std::string& out, std::string_view rest) {
  const char32_t unit = hex4(rest.substr(2));
  if (is_high_surrogate(unit) && rest.size() >= 12 && rest.substr(6, 2) == "\\u") {
    const char32_t low = hex4(rest.substr(8));
    if (is_low_surrogate(low)) {
      utf8::append(out, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
      return 12;
    }
  }
  utf8::append(out, unit);
  return 6;
}

/// The text of a string token (without its quotes) that has escapes.
std::string decode(std::string_view content) {
  std::string out;
  out.reserve(content.size());
  while (!content.empty()) {
    const std::size_t plain = std::min(content.find('\\'), content.size());
    out.append(content, 0, plain);
    content.remove_prefix(plain);
    if (content.empty()) break;
    std::size_t used = 2;
    switch (const char c = content[1]) {
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u':
        used = decode_unicode_escape(out, content);
        break;
      default:
        out.push_back(c);
        break;  // " \ /
    }
    content.remove_prefix(used);
  }
  return out;
}

/// Whether a number that is not zero and lies outside of double's range is too large (and not too
/// small) for it: the place of its first digit that is not 0, the exponent added, decides.
bool is_huge(std::string_view number) {
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t leading = mantissa.find_first_of("123456789");
  const auto place = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(leading);
  if (e == number.size()) return place > 0;
  std::string_view digits = number.substr(e + 1);
  const bool negative = digits.front() == '-';
  if (negative || digits.front() == '+') digits.remove_prefix(1);
  std::int64_t exponent = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc()) {
    exponent =
        std::numeric_limits<std::int64_t>::max() / 2;  // no text is long enough to outweigh it
  }
  return (negative ? -exponent : exponent) + place > 0;
}

}  // namespace

// ---- Value

std::optional<bool> Value::as_bool() const {
  if (kind() != Kind::boolean) return std::nullopt;
  return raw().front() == 't';
}

std::optional<std::int64_t> Value::as_int64() const {
  if (!is_number()) return std::nullopt;
  const std::string_view token = raw();
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (code != std::errc() || end != token.data() + token.size()) return std::nullopt;
  return value;
}

std::optional<double> Value::as_double() const {
  if (!is_number()) return std::nullopt;
  const std::string_view token = raw();
  double value = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), value);
  if (code == std::errc::result_out_of_range) {
    const double limit = is_huge(token) ? std::numeric_limits<double>::infinity() : 0.0;
    return std::copysign(limit, token.front() == '-' ? -1.0 : 1.0);
  }
  return value;
}

std::optional<std::string> Value::as_string() const {
  if (!is_string()) return std::nullopt;
  const std::string_view token = raw();
  const std::string_view content = token.substr(1, token.size() - 2);
  return node().is_escaped() ? decode(content) : std::string(content);
}

bool Value::equals(std::string_view text) const {
  if (!is_string()) return false;
  const std::string_view token = raw();
  const std::string_view content = token.substr(1, token.size() - 2);
  if (!node().is_escaped()) return content == text;
  return text.size() < content.size() &&
         decode(content) == text;  // every escape is longer than its text
}

std::optional<Value> Value::find(std::string_view key) const {
  std::optional<Value> found;
  for (const Member& member : members()) {
    if (member.key.equals(key)) found = member.value;
  }
  return found;
}

Members Value::members() const {
  return {*tape_, index_ + 1, is_object() ? node().next : index_ + 1};
}

Elements Value::elements() const {
  return {*tape_, index_ + 1, is_array() ? node().next : index_ + 1};
}

// ---- Parser

struct Parser::Impl {
  ParseLimits limits;
  detail::TapeBuilder builder;
  detail::Tape tape;
};

Parser::Parser(ParseLimits limits) : impl_(std::make_unique<Impl>()) {
  impl_->limits = limits;
}
Parser::~Parser() = default;
Parser::Parser(Parser&&) noexcept = default;
Parser& Parser::operator=(Parser&&) noexcept = default;

std::expected<Value, ParseError> Parser::parse(std::string_view text) {
  if (auto built = impl_->builder.build(text, impl_->limits, impl_->tape); !built) {
    return std::unexpected(std::move(built.error()));
  }
  return Value(impl_->tape, 0);
}

std::size_t Parser::memory() const {
  return impl_->builder.memory() + impl_->tape.capacity * sizeof(detail::Node);
}

// ---- Document

struct Document::Impl {
  std::string text;
  detail::Tape tape;
};

Document::Document(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

std::expected<Document, ParseError> Document::parse(std::string text, ParseLimits limits) {
  auto impl = std::make_unique<Impl>();
  impl->text = std::move(text);
  detail::Tape working;
  if (auto built = detail::TapeBuilder().build(impl->text, limits, working); !built) {
    return std::unexpected(std::move(built.error()));
  }
  // A document may live long: it keeps as many nodes as it has, not as many as it might have had.
  impl->tape.text = working.text;
  impl->tape.size = impl->tape.capacity = working.size;
  impl->tape.nodes = std::make_unique_for_overwrite<detail::Node[]>(working.size);
  std::copy_n(working.nodes.get(), working.size, impl->tape.nodes.get());
  return Document(std::move(impl));
}

Value Document::root() const {
  return {impl_->tape, 0};
}

std::string_view Document::text() const {
  return impl_->text;
}

std::size_t Document::memory() const {
  return sizeof(Impl) + impl_->text.capacity() + impl_->tape.capacity * sizeof(detail::Node);
}

// ---- Compact text

void append_compact(std::string& out, Value value) {
  const detail::Tape& tape = value.tape();
  const detail::Node& whole = tape.nodes[value.index()];
  out.reserve(out.size() + (whole.end - whole.begin));

  std::uint32_t kept = whole.begin;    // first byte not yet written
  std::uint32_t cursor = whole.begin;  // first byte not yet looked at
  // Between scalar tokens stand only brackets, commas, colons and the white space that goes.
  const auto walk_gap = [&](std::uint32_t end) {
    for (; cursor < end; ++cursor) {
      if (!detail::is_space(tape.text[cursor])) continue;
      out.append(tape.text, kept, cursor - kept);
      kept = cursor + 1;
    }
  };
  for (std::uint32_t i = value.index(); i < whole.next; ++i) {
    const detail::Node& node = tape.nodes[i];
    const Kind kind = node.kind();
    if (kind == Kind::object || kind == Kind::array) continue;
    walk_gap(node.begin);
    cursor = node.end;
  }
  walk_gap(whole.end);
  out.append(tape.text, kept, whole.end - kept);
}

std::string compact(Value value) {
  std::string out;
  append_compact(out, value);
  return out;
}

}  // namespace collet::json
