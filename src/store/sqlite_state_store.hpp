// What plugins remember, in SQLite.
#pragma once

#include <optional>
#include <string>

#include "store/limits.hpp"
#include "store/sqlite.hpp"
#include "store/state_store.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteStateStore final : public StateStore {
 public:
  SqliteStateStore(Database& database, StoreQueue& queue, const StoreLimits& limits);

  void get(StateKey key, Reply<std::optional<std::string>> reply) override;
  void set(StateKey key, std::string json, Reply<Done> reply) override;
  void remove(StateKey key, Reply<Done> reply) override;

 private:
  Result<std::optional<std::string>> read(const StateKey& key);
  Result<Done> write(const StateKey& key, const std::string& json);

  StoreQueue& queue_;
  const std::int64_t bytes_max_;
  Statement get_, set_, remove_, total_;
};

}  // namespace collet
