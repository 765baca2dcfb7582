#include "schema/explain/choice.hpp"

#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "schema/explain/message.hpp"

namespace collet::schema::explaining {
namespace {

using json::Value;

/// Branches that may be meant, where what all of them miss is looked for.
constexpr std::size_t k_branches_max = 64;

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
  int violations = 0;
  Likeness likeness;

  [[nodiscard]] bool is_possible() const { return !wrong_type && !ruled_out; }
  [[nodiscard]] auto rank() const {
    return std::tuple(!wrong_type, likeness.discriminators,
                      static_cast<int>(likeness.known) - violations);
  }
};

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
    profile.likeness = whole.likeness;
    each_leaf(explanation, branch, [&](std::uint32_t leaf) {
      const Finding& finding = explanation.findings[leaf];
      if (finding.keyword == Keyword::type && finding.instance == whole.instance) {
        profile.wrong_type = true;
      }
    });
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
    are_alike = are_alike && profiles[i].likeness == first->likeness;
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
  const bool is_only_kind = best->likeness.discriminators > 0 && best->is_possible() &&
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
