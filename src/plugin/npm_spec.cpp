#include "plugin/npm_spec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "plugin/text_form.hpp"

namespace collet::plugin {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// One half of a name: no separators, and no first character that means something to npm.
bool is_part(std::string_view part) {
  return !part.empty() && part.front() != '.' && part.front() != '-' && part.front() != '_' &&
         std::ranges::all_of(part, [](char c) {
           return is_letter_or_digit(c) || std::string_view("._~-").contains(c);
         });
}

bool is_package_name(std::string_view name) {
  if (name.size() > npm_name_bytes_max) return false;
  if (!name.starts_with('@')) return is_part(name);
  const auto slash = name.find('/');
  return slash != std::string_view::npos && is_part(name.substr(1, slash - 1)) &&
         is_part(name.substr(slash + 1));
}

bool is_version(std::string_view version) {
  return !version.empty() && std::ranges::all_of(version, [](char c) {
    return is_letter_or_digit(c) || std::string_view(" .+~^<>=|*-_").contains(c);
  });
}

}  // namespace

std::string NpmSpec::text() const {
  return version ? name + "@" + *version : name;
}

Result<NpmSpec> parse_npm_spec(std::string_view given, std::optional<std::string> version) {
  const auto trimmed = trim(given);
  if (trimmed.empty()) {
    return fail(ErrorCode::install_failed, "packageName cannot be empty",
                "give the name of an npm package or the path of a folder");
  }
  NpmSpec spec{.name = std::string(trimmed), .version = std::move(version)};
  const auto at = spec.name.find('@', 1);
  if (at != std::string::npos && !spec.version) {
    spec.version = spec.name.substr(at + 1);
    spec.name.erase(at);
  }
  if (spec.name.find_first_of("<>:\"|?*") != std::string::npos) {
    return fail(ErrorCode::install_failed, "packageName contains invalid characters",
                "give the name of an npm package, such as paperclip-plugin-notes");
  }
  if (!is_package_name(spec.name)) {
    return fail(ErrorCode::install_failed,
                fmt::format("\"{}\" is not the name of an npm package", spec.name),
                "to install a folder, say that it is one: ./folder on the command line, "
                "\"isLocalPath\": true in a request");
  }
  if (spec.version && !is_version(*spec.version)) {
    return fail(ErrorCode::install_failed,
                fmt::format("\"{}\" is not a version of an npm package", *spec.version),
                "give a version such as 1.2.3, a range or a tag");
  }
  return spec;
}

}  // namespace collet::plugin
