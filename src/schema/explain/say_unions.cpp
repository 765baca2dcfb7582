#include <algorithm>
#include <iterator>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "schema/explain/choice.hpp"
#include "schema/explain/hints.hpp"
#include "schema/explain/member_names.hpp"
#include "schema/explain/say.hpp"
#include "schema/keyword_rules.hpp"
#include "schema/wording.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;
using wording::quoted;

/// Violations of the closest branch that are told in one sentence.
constexpr std::size_t k_branch_violations_max = 3;
/// Sentences that are written for them: some may be the same.
constexpr std::size_t k_sentences_max = 6;
/// Branches that are told by what they require, and properties of one.
constexpr std::size_t k_sets_max = 8;
constexpr std::size_t k_set_names_max = 3;

std::string named_branch(const Case& c, std::size_t number) {
  auto schema = c.value.elements().begin();
  for (std::size_t i = 1; i < number; ++i) ++schema;
  return "the " + wording::ordinal(number) + in_brackets(label(c.sources(), c.place(*schema)));
}

Said say_closest(const Case& c, const Choice& choice) {
  std::string text = c.value.size() == 1
                         ? std::string("does not fit the only alternative")
                         : "fits none of the " + wording::grouped(c.value.size()) + " alternatives";
  if (choice.number == 0 || c.depth >= k_branch_depth_max) return {Said::Form::predicate, text};
  text += "; closest is " + named_branch(c, choice.number) + ":";
  const auto& findings = c.explanation.findings;
  const auto parts = leaves(c.explanation, choice.finding, findings[choice.finding].end);
  std::vector<std::string> told;
  std::size_t next = 0;
  while (next < std::min(parts.size(), k_sentences_max) && told.size() < k_branch_violations_max) {
    std::string sentence =
        sentence_at(c.explanation, c.paths, parts[next++], c.depth + 1, c.suggestions);
    if (std::ranges::find(told, sentence) != told.end()) continue;
    text += (told.empty() ? " " : "; ") + sentence;
    told.push_back(std::move(sentence));
  }
  if (next < parts.size()) text += "; and " + std::to_string(parts.size() - next) + " more";
  return {Said::Form::predicate, std::move(text)};
}

/// Of branches that hold a missing property to different values.
Said say_missing_discriminator(const Case& c, const Choice& choice) {
  return {.form = Said::Form::clause,
          .text = "missing required property " + quoted(choice.property) + " (one of " +
                  listed(choice.allowed) + ")",
          .advice = meant_instead(c, {choice.property})};
}

/// `"a", "b" with "c"`: properties that go together are one of them.
std::string listed_sets(const std::vector<std::vector<std::string>>& sets) {
  std::vector<std::string> words;
  for (const auto& names : sets | std::views::take(k_sets_max)) {
    std::string& word = words.emplace_back();
    for (const std::string& name : names) word += (word.empty() ? "" : " with ") + quoted(name);
  }
  return wording::enumerated(words, sets.size());
}

Said say_missing_presence(const Case& c, const Choice& choice) {
  const bool any = c.finding.keyword == Keyword::any_of;
  std::vector<std::string> names;
  for (const auto& set : choice.missing) names.insert(names.end(), set.begin(), set.end());
  return {.form = Said::Form::predicate,
          .text = std::string("needs ") + (any ? "at least" : "exactly") +
                  " one of the properties " + listed_sets(choice.missing),
          .advice = meant_instead(c, names)};
}

/// The properties that a branch requires, where that is all it asks for and they are few.
std::vector<std::string> only_required(const Case& c, Value branch) {
  if (!branch.is_object()) return {};
  const Place place = c.place(branch);
  const Keywords keywords(branch, c.sources().dialect_at(place));
  if (asserting_keywords(c.sources(), place, keywords) != bit_of(Keyword::required)) return {};
  const Value required = *keywords[Keyword::required];
  if (required.size() > k_set_names_max) return {};
  std::vector<std::string> names;
  for (const Value name : required.elements()) names.push_back(*name.as_string());
  return names;
}

/// Of a `oneOf` whose branches only require properties; nothing of any other.
std::optional<Said> say_too_many_present(const Case& c) {
  if (c.value.size() > k_sets_max || !c.instance.is_object()) return std::nullopt;
  std::vector<std::vector<std::string>> sets;
  std::vector<std::vector<std::string>> present;
  const MemberNames members(c.instance, c.value.raw().size());
  for (const Value branch : c.value.elements()) {
    const auto& names = sets.emplace_back(only_required(c, branch));
    if (names.empty()) return std::nullopt;
    if (std::ranges::all_of(names, [&](const auto& name) { return members.has(name); })) {
      present.push_back(names);
    }
  }
  return Said{.form = Said::Form::predicate,
              .text = "must have exactly one of the properties " + listed_sets(sets),
              .got = listed_sets(present)};
}

}  // namespace

Said say_no_branch(const Case& c) {
  const Choice choice = choose(c.explanation, c.index);
  switch (choice.kind) {
    case Choice::Kind::closest:
    case Choice::Kind::obvious:
      return say_closest(c, choice);
    case Choice::Kind::discriminator:
      return say_missing_discriminator(c, choice);
    case Choice::Kind::presence:
      return say_missing_presence(c, choice);
    case Choice::Kind::types:
    case Choice::Kind::values:
      break;
  }
  std::vector<std::string> types;
  std::vector<Value> values;
  for (const std::uint32_t index : alternatives(c.explanation, c.index, choice)) {
    const Finding& finding = c.explanation.findings[index];
    const auto value = keyword_value(c.explanation, finding.schema, *finding.keyword);
    if (choice.kind == Choice::Kind::types) {
      std::ranges::copy(type_names(*value), std::back_inserter(types));
    } else if (finding.keyword == Keyword::const_) {
      values.push_back(*value);
    } else {
      for (const Value one : value->elements()) values.push_back(one);
    }
  }
  if (choice.kind == Choice::Kind::types) return said_of_types(types, c.instance);
  return said_of_values(std::move(values),
                        instance_of(c.explanation, c.explanation.findings[choice.finding]),
                        c.suggestions);
}

Said say_one_of(const Case& c) {
  if (c.finding.count == 0) return say_no_branch(c);
  if (auto said = say_too_many_present(c)) return *std::move(said);
  const std::string first = named_branch(c, c.finding.first + std::size_t{1});
  const std::string second = named_branch(c, c.finding.second + std::size_t{1});
  std::string text = "fits both " + first + " and " + second + " alternative";
  if (c.finding.count > 2) {
    text = "fits " + wording::grouped(c.finding.count) + " of the " +
           wording::grouped(c.value.size()) + " alternatives, " + first + " and " + second +
           " among them";
  }
  return {Said::Form::predicate, text + ", but must fit exactly one"};
}

}  // namespace collet::schema::explaining
