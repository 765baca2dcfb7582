#include <algorithm>
#include <string>
#include <utility>

#include "json/pointer.hpp"
#include "schema/explain/choice.hpp"
#include "schema/explain/explain.hpp"
#include "schema/explain/message.hpp"
#include "schema/explain/say.hpp"
#include "schema/wording.hpp"

namespace collet::schema {
namespace {

using namespace explaining;

/// Sentences that are written for each that is reported: many may turn out to be the same.
constexpr std::uint64_t k_sentences_per_violation = 8;

Violation violation_of(const Explanation& explanation, json::PathFinder& paths,
                       std::uint32_t index) {
  const Finding& finding = explanation.findings[index];
  Violation violation{
      .instance_pointer = explanation.instance_pointer,
      .schema_pointer = explanation.sources->pointer(finding.schema),
      .keyword = std::string(keyword_name(explanation, finding)),
      .message = sentence_of(explanation, paths, index, Branches::told, Suggestions::made)};
  paths.append(violation.instance_pointer, reported_at(explanation, index));
  if (finding.keyword) json::append_pointer(violation.schema_pointer, violation.keyword);
  return violation;
}

/// What there is to say of an evaluation that did not finish.
Violation ending_of(const Explanation& explanation) {
  Violation violation{.instance_pointer = explanation.instance_pointer};
  json::append_path(violation.instance_pointer, explanation.instance, explanation.ended_at);
  std::string& message = violation.message;
  const std::string pointer = wording::shown_pointer(violation.instance_pointer);
  if (!pointer.empty()) message = pointer + ": ";
  switch (explanation.ending) {
    case Ending::finished:
      message += "the value does not fit the schema";
      break;
    case Ending::pattern_gave_up:
      message += say_gave_up(explanation).text;
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
  std::uint64_t written = 0;
  for (const std::uint32_t index : found) {
    if (violations.size() >= most) break;
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
