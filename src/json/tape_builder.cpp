#include "json/tape_builder.hpp"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "json/fingerprint.hpp"
#include "json/swar.hpp"
#include "json/utf8.hpp"

namespace collet::json::detail {

namespace {

using Stage1 = simdjson::internal::dom_parser_implementation;
using Offset = std::uint32_t;

[[gnu::cold, gnu::noinline]] std::unexpected<ParseError> fault(std::string_view text,
                                                               std::size_t offset,
                                                               std::string_view message) {
  ParseError error{.offset = offset, .message = std::string(message)};
  if (offset >= text.size()) error.message += ", but the text ends here";
  return std::unexpected(std::move(error));
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_hex(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Offset of the first backslash at or after `from`, text.size() where there is none.
Offset find_backslash(std::string_view text, Offset from) {
  // Escapes come in clusters: look at the next 32 bytes before paying for a call.
  const std::size_t near_end = std::min<std::size_t>(text.size(), from + 32);
  for (; from + 8 <= near_end; from += 8) {
    if (swar::has(swar::load(text.data() + from), '\\') == 0) continue;
    while (text[from] != '\\') ++from;
    return from;
  }
  return static_cast<Offset>(std::min(text.find('\\', from), text.size()));
}

/// Length of the escape that starts with the backslash at `text[0]`; 0 where it is none. Lone
/// surrogates are accepted: they are a matter of meaning, and the token keeps its bytes (RFC 8259,
/// section 8.2).
Offset escape_length(std::string_view text) {
  if (text.size() < 2) return 0;
  switch (text[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
      return 2;
    case 'u':
      return text.size() >= 6 && is_hex(text[2]) && is_hex(text[3]) && is_hex(text[4]) &&
                     is_hex(text[5])
                 ? 6
                 : 0;
    default:
      return 0;
  }
}

/// The end of the number at `begin`, or what is wrong with it and where.
struct NumberScan {
  Offset end;
  const char* expected = nullptr;  ///< set where the grammar is broken at `end`
  std::uint32_t packed = ShortNumber::none;
};

/// RFC 8259, section 6:
///   number = [ "-" ] int [ "." 1*DIGIT ] [ ( "e" / "E" ) [ "+" / "-" ] 1*DIGIT ]
///   int    = "0" / ( digit1-9 *DIGIT )
/// Reads below `limit` only. What may follow is the caller's matter.
inline NumberScan scan_number(const char* text, Offset begin, Offset limit) {
  Offset p = begin;
  std::uint64_t digits = 0;  // wraps round where the number is not short
  const auto at_digit = [&] { return p < limit && is_digit(text[p]); };
  const auto take_digit = [&] {
    digits = digits * 10 + static_cast<std::uint64_t>(text[p++] - '0');
  };
  const bool negative = text[p] == '-';
  if (negative) ++p;
  if (!at_digit()) return {p, "expected a digit after '-'"};
  if (text[p] == '0') {
    ++p;
    if (at_digit()) return {p, "expected no digit after a leading zero"};
  } else {
    do take_digit();
    while (at_digit());
  }
  Offset scale = 0;
  if (p < limit && text[p] == '.') {
    const Offset point = p++;
    if (!at_digit()) return {p, "expected a digit after the decimal point"};
    do take_digit();
    while (at_digit());
    scale = p - point - 1;
  }
  const Offset mantissa_end = p;
  if (p < limit && (text[p] == 'e' || text[p] == 'E')) {
    ++p;
    if (p < limit && (text[p] == '+' || text[p] == '-')) ++p;
    if (!at_digit()) return {p, "expected a digit in the exponent"};
    do ++p;
    while (at_digit());
  }
  constexpr Offset short_bytes_max = 10;  // sign, 8 digits, point: `digits` has not wrapped
  const bool is_short = p == mantissa_end && p - begin <= short_bytes_max &&
                        digits <= ShortNumber::digits_max && scale <= ShortNumber::scale_max;
  if (!is_short) return {p};
  while (scale > 0 && digits % 10 == 0) {
    digits /= 10;
    --scale;
  }
  const auto value = static_cast<std::int32_t>(digits);
  return {p, nullptr, ShortNumber{negative ? -value : value, scale}.packed()};
}

/// The word of a number that is packed as ShortNumber says.
std::uint32_t number_word(std::uint32_t packed) {
  const std::uint32_t form = ShortNumber::is_integer(packed)
                                 ? Node::short_integer
                                 : static_cast<std::uint32_t>(Kind::number);
  return form | packed << Node::detail_shift;
}

/// The word of an unescaped string whose text is so many bytes of `source` from `begin` on.
[[gnu::always_inline]] inline std::uint32_t string_word(std::string_view source, Offset begin,
                                                        Offset length) {
  const char* const bytes = source.data() + begin;
  const bool is_readable = source.size() - begin >= readable_bytes;
  const Edges edges = is_readable ? edges_of(bytes, length) : edges_of({bytes, length});
  return Node::string_word(fingerprint(edges, length));
}

/// The second pass: checks the grammar and writes the nodes. `structurals` holds `structural_count`
/// offsets and then text.size(). `room` has node_capacity(...) nodes. Returns how many it wrote.
///
/// While a container is open its node holds what the walk needs to come back: `next` the tape index
/// of its parent, the detail (of the parent) the children seen so far. So there is no stack beside
/// the tape and no recursion.
std::expected<Offset, ParseError> walk(std::string_view source, const Offset* structurals,
                                       Offset structural_count, std::uint32_t depth_max,
                                       std::span<Node> room) {
  const char* const text = source.data();
  const Offset size = static_cast<Offset>(source.size());
  const Offset* at = structurals;
  const Offset* const last = structurals + structural_count;

  Node* const nodes = room.data();
  Node outside{};  // stands for the text itself, as the parent of the root
  Node* open = &outside;
  Node* out = nodes;
  std::uint32_t count = 0;  // children of `open` so far
  std::uint32_t depth = 0;
  char closer = '\0';                            // of `open`
  Offset backslash = find_backslash(source, 0);  // the first one not yet checked

  // A NUL stands for the end: it is no structural byte of any valid text.
  const auto byte_at = [&](Offset offset) { return offset < size ? text[offset] : '\0'; };
  const auto put = [&] [[gnu::always_inline]] (std::uint32_t word, Offset begin, Offset end) {
    const auto index = static_cast<std::uint32_t>(out - nodes);
    assert(index < room.size());
    *out++ = Node{.begin = begin, .end = end, .next = index + 1, .word = word};
  };
  // Steps over the escapes before `end`; the offset of a bad one, or nothing where all is well.
  const auto pass_escapes = [&] [[gnu::noinline]] (Offset end) -> std::optional<Offset> {
    while (backslash < end) {
      const Offset length = escape_length(source.substr(backslash, end - 1 - backslash));
      if (length == 0) return backslash;
      backslash = find_backslash(source, backslash + length);
    }
    return std::nullopt;
  };
  // Puts the string token at *at, with the same result. Half of all tokens are strings.
  const auto put_string = [&] [[gnu::always_inline]] () -> std::optional<Offset> {
    const Offset begin = at[0];
    Offset end = at[1];
    // Between two structural indexes stand one token and white space, so the last other byte is the
    // closing quote.
    while (is_space(text[end - 1])) --end;
    assert(end - begin >= 2 && text[begin] == '"' && text[end - 1] == '"');
    assert(backslash >= begin);
    ++at;
    if (backslash < end) [[unlikely]] {
      put(static_cast<std::uint32_t>(Kind::string) | Node::escaped_bit, begin, end);
      return pass_escapes(end);
    }
    put(string_word(source, begin + 1, end - begin - 2), begin, end);
    return std::nullopt;
  };
  const auto bad_escape = [&](Offset offset) {
    return fault(source, offset,
                 byte_at(offset + 1) == 'u'
                     ? "expected four hexadecimal digits after '\\u'"
                     : "expected one of \" \\ / b f n r t u after a backslash");
  };
  // Whether the number or literal at *at really ends at `end`. The next structural index may lie
  // further on.
  const auto ends_at = [&](Offset end) { return end == at[1] || is_space(text[end]); };
  const auto put_literal = [&](Kind kind, std::string_view literal) {
    const Offset begin = at[0];
    const Offset end = begin + static_cast<Offset>(literal.size());
    if (end > at[1] || source.substr(begin, literal.size()) != literal || !ends_at(end)) {
      return false;
    }
    put(static_cast<std::uint32_t>(kind), begin, end);
    ++at;
    return true;
  };

  for (;;) {
    // An object's member begins with its key.
    if (closer == '}') {
      if (byte_at(*at) != '"') return fault(source, *at, "expected an object key in double quotes");
      if (const auto bad = put_string()) return bad_escape(*bad);
      if (byte_at(*at) != ':') return fault(source, *at, "expected ':' after an object key");
      ++at;
    }

    const Offset begin = *at;
    switch (const char first = byte_at(begin)) {
      case '{':
      case '[': {
        if (depth == depth_max) {
          auto error =
              fault(source, begin,
                    "the text is nested deeper than depth_max = " + std::to_string(depth_max));
          error.error().is_too_deep = true;
          return error;
        }
        open->set_detail(count & Node::detail_max);
        const std::uint32_t parent = depth == 0 ? 0 : static_cast<std::uint32_t>(open - nodes);
        open = out;
        put(static_cast<std::uint32_t>(first == '{' ? Kind::object : Kind::array), begin,
            begin + 1);
        open->next = parent;
        closer = first == '{' ? '}' : ']';
        count = 0;
        ++depth;
        ++at;
        if (byte_at(*at) != closer) continue;  // to the first child
        count = ~0u;                           // closing counts the last child; here there is none
        break;
      }
      case '"':
        if (const auto bad = put_string()) return bad_escape(*bad);
        break;
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9': {
        const NumberScan number = scan_number(text, begin, at[1]);
        if (number.expected != nullptr) return fault(source, number.end, number.expected);
        if (!ends_at(number.end)) return fault(source, number.end, "expected the number to end");
        put(number_word(number.packed), begin, number.end);
        ++at;
        break;
      }
      case 't':
        if (!put_literal(Kind::boolean, "true")) return fault(source, begin, "expected 'true'");
        break;
      case 'f':
        if (!put_literal(Kind::boolean, "false")) return fault(source, begin, "expected 'false'");
        break;
      case 'n':
        if (!put_literal(Kind::null, "null")) return fault(source, begin, "expected 'null'");
        break;
      default:
        if (begin == 0 && source.starts_with("\xEF\xBB\xBF")) {
          return fault(source, 0, "expected a value, found a byte order mark");
        }
        return fault(source, begin, "expected a value");
    }

    // After a value: its container goes on, or it ends and is itself a value.
    for (;;) {
      if (depth == 0) {
        if (at != last) return fault(source, *at, "expected the end of the text after the value");
        return static_cast<Offset>(out - nodes);
      }
      ++count;
      const char c = byte_at(*at);
      if (c == ',') {
        ++at;
        break;
      }
      if (c != closer) {
        return fault(source, *at,
                     closer == '}' ? "expected ',' or '}' after an object member"
                                   : "expected ',' or ']' after an array element");
      }
      open->end = *at + 1;
      open->set_detail(count & Node::detail_max);
      ++at;
      --depth;
      const std::uint32_t parent = open->next;
      open->next = static_cast<std::uint32_t>(out - nodes);
      open = depth == 0 ? &outside : nodes + parent;
      count = open->detail();
      closer = open->kind() == Kind::object ? '}' : ']';
    }
  }
}

/// How many nodes walk() may write. A whole text of m structural bytes has at most (m + 1) / 2
/// values and keys: each but the root has a comma, colon or bracket of its own. The start of a text
/// becomes whole by at most `depth` brackets and a `"":0`.
std::size_t node_capacity(std::size_t structural_count, std::uint32_t depth_max) {
  return std::min(structural_count, (structural_count + depth_max + 4) / 2);
}

bool keeps_buffer(std::size_t capacity_bytes, std::size_t needed_bytes) {
  return needed_bytes <= capacity_bytes &&
         (capacity_bytes <= kept_bytes_max || needed_bytes > capacity_bytes / 4);
}

/// What simdjson's stage 1 refuses, with the place that it does not tell. Only after a refusal:
/// byte by byte.
std::unexpected<ParseError> explain(std::string_view text, simdjson::error_code code) {
  if (code == simdjson::EMPTY) return fault(text, text.size(), "expected a value");
  if (code == simdjson::MEMALLOC) return fault(text, 0, "out of memory");
  std::optional<std::size_t> quote;  // the opening quote of the string that the walk is in
  for (std::size_t i = 0; i < text.size();) {
    const utf8::Sequence sequence = utf8::read(text.substr(i));
    if (sequence.form != utf8::Form::valid) return fault(text, i, "expected valid UTF-8");
    if (quote && static_cast<unsigned char>(text[i]) < 0x20) {
      return fault(text, i, "expected control characters inside a string to be escaped");
    }
    if (text[i] == '"') quote = quote ? std::nullopt : std::optional(i);
    // As stage 1 does, let a backslash hide the next byte also outside of strings, where it is
    // wrong in any case.
    const bool hides = text[i] == '\\' && i + 1 < text.size() &&
                       static_cast<unsigned char>(text[i + 1]) >= 0x20 &&
                       static_cast<unsigned char>(text[i + 1]) < 0x80;
    i += sequence.length + (hides ? 1 : 0);
  }
  if (quote)
    return fault(text, *quote, "expected the string that begins here to be closed by '\"'");
  return fault(text, 0, simdjson::error_message(code));
}

}  // namespace

TapeBuilder::TapeBuilder() = default;
TapeBuilder::~TapeBuilder() = default;
TapeBuilder::TapeBuilder(TapeBuilder&&) noexcept = default;
TapeBuilder& TapeBuilder::operator=(TapeBuilder&&) noexcept = default;

std::size_t TapeBuilder::memory() const {
  return stage1_ ? stage1_->capacity() * sizeof(Offset) : 0;
}

std::expected<void, ParseError> TapeBuilder::build(std::string_view text, const ParseLimits& limits,
                                                   Tape& tape) {
  tape.text = text;
  tape.size = 0;
  const std::size_t bytes_max = std::min(limits.bytes_max, limits::json::bytes_ceiling);
  if (text.size() > bytes_max) {
    return std::unexpected(
        ParseError{.offset = bytes_max,
                   .message = "the text has " + std::to_string(text.size()) +
                              " bytes, more than bytes_max = " + std::to_string(bytes_max)});
  }
  if (text.empty()) return explain(text, simdjson::EMPTY);

  if (!keeps_buffer(memory(), text.size() * sizeof(Offset))) {
    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(text.size(), 1024));
    const auto code = stage1_
                          ? stage1_->set_capacity(capacity)
                          : simdjson::get_active_implementation()->create_dom_parser_implementation(
                                capacity, /*max_depth=*/1, stage1_);
    if (code != simdjson::SUCCESS) return explain(text, code);
  }
  if (const auto code = stage1_->stage1(reinterpret_cast<const std::uint8_t*>(text.data()),
                                        text.size(), simdjson::stage1_mode::regular);
      code != simdjson::SUCCESS) {
    return explain(text, code);
  }

  const std::size_t needed = node_capacity(stage1_->n_structural_indexes, limits.depth_max);
  if (!keeps_buffer(tape.capacity * sizeof(Node), needed * sizeof(Node))) {
    const std::size_t capacity = std::bit_ceil(std::max<std::size_t>(needed, 64));
    tape.nodes.reset(new (std::nothrow)
                         Node[capacity]);  // left uninitialised: walk() writes before it reads
    tape.capacity = tape.nodes ? capacity : 0;
    if (!tape.nodes) return explain(text, simdjson::MEMALLOC);
  }
  const auto written = walk(text, stage1_->structural_indexes.get(), stage1_->n_structural_indexes,
                            limits.depth_max, {tape.nodes.get(), needed});
  if (!written) return std::unexpected(written.error());
  tape.size = *written;
  return {};
}

}  // namespace collet::json::detail
