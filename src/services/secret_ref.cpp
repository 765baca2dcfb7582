#include "services/secret_ref.hpp"

#include <algorithm>
#include <vector>

namespace collet::services {
namespace {

constexpr std::size_t k_id_bytes_max = 200;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Nothing where there is no version, or it is "latest".
std::optional<std::optional<std::int64_t>> read_version(json::Value ref) {
  const auto version = ref.find("version");
  if (!version || version->is_null() || version->equals("latest")) {
    return std::optional<std::int64_t>();
  }
  const auto number = version->as_int64();
  if (!number || *number < 1) return std::nullopt;
  return number;
}

}  // namespace

bool is_secret_id(std::string_view id) {
  return !id.empty() && id.size() <= k_id_bytes_max && is_letter_or_digit(id.front()) &&
         id.find("..") == id.npos && std::ranges::all_of(id, [](char c) {
           return is_letter_or_digit(c) ||
                  std::string_view(".:/@-").find(c) != std::string_view::npos;
         });
}

Result<Done> check_secret_id(std::string_view id) {
  if (is_secret_id(id)) return Done{};
  return fail(ErrorCode::invalid_request,
              "a secret's name has 1 to 200 letters, digits and the characters _ . : / @ -, begins "
              "with a letter, a digit or _, and has no two dots in a row",
              "call it for example github-token");
}

std::optional<SecretRef> read_secret_ref(json::Value value) {
  if (!value.is_object()) return std::nullopt;
  const auto type = value.find("type");
  const auto id = value.find("secretId");
  if (!type || !type->equals("secret_ref") || !id) return std::nullopt;
  auto text = id->as_string();
  const auto version = read_version(value);
  if (!text || !is_secret_id(*text) || !version) return std::nullopt;
  return SecretRef{.id = *std::move(text), .version = *version};
}

bool refers_to_secret(json::Value config, std::string_view id) {
  std::vector<json::Value> open{config};
  while (!open.empty()) {
    const auto value = open.back();
    open.pop_back();
    const auto ref = read_secret_ref(value);
    if (ref && ref->id == id) return true;
    for (const auto [key, member] : value.members()) open.push_back(member);
    for (const auto element : value.elements()) open.push_back(element);
  }
  return false;
}

}  // namespace collet::services
