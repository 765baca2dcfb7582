// The forms that texts in a manifest may have, as predicates over decoded text. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace collet::plugin {

/// UTF-16 code units of a WTF-8 text: how JavaScript, and so the manifest rules, count length.
[[nodiscard]] std::size_t utf16_length(std::string_view text);
/// Without the white space (as ECMAScript defines it) at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
/// The parts between runs of white space; empty where there is nothing else.
[[nodiscard]] std::vector<std::string_view> split_words(std::string_view text);

/// Takes what stands before `separator` off the front of `text`, and the separator with it; all of
/// `text` where there is none.
std::string_view take_until(std::string_view& text, char separator);
/// One decimal digit or more.
[[nodiscard]] bool is_number(std::string_view text);

/// `^[a-z0-9][a-z0-9._-]*$`: plugin ids and environment driver keys.
[[nodiscard]] bool is_plugin_key(std::string_view text);
/// The same with colons allowed inside: keys of managed resources, folders and routes.
[[nodiscard]] bool is_resource_key(std::string_view text);
/// `1.2.3`, optionally `-pre.1` and `+build.2`. Leading zeros pass, a `v` in front does not.
[[nodiscard]] bool is_semver(std::string_view text);
/// Five fields, each a comma list of `*`, `*/n`, `n`, `n-m`, `n/s`, `n-m/s`.
[[nodiscard]] bool is_cron(std::string_view text);
/// Lower-case letters, digits and hyphens.
[[nodiscard]] bool is_slug(std::string_view text);
/// Lower-case letters, digits and underscores, a letter or digit first.
[[nodiscard]] bool is_namespace_slug(std::string_view text);
/// A top-level configuration key.
[[nodiscard]] bool is_config_field(std::string_view text);
[[nodiscard]] bool is_not_provider(std::string_view text);
/// A letter, then letters, digits and underscores.
[[nodiscard]] bool is_variable_name(std::string_view text);
[[nodiscard]] bool is_object_provider_key(std::string_view text);
[[nodiscard]] bool is_object_type(std::string_view text);
/// `/` and then only letters, digits and `:_./-`.
[[nodiscard]] bool is_route_path(std::string_view text);
/// Neither `..` nor `//`, and not under the host's own `/api` and `/plugins`.
[[nodiscard]] bool is_inside_plugin_api(std::string_view text);
/// Relative, without `..`, backslashes, and empty or `.` segments.
[[nodiscard]] bool is_folder_path(std::string_view text);
[[nodiscard]] bool is_not_skill_md(std::string_view text);
/// Relative, without `..` and backslashes.
[[nodiscard]] bool is_package_path(std::string_view text);
/// `YYYY-MM-DD` that exists in the calendar.
[[nodiscard]] bool is_calendar_date(std::string_view text);

/// At most `N` UTF-16 units, for rules that check this after others.
template <std::size_t N>
[[nodiscard]] bool has_at_most(std::string_view text) {
  return utf16_length(text) <= N;
}

}  // namespace collet::plugin
