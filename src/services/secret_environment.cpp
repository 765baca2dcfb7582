#include "services/secret_environment.hpp"

#include <algorithm>
#include <string_view>

namespace collet::services {
namespace {

std::string in_capitals(std::string_view id) {
  std::string name(id);
  std::ranges::transform(name, name.begin(), [](char c) {
    if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 'A');
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  });
  return name;
}

}  // namespace

SecretEnvironment::SecretEnvironment(
    const std::vector<std::pair<std::string, std::string>>& variables, std::string prefix)
    : prefix_(std::move(prefix)) {
  for (const auto& [name, value] : variables) {
    variables_.emplace_back(name, SecretText(std::string(value)));
  }
}

void SecretEnvironment::read(const SecretName& name, Reply<std::optional<SecretText>> reply) {
  const auto find = [&](std::string_view variable) {
    return std::ranges::find(variables_, variable,
                             [](const auto& each) -> std::string_view { return each.first; });
  };
  auto found = find(name.id);
  if (found == variables_.end() && !prefix_.empty()) found = find(prefix_ + in_capitals(name.id));
  if (found == variables_.end()) return reply(std::optional<SecretText>());
  reply(std::optional(found->second.copy()));
}

}  // namespace collet::services
