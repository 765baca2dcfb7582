#include "schema/uri.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace collet::schema {

namespace {

/// The five components of section 3; what is absent is not the same as what is empty.
struct Components {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
  std::optional<std::string_view> fragment;
};

bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_scheme_character(char c) {
  return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/// Cuts `text` before the first of `delimiters` and returns what stood there.
std::string_view take_until(std::string_view& text, std::string_view delimiters) {
  const std::size_t end = std::min(text.find_first_of(delimiters), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

bool has_scheme(std::string_view uri) {
  if (uri.empty() || !is_alpha(uri.front())) return false;
  const auto end = std::ranges::find_if_not(uri, is_scheme_character);
  return end != uri.end() && *end == ':';
}

Components split(std::string_view uri) {
  Components parts;
  if (has_scheme(uri)) {
    parts.scheme = take_until(uri, ":");
    uri.remove_prefix(1);
  }
  if (uri.starts_with("//")) {
    uri.remove_prefix(2);
    parts.authority = take_until(uri, "/?#");
  }
  parts.path = take_until(uri, "?#");
  if (uri.starts_with('?')) {
    uri.remove_prefix(1);
    parts.query = take_until(uri, "#");
  }
  if (uri.starts_with('#')) parts.fragment = uri.substr(1);
  return parts;
}

/// Whose path it is: that of a relative result keeps the ".." that lead out of it, because its own
/// base is still to come.
enum class Owner { uri, relative_reference };

/// Takes the last segment of `out`, which is empty or ends in '/', away.
void step_up(std::string& out, Owner owner) {
  if (out == "/") return;
  const bool nothing_to_leave = out.empty() || out == "../" || out.ends_with("/../");
  if (nothing_to_leave) {
    if (owner == Owner::relative_reference) out += "../";
    return;
  }
  const std::string_view parent = std::string_view(out).substr(0, out.size() - 1);
  const std::size_t slash = parent.find_last_of('/');
  if (slash != std::string_view::npos) {
    out.resize(slash + 1);
  } else {
    // Of a URI, section 5.2.4 leaves the '/' behind a first segment: urn:a/../b becomes urn:/b.
    out = owner == Owner::uri ? "/" : "";
  }
}

/// Section 5.2.4, as one pass over the segments. `out` is empty or ends in '/' before each of them.
std::string without_dot_segments(std::string_view path, Owner owner) {
  std::string out;
  out.reserve(path.size() + 2);
  if (path.starts_with('/')) {
    out = "/";
    path.remove_prefix(1);
  }
  const bool was_something = !path.empty();
  while (!path.empty()) {
    const std::string_view segment = take_until(path, "/");
    const bool followed = !path.empty();
    if (followed) path.remove_prefix(1);
    if (segment == "..") {
      step_up(out, owner);
    } else if (segment != ".") {
      out += segment;
      if (followed) out += '/';
    }
  }
  // "./" is the folder itself; an empty reference would be the document.
  if (owner == Owner::relative_reference && was_something && out.empty()) out = "./";
  return out;
}

/// Section 5.2.3.
std::string merge(const Components& base, std::string_view reference_path) {
  std::string merged;
  if (base.authority && base.path.empty()) {
    merged = "/";
  } else {
    merged = base.path.substr(0, base.path.find_last_of('/') + 1);
  }
  merged += reference_path;
  return merged;
}

/// Section 5.3. A path that would be read as an authority or a scheme gets a dot segment in front,
/// which says the same.
std::string compose(const Components& parts) {
  std::string uri;
  if (parts.scheme) uri.append(*parts.scheme).append(":");
  if (parts.authority) {
    uri.append("//").append(*parts.authority);
  } else if (parts.path.starts_with("//")) {
    uri += "/.";
  } else if (!parts.scheme && has_scheme(parts.path)) {
    uri += "./";
  }
  uri += parts.path;
  if (parts.query) uri.append("?").append(*parts.query);
  if (parts.fragment) uri.append("#").append(*parts.fragment);
  return uri;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// A '%' that no two hexadecimal digits follow stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

}  // namespace

std::string resolve_uri(std::string_view base, std::string_view reference) {
  if (reference.empty() || reference.starts_with('#')) {
    std::string uri(base.substr(0, base.find('#')));
    uri += reference;
    return uri;
  }
  const Components from = split(base);
  Components to = split(reference);
  const Owner owner = to.scheme || from.scheme ? Owner::uri : Owner::relative_reference;
  std::string path;
  if (to.scheme || to.authority) {
    path = without_dot_segments(to.path, owner);
  } else if (to.path.empty()) {
    path = from.path;
  } else if (to.path.starts_with('/')) {
    path = without_dot_segments(to.path, owner);
  } else {
    path = without_dot_segments(merge(from, to.path), owner);
  }
  if (!to.scheme) {
    to.scheme = from.scheme;
    if (!to.authority) {
      to.authority = from.authority;
      if (to.path.empty() && !to.query) to.query = from.query;
    }
  }
  to.path = path;
  return compose(to);
}

SplitUri split_fragment(std::string_view uri) {
  const std::size_t hash = uri.find('#');
  if (hash == std::string_view::npos) return {.without_fragment = uri, .fragment = {}};
  return {.without_fragment = uri.substr(0, hash),
          .fragment = percent_decoded(uri.substr(hash + 1))};
}

std::string encode_fragment(std::string_view text) {
  constexpr std::string_view allowed = "-._~!$&'()*+,;=:@/?";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || allowed.find(c) != std::string_view::npos) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 0xFU]);
  }
  return out;
}

}  // namespace collet::schema
