#include "plugin/version.hpp"

#include "plugin/text_form.hpp"

namespace collet::plugin {
namespace {

/// By value, of any length.
std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  const auto significant = [](std::string_view text) {
    const auto first = text.find_first_not_of('0');
    return first == std::string_view::npos ? std::string_view{} : text.substr(first);
  };
  a = significant(a);
  b = significant(b);
  return a.size() == b.size() ? a <=> b : a.size() <=> b.size();
}

std::strong_ordering compare_identifiers(std::string_view a, std::string_view b) {
  if (is_number(a) && is_number(b)) return compare_numbers(a, b);
  if (is_number(a) != is_number(b)) {
    return is_number(a) ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  return a <=> b;
}

}  // namespace

std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  a = a.substr(0, a.find('+'));
  b = b.substr(0, b.find('+'));
  auto core_a = take_until(a, '-');  // what is left is the pre-release
  auto core_b = take_until(b, '-');
  for (int part = 0; part < 3; ++part) {
    const auto order = compare_numbers(take_until(core_a, '.'), take_until(core_b, '.'));
    if (order != 0) return order;
  }
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // a release comes after its previews
  while (!a.empty() && !b.empty()) {
    const auto order = compare_identifiers(take_until(a, '.'), take_until(b, '.'));
    if (order != 0) return order;
  }
  return b.empty() <=> a.empty();
}

}  // namespace collet::plugin
