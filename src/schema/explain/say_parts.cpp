#include <algorithm>
#include <iterator>
#include <memory_resource>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schema/explain/hints.hpp"
#include "schema/explain/member_names.hpp"
#include "schema/explain/names.hpp"
#include "schema/explain/say.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/value/equality.hpp"
#include "schema/wording.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;
using wording::counted;
using wording::quoted;

/// Names that are listed in one sentence.
constexpr std::size_t k_names_max = 8;
/// Dependencies that are told in one sentence.
constexpr std::size_t k_dependencies_max = 3;
/// Names that are there are not proposed, where finding that out is cheap.
constexpr std::size_t k_lookups_max = 10'000;
/// Members that may be meant for a missing one, and missing ones that such are looked for: a
/// millisecond or two together.
constexpr std::size_t k_strangers_max = 32;
constexpr std::size_t k_sought_max = 3;

/// The outermost schema that is applied to the instance of the finding: what it says of members
/// counts here, too.
Place outermost_schema(const Explanation& explanation, std::uint32_t index) {
  const auto& findings = explanation.findings;
  std::uint32_t outermost = index;
  for (std::uint32_t at = index; at != Finding::none; at = findings[at].parent) {
    if (findings[at].instance != findings[index].instance) break;
    outermost = at;
  }
  return findings[outermost].schema;
}

bool is_closed(const Explanation& explanation, Place schema) {
  const auto forbids = [&](Keyword keyword) {
    const auto value = keyword_value(explanation, schema, keyword);
    return value && value->as_bool() == false;
  };
  return forbids(Keyword::additional_properties) || forbids(Keyword::unevaluated_properties);
}

/// Names of members that nothing in the schema describes; none where that is not sure, or where
/// each has a violation of its own.
std::vector<std::string> strangers(const Case& c) {
  const Place around = outermost_schema(c.explanation, c.index);
  if (is_closed(c.explanation, around) || is_closed(c.explanation, c.finding.schema)) return {};
  const KnownNames known = all_names(c.sources(), around);
  if (known.has_others) return {};
  std::vector<std::string> names;
  for (const auto& [key, value] : c.instance.members()) {
    if (names.size() == k_strangers_max) break;
    std::string name = *key.as_string();
    if (std::ranges::find(known.names, name) == known.names.end()) names.push_back(std::move(name));
  }
  return names;
}

/// "a" with what its schema says in brackets, be it beside the keyword or around it.
std::string described(const Case& c, const std::string& name) {
  for (const Place schema : {c.finding.schema, outermost_schema(c.explanation, c.index)}) {
    const auto properties = keyword_value(c.explanation, schema, Keyword::properties);
    const auto property = properties ? properties->find(name) : std::nullopt;
    if (!property) continue;
    return quoted(name) + in_brackets(hint(c.sources(), {schema.document, property->index()}));
  }
  return quoted(name);
}

/// Those of a list of names that are not there.
struct Missing {
  std::vector<std::string> names;  ///< the first k_names_max
  std::size_t more = 0;
};

Missing missing_of(const MemberNames& members, Value wanted) {
  Missing missing;
  for (const Value name : wanted.elements()) {
    std::string text = *name.as_string();
    if (members.has(text)) continue;
    if (missing.names.size() == k_names_max) {
      ++missing.more;
    } else {
      missing.names.push_back(std::move(text));
    }
  }
  return missing;
}

/// `property "a" (string)`, `properties "a" and "b"`.
std::string listed_properties(const Case& c, const Missing& missing) {
  std::vector<std::string> words;
  for (const std::string& name : missing.names) words.push_back(described(c, name));
  if (missing.more > 0) words.push_back(wording::grouped(missing.more) + " more");
  return (words.size() == 1 ? "property " : "properties ") + wording::joined(words, "and");
}

}  // namespace

// ---- Members

std::string meant_instead(const Case& c, const std::vector<std::string>& missing) {
  if (c.suggestions == Suggestions::left_out || !c.instance.is_object()) return {};
  auto candidates = strangers(c);
  std::vector<std::string> pairs;
  for (const std::string& name : missing | std::views::take(k_sought_max)) {
    const std::string sent(nearest_name(name, candidates));
    if (sent.empty()) continue;
    pairs.push_back((missing.size() == 1 ? "it" : quoted(name)) + " by " + quoted(sent));
    std::erase(candidates, sent);
  }
  return pairs.empty() ? "" : "did you mean " + wording::joined(pairs, "and") + "?";
}

Said say_required(const Case& c) {
  const Missing missing = missing_of(MemberNames(c.instance, c.value.size()), c.value);
  return {.form = Said::Form::clause,
          .text = "missing required " + listed_properties(c, missing),
          .advice = meant_instead(c, missing.names)};
}

Said say_unknown_property(const Case& c) {
  const Finding& around = c.explanation.findings[c.finding.parent];
  const Value object = instance_of(c.explanation, around);
  const bool is_own = around.keyword == Keyword::additional_properties;
  const std::string name = *Value(object.tape(), c.finding.instance - 1).as_string();  // its key
  if (c.suggestions == Suggestions::left_out) {
    return clause((is_own ? "unknown property " : "unexpected property ") + quoted(name));
  }
  const auto names =
      is_own ? own_names(c.sources(), around.schema) : all_names(c.sources(), around.schema).names;
  if (std::ranges::find(names, name) != names.end()) {
    return clause("unexpected property " + quoted(name) + "; nothing that fits describes it");
  }
  const std::string text = "unknown property " + quoted(name);
  std::vector<std::string> absent;
  const bool few = object.size() * names.size() <= k_lookups_max;
  std::ranges::copy_if(names, std::back_inserter(absent),
                       [&](const std::string& known) { return !few || !object.find(known); });
  if (const auto meant = nearest_name(name, absent); !meant.empty()) {
    return {
        .form = Said::Form::clause, .text = text, .advice = "did you mean " + quoted(meant) + "?"};
  }
  if (names.empty()) return clause(text + "; none are known here");
  if (names.size() > k_names_max) return clause(text);
  std::vector<std::string> words;
  for (const std::string& known : names) words.push_back(quoted(known));
  return clause(text + "; known " + (names.size() == 1 ? "is " : "are ") +
                wording::joined(words, "and"));
}

Said say_dependency(const Case& c) {
  const MemberNames members(c.instance, c.value.raw().size());
  std::string text;
  std::size_t told = 0;
  for (const auto& [key, needed] : members_that_count(c.value)) {
    const std::string name = *key.as_string();
    if (!needed.is_array() || !members.has(name)) continue;
    const Missing missing = missing_of(members, needed);
    if (missing.names.empty()) continue;
    if (told++ == k_dependencies_max) return clause(text + "; and there are more like it");
    text += (text.empty() ? "property " : "; property ") + quoted(name) + " needs " +
            listed_properties(c, missing) + " beside it";
  }
  if (text.empty()) return must("have the properties that others need beside them");
  return clause(std::move(text));
}

Said say_count(const Case& c, const std::string& words, std::string_view one,
               std::string_view many) {
  return must("have " + words + " " + counted(quoted(c.value), one, many),
              wording::grouped(c.instance.size()));
}

// ---- Items

Said say_unique(const Case& c) {
  std::pmr::monotonic_buffer_resource scratch;
  const auto pair = find_equal_elements(c.instance, scratch);
  if (!pair) return must("not have two equal items");
  const auto [first, second] = *pair;
  auto item = c.instance.elements().begin();
  for (std::size_t i = 0; i < first; ++i) ++item;
  return must("not have two equal items; items " + std::to_string(first) + " and " +
              std::to_string(second) + " (counted from 0) are equal: " + quoted(*item));
}

Said say_contains(const Case& c, const std::string& words, std::string_view amount) {
  const auto contains = c.beside(Keyword::contains);
  const auto what = contains ? wanted(c.sources(), c.place(*contains)) : std::nullopt;
  const bool one = amount == "1";
  const std::string described =
      what ? (one ? "that is " : "that are ") + *what
           : (one ? "that fits" : "that fit") + std::string(" the schema at \"contains\"");
  const std::size_t size = c.instance.size();
  const std::string found = c.finding.count == 0 ? "none" : wording::grouped(c.finding.count);
  return must("contain " + words + counted(amount, "item", "items") + " " + described + "; " +
              (size == 0
                   ? "it is empty"
                   : "found " + found + " in " + counted(wording::grouped(size), "item", "items")));
}

Said say_too_many_items(const Case& c) {
  const Finding& keyword = c.explanation.findings[c.finding.parent];
  const auto prefix = item_keywords(Keywords(c.sources().value(keyword.schema),
                                             c.sources().dialect_at(keyword.schema)))
                          .prefix;
  const std::size_t known = prefix ? prefix->size() : 0;
  const std::size_t got = instance_of(c.explanation, keyword).size();
  if (known == 0) return must("be empty", counted(wording::grouped(got), "item", "items"));
  return must("have at most " + counted(std::to_string(known), "item", "items"),
              wording::grouped(got));
}

}  // namespace collet::schema::explaining
