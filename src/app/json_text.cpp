#include "app/json_text.hpp"

#include <utility>

namespace collet::app {
namespace {

void append_pretty(std::string& out, const json::Value& value, std::size_t depth) {
  const auto new_line = [&](std::size_t level) { out.append("\n").append(2 * level, ' '); };
  if (value.size() == 0 || !(value.is_object() || value.is_array())) {
    json::append_compact(out, value);
    return;
  }
  bool first = true;
  if (value.is_object()) {
    out += '{';
    for (const auto member : value.members()) {
      if (!std::exchange(first, false)) out += ',';
      new_line(depth + 1);
      out.append(member.key.raw()).append(": ");
      append_pretty(out, member.value, depth + 1);
    }
    new_line(depth);
    out += '}';
  } else {
    out += '[';
    for (const auto element : value.elements()) {
      if (!std::exchange(first, false)) out += ',';
      new_line(depth + 1);
      append_pretty(out, element, depth + 1);
    }
    new_line(depth);
    out += ']';
  }
}

}  // namespace

std::string text_member(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->as_string().value_or("") : "";
}

std::optional<json::Value> present_member(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  if (!member || member->is_null()) return std::nullopt;
  return member;
}

std::optional<std::int64_t> integer_member(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  if (!member) return std::nullopt;
  return member->as_int64();
}

std::string plain_text(const json::Value& value) {
  if (auto text = value.as_string()) return *std::move(text);
  return json::compact(value);
}

std::string pretty(const json::Value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

}  // namespace collet::app
