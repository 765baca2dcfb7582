#include "jsonrpc/message_head.hpp"

#include <string>
#include <variant>

#include "json/document.hpp"
#include "jsonrpc/message.hpp"

namespace collet::jsonrpc {
namespace {

/// Where the string ends that begins at `text[begin]`: at its closing quote, else at the end.
std::size_t string_end(std::string_view text, std::size_t begin) {
  for (auto at = begin + 1; at < text.size(); ++at) {
    if (text[at] == '"') return at;
    if (text[at] == '\\') ++at;
  }
  return text.size();
}

/// `head` as a whole object: its last value, which may go on behind it, becomes null. Empty where
/// not even a name is whole, or the object ends; whether the rest is JSON is not looked at.
std::string made_whole(std::string_view head) {
  std::size_t depth = 0;
  std::size_t last = 0;  // the last colon or comma between the outermost members
  for (std::size_t at = 0; at < head.size(); ++at) {
    switch (head[at]) {
      case '"':
        at = string_end(head, at);
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth <= 1) return {};
        --depth;
        break;
      case ':':
      case ',':
        if (depth == 1) last = at;
        break;
      default:
        break;
    }
  }
  if (last == 0) return {};
  std::string whole(head.substr(0, last));
  return whole += head[last] == ':' ? ":null}" : "}";
}

}  // namespace

std::optional<std::int64_t> answered_by(std::string_view head) {
  const auto document = json::Document::parse(made_whole(head));
  if (!document) return std::nullopt;
  const auto message = classify(document->root());
  const auto* response = std::get_if<Response>(&message);
  return response != nullptr ? response->id.as_int64() : std::nullopt;
}

}  // namespace collet::jsonrpc
