#include <algorithm>
#include <memory_resource>

#include "base/closest_name.hpp"
#include "schema/explain/hints.hpp"
#include "schema/explain/member_names.hpp"
#include "schema/explain/say.hpp"
#include "schema/explain/wording.hpp"
#include "schema/value/equality.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;
using wording::counted;
using wording::quoted;

/// Names that are listed in one sentence.
constexpr std::size_t k_names_max = 8;
/// Names that are there are not proposed, where finding that out is cheap.
constexpr std::size_t k_lookups_max = 10'000;

}  // namespace

// ---- Members

Said say_required(const Case& c) {
  const auto properties = c.beside(Keyword::properties);
  std::vector<std::string> missing;
  std::size_t more = 0;
  const MemberNames names(c.instance, c.value.size());
  for (const Value name : c.value.elements()) {
    const std::string text = *name.as_string();
    if (names.has(text)) continue;
    if (missing.size() == k_names_max) {
      ++more;
      continue;
    }
    const auto property = properties ? properties->find(text) : std::nullopt;
    missing.push_back(quoted(text) +
                      (property ? in_brackets(hint(c.sources(), c.place(*property))) : ""));
  }
  if (more > 0) missing.push_back(std::to_string(more) + " more");
  return clause(
      (missing.size() == 1 ? "missing required property " : "missing required properties ") +
      wording::joined(missing, "and"));
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
      is_own ? own_names(c.sources(), around.schema) : all_names(c.sources(), around.schema);
  if (std::ranges::find(names, name) != names.end()) {
    return clause("unexpected property " + quoted(name) + "; nothing that fits describes it");
  }
  std::string text = "unknown property " + quoted(name);
  ClosestName search(name);
  const bool few = object.size() * names.size() <= k_lookups_max;
  for (const std::string& known : names) {
    if (!few || !object.find(known)) search.offer(known);
  }
  if (!search.result().empty()) {
    return clause(text + ", did you mean " + quoted(search.result()) + "?");
  }
  if (names.empty()) return clause(text + "; none are known here");
  if (names.size() > k_names_max) return clause(text);
  std::vector<std::string> words;
  for (const std::string& known : names) words.push_back(quoted(known));
  return clause(text + "; known " + (names.size() == 1 ? "is " : "are ") +
                wording::joined(words, "and"));
}

Said say_dependency(const Case& c) {
  const MemberNames names(c.instance, c.value.raw().size());
  for (const auto& [key, needed] : c.value.members()) {
    const std::string name = *key.as_string();
    if (!needed.is_array() || !names.has(name)) continue;
    for (const Value other : needed.elements()) {
      const std::string missing = *other.as_string();
      if (names.has(missing)) continue;
      return clause("property " + quoted(name) + " needs property " + quoted(missing) +
                    " beside it");
    }
  }
  return must("have the properties that others need beside them");
}

Said say_count(const Case& c, const std::string& words, std::string_view one,
               std::string_view many) {
  return must("have " + words + " " + counted(quoted(c.value), one, many) + "; got " +
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
  const Keyword prefix = c.sources().dialect_at(keyword.schema).draft < SchemaDraft::draft2020_12
                             ? Keyword::items
                             : Keyword::prefix_items;
  const auto list = keyword_value(c.explanation, keyword.schema, prefix);
  const std::size_t known = list && list->is_array() ? list->size() : 0;
  const std::size_t got = instance_of(c.explanation, keyword).size();
  if (known == 0) return must("be empty; got " + counted(wording::grouped(got), "item", "items"));
  return must("have at most " + counted(std::to_string(known), "item", "items") + "; got " +
              wording::grouped(got));
}

}  // namespace collet::schema::explaining
