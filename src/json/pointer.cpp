#include "json/pointer.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>
#include <utility>

namespace collet::json {

namespace {

/// array-index = "0" / digit1-9 *digit  (RFC 6901, section 4). "-" names the element after the last
/// one, which is nowhere.
std::optional<std::size_t> array_index(std::string_view token) {
  std::size_t index = 0;
  const auto [end, code] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (code != std::errc() || end != token.data() + token.size()) return std::nullopt;
  if (token.size() > 1 && token.front() == '0') return std::nullopt;
  return index;
}

bool contains(Value value, std::uint32_t node) {
  return value.index() <= node && node < value.tape().nodes[value.index()].next;
}

}  // namespace

std::optional<std::string> unescape_token(std::string_view token) {
  std::string out;
  out.reserve(token.size());
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '~') {
      out.push_back(token[i]);
      continue;
    }
    if (++i == token.size() || (token[i] != '0' && token[i] != '1')) return std::nullopt;
    out.push_back(token[i] == '0' ? '~' : '/');
  }
  return out;
}

std::optional<Value> child(Value parent, std::string_view token) {
  if (parent.is_object()) return parent.find(token);
  const auto index = array_index(token);
  if (!parent.is_array() || !index || *index >= parent.size()) return std::nullopt;
  auto element = parent.elements().begin();
  for (std::size_t i = 0; i < *index; ++i) ++element;
  return *element;
}

void append_pointer(std::string& pointer, std::string_view token) {
  pointer.push_back('/');
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer.push_back(c);
    }
  }
}

void PathFinder::append(std::string& pointer, std::uint32_t node) {
  const auto* nodes = root_.tape().nodes.get();
  while (!levels_.empty() &&
         (node <= levels_.back().container.index() || !contains(levels_.back().container, node))) {
    levels_.pop_back();
  }
  Value at = levels_.empty() ? root_ : levels_.back().container;
  // The level that the last way and this one part at goes on from where it was.
  bool goes_on = !levels_.empty() && levels_.back().child <= node;
  if (!levels_.empty() && !goes_on) levels_.pop_back();
  while (at.index() != node && at.size() > 0 && (at.is_array() || at.is_object())) {
    const std::uint32_t to_value = at.is_object() ? 1 : 0;  // over the key
    if (!std::exchange(goes_on, false)) levels_.push_back({at, at.index() + 1 + to_value, 0});
    Level& level = levels_.back();
    while (nodes[level.child].next <= node && nodes[level.child].next < nodes[at.index()].next) {
      level.child = nodes[level.child].next + to_value;
      ++level.position;
    }
    if (level.child > node) {  // a key
      levels_.pop_back();
      break;
    }
    at = Value(root_.tape(), level.child);
  }
  for (const Level& level : levels_) {
    if (level.container.is_array()) {
      append_pointer(pointer, std::to_string(level.position));
    } else {
      append_pointer(pointer, *Value(root_.tape(), level.child - 1).as_string());
    }
  }
}

void append_path(std::string& pointer, Value root, std::uint32_t node) {
  PathFinder(root).append(pointer, node);
}

std::optional<Value> resolve(Value root, std::string_view pointer) {
  std::optional<Value> value = root;
  while (value && !pointer.empty()) {
    if (pointer.front() != '/') return std::nullopt;
    pointer.remove_prefix(1);
    const std::size_t length = std::min(pointer.find('/'), pointer.size());
    const auto token = unescape_token(pointer.substr(0, length));
    if (!token) return std::nullopt;
    value = child(*value, *token);
    pointer.remove_prefix(length);
  }
  return value;
}

}  // namespace collet::json
