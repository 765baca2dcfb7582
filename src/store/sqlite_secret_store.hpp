// Sealed secrets, in SQLite.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/limits.hpp"
#include "store/secret_store.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteSecretStore final : public SecretStore {
 public:
  SqliteSecretStore(Database& database, StoreQueue& queue, const StoreLimits& limits);

  void add(SecretName name, Seal seal, std::chrono::system_clock::time_point now,
           Reply<std::int64_t> reply) override;
  void get(SecretName name, std::optional<std::int64_t> version,
           Reply<std::optional<SealedSecret>> reply) override;
  void list(std::optional<std::string> company_id, Reply<std::vector<SecretRow>> reply) override;
  void remove(SecretName name, Reply<bool> reply) override;
  void has_any(Reply<bool> reply) override;
  void bind(std::string plugin_id, SecretName name, Reply<Done> reply) override;
  void is_bound(std::string plugin_id, SecretName name, Reply<bool> reply) override;

 private:
  Result<std::int64_t> write(const SecretName& name, const Seal& seal, WallTime now);
  Result<std::optional<SealedSecret>> read(const SecretName& name,
                                           const std::optional<std::int64_t>& version);
  Result<std::vector<SecretRow>> read_all(const std::optional<std::string>& company_id);
  Result<Done> read_bindings(const std::optional<std::string>& company_id,
                             std::vector<SecretRow>& rows);
  Result<bool> erase(const SecretName& name);

  Database& database_;
  StoreQueue& queue_;
  const std::int64_t versions_max_;
  const std::int64_t per_company_max_;
  Statement count_others_, next_number_, insert_, drop_old_, get_, newest_, list_, list_bindings_,
      remove_versions_, remove_bindings_, any_, bind_, is_bound_;
};

}  // namespace collet
