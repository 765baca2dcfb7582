// Branches of a union that are told apart by properties that the instance does not have.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "schema/explain/choice.hpp"
#include "schema/explain/hints.hpp"
#include "schema/explain/message.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;
using Names = std::vector<std::string>;

// What is looked at: in all branches together, of which there are 64 at most, a tenth of a
// millisecond.
constexpr std::size_t k_members_max = 64;
constexpr std::size_t k_required_max = 32;
constexpr std::size_t k_parts_max = 4;  // of `allOf`
constexpr std::size_t k_properties_max = 128;
constexpr std::size_t k_candidates_max = 3;  // to be the discriminator
/// Properties that go together, in one sentence.
constexpr std::size_t k_together_max = 3;

bool is_missing_in_instance(const Explanation& explanation, std::uint32_t branch,
                            std::uint32_t leaf) {
  const auto& findings = explanation.findings;
  return findings[leaf].keyword == Keyword::required &&
         findings[leaf].instance == findings[branch].instance;
}

/// The names that the violation of `required` wants; none where they are too many to look at.
std::vector<Value> required_names(const Explanation& explanation, std::uint32_t required) {
  const Finding& finding = explanation.findings[required];
  const Value names = *keyword_value(explanation, finding.schema, Keyword::required);
  if (names.size() > k_required_max) return {};
  return {names.elements().begin(), names.elements().end()};
}

/// Those of them that the instance does not have, up to `most`.
Names missing_names(const Explanation& explanation, std::uint32_t required, std::size_t most) {
  const Value instance = instance_of(explanation, explanation.findings[required]);
  if (instance.size() > k_members_max) return {};
  Names missing;
  for (const Value name : required_names(explanation, required)) {
    if (missing.size() == most) break;
    std::string text = *name.as_string();
    if (!instance.find(text)) missing.push_back(std::move(text));
  }
  return missing;
}

/// Whether the branch requires that property, which the instance does not have.
bool misses(const Explanation& explanation, std::uint32_t branch, const std::string& property) {
  bool found = false;
  each_leaf(explanation, branch, [&](std::uint32_t leaf) {
    if (found || !is_missing_in_instance(explanation, branch, leaf)) return;
    const auto names = required_names(explanation, leaf);
    found = std::ranges::any_of(names, [&](Value name) { return name.equals(property); });
  });
  return found;
}

/// The property's subschema in that schema, or in a part of its `allOf`.
std::optional<Place> property_in(Sources& sources, Place schema, const std::string& name,
                                 int nesting = 0) {
  constexpr int nesting_max = 1;
  const Place place = behind_references(sources, schema);
  const Value value = sources.value(place);
  if (!value.is_object()) return std::nullopt;
  const Keywords keywords(value, sources.dialect_at(place));
  const auto properties = keywords[Keyword::properties];
  if (properties && properties->size() <= k_properties_max) {
    if (const auto property = properties->find(name)) {
      return Place{place.document, property->index()};
    }
  }
  const auto parts = keywords[Keyword::all_of];
  if (!parts || parts->size() > k_parts_max || nesting == nesting_max) return std::nullopt;
  for (const Value part : parts->elements()) {
    const auto found = property_in(sources, {place.document, part.index()}, name, nesting + 1);
    if (found) return found;
  }
  return std::nullopt;
}

/// What the branches allow of a property, where each of them names the values.
std::optional<AllowedValues> allowed_in_all(const Explanation& explanation,
                                            const std::vector<std::uint32_t>& branches,
                                            const std::string& property) {
  Sources& sources = *explanation.sources;
  AllowedValues all;
  for (const std::uint32_t branch : branches) {
    const auto place = property_in(sources, explanation.findings[branch].schema, property);
    const auto allowed = place ? allowed_values(sources, *place) : std::nullopt;
    if (!allowed) return std::nullopt;
    all.values.insert(all.values.end(), allowed->values.begin(), allowed->values.end());
    all.all += allowed->all;
  }
  drop_repeated(all);
  return all;
}

}  // namespace

bool lacks_discriminator(const Explanation& explanation, const std::vector<std::uint32_t>& branches,
                         Choice& choice) {
  const std::uint32_t first = branches.front();
  Names candidates;
  each_leaf(explanation, first, [&](std::uint32_t leaf) {
    if (!is_missing_in_instance(explanation, first, leaf)) return;
    for (std::string& name : missing_names(explanation, leaf, k_required_max)) {
      if (candidates.size() == k_candidates_max) return;
      if (allowed_in_all(explanation, {first}, name)) candidates.push_back(std::move(name));
    }
  });
  for (std::string& name : candidates) {
    const bool is_shared = std::ranges::all_of(
        branches, [&](std::uint32_t branch) { return misses(explanation, branch, name); });
    auto allowed = is_shared ? allowed_in_all(explanation, branches, name) : std::nullopt;
    if (!allowed || allowed->values.size() < 2) continue;
    choice.kind = Choice::Kind::discriminator;
    choice.property = std::move(name);
    choice.allowed = *std::move(allowed);
    return true;
  }
  return false;
}

bool lacks_presence(const Explanation& explanation, const std::vector<std::uint32_t>& branches,
                    Choice& choice) {
  for (const std::uint32_t branch : branches) {
    std::optional<std::uint32_t> only;
    std::size_t violations = 0;
    each_leaf(explanation, branch, [&](std::uint32_t leaf) {
      ++violations;
      only = leaf;
    });
    if (violations != 1 || !is_missing_in_instance(explanation, branch, *only)) return false;
    Names names = missing_names(explanation, *only, k_together_max + 1);
    if (names.empty() || names.size() > k_together_max) return false;
    if (std::ranges::find(choice.missing, names) == choice.missing.end()) {
      choice.missing.push_back(std::move(names));
    }
  }
  choice.kind = choice.missing.size() == 1 ? Choice::Kind::obvious : Choice::Kind::presence;
  choice.finding = branches.front();
  return true;
}

}  // namespace collet::schema::explaining
