#include "plugin/text_form.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

#include "base/ascii.hpp"

namespace collet::plugin {
namespace {

constexpr std::string_view k_digits = "0123456789";
constexpr std::string_view k_lower_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view k_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// White space of ECMAScript in UTF-8 (WhiteSpace and LineTerminator, ECMA-262 section 12).
constexpr std::array<std::string_view, 25> k_spaces{
    " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u00a0", "\u1680", "\u2000",
    "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009",
    "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\ufeff",
};

/// Bytes of the white space at the start of `text`, 0 where there is none.
std::size_t leading_space(std::string_view text) {
  for (const auto space : k_spaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::size_t trailing_space(std::string_view text) {
  for (const auto space : k_spaces) {
    if (text.ends_with(space)) return space.size();
  }
  return 0;
}

bool consists_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// A character of `first`, then any number of characters of `first` or `more`.
bool is_name(std::string_view text, std::string_view first, std::string_view more) {
  return !text.empty() && first.contains(text.front()) &&
         std::ranges::all_of(text.substr(1),
                             [&](char c) { return first.contains(c) || more.contains(c); });
}

/// Identifiers of letters, digits and hyphens, separated by dots, none of them empty.
bool is_dotted(std::string_view text) {
  constexpr auto ok = [](char c) {
    return k_letters.contains(c) || k_digits.contains(c) || c == '-';
  };
  if (text.empty() || text.front() == '.' || text.back() == '.' || text.contains(".."))
    return false;
  return std::ranges::all_of(text, [&](char c) { return c == '.' || ok(c); });
}

/// `*`, `*/n`, `n`, `n-m`, each optionally followed by `/s`.
bool is_cron_item(std::string_view item) {
  const auto slash = item.find('/');
  if (slash != std::string_view::npos && !is_number(item.substr(slash + 1))) return false;
  auto range = item.substr(0, slash);
  if (range == "*") return true;
  if (!range.contains('-')) return is_number(range);
  const auto low = take_until(range, '-');
  return is_number(low) && is_number(range);
}

bool is_cron_field(std::string_view field) {
  if (field.empty() || field.back() == ',') return false;
  while (!field.empty()) {
    if (!is_cron_item(take_until(field, ','))) return false;
  }
  return true;
}

}  // namespace

std::string_view take_until(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const auto part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  return part;
}

bool is_number(std::string_view text) {
  return !text.empty() && consists_of(text, k_digits);
}

std::size_t utf16_length(std::string_view text) {
  std::size_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0u) == 0x80u) continue;  // goes on with a character
    units += byte >= 0xF0u ? 2 : 1;         // four bytes are a pair of surrogates
  }
  return units;
}

std::string_view trim(std::string_view text) {
  while (const auto size = leading_space(text)) text.remove_prefix(size);
  while (const auto size = trailing_space(text)) text.remove_suffix(size);
  return text;
}

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  text = trim(text);
  while (!text.empty()) {
    std::size_t end = 0;
    while (end < text.size() && leading_space(text.substr(end)) == 0) ++end;
    words.push_back(text.substr(0, end));
    text = trim(text.substr(end));
  }
  return words;
}

bool is_plugin_key(std::string_view text) {
  return is_name(text, k_lower_digits, "._-");
}
bool is_resource_key(std::string_view text) {
  return is_name(text, k_lower_digits, "._:-");
}

bool is_semver(std::string_view text) {
  const auto plus = text.find('+');
  if (plus != std::string_view::npos && !is_dotted(text.substr(plus + 1))) return false;
  text = text.substr(0, plus);
  const auto hyphen = text.find('-');
  if (hyphen != std::string_view::npos && !is_dotted(text.substr(hyphen + 1))) return false;
  text = text.substr(0, hyphen);
  const auto major = take_until(text, '.');
  const auto minor = take_until(text, '.');
  return is_number(major) && is_number(minor) && is_number(text);
}

bool is_cron(std::string_view text) {
  const auto fields = split_words(text);
  return fields.size() == 5 && std::ranges::all_of(fields, is_cron_field);
}

bool is_slug(std::string_view text) {
  return is_name(text, k_lower_digits, "-");
}
bool is_namespace_slug(std::string_view text) {
  return is_name(text, k_lower_digits, "_");
}

bool is_config_field(std::string_view text) {
  return !text.empty() && !k_digits.contains(text.front()) && text.front() != '-' &&
         std::ranges::all_of(text, [](char c) {
           return k_letters.contains(c) || k_digits.contains(c) || c == '_' || c == '-';
         });
}

bool is_not_provider(std::string_view text) {
  return text != "provider";
}
bool is_variable_name(std::string_view text) {
  return is_name(text, k_letters, "0123456789_");
}

bool is_object_provider_key(std::string_view text) {
  return is_name(text, k_lower_digits, "_.-") && !k_digits.contains(text.front());
}

bool is_object_type(std::string_view text) {
  return is_name(text, k_lower_digits, "_") && !k_digits.contains(text.front());
}

bool is_route_path(std::string_view text) {
  return text.starts_with('/') && std::ranges::all_of(text, [](char c) {
           return k_letters.contains(c) || k_digits.contains(c) ||
                  std::string_view(":_./-").contains(c);
         });
}

bool is_inside_plugin_api(std::string_view text) {
  return !text.contains("..") && !text.contains("//") && text != "/api" &&
         !text.starts_with("/api/") && text != "/plugins" && !text.starts_with("/plugins/");
}

bool is_folder_path(std::string_view text) {
  if (text.empty() || !is_package_path(text) || text.ends_with('/')) return false;
  while (!text.empty()) {
    const auto segment = take_until(text, '/');
    if (segment.empty() || segment == ".") return false;
  }
  return true;
}

bool is_not_skill_md(std::string_view text) {
  return !equal_ignoring_case(text, "skill.md");
}

bool is_package_path(std::string_view text) {
  return !text.starts_with('/') && !text.contains("..") && !text.contains('\\');
}

bool is_calendar_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const std::string digits =
      std::string(text.substr(0, 4)).append(text.substr(5, 2)).append(text.substr(8));
  if (!is_number(digits)) return false;
  const int number = std::stoi(digits);  // YYYYMMDD
  const std::chrono::year_month_day date{
      std::chrono::year(number / 10000),
      std::chrono::month(static_cast<unsigned>(number / 100 % 100)),
      std::chrono::day(static_cast<unsigned>(number % 100))};
  return date.ok();
}

}  // namespace collet::plugin
