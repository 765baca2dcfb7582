// Shapes: what a JSON value may look like, as constexpr tables, and the check of a value against
// one. Messages and their order are those of zod 3, in which the reference host states its rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.hpp"

namespace collet::plugin {

/// One thing that is wrong. `path` is the way from the root with dots ("tools.0.name"), empty for
/// the root itself.
struct Issue {
  std::string path;
  std::string message;
};
using Issues = std::vector<Issue>;

/// `path` and one more step.
[[nodiscard]] std::string step(std::string_view path, std::string_view key);
/// How many issues a message tells; a thousand lines of them help nobody.
inline constexpr std::size_t issues_told_max = 100;
/// Issues as "path: message", joined by "; ", at most `issues_told_max` of them.
[[nodiscard]] std::string describe(const Issues& issues);

/// A condition on a decoded text.
struct TextRule {
  bool (*holds)(std::string_view text);
  std::string_view message;  ///< a leading `{field}` becomes the last step of the path
};

struct Shape;

enum class Presence : std::uint8_t {
  required,
  optional,
  nullable,  ///< may be absent, and may be null
};

struct Field {
  std::string_view name;
  const Shape* shape;
  Presence presence = Presence::required;
};

/// One alternative of a Shape::Kind::variant: the word in its discriminator, and its shape.
struct Alternative {
  std::string_view word;
  const Shape* shape;
};

/// Members that do not belong to a kind are left at their defaults.
struct Shape {
  enum class Kind : std::uint8_t {
    boolean,
    number,
    scalar,        ///< text, number or boolean
    text,          ///< length in UTF-16 units, then `rules`
    word,          ///< one of `words`
    literal_one,   ///< the number 1
    literal_text,  ///< exactly words[0]
    list,          ///< of `element`, `least` to `most` of them
    object,        ///< with `fields`
    record,        ///< any keys; values are of `element` where it is given
    variant,       ///< an object whose member `discriminator` chooses one of `alternatives`
  } kind;

  std::size_t least = 0;                                       ///< of text and list
  std::size_t most = std::numeric_limits<std::size_t>::max();  ///< of text and list
  enum class Spaces : std::uint8_t { kept, trimmed } spaces = Spaces::kept;
  std::span<const TextRule> rules{};
  std::span<const std::string_view> words{};

  enum class Numbers : std::uint8_t { any, integers } numbers = Numbers::integers;
  std::optional<std::int64_t> minimum{};
  std::optional<std::int64_t> above{};  ///< exclusive lower bound
  std::optional<std::int64_t> maximum{};

  const Shape* element = nullptr;
  std::span<const Field> fields{};
  enum class UnknownKeys : std::uint8_t { ignored, refused } unknown_keys = UnknownKeys::ignored;
  std::string_view discriminator{};
  std::span<const Alternative> alternatives{};

  /// Rules across the parts of the value. Runs only where all parts have the right types.
  void (*refine)(const json::Value& value, const std::string& path, Issues& issues) = nullptr;
};

/// How a value fared. An `aborted` part (wrong type, unknown word, missing) keeps the rules across
/// parts from running in everything that contains it; a `flawed` one (length, form) does not.
enum class Verdict : std::uint8_t { sound, flawed, aborted };

/// Checks `value`, which stands at `path`, and appends what is wrong with it.
Verdict check(const Shape& shape, const json::Value& value, const std::string& path,
              Issues& issues);

}  // namespace collet::plugin
