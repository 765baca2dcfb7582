#include "schema/explain/names.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/closest_name.hpp"

namespace collet::schema::explaining {
namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_between_words(char c) {
  return c == '_' || c == '-' || c == '.' || c == ' ';
}

/// Whether `longer` is `shorter` with words in front: "file", "path" and "path".
bool has_more_in_front(const std::vector<std::string>& longer,
                       const std::vector<std::string>& shorter) {
  return !shorter.empty() && longer.size() > shorter.size() &&
         std::equal(shorter.rbegin(), shorter.rend(), longer.rbegin());
}

}  // namespace

std::vector<std::string> words_of(std::string_view name) {
  std::vector<std::string> words;
  bool begins = true;
  char before = '\0';
  for (const char c : name) {
    if (is_between_words(c)) {
      begins = true;
      continue;
    }
    if (begins || (is_upper(c) && !is_upper(before))) words.emplace_back();
    words.back().push_back(ascii_lower(c));
    begins = false;
    before = c;
  }
  return words;
}

std::string_view nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
  if (name.size() > ClosestName::name_bytes_max) return {};
  const auto words = words_of(name);
  std::string_view kin;
  bool is_only_kin = true;
  ClosestName search(name);
  for (const std::string& candidate : candidates) {
    if (candidate.size() > ClosestName::name_bytes_max) continue;
    const auto others = words_of(candidate);
    if (!words.empty() && others == words) return candidate;
    if (has_more_in_front(words, others) || has_more_in_front(others, words)) {
      is_only_kin = kin.empty();
      kin = candidate;
    }
    search.offer(candidate);
  }
  if (!search.result().empty()) return search.result();
  return is_only_kin ? kin : std::string_view();
}

}  // namespace collet::schema::explaining
