#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "base/closest_name.hpp"
#include "schema/explain/hints.hpp"
#include "schema/explain/say.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/value/format.hpp"
#include "schema/value/text.hpp"
#include "schema/wording.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;
using wording::counted;
using wording::quoted;

/// Models like to send objects as their text.
bool is_text_of(Value instance, const std::vector<std::string>& types) {
  if (!instance.is_string()) return false;
  const Text text(instance);
  const auto wants = [&](std::string_view type) { return std::ranges::count(types, type) > 0; };
  return (text.view().starts_with('{') && wants("object")) ||
         (text.view().starts_with('[') && wants("array"));
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

std::string did_you_mean(const std::vector<Value>& values, Value instance) {
  const Text sent(instance);
  ClosestName search(sent.view());
  for (const Value value : values) {
    if (value.is_string()) search.offer(Text(value).view(), value.raw());
  }
  const auto closest = std::ranges::find(values, search.result(), &Value::raw);
  return closest == values.end() ? "" : "did you mean " + quoted(*closest) + "?";
}

/// "must be an email address": the formats by what people call them.
std::string_view name_in_words(Format format) {
  switch (format) {
    case Format::date_time:
      return "a date-time";
    case Format::date:
      return "a date";
    case Format::time:
      return "a time with an offset";
    case Format::duration:
      return "a duration";
    case Format::email:
    case Format::idn_email:
      return "an email address";
    case Format::hostname:
    case Format::idn_hostname:
      return "a host name";
    case Format::ipv4:
      return "an IPv4 address";
    case Format::ipv6:
      return "an IPv6 address";
    case Format::uri:
      return "a URI";
    case Format::uri_reference:
      return "a URI or a relative reference";
    case Format::iri:
      return "an IRI";
    case Format::iri_reference:
      return "an IRI or a relative reference";
    case Format::uri_template:
      return "a URI template";
    case Format::uuid:
      return "a UUID";
    case Format::json_pointer:
      return "a JSON pointer";
    case Format::relative_json_pointer:
      return "a relative JSON pointer";
    case Format::regex:
      return "a regular expression";
  }
  return "of that format";
}

Said said_of_format(Format format, Value instance) {
  return must("be " + std::string(name_in_words(format)) + " (for example " +
                  std::string(example_of(format)) + ")",
              quoted(instance));
}

/// The format beside a `pattern`, where it says as much: the text has not got it, or its example
/// fits the pattern, too.
std::optional<Format> format_meant(const Case& c) {
  const auto name = c.beside(Keyword::format);
  const auto format = name ? format_named(Text(*name).view()) : std::nullopt;
  if (!format || !conforms(*format, Text(c.instance).view())) return format;
  const Pattern* pattern = c.explanation.patterns->find(Text(c.value).view());
  // The other engines take too long for a sentence where a pattern is meant to.
  const bool is_cheap = pattern != nullptr && pattern->engine() != Pattern::Engine::pcre2;
  const bool fits = is_cheap && pattern->search(example_of(*format)) == Pattern::Outcome::matches;
  return fits ? format : std::nullopt;
}

}  // namespace

Said said_of_types(const std::vector<std::string>& types, Value instance) {
  std::vector<std::string> words;
  for (const std::string& type : types) {
    std::string word = wording::with_article(type);
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  }
  Said said = must("be " + wording::joined(words, "or"), wording::with_kind(instance));
  if (is_text_of(instance, types)) said.advice = "send the value itself, not a string of it";
  return said;
}

Said say_type(const Case& c) {
  return said_of_types(type_names(c.value), c.instance);
}

Said said_of_values(std::vector<Value> from, Value instance, Suggestions suggestions) {
  AllowedValues allowed{.values = std::move(from)};
  allowed.all = allowed.values.size();
  drop_repeated(allowed);
  const auto& values = allowed.values;
  if (values.empty()) return clause("nothing is allowed here: the list of allowed values is empty");
  const bool same_kind =
      std::ranges::any_of(values, [&](Value value) { return value.kind() == instance.kind(); });
  std::string got = same_kind ? quoted(instance) : wording::with_kind(instance);
  if (values.size() == 1) return must("be " + quoted(values.front()), std::move(got));
  Said said = must("be one of " + listed(allowed), std::move(got));
  if (instance.is_string() && suggestions == Suggestions::made) {
    said.advice = did_you_mean(values, instance);
  }
  return said;
}

Said say_enum(const Case& c) {
  std::vector<Value> values;
  for (const Value value : c.value.elements()) values.push_back(value);
  return said_of_values(std::move(values), c.instance, c.suggestions);
}

Said say_limit(const Case& c, const std::string& words) {
  return must("be " + words + " " + quoted(c.value), quoted(c.instance));
}

Said say_length(const Case& c, const std::string& words) {
  if (c.instance.raw() == "\"\"" && c.value.raw() == "1") return must("not be empty");
  return must("have " + words + " " + counted(quoted(c.value), "character", "characters"),
              quoted(c.instance) + " (" +
                  counted(wording::grouped(code_points(c.instance)), "character", "characters") +
                  ")");
}

Said say_gave_up(const Explanation& explanation) {
  return clause("the pattern " + wording::one_line(explanation.gave_up_pattern) +
                " gave up on this text after " +
                wording::grouped(PatternLimits{}.backtracking_steps_max) +
                " steps; send a simpler one");
}

Said say_pattern(const Case& c) {
  if (c.finding.gave_up) return say_gave_up(c.explanation);
  if (const auto format = format_meant(c)) return said_of_format(*format, c.instance);
  return must("match the pattern " + wording::one_line(Text(c.value).view()) + say_example(c),
              quoted(c.instance));
}

Said say_format(const Case& c) {
  return said_of_format(*format_named(Text(c.value).view()), c.instance);
}

Said say_minimum(const Case& c) {
  return say_limit(
      c, excludes_limit_beside(c.beside(Keyword::exclusive_minimum)) ? "more than" : "at least");
}

Said say_maximum(const Case& c) {
  return say_limit(
      c, excludes_limit_beside(c.beside(Keyword::exclusive_maximum)) ? "less than" : "at most");
}

}  // namespace collet::schema::explaining
