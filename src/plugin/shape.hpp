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
#include <utility>
#include <vector>

#include "json/document.hpp"

namespace collet::plugin {

/// One thing that is wrong. `path` is the way from the root with dots ("tools.0.name"), empty for
/// the root itself.
struct Issue {
  std::string path;
  std::string message;
};
/// `path` and one more step.
[[nodiscard]] std::string step(std::string_view path, std::string_view key);

/// What is wrong with a value, in the order in which it was found. One issue may have thousands of
/// bytes (all the words that would do), and a value may have millions of issues, so only those that
/// are told are kept.
class Issues {
 public:
  /// How many a message tells; a thousand lines of them help nobody.
  static constexpr std::size_t told_max = 100;
  /// How many are looked for: as many as take a tenth of a second.
  static constexpr std::size_t counted_max = 10'000;

  void push_back(Issue issue) {
    if (++count_ <= told_max) told_.push_back(std::move(issue));
  }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] const std::vector<Issue>& told() const { return told_; }
  /// There are so many that it does not matter how many more there are.
  [[nodiscard]] bool are_enough() const { return count_ >= counted_max; }

 private:
  std::vector<Issue> told_;
  std::size_t count_ = 0;
};

/// Issues as "path: message", joined by "; ", and how many more there are.
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

/// Checks `value`, which stands at `path`, and appends what is wrong with it; `aborted` where the
/// issues are enough already.
Verdict check(const Shape& shape, const json::Value& value, const std::string& path,
              Issues& issues);

}  // namespace collet::plugin
