// Secrets in a file that only the host's user may read.
#pragma once

#include <filesystem>
#include <string>

#include "base/background.hpp"
#include "services/gate.hpp"
#include "services/secret_source.hpp"

namespace collet::services {

/// The value of one secret in the text of a file: JSON, where it begins with '{', else TOML. With
/// one tenant the secrets stand at the top; with several, each company's in a table that has its id
/// as name. Fails with `invalid_request`, and names lines, no values. Pure.
[[nodiscard]] Result<std::optional<SecretText>> find_in_secret_file(std::string_view text,
                                                                    const SecretName& name,
                                                                    Tenancy tenancy);

/// Reads the file for each secret, so that it may change. It has to have mode 0600 (`forbidden`).
class SecretFile final : public SecretSource {
 public:
  /// `background` outlives it.
  SecretFile(std::filesystem::path file, Tenancy tenancy, Background& background)
      : file_(std::move(file)), tenancy_(tenancy), background_(background) {}

  [[nodiscard]] std::string describe() const override { return "the file " + file_.native(); }
  void read(const SecretName& name, Reply<std::optional<SecretText>> reply) override;

 private:
  const std::filesystem::path file_;
  const Tenancy tenancy_;
  Background& background_;
};

}  // namespace collet::services
