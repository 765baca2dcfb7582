// The regular expressions of `pattern`, `patternProperties` and the format `regex`: ECMA-262 with
// the u flag.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace collet::schema {

struct PatternError {
  std::size_t offset = 0;  ///< byte offset in the pattern
  std::string message;     ///< e.g. "look-behind of unbounded length"
};

/// What a pattern may cost.
struct PatternLimits {
  std::size_t source_bytes_max = 16 << 10;  ///< longer patterns do not occur but in attacks
  /// A class of characters counted to 255 or 256 fits; larger automata go to RE2. 0: no tables.
  std::uint32_t dfa_states_max = 320;
  std::int64_t re2_bytes_max = 1 << 20;  ///< of one RE2 program and its cache; 0: no RE2
  /// What one search may read and try in PCRE2, and 8 more for each byte of the text: about 10 ms.
  std::uint32_t backtracking_steps_max = 1'000'000;
};

/// A compiled pattern. Immutable; any number of threads may search at once.
class Pattern {
 public:
  enum class Outcome : std::uint8_t {
    matches,
    differs,
    gave_up,  ///< the search ended at its step limit, or at 16 MiB of memory
  };
  /// Who runs it: a table of our own for what a small automaton can say; RE2 for other regular
  /// languages of moderate size; PCRE2 for look-around, back-references, and what RE2 has no
  /// property for or would take much memory for. The first two never give up.
  enum class Engine : std::uint8_t { table, re2, pcre2 };

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  /// The error is of the syntax, or names what no engine here can say (pattern/translate.hpp).
  [[nodiscard]] static std::expected<Pattern, PatternError> compile(std::string_view source,
                                                                    PatternLimits limits = {});
  /// Whether `text` (decoded; UTF-8, lone surrogates in their three-byte form) contains a match.
  /// The table allocates nothing.
  [[nodiscard]] Outcome search(std::string_view text) const;
  /// The same, and adds to `steps` what it cost: about 10 ns each.
  [[nodiscard]] Outcome search(std::string_view text, std::uint64_t& steps) const;
  [[nodiscard]] Engine engine() const;
  /// Heap bytes, as far as the engine tells.
  [[nodiscard]] std::size_t memory() const;

 private:
  struct Impl;
  explicit Pattern(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

/// Whether `source` is an ECMA-262 pattern at all, whether or not an engine can run it.
[[nodiscard]] bool is_ecma_pattern(std::string_view source);

}  // namespace collet::schema
