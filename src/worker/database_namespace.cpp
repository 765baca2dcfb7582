#include "worker/database_namespace.hpp"

#include <algorithm>

#include "base/digest.hpp"

namespace collet::worker {
namespace {

constexpr std::size_t k_slug_bytes_max = 36;
constexpr std::size_t k_hash_digits = 10;
constexpr std::size_t k_name_bytes_max = 63;  // PostgreSQL's

// Lower case, and one "_" for whatever is neither letter nor digit, but for none at the ends.
std::string slug_of(std::string_view text) {
  std::string slug;
  for (const char c : text) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if ((lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9')) {
      slug += lower;
    } else if (!slug.empty() && slug.back() != '_') {
      slug += '_';
    }
  }
  if (slug.ends_with('_')) slug.pop_back();
  slug.resize(std::min(slug.size(), k_slug_bytes_max));
  return slug.empty() ? "plugin" : slug;
}

}  // namespace

std::optional<std::string> database_namespace(json::Value manifest) {
  const auto database = manifest.find("database");
  const auto id = manifest.find("id");
  if (!database || !database->is_object() || !id) return std::nullopt;
  const auto key = id->as_string().value_or("");
  const auto slug = database->find("namespaceSlug");
  auto name = "plugin_" + slug_of(slug ? slug->as_string().value_or(key) : key) + "_" +
              sha256_hex(key).substr(0, k_hash_digits);
  name.resize(std::min(name.size(), k_name_bytes_max));
  return name;
}

}  // namespace collet::worker
