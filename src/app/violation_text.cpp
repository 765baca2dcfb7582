#include "app/violation_text.hpp"

#include <algorithm>
#include <string_view>

#include "app/text.hpp"
#include "tool/tool_schemas.hpp"

namespace collet::app {
namespace {

/// A sentence of ours starts with the place, in which what is not seen is escaped, or with the end
/// of the place where that is long.
bool says_where(std::string_view sentence, std::string_view place) {
  const auto [in_place, in_sentence] = std::ranges::mismatch(place, sentence);
  return in_place == place.end() ||
         std::string_view(in_sentence, sentence.end()).starts_with("\\u") ||
         sentence.starts_with("…");
}

}  // namespace

std::string violation_lines(std::span<const Violation> violations) {
  std::string text;
  for (const auto& violation : violations) {
    const auto& place = violation.instance_pointer;
    text += "  ";
    if (!says_where(violation.message, place)) text += printable(place) + ": ";
    text += printable(violation.message) + "\n";
  }
  return text;
}

std::string headline(const Error& error) {
  const auto told = error.violations.empty() ? "" : ": " + tool::summary(error.violations);
  auto message = error.message;
  if (message.ends_with(told)) message.resize(message.size() - told.size());
  return message;
}

}  // namespace collet::app
