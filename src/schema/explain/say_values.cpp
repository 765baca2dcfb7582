#include <algorithm>
#include <ranges>
#include <string_view>
#include <unordered_set>

#include "base/closest_name.hpp"
#include "schema/explain/say.hpp"
#include "schema/explain/wording.hpp"
#include "schema/value/format.hpp"
#include "schema/value/text.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;
using wording::counted;
using wording::quoted;

constexpr std::size_t k_values_max = 12;  // that are listed in one sentence

/// Models like to send objects as their text.
bool is_text_of(Value instance, const std::vector<std::string>& types) {
  if (!instance.is_string()) return false;
  const Text text(instance);
  const auto wants = [&](std::string_view type) { return std::ranges::count(types, type) > 0; };
  return (text.view().starts_with('{') && wants("object")) ||
         (text.view().starts_with('[') && wants("array"));
}

/// Draft-04 has a boolean beside `minimum` and `maximum`.
bool excludes_limit(const Case& c, Keyword keyword) {
  const auto exclusive = c.beside(keyword);
  return exclusive && exclusive->as_bool() == true;
}

/// A description of the schema, or its only example.
std::string say_example(const Case& c) {
  if (const auto text = c.beside(Keyword::description); text && text->is_string()) {
    return in_brackets(wording::phrase(Text(*text).view()));
  }
  const auto examples = c.beside(Keyword::examples);
  if (!examples || examples->size() == 0) return {};
  return " (for example " + quoted(*examples->elements().begin()) + ")";
}

/// Branches of a union often allow the same value.
void keep_first_of_equals(std::vector<Value>& values) {
  std::unordered_set<std::string_view> seen;
  std::erase_if(values, [&](Value value) { return !seen.insert(value.raw()).second; });
}

std::string did_you_mean(const std::vector<Value>& values, Value instance) {
  const Text sent(instance);
  ClosestName search(sent.view());
  for (const Value value : values) {
    if (value.is_string()) search.offer(Text(value).view(), value.raw());
  }
  const auto closest = std::ranges::find(values, search.result(), &Value::raw);
  return closest == values.end() ? "" : ", did you mean " + quoted(*closest) + "?";
}

}  // namespace

Said said_of_types(const std::vector<std::string>& types, Value instance) {
  std::vector<std::string> words;
  for (const std::string& type : types) {
    std::string word = wording::with_article(type);
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  }
  std::string text = "be " + wording::joined(words, "or") + "; got " + wording::with_kind(instance);
  if (is_text_of(instance, types)) text += "; send the value itself, not a string of it";
  return must(std::move(text));
}

void append_types(Value type, std::vector<std::string>& types) {
  if (type.is_string()) {
    types.push_back(*type.as_string());
    return;
  }
  for (const Value name : type.elements()) types.push_back(*name.as_string());
}

Said say_type(const Case& c) {
  std::vector<std::string> types;
  append_types(c.value, types);
  return said_of_types(types, c.instance);
}

Said said_of_values(std::vector<Value> values, Value instance, Suggestions suggestions) {
  keep_first_of_equals(values);
  if (values.empty()) return clause("nothing is allowed here: the list of allowed values is empty");
  const bool same_kind =
      std::ranges::any_of(values, [&](Value value) { return value.kind() == instance.kind(); });
  const std::string got = same_kind ? quoted(instance) : wording::with_kind(instance);
  if (values.size() == 1) return must("be " + quoted(values.front()) + "; got " + got);
  std::vector<std::string> words;
  for (const Value value : values | std::views::take(k_values_max)) {
    words.push_back(wording::bare_or_quoted(value));
  }
  std::string text = "be one of " + wording::enumerated(words, values.size()) + "; got " + got;
  if (instance.is_string() && suggestions == Suggestions::made) {
    text += did_you_mean(values, instance);
  }
  return must(std::move(text));
}

Said say_enum(const Case& c) {
  std::vector<Value> values;
  for (const Value value : c.value.elements()) values.push_back(value);
  return said_of_values(std::move(values), c.instance, c.suggestions);
}

Said say_limit(const Case& c, const std::string& words) {
  return must("be " + words + " " + quoted(c.value) + "; got " + quoted(c.instance));
}

Said say_length(const Case& c, const std::string& words) {
  if (c.instance.raw() == "\"\"" && c.value.raw() == "1") return must("not be empty");
  return must("have " + words + " " + counted(quoted(c.value), "character", "characters") +
              "; got " + quoted(c.instance) + " (" +
              counted(wording::grouped(code_points(c.instance)), "character", "characters") + ")");
}

Said say_gave_up(const Explanation& explanation) {
  return clause("the pattern " + wording::one_line(explanation.gave_up_pattern) +
                " gave up on this text after " +
                wording::grouped(PatternLimits{}.backtracking_steps_max) + " steps");
}

Said say_pattern(const Case& c) {
  if (c.finding.gave_up) return say_gave_up(c.explanation);
  return must("match the pattern " + wording::one_line(Text(c.value).view()) + say_example(c) +
              "; got " + quoted(c.instance));
}

Said say_format(const Case& c) {
  const Text name(c.value);
  const auto format = format_named(name.view());
  const std::string example = format ? std::string(example_of(*format)) : std::string();
  return must("have the format " + wording::one_line(name.view()) +
              (example.empty() ? "" : " (for example " + wording::one_line(example) + ")") +
              "; got " + quoted(c.instance));
}

Said say_minimum(const Case& c) {
  return say_limit(c, excludes_limit(c, Keyword::exclusive_minimum) ? "more than" : "at least");
}

Said say_maximum(const Case& c) {
  return say_limit(c, excludes_limit(c, Keyword::exclusive_maximum) ? "less than" : "at most");
}

}  // namespace collet::schema::explaining
