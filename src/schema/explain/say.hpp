// What is said of a violation: a function for each keyword. Internal to explain/*.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/document.hpp"
#include "json/pointer.hpp"
#include "schema/explain/explain.hpp"
#include "schema/explain/message.hpp"

namespace collet::schema::explaining {

/// What is said of a part of the instance.
struct Said {
  enum class Form : std::uint8_t {
    predicate,  ///< "must be an integer": wants its subject before it
    clause,     ///< `unknown property "a"`: stands alone, or behind the pointer and a colon
  };
  Form form;
  std::string text;
  std::string got{};     ///< the value as it came, behind "; got "
  std::string advice{};  ///< `did you mean "a"?`
};

[[nodiscard]] inline Said must(std::string text, std::string got = {}) {
  return {.form = Said::Form::predicate, .text = "must " + std::move(text), .got = std::move(got)};
}
[[nodiscard]] inline Said clause(std::string text) {
  return {.form = Said::Form::clause, .text = std::move(text)};
}

/// Branches inside each other that one sentence tells of.
inline constexpr int k_branch_depth_max = 3;

/// A violation and what its sentence is made of.
struct Case {
  const Explanation& explanation;
  json::PathFinder& paths;
  const Finding& finding;
  std::uint32_t index;
  json::Value instance;
  json::Value value;  ///< of the keyword
  int depth;          ///< of branches
  Suggestions suggestions;

  [[nodiscard]] std::optional<json::Value> beside(Keyword keyword) const {
    return keyword_value(explanation, finding.schema, keyword);
  }
  [[nodiscard]] Sources& sources() const { return *explanation.sources; }
  [[nodiscard]] Place place(json::Value part) const {
    return {finding.schema.document, part.index()};
  }
};

[[nodiscard]] inline std::string in_brackets(const std::string& text) {
  return text.empty() ? text : " (" + text + ")";
}

// explain/message.cpp
/// sentence_of() inside of a sentence: `depth` is that of branches.
[[nodiscard]] std::string sentence_at(const Explanation& explanation, json::PathFinder& paths,
                                      std::uint32_t index, int depth, Suggestions suggestions);

// explain/say_unions.cpp
/// Of an `anyOf` or `oneOf` of which no branch fits.
[[nodiscard]] Said say_no_branch(const Case& c);
[[nodiscard]] Said say_one_of(const Case& c);

// explain/say_values.cpp
[[nodiscard]] Said said_of_types(const std::vector<std::string>& types, json::Value instance);
[[nodiscard]] Said said_of_values(std::vector<json::Value> from, json::Value instance,
                                  Suggestions suggestions);
[[nodiscard]] Said say_type(const Case& c);
[[nodiscard]] Said say_enum(const Case& c);
/// A number and the limit it passes; `words` stand between "be" and the limit.
[[nodiscard]] Said say_limit(const Case& c, const std::string& words);
/// The same for `minimum` and `maximum`, whose limit itself may be excluded in draft-04.
[[nodiscard]] Said say_minimum(const Case& c);
[[nodiscard]] Said say_maximum(const Case& c);
[[nodiscard]] Said say_length(const Case& c, const std::string& words);
[[nodiscard]] Said say_pattern(const Case& c);
[[nodiscard]] Said say_gave_up(const Explanation& explanation);
[[nodiscard]] Said say_format(const Case& c);

// explain/say_parts.cpp: members and items
/// Whether members that nothing describes were meant for the missing ones: `did you mean it by
/// "file_path"?` May be empty.
[[nodiscard]] std::string meant_instead(const Case& c, const std::vector<std::string>& missing);
[[nodiscard]] Said say_required(const Case& c);
[[nodiscard]] Said say_unknown_property(const Case& c);
[[nodiscard]] Said say_dependency(const Case& c);
/// How many members or items there are to be.
[[nodiscard]] Said say_count(const Case& c, const std::string& words, std::string_view one,
                             std::string_view many);
[[nodiscard]] Said say_unique(const Case& c);
[[nodiscard]] Said say_contains(const Case& c, const std::string& words, std::string_view amount);
/// Of an item that `items: false` or `additionalItems: false` refuses.
[[nodiscard]] Said say_too_many_items(const Case& c);

}  // namespace collet::schema::explaining
