#include "app/violation_text.hpp"

#include "app/text.hpp"
#include "tool/tool_schemas.hpp"

namespace collet::app {

std::string violation_lines(std::span<const Violation> violations) {
  std::string text;
  for (const auto& violation : violations) {
    const auto& place = violation.instance_pointer;
    text += "  ";
    // A sentence of ours starts with the place, or with its end where it is long.
    const bool told = violation.message.starts_with(place) || violation.message.starts_with("…");
    if (!told) text += printable(place) + ": ";
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
