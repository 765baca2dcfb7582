// Which folders plugins use, in SQLite.
#pragma once

#include <optional>

#include "store/folder_store.hpp"
#include "store/sqlite.hpp"
#include "store/store_queue.hpp"

namespace collet {

/// Loop thread only; the statements are used where the queue runs its operations. Database and
/// queue outlive it, and the queue is empty when it ends.
class SqliteFolderStore final : public FolderStore {
 public:
  SqliteFolderStore(Database& database, StoreQueue& queue);

  void get(FolderKey key, Reply<std::optional<FolderSettings>> reply) override;
  void set(FolderKey key, FolderSettings settings, Reply<Done> reply) override;

 private:
  Result<std::optional<FolderSettings>> read(const FolderKey& key);

  Database& database_;
  StoreQueue& queue_;
  Statement get_, set_;
};

}  // namespace collet
