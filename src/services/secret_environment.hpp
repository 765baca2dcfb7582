// Secrets in environment variables.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/secret_source.hpp"

namespace collet::services {

/// A variable is found under its own name, and one with the prefix under the rest of its name, in
/// which small letters, and `_` for anything else, count as well: `github-token` is
/// PREFIX_GITHUB_TOKEN. Companies do not count.
class SecretEnvironment final : public SecretSource {
 public:
  SecretEnvironment(const std::vector<std::pair<std::string, std::string>>& variables,
                    std::string prefix);

  [[nodiscard]] std::string describe() const override { return "the environment"; }
  void read(const SecretName& name, Reply<std::optional<SecretText>> reply) override;

 private:
  std::vector<std::pair<std::string, SecretText>> variables_;
  const std::string prefix_;
};

}  // namespace collet::services
