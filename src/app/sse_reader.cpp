#include "app/sse_reader.hpp"

#include <utility>

namespace collet::app {

std::optional<ServerEvent> SseReader::feed(std::string_view line) {
  if (line.empty()) {
    auto event = std::exchange(pending_, {});
    if (!std::exchange(has_data_, false)) return std::nullopt;
    return event;
  }
  const auto colon = line.find(':');
  const auto field = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") pending_.name = value;
  if (field == "data") {
    if (std::exchange(has_data_, true)) pending_.data += '\n';
    pending_.data += value;
  }
  return std::nullopt;
}

}  // namespace collet::app
