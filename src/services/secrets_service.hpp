// `secrets.resolve`: the values of secrets that a plugin may read.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "collet/limits.hpp"
#include "services/rate_limit.hpp"
#include "services/secrets.hpp"
#include "services/service_counts.hpp"
#include "services/service_table.hpp"

namespace collet::services {

struct SecretsLimits {
  std::size_t reads_max = limits::services::secret_reads_max;
  Clock::duration window = std::chrono::minutes(1);
};

/// Which secrets a plugin may read: those that stand as a reference in its configuration for the
/// company, those that the operator's settings name, and those that it was bound to in the store.
struct SecretBindings {
  /// Whether a reference to the secret stands in what the plugin is configured with for the
  /// company; may be empty: for none. See `refers_to_secret`.
  std::function<bool(std::string_view plugin_id, std::string_view company_id,
                     std::string_view secret_id)>
      stands_in_configuration{};
  /// By plugin key; "*" is any secret.
  std::map<std::string, std::vector<std::string>, std::less<>> by_settings{};
};

/// With several tenants, values and bindings are each company's own. Loop, log and secrets
/// outlive it, it outlives the table. Loop thread only.
class SecretsService {
 public:
  SecretsService(Loop& loop, Logger& log, Secrets& secrets, SecretBindings bindings,
                 SecretsLimits limits = {});
  void add_to(ServiceTable& table);
  [[nodiscard]] const ServiceCounts& counts() const { return counts_; }
  /// A plugin is gone for good.
  void forget(std::string_view plugin_key) { counts_.forget(plugin_key); }

 private:
  /// Who asks for what.
  struct Wish {
    std::string plugin_id;
    std::string plugin_key;
    SecretName name;
    std::optional<std::int64_t> version;
  };
  void resolve(const ServiceCall& call, Reply<std::string> reply);
  [[nodiscard]] Result<SecretRef> ref_of(const ServiceCall& call) const;
  [[nodiscard]] Result<Done> take_turn(const ServiceCall& call);
  [[nodiscard]] bool is_bound_without_store(const Wish& wish) const;
  Async<Result<std::string>> resolve_flow(Wish wish);

  Loop& loop_;
  Logger& log_;
  Secrets& secrets_;
  const SecretBindings bindings_;
  const SecretsLimits limits_;
  RateLimit reads_;
  ServiceCounts counts_{"secrets"};
};

}  // namespace collet::services
