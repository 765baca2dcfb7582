// The syntax of ECMA-262 regular expressions (2024, section 22.2.1, with the u flag): text to tree.
//
// Laxer than the u flag where schemas in the field are: punctuation may be escaped anywhere; `]`,
// `{` and `}` may stand for themselves; `[\w-.]` is a class and two characters. Inline modifiers
// such as (?i:…) are not part of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/pattern/pattern.hpp"
#include "schema/pattern/property.hpp"

namespace collet::schema::pattern {

inline constexpr char32_t code_point_max = 0x10FFFF;
/// No upper bound of a repetition.
inline constexpr std::uint32_t unlimited = UINT32_MAX;
/// Every walk over a tree recurses; 200 levels take less than 200 KiB of stack in any build.
inline constexpr std::size_t group_depth_max = 200;

struct Node;

/// Code points, both ends included.
struct Range {
  char32_t first = 0;
  char32_t last = 0;
  bool operator==(const Range&) const = default;
};

struct Literal {
  char32_t code_point = 0;
};

/// One code point of a set.
struct CharacterSet {
  enum class Sense : std::uint8_t { any_of, none_of };

  Sense sense = Sense::any_of;       ///< any_of where there are no properties
  std::vector<Range> ranges;         ///< ascending, with gaps between them
  std::vector<Property> properties;  ///< those that no list of ranges stands for
};

enum class Assertion : std::uint8_t { text_begin, text_end, word_boundary, no_word_boundary };

/// One after the other; none is the empty text.
struct Sequence {
  std::vector<Node> items;
};

struct Alternatives {
  std::vector<Node> choices;
};

struct Repeat {
  enum class Greed : std::uint8_t { greedy, lazy };

  std::unique_ptr<Node> body;
  std::uint32_t min = 0;
  std::uint32_t max = unlimited;
  Greed greed = Greed::greedy;
};

/// A capturing group; others leave no trace in the tree.
struct Group {
  std::unique_ptr<Node> body;
  std::uint32_t number = 0;  ///< from 1
};

struct Look {
  enum class Direction : std::uint8_t { ahead, behind };
  enum class Sense : std::uint8_t { positive, negative };

  std::unique_ptr<Node> body;
  Direction direction = Direction::ahead;
  Sense sense = Sense::positive;
  std::size_t offset = 0;  ///< of its `(`
};

struct BackReference {
  std::size_t index = 0;  ///< in Tree::references
};

struct Node {
  std::variant<Literal, CharacterSet, Assertion, Sequence, Alternatives, Repeat, Group, Look,
               BackReference>
      form;
};

struct Tree {
  struct Reference {
    std::uint32_t group = 0;
    std::size_t offset = 0;
  };

  Node root;
  std::vector<Reference> references;
};

/// Linear in the size of `source`, but for the sorting of its character classes.
[[nodiscard]] std::expected<Tree, PatternError> parse(std::string_view source);

}  // namespace collet::schema::pattern
