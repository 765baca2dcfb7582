// The violations that a reader is told of.
#include <cstdint>
#include <vector>

#include "schema/explain/choice.hpp"
#include "schema/explain/message.hpp"
#include "schema/kinds.hpp"
#include "schema/value/number.hpp"

namespace collet::schema::explaining {
namespace {

/// The violation of that keyword beside the violation `at`, in the same schema.
const Finding* violation_beside(const Explanation& explanation, std::uint32_t at, Keyword keyword) {
  const auto& findings = explanation.findings;
  const std::uint32_t around = findings[at].parent;
  if (around == Finding::none) return nullptr;
  for (std::uint32_t part = around + 1; part < findings[around].end; part = findings[part].end) {
    if (findings[part].keyword == keyword && !findings[part].valid) return &findings[part];
  }
  return nullptr;
}

bool wants_integer(const Explanation& explanation, const Finding& type) {
  const auto names = keyword_value(explanation, type.schema, Keyword::type);
  return (kinds_of_type(*names) & k_integer) != 0;
}

enum class Told : std::uint8_t { all, integer, multiple };

/// A fraction that is to be an integer and a multiple of 5 is told the latter; of a multiple of 1
/// the former.
Told told_of_fraction(const Explanation& explanation, const Finding* type,
                      const Finding* multiple) {
  if (type == nullptr || multiple == nullptr || !wants_integer(explanation, *type))
    return Told::all;
  const auto divisor = keyword_value(explanation, multiple->schema, Keyword::multiple_of);
  if (!is_integer_token(divisor->raw())) return Told::all;
  return Number(divisor->raw()) == Number("1") ? Told::integer : Told::multiple;
}

/// Whether another finding says as much: one mistake is told once.
bool is_said_by_another(const Explanation& explanation, std::uint32_t at) {
  const auto& findings = explanation.findings;
  const Finding& finding = findings[at];
  if (!finding.keyword) {
    if (finding.parent == Finding::none) return false;
    // `items: false` refuses each of a thousand items.
    const Finding& around = findings[finding.parent];
    if (around.keyword != Keyword::items && around.keyword != Keyword::additional_items)
      return false;
    const json::Value schema = explanation.sources->value(finding.schema);
    std::uint32_t first = finding.parent + 1;
    while (findings[first].valid) first = findings[first].end;
    return schema.as_bool() == false && first != at;
  }
  const auto beside = [&](Keyword keyword) { return violation_beside(explanation, at, keyword); };
  switch (*finding.keyword) {
    case Keyword::pattern:
      return beside(Keyword::format) != nullptr;
    case Keyword::type:
      return told_of_fraction(explanation, &finding, beside(Keyword::multiple_of)) ==
             Told::multiple;
    case Keyword::multiple_of:
      return told_of_fraction(explanation, beside(Keyword::type), &finding) == Told::integer;
    default:
      return false;
  }
}

}  // namespace

std::vector<std::uint32_t> leaves(const Explanation& explanation, std::uint32_t first,
                                  std::uint32_t last) {
  const auto& findings = explanation.findings;
  std::vector<std::uint32_t> found;
  for (std::uint32_t at = first; at < last;) {
    const Finding& finding = findings[at];
    if (finding.valid) {
      at = finding.end;
    } else if (has_no_branch(finding) && finding.end > at + 1) {
      const Choice choice = choose(explanation, at);
      if (choice.kind == Choice::Kind::obvious) {
        const auto parts = leaves(explanation, choice.finding, findings[choice.finding].end);
        found.insert(found.end(), parts.begin(), parts.end());
      } else {
        found.push_back(at);
      }
      at = finding.end;
    } else {
      const bool is_leaf = finding.end == at + 1 && !finding.cut;
      if (is_leaf && !is_said_by_another(explanation, at)) found.push_back(at);
      ++at;
    }
  }
  return found;
}

}  // namespace collet::schema::explaining
