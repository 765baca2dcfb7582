// The literal evaluator: walks a schema's own text, keyword by keyword, and keeps what it finds. Of
// `anyOf` and `oneOf` a branch that its type or a `const` rules out is not walked any further. It
// runs when somebody asks why; the program (program.hpp) answers whether.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collet/schema.hpp"
#include "json/document.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/sources.hpp"

namespace collet::schema {

/// What speaks for a branch of a union in the instance itself.
struct Likeness {
  std::int32_t discriminators = 0;  ///< members held to `const` or `enum` that fit, less the others
  std::uint32_t known = 0;          ///< members that it has properties for
  auto operator<=>(const Likeness&) const = default;
};

/// What one keyword, or one whole subschema, said of one part of the instance. It names places
/// only: pointers and sentences are made of the few findings that somebody reads.
struct Finding {
  static constexpr std::uint32_t none = 0xFFFFFFFF;

  Place schema;                      ///< the subschema
  std::optional<Keyword> keyword{};  ///< in it; nothing for the subschema as a whole
  bool valid = false;
  bool gave_up = false;         ///< Explanation::gave_up_pattern did
  bool cut = false;             ///< there was no room for all of its parts
  bool ruled_out = false;       ///< a branch that was judged by its telltales alone
  std::uint32_t instance = 0;   ///< tape index; a key's where `propertyNames` judges it
  std::uint32_t parent = none;  ///< index of the finding that this one is a part of
  std::uint32_t end = 0;        ///< index one past the last of its parts
  std::uint32_t count = 0;      ///< of `contains`: items that fit; of `oneOf`: branches
  std::uint32_t first = none;   ///< of `oneOf`: the first two branches that fit
  std::uint32_t second = none;
  Likeness likeness{};              ///< of a branch, where none fits
  std::uint32_t annotation = none;  ///< index into Explanation::annotations
};

/// How an evaluation ended. Whatever does not finish is invalid, `not` around it or not.
enum class Ending : std::uint8_t {
  finished,
  pattern_gave_up,  ///< at its own step limit; the rest was judged all the same
  too_deep,         ///< at SchemaLimits::nesting_max
  out_of_steps,     ///< at ExplainOptions::steps_max
};

/// What an evaluation found. Views the sources, the patterns and the instance, which have to
/// outlive it.
struct Explanation {
  bool valid = true;
  Ending ending = Ending::finished;
  std::uint32_t ended_at = 0;     ///< tape index of the part of the instance that was judged then
  std::string gave_up_pattern{};  ///< the first one that did
  /// A tree in document order: a finding is followed by its parts. The root schema's is the first.
  /// Empty where there is nothing to tell.
  std::vector<Finding> findings{};
  std::vector<std::string> annotations{};  ///< JSON texts
  Sources* sources = nullptr;
  const Patterns* patterns = nullptr;
  json::Value instance;
  std::string instance_pointer{};  ///< of `instance`; every other starts with it
  SchemaLimits limits{};
  std::uint64_t steps_max = 0;
};

struct ExplainOptions {
  bool annotations = false;        ///< keep what valid keywords say, too
  std::string instance_pointer{};  ///< where the instance stands in what a reader knows
  SchemaLimits limits{};
  /// Applications of a keyword, and a step for every 256 bytes or 4 members that one reads.
  std::uint64_t steps_max = SchemaLimits{}.explanation_steps_max;
  /// Findings that are kept, at least twice `limits.nesting_max` so that the way to each violation
  /// is among them. 600 KB of memory; violations_max is far below.
  std::uint32_t findings_max = 12'000;
  /// Bytes of annotations that are kept: `properties` lists every name it judged.
  std::size_t annotation_bytes_max = std::size_t{4} << 20;
};

/// Applies the schema at `root` to `instance`, every keyword of it. `patterns` holds
/// those that are compiled already; others are compiled when they are met.
[[nodiscard]] Explanation explain(Sources& sources, Place root, const Patterns& patterns,
                                  json::Value instance, const ExplainOptions& options = {});

/// The violations that a model should read: the leaves, of `anyOf` and `oneOf` those of the branch
/// that came closest; at most `most`, in the order of the instance. Never empty where the instance
/// is invalid and `most` is not 0.
[[nodiscard]] std::vector<Violation> violations_of(const Explanation& explanation,
                                                   std::uint32_t most);

/// No output is much longer; units beyond are left out.
inline constexpr std::size_t output_bytes_max = std::size_t{4} << 20;

/// The output formats of the specification (2020-12 core, section 12.4), as JSON text.
[[nodiscard]] std::string render(const Explanation& explanation, SchemaOutput format);

}  // namespace collet::schema
