#include "schema/explain/message.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/explain/choice.hpp"
#include "schema/explain/hints.hpp"
#include "schema/explain/say.hpp"
#include "schema/value/text.hpp"
#include "schema/wording.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;
using wording::quoted;

Said say_not(const Case& c) {
  if (c.value.as_bool() == true || (c.value.is_object() && c.value.size() == 0)) {
    return clause("nothing is allowed here");
  }
  const auto required = keyword_value(c.explanation, c.place(c.value), Keyword::required);
  if (required && required->size() > 0 && c.value.size() == 1) {
    std::vector<std::string> names;
    for (const Value name : required->elements()) names.push_back(quoted(Text(name).view()));
    return must(names.size() == 1
                    ? "not have the property " + names.front()
                    : "not have the properties " + wording::joined(names, "and") + " together");
  }
  const auto what = wanted(c.sources(), c.place(c.value));
  return must("not be " + (what ? *what : std::string("what the schema at \"not\" describes")),
              wording::with_kind(c.instance));
}

Said say_keyword(const Case& c) {
  switch (*c.finding.keyword) {
    case Keyword::type:
      return say_type(c);
    case Keyword::enum_:
      return say_enum(c);
    case Keyword::const_:
      return said_of_values({c.value}, c.instance, c.suggestions);
    case Keyword::multiple_of:
      return say_limit(c, "a multiple of");
    case Keyword::minimum:
      return say_minimum(c);
    case Keyword::maximum:
      return say_maximum(c);
    case Keyword::exclusive_minimum:
      return say_limit(c, "more than");
    case Keyword::exclusive_maximum:
      return say_limit(c, "less than");
    case Keyword::min_length:
      return say_length(c, "at least");
    case Keyword::max_length:
      return say_length(c, "at most");
    case Keyword::pattern:
      return say_pattern(c);
    case Keyword::format:
      return say_format(c);
    case Keyword::required:
      return say_required(c);
    case Keyword::dependent_required:
    case Keyword::dependencies:
      return say_dependency(c);
    case Keyword::min_properties:
      return say_count(c, "at least", "property", "properties");
    case Keyword::max_properties:
      return say_count(c, "at most", "property", "properties");
    case Keyword::min_items:
      return say_count(c, "at least", "item", "items");
    case Keyword::max_items:
      return say_count(c, "at most", "item", "items");
    case Keyword::unique_items:
      return say_unique(c);
    case Keyword::contains:
      return say_contains(c, "at least ", "1");
    case Keyword::min_contains:
      return say_contains(c, "at least ", quoted(c.value));
    case Keyword::max_contains:
      return say_contains(c, "at most ", quoted(c.value));
    case Keyword::any_of:
      return say_no_branch(c);
    case Keyword::one_of:
      return say_one_of(c);
    case Keyword::not_:
      return say_not(c);
    case Keyword::ref:
    case Keyword::dynamic_ref:
    case Keyword::recursive_ref:
      return clause("the reference " + quoted(c.value) + " leads nowhere");
    default:
      if (c.finding.gave_up) return say_gave_up(c.explanation);
      return must("fit the schema at \"" + std::string(keyword_name(c.explanation, c.finding)) +
                  "\"");
  }
}

/// A subschema as a whole: `false`, which allows nothing.
Said say_subschema(const Case& c) {
  if (c.value.as_bool() != false) return must("fit the schema");
  if (c.finding.parent == Finding::none) return clause("nothing is allowed here");
  const Finding& around = c.explanation.findings[c.finding.parent];
  switch (*around.keyword) {
    case Keyword::additional_properties:
    case Keyword::unevaluated_properties:
      return say_unknown_property(c);
    case Keyword::items:
    case Keyword::additional_items:
      return say_too_many_items(c);
    case Keyword::unevaluated_items:
      return clause("unexpected item; nothing in the schema describes it");
    case Keyword::property_names:
      return {Said::Form::predicate, "is not allowed"};
    case Keyword::properties:
    case Keyword::pattern_properties:
      return clause("nothing is allowed here; leave it out");
    default:
      return clause("nothing is allowed here");
  }
}

bool is_key(const Explanation& explanation, const Finding& finding) {
  for (std::uint32_t at = finding.parent; at != Finding::none;
       at = explanation.findings[at].parent) {
    const Finding& around = explanation.findings[at];
    if (around.instance != finding.instance) return around.keyword == Keyword::property_names;
  }
  return false;
}

std::string with_subject(const Explanation& explanation, const Finding& finding,
                         std::string pointer, const Said& said) {
  pointer = wording::shown_pointer(pointer);
  const bool speaks_of_it = said.form == Said::Form::predicate;
  const bool of_key = is_key(explanation, finding);
  std::string sentence;
  if (of_key) {
    const std::string name = quoted(Text(instance_of(explanation, finding)).view());
    if (!pointer.empty()) sentence = pointer + ": ";
    sentence += "property name " + name + (speaks_of_it ? " " : ": ");
  } else if (speaks_of_it) {
    sentence = (pointer.empty() ? "the value" : pointer) + " ";
  } else if (!pointer.empty()) {
    sentence = pointer + ": ";
  }
  sentence += said.text;
  // The name of a property stands in front.
  if (!said.got.empty() && !of_key) sentence += "; got " + said.got;
  if (!said.advice.empty()) sentence += "; " + said.advice;
  return sentence;
}

}  // namespace

std::string sentence_at(const Explanation& explanation, json::PathFinder& paths,
                        std::uint32_t index, int depth, Suggestions suggestions) {
  const Finding& finding = explanation.findings[index];
  const Value schema = explanation.sources->value(finding.schema);
  const auto value =
      finding.keyword ? keyword_value(explanation, finding.schema, *finding.keyword) : std::nullopt;
  const Case c{.explanation = explanation,
               .paths = paths,
               .finding = finding,
               .index = index,
               .instance = instance_of(explanation, finding),
               .value = value.value_or(schema),
               .depth = depth,
               .suggestions = suggestions};
  const Said said = finding.keyword ? say_keyword(c) : say_subschema(c);
  std::string pointer = explanation.instance_pointer;
  paths.append(pointer, reported_at(explanation, index));
  return with_subject(explanation, finding, std::move(pointer), said);
}

std::optional<Value> keyword_value(const Explanation& explanation, Place schema, Keyword keyword) {
  const Value value = explanation.sources->value(schema);
  if (!value.is_object()) return std::nullopt;
  return Keywords(value, explanation.sources->dialect_at(schema))[keyword];
}

std::string_view keyword_name(const Explanation& explanation, const Finding& finding) {
  const Finding* named = &finding;
  if (!named->keyword && named->parent != Finding::none) {
    named = &explanation.findings[named->parent];
  }
  if (!named->keyword) return {};
  return name_of(*named->keyword, explanation.sources->dialect_at(named->schema).draft);
}

std::uint32_t reported_at(const Explanation& explanation, std::uint32_t index) {
  const Finding& finding = explanation.findings[index];
  if (has_no_branch(finding) && finding.end > index + 1) {
    const Choice choice = choose(explanation, index, finding.end, Absences::left_out);
    if (choice.kind == Choice::Kind::values) return explanation.findings[choice.finding].instance;
  }
  if (finding.keyword || finding.parent == Finding::none) return finding.instance;
  const Finding& keyword = explanation.findings[finding.parent];
  switch (*keyword.keyword) {
    case Keyword::additional_properties:
    case Keyword::unevaluated_properties:
    case Keyword::items:
    case Keyword::additional_items:
      return keyword.instance;
    default:
      return finding.instance;
  }
}

std::string sentence_of(const Explanation& explanation, json::PathFinder& paths,
                        std::uint32_t finding, Branches branches, Suggestions suggestions) {
  return sentence_at(explanation, paths, finding,
                     branches == Branches::told ? 0 : k_branch_depth_max, suggestions);
}

}  // namespace collet::schema::explaining
