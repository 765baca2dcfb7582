#include "schema/explain/choice.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "schema/explain/message.hpp"
#include "schema/value/equality.hpp"
#include "schema/value/text.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;

// What telling the branches apart may cost; those beyond are judged by their violations alone.
constexpr std::size_t k_branches_max = 64;
constexpr std::size_t k_properties_max = 256;
constexpr std::size_t k_members_max = 64;
constexpr std::size_t k_parts_max = 8;  // of an allOf
constexpr int k_nesting_max = 2;        // of them

bool is_value_keyword(const Finding& finding) {
  return finding.keyword == Keyword::const_ || finding.keyword == Keyword::enum_;
}

/// Whether there was no room for all branches: those that are missing may be the right ones.
bool is_cut(const Explanation& explanation, std::uint32_t finding) {
  return explanation.findings[finding].cut;
}

/// Violations of the branch. A union inside of it of which no branch fits counts as two, however
/// many it has: plain ones are easier to mend.
int violations_in(const Explanation& explanation, std::uint32_t branch) {
  const auto& findings = explanation.findings;
  int violations = 0;
  for (std::uint32_t at = branch; at < findings[branch].end;) {
    const Finding& finding = findings[at];
    const bool is_union = has_no_branch(finding);
    const bool is_leaf = finding.end == at + 1;
    if (!finding.valid && (is_union || is_leaf)) violations += is_union ? 2 : 1;
    at = finding.valid || is_union ? finding.end : at + 1;
  }
  return violations;
}

/// What speaks for a branch.
struct Profile {
  bool wrong_type = false;
  bool ruled_out = false;
  int discriminators = 0;  ///< properties with `const` or `enum` that fit, less those that do not
  int violations = 0;
  int known = 0;  ///< members of the instance that it has properties for

  [[nodiscard]] bool is_possible() const { return !wrong_type && !ruled_out; }
  /// What speaks for it in the instance itself.
  [[nodiscard]] auto favour() const { return std::pair(discriminators, known); }
  [[nodiscard]] auto rank() const {
    return std::tuple(!wrong_type, discriminators, known - violations);
  }
};

/// Whether the property's schema allows but some values, and this one is among them.
std::optional<bool> fits_values(Sources& sources, Place property, Value value) {
  const Place place = behind_references(sources, property);
  const Value schema = sources.value(place);
  if (!schema.is_object()) return std::nullopt;
  const Keywords keywords(schema, sources.dialect_at(place));
  if (const auto constant = keywords[Keyword::const_]) return equal(*constant, value);
  if (const auto values = keywords[Keyword::enum_]) {
    return std::ranges::any_of(values->elements(), [&](Value one) { return equal(one, value); });
  }
  return std::nullopt;
}

/// `nesting` is that of `allOf`: the shared part of the branches and what each adds.
void count_members(Sources& sources, Place branch, Value instance, Profile& profile,
                   int nesting = 0) {
  const Place place = behind_references(sources, branch);
  const Value schema = sources.value(place);
  if (!schema.is_object() || !instance.is_object()) return;
  const Keywords keywords(schema, sources.dialect_at(place));
  const auto parts = keywords[Keyword::all_of];
  if (parts && nesting < k_nesting_max && parts->size() <= k_parts_max) {
    for (const Value part : parts->elements()) {
      count_members(sources, {place.document, part.index()}, instance, profile, nesting + 1);
    }
  }
  const auto properties = keywords[Keyword::properties];
  if (!properties || properties->size() > k_properties_max) return;
  std::size_t members = 0;
  for (const auto& [key, value] : instance.members()) {
    if (++members > k_members_max) return;
    const auto property = properties->find(Text(key).view());
    if (!property) continue;
    ++profile.known;
    if (const auto fits = fits_values(sources, {place.document, property->index()}, value)) {
      profile.discriminators += *fits ? 1 : -1;
    }
  }
}

std::vector<std::uint32_t> branches_of(const Explanation& explanation, std::uint32_t finding,
                                       std::uint32_t end) {
  std::vector<std::uint32_t> branches;
  const auto& findings = explanation.findings;
  for (std::uint32_t at = finding + 1; at < end; at = findings[at].end) {
    if (!findings[at].valid) branches.push_back(at);
  }
  return branches;
}

std::vector<Profile> profiles_of(const Explanation& explanation,
                                 const std::vector<std::uint32_t>& branches) {
  std::vector<Profile> profiles;
  for (const std::uint32_t branch : branches) {
    Profile& profile = profiles.emplace_back();
    const Finding& whole = explanation.findings[branch];
    profile.ruled_out = whole.ruled_out;
    profile.violations = violations_in(explanation, branch);
    each_leaf(explanation, branch, [&](std::uint32_t leaf) {
      const Finding& finding = explanation.findings[leaf];
      if (finding.keyword == Keyword::type && finding.instance == whole.instance) {
        profile.wrong_type = true;
      }
    });
    if (profiles.size() > k_branches_max && whole.ruled_out) continue;
    count_members(*explanation.sources, whole.schema, instance_of(explanation, whole), profile);
  }
  return profiles;
}

/// A part of the instance at which every branch of the right type wants another value: the property
/// that tells the branches apart, misspelt. Returns one of the violations there.
std::optional<std::uint32_t> shared_value(const Explanation& explanation,
                                          const std::vector<std::uint32_t>& branches,
                                          const std::vector<Profile>& profiles) {
  std::optional<std::vector<std::uint32_t>> shared;  // parts, in ascending order
  std::vector<std::uint32_t> first_leaves;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    if (profiles[i].wrong_type) continue;
    std::vector<std::uint32_t> parts;
    each_leaf(explanation, branches[i], [&](std::uint32_t leaf) {
      if (!is_value_keyword(explanation.findings[leaf])) return;
      parts.push_back(explanation.findings[leaf].instance);
      if (!shared) first_leaves.push_back(leaf);
    });
    std::ranges::sort(parts);
    if (!shared) {
      shared = std::move(parts);
    } else {
      std::erase_if(*shared,
                    [&](std::uint32_t part) { return !std::ranges::binary_search(parts, part); });
    }
    if (shared->empty()) return std::nullopt;
  }
  if (!shared) return std::nullopt;
  const auto leaf = std::ranges::find_if(first_leaves, [&](std::uint32_t index) {
    return explanation.findings[index].instance == shared->front();
  });
  return *leaf;
}

/// Where nothing speaks for one of the branches that the instance may have been meant for: what all
/// of them miss.
std::optional<Choice> shared_absence(const Explanation& explanation,
                                     const std::vector<std::uint32_t>& branches,
                                     const std::vector<Profile>& profiles) {
  std::vector<std::uint32_t> possible;
  const Profile* first = nullptr;
  bool are_alike = true;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    if (!profiles[i].is_possible()) continue;
    if (first == nullptr) first = &profiles[i];
    are_alike = are_alike && profiles[i].favour() == first->favour();
    possible.push_back(branches[i]);
  }
  if (possible.size() < 2 || possible.size() > k_branches_max) return std::nullopt;
  Choice choice;
  if (lacks_discriminator(explanation, possible, choice)) return choice;
  if (are_alike && lacks_presence(explanation, possible, choice)) return choice;
  return std::nullopt;
}

/// The number of a branch, from 1: findings know where it stands, not which one it is.
std::size_t number_of(const Explanation& explanation, std::uint32_t finding, std::uint32_t branch) {
  const Finding& whole = explanation.findings[finding];
  const auto list = keyword_value(explanation, whole.schema, *whole.keyword);
  std::size_t number = 0;
  for (const Value element : list->elements()) {
    ++number;
    if (element.index() == explanation.findings[branch].schema.node) break;
  }
  return number;
}

}  // namespace

bool has_no_branch(const Finding& finding) {
  return (finding.keyword == Keyword::any_of || finding.keyword == Keyword::one_of) &&
         finding.count == 0;
}

Choice choose(const Explanation& explanation, std::uint32_t finding, std::uint32_t end,
              Absences absences) {
  const auto branches = branches_of(explanation, finding, end);
  if (branches.empty()) return {};
  const auto profiles = profiles_of(explanation, branches);
  const auto wrong =
      static_cast<std::size_t>(std::ranges::count_if(profiles, &Profile::wrong_type));
  const bool is_whole = !is_cut(explanation, finding);
  if (is_whole && wrong == branches.size()) return {.kind = Choice::Kind::types};
  if (const auto leaf = shared_value(explanation, branches, profiles);
      leaf && wrong + 1 < branches.size() && is_whole) {
    return {.kind = Choice::Kind::values, .finding = *leaf};
  }
  if (is_whole && absences == Absences::considered) {
    if (auto choice = shared_absence(explanation, branches, profiles)) return *std::move(choice);
  }
  const auto best = std::ranges::max_element(profiles, {}, &Profile::rank);
  const std::uint32_t branch = branches[static_cast<std::size_t>(best - profiles.begin())];
  // The only one that has the right type, or the right value where the others want another.
  const bool is_only_kind = best->discriminators > 0 && best->is_possible() &&
                            std::ranges::count_if(profiles, &Profile::is_possible) == 1;
  const bool is_obvious = wrong + 1 == branches.size() || is_only_kind;
  return {.kind = is_obvious ? Choice::Kind::obvious : Choice::Kind::closest,
          .finding = branch,
          .number = number_of(explanation, finding, branch)};
}

std::vector<std::uint32_t> alternatives(const Explanation& explanation, std::uint32_t finding,
                                        const Choice& choice) {
  const bool types = choice.kind == Choice::Kind::types;
  const std::uint32_t part = types ? explanation.findings[finding].instance
                                   : explanation.findings[choice.finding].instance;
  std::vector<std::uint32_t> found;
  each_leaf(explanation, finding, [&](std::uint32_t leaf) {
    const Finding& one = explanation.findings[leaf];
    const bool counts = types ? one.keyword == Keyword::type : is_value_keyword(one);
    if (counts && one.instance == part) found.push_back(leaf);
  });
  return found;
}

}  // namespace collet::schema::explaining
