// Secrets, sealed, and which plugins may read them. What is in here is of no use without the key,
// which is elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collet/reply.hpp"

namespace collet {

struct SecretName {
  std::string company_id{};
  std::string id{};

  friend bool operator==(const SecretName&, const SecretName&) = default;
};

struct SealedSecret {
  std::int64_t version = 0;
  std::string sealed{};
};

/// A secret without its values.
struct SecretRow {
  SecretName name{};
  std::vector<std::int64_t> versions{};   ///< those that are kept, the oldest first
  std::vector<std::string> plugin_ids{};  ///< whom it was bound to
  std::chrono::system_clock::time_point updated_at{};
};

/// Versions of a secret count up from 1, also over its removal, so that a number never means
/// another value. Failures: `store_unavailable`, and what the operations name. Loop thread only.
class SecretStore {
 public:
  /// Makes the text to keep of the version with that number. Runs where the store works, maybe more
  /// than once.
  using Seal = std::function<std::string(std::int64_t version)>;

  virtual ~SecretStore() = default;
  /// Keeps a new version and answers its number; the oldest beyond
  /// `StoreLimits::secret_versions_max` goes. `overloaded` where the company has
  /// `StoreLimits::secrets_per_company_max` others.
  virtual void add(SecretName name, Seal seal, std::chrono::system_clock::time_point now,
                   Reply<std::int64_t> reply) = 0;
  /// The version with that number, or the newest; nothing where it is not kept.
  virtual void get(SecretName name, std::optional<std::int64_t> version,
                   Reply<std::optional<SealedSecret>> reply) = 0;
  /// Those of a company, or all, by company and id.
  virtual void list(std::optional<std::string> company_id, Reply<std::vector<SecretRow>> reply) = 0;
  /// Takes all versions and bindings away; answers whether there was a version.
  virtual void remove(SecretName name, Reply<bool> reply) = 0;
  /// Whether any version of any secret is kept.
  virtual void has_any(Reply<bool> reply) = 0;

  /// Lets a plugin read a secret, whether or not it is there yet, until it is removed.
  /// `plugin_not_found` where the store has no such plugin.
  virtual void bind(std::string plugin_id, SecretName name, Reply<Done> reply) = 0;
  virtual void is_bound(std::string plugin_id, SecretName name, Reply<bool> reply) = 0;
};

}  // namespace collet
