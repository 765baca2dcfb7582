// What plugins remember: one JSON value a key.
#pragma once

#include <optional>
#include <string>

#include "collet/reply.hpp"

namespace collet {

/// Where a value stands. All parts are compared byte by byte; an absent `scope_id` and an empty one
/// are two.
struct StateKey {
  std::string plugin_id{};   ///< UUID
  std::string scope_kind{};  ///< instance, company, project, … : the plugin's to choose
  std::optional<std::string> scope_id{};
  std::string name_space{};
  std::string key{};
  std::string company_id{};  ///< the tenant that it is kept for; empty where there is no such split
};

/// Failures: `store_unavailable`; of `set` also `plugin_not_found`, and `payload_too_large` where
/// the plugin's state would pass `StoreLimits::state_bytes_max`.
class StateStore {
 public:
  virtual ~StateStore() = default;
  /// The value's JSON text as it was set, or nothing.
  virtual void get(StateKey key, Reply<std::optional<std::string>> reply) = 0;
  virtual void set(StateKey key, std::string json, Reply<Done> reply) = 0;
  /// Also where there is none.
  virtual void remove(StateKey key, Reply<Done> reply) = 0;
};

}  // namespace collet
