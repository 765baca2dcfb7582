// `state.get`, `state.set` and `state.delete`: what a plugin remembers.
#pragma once

#include <cstddef>

#include "collet/limits.hpp"
#include "services/service_table.hpp"
#include "store/state_store.hpp"

namespace collet::services {

struct StateLimits {
  std::size_t name_bytes_max = limits::services::name_bytes_max;    ///< in a key, each
  std::size_t value_bytes_max = limits::services::value_bytes_max;  ///< of one value
};

/// A value is any JSON and comes back byte for byte, less white space between tokens. The store
/// outlives it, it outlives the table. Loop thread only.
class StateService {
 public:
  explicit StateService(StateStore& store, StateLimits limits = {})
      : store_(store), limits_(limits) {}
  void add_to(ServiceTable& table);

 private:
  void get(const ServiceCall& call, Reply<std::string> reply);
  void set(const ServiceCall& call, Reply<std::string> reply);
  void remove(const ServiceCall& call, Reply<std::string> reply);
  [[nodiscard]] Result<StateKey> key_of(const ServiceCall& call) const;

  StateStore& store_;
  const StateLimits limits_;
};

}  // namespace collet::services
