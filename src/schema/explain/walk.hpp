// The walk behind explain(): what the functions of the keywords (explain/rules.hpp) work with.
// Internal to explain/*.cpp.
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
#include <utility>
#include <vector>

#include "json/document.hpp"
#include "schema/explain/explain.hpp"
#include "schema/kinds.hpp"
#include "schema/pattern/pattern.hpp"
#include "schema/pattern/patterns.hpp"
#include "schema/sources.hpp"

namespace collet::schema::explaining {

class Walk;
struct Application;

/// What one keyword does. Where it does not fit, the caller closes its finding as a violation.
struct Rule {
  Keyword keyword;
  Kinds kinds;   ///< of instances that it speaks of
  bool asserts;  ///< false: it has nothing but an annotation
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

  /// What the schema says of a property, where it has the keyword `properties`.
  [[nodiscard]] std::optional<Place> property(std::string_view name);

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
  std::optional<Place> behind;  ///< what it stands for, where it is nothing but a reference
  std::optional<Place>
      dynamic_target;  ///< of `$dynamicRef` or `$recursiveRef`, as far as text tells
};

/// Whether the parts of an instance that a subschema evaluates are noted, because an `unevaluated…`
/// keyword in a schema around it will ask.
enum class Marking : std::uint8_t { off, on };

/// How much of a subschema is judged. What it says of its instance is known to be invalid, or not
/// known yet, where it is not judged whole.
enum class Look : std::uint8_t {
  whole,
  /// What tells branches of a union apart at little cost: `type`, `const` and `enum` of the
  /// instance itself, and those of its members that `properties` holds to `const` or `enum`.
  telltales,
  values,  ///< of such a member: `const` and `enum`
};

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

  /// The verdict of apply(); but where the telltales rule the subschema out, they are all that was
  /// found, and its other keywords are not judged. So a union costs one branch and not all of them
  /// for every level of a tree.
  bool apply_branch(Application& app, Place place);
  /// Of the branches found from `first` on, none of which fits: notes what speaks for each, and
  /// judges the one that a reader is going to be told of whole, where its telltales ruled it out.
  void complete_closest(Application& app, std::size_t first);
  /// Applies the subschema of a member, whose telltales are its values.
  bool apply_to_member(Place place, json::Value value);

  /// Takes a step, and more for `bytes` that are read. False where the steps are used up.
  bool spend(std::size_t bytes = 0);
  /// Takes steps for `count` members or items that are looked at without one of their own.
  bool spend_on(std::size_t count) { return take_steps(count / k_members_per_step); }
  /// Takes steps for those of a format, which are finer.
  bool spend_fine(std::uint64_t steps);
  void stop(Ending ending, json::Value at);
  /// Take steps for what they read, too; false where the steps are used up.
  bool equals(json::Value value, json::Value other);
  bool equals_one_of(json::Value value, json::Value list);

  // ---- What was evaluated

  void mark(const Application& app, std::uint32_t child) {
    if (app.marking == Marking::on) marks_.push_back(child);
  }
  [[nodiscard]] std::size_t marks() const { return marks_.size(); }
  void erase_marks(std::size_t first, std::size_t last);
  /// Marks from `first` on are taken back.
  void take_back_marks(std::size_t first) { marks_.resize(first); }
  /// The children that `app` has evaluated so far, sorted; nothing where that is all of them, or
  /// where the steps are used up.
  [[nodiscard]] std::optional<std::vector<std::uint32_t>> evaluated(const Application& app);

  // ---- What was found

  /// The finding of the keyword that is judged; null where there is no room for more.
  [[nodiscard]] Finding* finding(const Application& app);
  [[nodiscard]] std::size_t findings() const { return explanation_.findings.size(); }
  /// Findings from `first` on are forgotten.
  void forget_findings(std::size_t first) { explanation_.findings.resize(first); }
  /// Of the findings from `first` on, those that are violations are forgotten, with their parts.
  void forget_violations(std::size_t first);
  [[nodiscard]] bool annotates() const { return options_.annotations && look_ == Look::whole; }
  void annotate(const Application& app, std::string json);

  // ---- What the schema says

  [[nodiscard]] Sources& sources() { return sources_; }
  [[nodiscard]] Subschema& read(Place place);
  /// The subschema at `place`, or what it leads to where it is nothing but a reference.
  [[nodiscard]] Subschema& read_behind_references(Place place);
  /// The compiled form of `source`; null where it is no pattern.
  [[nodiscard]] const Pattern* pattern(std::string_view source);
  /// Whether `pattern` matches; one that gives up does not, and the whole evaluation has failed.
  bool matches(const Application& app, const Pattern* pattern, std::string_view source,
               std::string_view text);
  /// The outermost dynamic anchor of that name among the resources that were entered.
  [[nodiscard]] std::optional<Place> outermost(std::string_view anchor);

 private:
  [[nodiscard]] std::optional<bool> remembered(std::uint64_t schema, json::Value instance);
  void remember(std::uint64_t schema, json::Value instance, bool valid);
  bool take_steps(std::uint64_t count);
  void liken(const Application& app, std::size_t first);
  bool judge_keywords(Subschema& schema, json::Value instance, Marking marking);
  /// Forgets the finding with its parts; those behind it are whole.
  void take_out(std::uint32_t finding);
  [[nodiscard]] std::uint32_t scope_number() const {
    return scope_numbers_.empty() ? 0 : scope_numbers_.back();
  }
  [[nodiscard]] bool has_room() const {
    return explanation_.findings.size() < options_.findings_max;
  }
  std::uint32_t open(const Subschema& schema, std::optional<Keyword> keyword, json::Value instance);
  void close(std::uint32_t finding, bool valid);
  void enter(std::uint32_t resource);
  void leave(std::uint32_t resource);
  [[nodiscard]] bool stopped() const {
    return explanation_.ending == Ending::too_deep || explanation_.ending == Ending::out_of_steps;
  }

  static constexpr std::size_t k_members_per_step = 4;

  /// Verdicts that are kept in order not to judge a value twice: in a union of unions a value is
  /// met by many ways.
  struct Judged {
    std::uint64_t schema;
    std::uint32_t instance;
    std::uint32_t scope;  ///< number of the resources around it: `$dynamicRef` looks there
    bool operator==(const Judged&) const = default;
  };
  struct JudgedHash {
    std::size_t operator()(const Judged& judged) const {
      constexpr std::uint64_t spread = 0x9E3779B97F4A7C15;
      return ((judged.schema * spread) ^ judged.instance) * spread + judged.scope;
    }
  };

  Sources& sources_;
  const Patterns& patterns_;
  /// Those that nobody compiled before; nothing for what does not compile.
  std::map<std::string, std::optional<Pattern>, std::less<>> own_patterns_;
  const ExplainOptions& options_;
  Explanation& explanation_;

  std::unordered_map<std::uint64_t, std::unique_ptr<Subschema>> subschemas_;
  std::vector<std::uint32_t> scope_;    // resources that were entered, outermost first, each once
  std::vector<std::uint32_t> entered_;  // by resource: how often
  std::vector<std::uint32_t> scope_numbers_;  // of every beginning of `scope_`
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t>
      scopes_;  // the next one's number
  std::unordered_map<Judged, bool, JudgedHash> verdicts_;
  std::vector<std::uint32_t> marks_;
  std::uint32_t open_finding_ = Finding::none;
  Look look_ = Look::whole;
  std::uint32_t depth_ = 0;
  std::uint64_t steps_ = 0;
  std::size_t annotation_bytes_ = 0;
};

// explain/likeness.cpp
/// Takes steps.
[[nodiscard]] Likeness likeness_of(Walk& walk, Place branch, json::Value instance);

}  // namespace collet::schema::explaining
