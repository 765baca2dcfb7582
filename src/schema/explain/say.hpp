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
};

[[nodiscard]] inline Said must(std::string text) {
  return {Said::Form::predicate, "must " + std::move(text)};
}
[[nodiscard]] inline Said clause(std::string text) {
  return {Said::Form::clause, std::move(text)};
}

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

// explain/say_values.cpp
[[nodiscard]] Said said_of_types(const std::vector<std::string>& types, json::Value instance);
[[nodiscard]] Said said_of_values(std::vector<json::Value> values, json::Value instance,
                                  Suggestions suggestions);
/// Appends the names in the value of a `type`.
void append_types(json::Value type, std::vector<std::string>& types);
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
