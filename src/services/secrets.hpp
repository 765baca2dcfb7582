// All places where secrets are kept, as one.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/async.hpp"
#include "collet/service_settings.hpp"
#include "process/process.hpp"
#include "services/gate.hpp"
#include "services/secret_command.hpp"
#include "services/secret_source.hpp"
#include "services/secret_vault.hpp"
#include "services/under_way.hpp"

namespace collet::services {

/// References are borrowed and outlive the secrets.
struct SecretsParts {
  Loop& loop;
  SecretStore& store;
  Background& background;
  process::Spawner& spawner;
  WallClock wall_clock;
  std::filesystem::path key_file;
};

/// Looks a secret up in the host's own store, then the file, the environment, and by the program:
/// the first that has it answers. Loop thread only; `drain` before it ends.
class Secrets {
 public:
  Secrets(SecretsParts parts, const SecretSettings& settings, Tenancy tenancy);

  /// The value. Fails with `not_found` where nobody has it, and as the first place that cannot
  /// tell.
  void read(SecretName name, std::optional<std::int64_t> version, Reply<SecretText> reply);
  /// Keeps a new version in the host's own store, see SecretVault::set.
  void set(SecretName name, SecretText value, Reply<std::int64_t> reply);
  /// What is in the host's own store.
  [[nodiscard]] SecretStore& store() { return vault_.store(); }
  /// Ends programs that run, and refuses what is asked from now on with `shutting_down`; answers
  /// when nothing is under way any more.
  void drain(Reply<Done> reply);

 private:
  Async<Result<SecretText>> read_flow(SecretName name, std::optional<std::int64_t> version);

  SecretVault vault_;
  std::vector<std::unique_ptr<SecretSource>> sources_;
  SecretCommand* command_ = nullptr;  // one of them
  UnderWay under_way_;
  enum class Phase { open, ending } phase_ = Phase::open;
};

}  // namespace collet::services
