// The host's own store of secrets, sealed by a key in the data folder.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/background.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "services/secret_box.hpp"
#include "services/secret_text.hpp"
#include "store/secret_store.hpp"

namespace collet::services {

struct SecretVaultLimits {
  std::size_t value_bytes_max = limits::services::secret_value_bytes_max;
};

/// References are borrowed and outlive the vault.
struct SecretVaultParts {
  SecretStore& store;
  Background& background;  ///< reads the key
  WallClock wall_clock;
  std::filesystem::path key_file;  ///< made with the first secret
};

/// Values go in and, by their names, come out. The key is read once and then kept. Loop thread
/// only; what is under way ends before it does.
class SecretVault {
 public:
  explicit SecretVault(SecretVaultParts parts, SecretVaultLimits limits = {})
      : parts_(std::move(parts)), limits_(limits) {}

  /// Keeps a new version and answers its number. Fails with `invalid_request` (a name that none may
  /// have; a value that is empty or no UTF-8 text), `payload_too_large`, `store_unavailable` (the
  /// key is gone, or no file of its own can be made), and as the store does.
  void set(SecretName name, SecretText value, Reply<std::int64_t> reply);
  /// That version, or the newest; nothing where it is not kept. Fails with `store_unavailable`
  /// where the key does not open it.
  void read(SecretName name, std::optional<std::int64_t> version,
            Reply<std::optional<SecretText>> reply);
  [[nodiscard]] SecretStore& store() { return parts_.store; }

 private:
  using Key = std::shared_ptr<const SecretKey>;

  Async<Result<std::int64_t>> set_flow(SecretName name, std::shared_ptr<const SecretText> value);
  Async<Result<std::optional<SecretText>>> read_flow(SecretName name,
                                                     std::optional<std::int64_t> version);
  /// The key, from memory or the file; null where there is none.
  Async<Result<Key>> load_key();
  Async<Result<Key>> load_or_make_key();

  const SecretVaultParts parts_;
  const SecretVaultLimits limits_;
  Key key_;
};

}  // namespace collet::services
