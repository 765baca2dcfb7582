#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "json/pointer.hpp"
#include "schema/explain/explain.hpp"
#include "schema/explain/message.hpp"
#include "schema/explain/wording.hpp"

namespace collet::schema {
namespace {

using namespace explaining;

/// Sentences that are written for each that is reported: many may turn out to be the same.
constexpr std::uint64_t k_sentences_per_violation = 8;

Violation violation_of(const Explanation& explanation, json::PathFinder& paths,
                       std::uint32_t index) {
  const Finding& finding = explanation.findings[index];
  Violation violation{
      .schema_pointer = explanation.sources->pointer(finding.schema),
      .keyword = std::string(keyword_name(explanation, finding)),
      .message = sentence_of(explanation, paths, index, Branches::told, Suggestions::made)};
  paths.append(violation.instance_pointer, reported_at(explanation, index));
  if (finding.keyword) json::append_pointer(violation.schema_pointer, violation.keyword);
  return violation;
}

/// What there is to say of an evaluation that did not finish.
Violation ending_of(const Explanation& explanation) {
  Violation violation;
  json::append_path(violation.instance_pointer, explanation.instance, explanation.ended_at);
  std::string& message = violation.message;
  const std::string pointer = wording::shown_pointer(violation.instance_pointer);
  if (!pointer.empty()) message = pointer + ": ";
  switch (explanation.ending) {
    case Ending::finished:
      message += "the value does not fit the schema";
      break;
    case Ending::pattern_gave_up:
      message += "the pattern " + wording::one_line(explanation.gave_up_pattern) +
                 " gave up on this text; send a simpler one";
      break;
    case Ending::too_deep:
      message += "the evaluation ended here, at " +
                 wording::grouped(explanation.limits.nesting_max) +
                 " schemas inside each other; send a flatter value";
      break;
    case Ending::out_of_steps:
      message += "the explanation ended after " + wording::grouped(explanation.steps_max) +
                 " steps, and there may be more to mend; send a smaller value";
      break;
  }
  return violation;
}

/// `items: false` fails for each of a thousand items: one sentence about the array is enough.
std::uint64_t key_of(const Explanation& explanation, std::uint32_t index) {
  const Finding& finding = explanation.findings[index];
  const bool is_whole = !finding.keyword && finding.parent != Finding::none;
  const auto keyword = is_whole ? explanation.findings[finding.parent].keyword : std::nullopt;
  const bool repeats = keyword == Keyword::items || keyword == Keyword::additional_items;
  return repeats ? finding.parent : index;
}

}  // namespace

std::vector<Violation> violations_of(const Explanation& explanation, std::uint32_t most) {
  if (explanation.valid || most == 0) return {};
  const auto& findings = explanation.findings;
  auto found = leaves(explanation, 0, static_cast<std::uint32_t>(findings.size()));
  std::ranges::stable_sort(found, {},
                           [&](std::uint32_t index) { return findings[index].instance; });

  json::PathFinder paths(explanation.instance);
  std::vector<Violation> violations;
  const bool gave_up_is_told =
      std::ranges::any_of(found, [&](std::uint32_t index) { return findings[index].gave_up; });
  if (explanation.ending != Ending::finished && !gave_up_is_told) --most;
  std::set<std::uint64_t> told;
  std::uint64_t written = 0;
  for (const std::uint32_t index : found) {
    if (violations.size() >= most) break;
    if (!told.insert(key_of(explanation, index)).second) continue;
    if (++written > most * k_sentences_per_violation) break;
    Violation violation = violation_of(explanation, paths, index);
    // The same through `allOf` and from beside it.
    const bool is_new = std::ranges::none_of(violations, [&](const Violation& other) {
      return other.message == violation.message &&
             other.instance_pointer == violation.instance_pointer;
    });
    if (is_new) violations.push_back(std::move(violation));
  }
  const bool ended_early = explanation.ending != Ending::finished && !gave_up_is_told;
  if (ended_early || violations.empty()) violations.push_back(ending_of(explanation));
  return violations;
}

}  // namespace collet::schema
