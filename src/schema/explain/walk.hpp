// The walk behind explain(): what the functions of the keywords (explain/rules.hpp) work with.
// Internal to explain*.cpp.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "json/document.hpp"
#include "schema/explain/explain.hpp"
#include "schema/pattern/pattern.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/sources.hpp"

namespace collet::schema::explaining {

class Walk;
struct Application;

/// What one keyword does. Where it does not fit, the caller closes its finding as a violation.
struct Rule {
  Keyword keyword;
  std::uint8_t kinds;  ///< of instances that it speaks of: a bit for each json::Kind
  bool asserts;        ///< false: it has nothing but an annotation
  bool (*judge)(Walk&, Application&);
};

/// All rules in the order in which they run: `then` after `if`, what is "unevaluated" last.
[[nodiscard]] std::span<const Rule> rules();

/// A subschema that was read once. Every instance it is applied to uses it again.
struct Subschema {
  Subschema(Place where, json::Value what, std::uint32_t in_resource, const Dialect& with)
      : place(where), value(what), resource(in_resource), dialect(&with), keywords(what, with) {}

  struct PatternRow {
    std::string source;
    const Pattern* pattern;  ///< null where it does not compile
    Place schema;
  };

  Place place;
  json::Value value;
  std::uint32_t resource;
  const Dialect* dialect;
  Keywords keywords;
  std::vector<const Rule*> rules;  ///< of the keywords it has
  bool has_unevaluated = false;

  // Filled when they are first needed.
  std::optional<std::vector<std::pair<std::string, Place>>> properties;  ///< sorted by name
  std::optional<std::vector<PatternRow>> patterns;                       ///< of patternProperties
  std::optional<Place> target;                                           ///< of `$ref`
  std::optional<Place>
      dynamic_target;  ///< of `$dynamicRef` or `$recursiveRef`, as far as text tells
};

/// Whether the parts of an instance that a subschema evaluates are noted, because an `unevaluated…`
/// keyword in a schema around it will ask.
enum class Marking : std::uint8_t { off, on };

/// One subschema at one part of the instance, while it is judged.
struct Application {
  Subschema& schema;
  json::Value instance;
  Marking marking;
  std::size_t marks_begin;                ///< marks from here on are of this application
  json::Value value;                      ///< of the keyword that is judged now
  std::uint32_t finding = Finding::none;  ///< of that keyword

  std::optional<bool> condition{};  ///< what `if` said
  std::uint32_t contained = 0;      ///< items that fit `contains`
  std::vector<bool> described{};    ///< by member: known to properties or patternProperties

  /// The subschema that is `part` of the schema's text.
  [[nodiscard]] Place place_of(json::Value part) const {
    return {schema.place.document, part.index()};
  }
  [[nodiscard]] std::optional<json::Value> keyword(Keyword keyword) const {
    return schema.keywords[keyword];
  }
  [[nodiscard]] bool is_draft_from(SchemaDraft draft) const {
    return schema.dialect->draft >= draft;
  }
};

/// A count and the limit that a keyword's value sets, which may be 1e400.
[[nodiscard]] std::strong_ordering compare(std::size_t count, json::Value limit);

/// Evaluates one instance. One thread, one use.
class Walk {
 public:
  /// The mark that stands for all members or items: no child of an instance has this index.
  static constexpr std::uint32_t everything = 0;

  Walk(Sources& sources, const Patterns& patterns, const ExplainOptions& options,
       Explanation& explanation);

  /// Applies the subschema at `place`. Recursive: the stack grows with ExplainOptions::limits.
  bool apply(Place place, json::Value instance, Marking marking);
  /// Applies a subschema to the instance of `app` itself.
  bool apply_in_place(Application& app, Place place) {
    return apply(place, app.instance, app.marking);
  }
  bool apply_in_place(Application& app, json::Value part) {
    return apply_in_place(app, app.place_of(part));
  }

  /// Takes a step, and more for `bytes` that are read. False where the steps are used up.
  bool spend(std::size_t bytes = 0);
  void stop(Ending ending, json::Value at);

  // ---- What was evaluated

  void mark(const Application& app, std::uint32_t child) {
    if (app.marking == Marking::on) marks_.push_back(child);
  }
  [[nodiscard]] std::size_t marks() const { return marks_.size(); }
  void erase_marks(std::size_t first, std::size_t last);
  /// Marks from `first` on are taken back.
  void take_back_marks(std::size_t first) { marks_.resize(first); }
  /// The children that `app` has evaluated so far, sorted; nothing where that is all of them.
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> evaluated(const Application& app) const;

  // ---- What was found

  /// The finding of the keyword that is judged; null where there is no room for more.
  [[nodiscard]] Finding* finding(const Application& app);
  [[nodiscard]] std::size_t findings() const { return explanation_.findings.size(); }
  /// Findings from `first` on are forgotten.
  void forget_findings(std::size_t first) { explanation_.findings.resize(first); }
  /// Of the findings from `first` on, those that are violations are forgotten, with their parts.
  void forget_violations(std::size_t first);
  [[nodiscard]] bool annotates() const { return options_.annotations; }
  void annotate(const Application& app, std::string json);

  // ---- What the schema says

  [[nodiscard]] Sources& sources() { return sources_; }
  [[nodiscard]] Subschema& read(Place place);
  /// The compiled form of `source`; null where it is no pattern.
  [[nodiscard]] const Pattern* pattern(std::string_view source);
  /// Whether `pattern` matches; one that gives up does not, and the whole evaluation has failed.
  bool matches(const Application& app, const Pattern* pattern, std::string_view source,
               std::string_view text);
  /// The outermost dynamic anchor of that name among the resources that were entered.
  [[nodiscard]] std::optional<Place> outermost(std::string_view anchor);

 private:
  bool judge_keywords(Subschema& schema, json::Value instance, Marking marking);
  std::uint32_t open(const Subschema& schema, std::optional<Keyword> keyword, json::Value instance);
  void close(std::uint32_t finding, bool valid);
  void enter(std::uint32_t resource);
  void leave(std::uint32_t resource);
  [[nodiscard]] bool stopped() const {
    return explanation_.ending == Ending::too_deep || explanation_.ending == Ending::out_of_steps;
  }

  Sources& sources_;
  const Patterns& patterns_;
  /// Those that nobody compiled before; nothing for what does not compile.
  std::map<std::string, std::optional<Pattern>, std::less<>> own_patterns_;
  const ExplainOptions& options_;
  Explanation& explanation_;

  std::unordered_map<std::uint64_t, std::unique_ptr<Subschema>> subschemas_;
  std::vector<std::uint32_t> scope_;    // resources that were entered, outermost first, each once
  std::vector<std::uint32_t> entered_;  // by resource: how often
  std::vector<std::uint32_t> marks_;
  std::uint32_t open_finding_ = Finding::none;
  std::uint32_t depth_ = 0;
  std::uint64_t steps_ = 0;
  std::size_t annotation_bytes_ = 0;
};

}  // namespace collet::schema::explaining
