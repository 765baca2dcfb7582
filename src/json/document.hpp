// Reads JSON and keeps every token's bytes. One pass finds and checks the structure; the result can
// be walked many times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "collet/limits.hpp"

namespace collet::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

/// How deep and how large a text may be. Both sides of each limit are tested.
/// A text of nothing but brackets, commas and digits needs the most memory to read: 12 times its
/// size, rounded up to a power of two.
struct ParseLimits {
  std::size_t bytes_max = limits::json::bytes_max;  ///< no more than `bytes_ceiling` counts
  std::uint32_t depth_max = limits::json::depth_max;
};

struct ParseError {
  std::size_t offset = 0;  ///< byte offset in the text
  std::string message;     ///< e.g. "expected ':' after an object key"
  /// Whether it is `ParseLimits::depth_max` that is passed, by the bracket at `offset`; what comes
  /// before it is sound.
  bool is_too_deep = false;
};

/// A number of few digits, decoded: digits × 10^-scale. Nearly all numbers are; who judges values
/// need not read their tokens again. Digits of a fraction do not end in 0, so that equal short
/// numbers have equal members.
struct ShortNumber {
  static constexpr std::uint32_t digits_max = (1U << 24U) - 1;
  static constexpr std::uint32_t scale_max = 6;

  std::int32_t digits = 0;
  std::uint32_t scale = 0;

  // As it stands in a node: three bits of scale, the digits above zero.
  static constexpr std::uint32_t none = 7U << 25U;
  [[nodiscard]] std::uint32_t packed() const {
    return scale << 25U |
           static_cast<std::uint32_t>(digits + static_cast<std::int32_t>(digits_max));
  }
  /// Whether the number that is packed in `bits` has no fraction.
  static bool is_integer(std::uint32_t bits) { return bits >> 25U == 0; }
  static ShortNumber unpacked(std::uint32_t bits) {
    constexpr std::uint32_t low = (1U << 25U) - 1;
    return {static_cast<std::int32_t>(bits & low) - static_cast<std::int32_t>(digits_max),
            bits >> 25U};
  }
};

namespace detail {

/// One value (or object key) on the tape, in document order; containers are followed by their
/// content.
struct Node {
  /// What a value is, in three bits: its Kind, or that it is a short number without fraction.
  static constexpr std::uint32_t short_integer = 6;
  static constexpr std::uint32_t form_bits = 3;
  static constexpr std::uint32_t escaped_bit = 1U << form_bits;
  static constexpr std::uint32_t detail_shift = form_bits + 1;
  /// A detail has 28 bits.
  static constexpr std::uint32_t detail_max = (1U << (32 - detail_shift)) - 1;

  std::uint32_t begin;  ///< offset of the token's first byte
  std::uint32_t end;    ///< one past its last byte (of a container: past its closing bracket)
  std::uint32_t next;   ///< tape index one past this value and all it contains
  std::uint32_t word;   ///< form, escaped_bit and detail

  /// The word of an unescaped string of that fingerprint, and of no other value.
  [[nodiscard]] static std::uint32_t string_word(std::uint32_t fingerprint) {
    return static_cast<std::uint32_t>(Kind::string) | fingerprint << detail_shift;
  }

  [[nodiscard]] std::uint32_t form() const { return word & ((1U << form_bits) - 1); }
  [[nodiscard]] Kind kind() const {
    return form() == short_integer ? Kind::number : static_cast<Kind>(form());
  }
  /// Whether it is a string that contains a backslash.
  [[nodiscard]] bool is_escaped() const { return (word & escaped_bit) != 0; }
  /// Elements of an array, members of an object. Of a number see ShortNumber, of an unescaped
  /// string fingerprint.hpp; 0 otherwise.
  [[nodiscard]] std::uint32_t detail() const { return word >> detail_shift; }
  void set_detail(std::uint32_t detail) {
    word = (word & ((1U << detail_shift) - 1)) | detail << detail_shift;
  }
};

/// A text and its values. Bare memory instead of a vector, so that a large tape is written once and
/// not zeroed before.
struct Tape {
  std::string_view text;
  std::unique_ptr<Node[]> nodes;
  std::size_t size = 0;      ///< nodes written
  std::size_t capacity = 0;  ///< nodes allocated
};

}  // namespace detail

struct Member;
class Value;
template <class Item>
class Items;
using Members = Items<Member>;  ///< in document order, repeated keys included
using Elements = Items<Value>;

/// A place in a parsed text. Cheap to copy; valid as long as the Document (or the Parser's current
/// text) it came from.
class Value {
 public:
  Value(const detail::Tape& tape, std::uint32_t index) : tape_(&tape), index_(index) {}

  [[nodiscard]] Kind kind() const { return node().kind(); }
  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_object() const { return kind() == Kind::object; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::array; }
  [[nodiscard]] bool is_string() const { return kind() == Kind::string; }
  [[nodiscard]] bool is_number() const { return kind() == Kind::number; }

  /// The value's own bytes, white space inside included.
  [[nodiscard]] std::string_view raw() const {
    return tape_->text.substr(node().begin, node().end - node().begin);
  }

  [[nodiscard]] std::optional<bool> as_bool() const;
  /// The number, where its text is an integer without fraction and exponent that fits.
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
  /// The nearest double (infinite beyond its range); nothing where this is not a number.
  [[nodiscard]] std::optional<double> as_double() const;
  /// The decoded text of a string. A lone surrogate becomes its three-byte form (WTF-8), which
  /// Writer turns back.
  [[nodiscard]] std::optional<std::string> as_string() const;
  /// Whether this is a string whose decoded text is `text`. Allocates only where the token has
  /// escapes.
  [[nodiscard]] bool equals(std::string_view text) const;

  /// A number of few digits; nothing where there are more, or an exponent, or no number.
  [[nodiscard]] std::optional<ShortNumber> short_number() const {
    if (!is_number() || node().detail() >= ShortNumber::none) return std::nullopt;
    return ShortNumber::unpacked(node().detail());
  }

  /// Elements of an array, members of an object, 0 otherwise.
  [[nodiscard]] std::size_t size() const { return is_array() || is_object() ? node().detail() : 0; }
  /// The value of the member `key`, the last one where the key is repeated (as ECMA-404 readers in
  /// the field do).
  [[nodiscard]] std::optional<Value> find(std::string_view key) const;
  /// Members in document order, duplicates included; empty where this is no object.
  [[nodiscard]] Members members() const;
  /// Elements in order; empty where this is no array.
  [[nodiscard]] Elements elements() const;

  /// Tape index: identifies the value inside its text.
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] const detail::Tape& tape() const { return *tape_; }

 private:
  [[nodiscard]] const detail::Node& node() const { return tape_->nodes[index_]; }
  const detail::Tape* tape_;
  std::uint32_t index_;
};

struct Member {
  Value key;
  Value value;
};

/// Forward range over what a container holds: the members of an object, the elements of an array.
template <class Item>
class Items {
 public:
  class iterator {
   public:
    using value_type = Item;
    using difference_type = std::ptrdiff_t;

    iterator() = default;
    iterator(const detail::Tape& tape, std::uint32_t index) : tape_(&tape), index_(index) {}
    Item operator*() const {
      if constexpr (k_keyed) {
        return {Value(*tape_, index_), Value(*tape_, index_ + 1)};
      } else {
        return {*tape_, index_};
      }
    }
    iterator& operator++() {
      index_ = tape_->nodes[index_ + k_keyed].next;
      return *this;
    }
    iterator operator++(int) {
      iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const iterator& other) const { return index_ == other.index_; }

   private:
    static constexpr bool k_keyed = std::is_same_v<Item, Member>;  // a member is two values
    const detail::Tape* tape_ = nullptr;
    std::uint32_t index_ = 0;
  };

  Items(const detail::Tape& tape, std::uint32_t first, std::uint32_t last)
      : tape_(&tape), first_(first), last_(last) {}
  [[nodiscard]] iterator begin() const { return {*tape_, first_}; }
  [[nodiscard]] iterator end() const { return {*tape_, last_}; }

 private:
  const detail::Tape* tape_;
  std::uint32_t first_, last_;
};

/// Parses one text after the other and keeps its buffers: for streams of messages. One thread at a
/// time.
class Parser {
 public:
  explicit Parser(ParseLimits limits = {});
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  /// Parses `text` (RFC 8259: one value, UTF-8, no byte order mark). The value lives until the next
  /// call, and as long as `text`.
  [[nodiscard]] std::expected<Value, ParseError> parse(std::string_view text);

  /// Heap bytes of its buffers. They grow with the largest text; beyond 1 MiB they shrink again
  /// when a small text follows.
  [[nodiscard]] std::size_t memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A parsed text that owns its bytes. Movable; values stay valid over a move.
class Document {
 public:
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  /// Parses `text` as Parser::parse does, and keeps it.
  [[nodiscard]] static std::expected<Document, ParseError> parse(std::string text,
                                                                 ParseLimits limits = {});
  [[nodiscard]] Value root() const;
  [[nodiscard]] std::string_view text() const;
  /// Heap bytes it holds, for the accounting of limits.
  [[nodiscard]] std::size_t memory() const;

 private:
  struct Impl;
  explicit Document(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

/// Appends `value` without the white space between its tokens; every token keeps its bytes.
void append_compact(std::string& out, Value value);
/// The same as a new string.
[[nodiscard]] std::string compact(Value value);

}  // namespace collet::json
