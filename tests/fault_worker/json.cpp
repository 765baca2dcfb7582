#include "json.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

namespace fault {
namespace {

std::size_t skip_space(std::string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

/// Behind the value that starts at `at`. The host sends valid JSON, so brackets and quotes are all
/// there is to count.
std::size_t skip_value(std::string_view text, std::size_t at) {
  int depth = 0;
  for (bool in_string = false; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string) {
      if (c == '\\') ++at;
      if (c != '"') continue;
      in_string = false;
    } else if (c == '"') {
      in_string = true;
      continue;
    } else if (c == '{' || c == '[') {
      ++depth;
      continue;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    } else if (depth == 0 && (c == ',' || c == ':')) {
      return at;
    } else {
      continue;
    }
    if (depth == 0) return at + 1;
  }
  return text.size();
}

}  // namespace

std::optional<std::string_view> member(std::string_view object, std::string_view name) {
  std::size_t at = skip_space(object, 0);
  if (at == object.size() || object[at] != '{') return std::nullopt;
  for (++at; at < object.size() && object[at] != '}';) {
    const std::size_t key = skip_space(object, at);
    const std::size_t key_end = skip_value(object, key);
    const std::size_t value =
        skip_space(object, skip_space(object, key_end) + 1);  // behind the colon
    const std::size_t value_end = skip_value(object, value);
    if (key_end - key == name.size() + 2 && object.substr(key + 1, name.size()) == name) {
      return object.substr(value, object.find_last_not_of(" \t\r\n", value_end - 1) + 1 - value);
    }
    at = skip_space(object, value_end);
    if (at < object.size() && object[at] == ',') ++at;
    at = skip_space(object, at);
  }
  return std::nullopt;
}

/// The inside of a string member, escapes as they are.
std::string string_member(std::string_view object, std::string_view name,
                          std::string_view otherwise) {
  const auto raw = member(object, name);
  return std::string(
      raw && raw->size() >= 2 && raw->front() == '"' ? raw->substr(1, raw->size() - 2) : otherwise);
}

long number_member(std::string_view object, std::string_view name, long otherwise) {
  const auto raw = member(object, name);
  return raw ? std::atol(std::string(*raw).c_str()) : otherwise;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace fault
