// The Store that every ordinary host has: one SQLite file; and one in memory, for tests.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/logger.hpp"
#include "base/loop.hpp"
#include "store/limits.hpp"
#include "store/store.hpp"

namespace collet {

struct SqliteStoreOptions {
  StoreLimits limits{};
  std::string vfs{};  ///< as in DatabaseOptions
};

/// Opens the store at `path` or makes a new one, and brings it to this version. Blocks on the disk:
/// for start-up, before the loop runs. Fails with `store_unavailable`, e.g. where a newer Collet
/// wrote the file.
///
/// The store works on a thread of its own. An operation is answered once its commit is on the disk
/// (WAL, synchronous=FULL): an acknowledged write survives a crash and a loss of power. Operations
/// beyond the limits of `StoreLimits` are refused at once with `store_unavailable` and a
/// `retry_after`. Destroying the store finishes what is queued first; its answers are posted on the
/// loop, which must outlive the store. `logger` is used from both threads.
[[nodiscard]] Result<std::unique_ptr<Store>> make_sqlite_store(const std::filesystem::path& path,
                                                               Loop& loop, Logger& logger,
                                                               SqliteStoreOptions options = {});

/// The same tables, forgotten with the store, on the loop's own thread: everything is done when it
/// is asked for, and answered in the loop's next turn. For the tests of other rooms.
[[nodiscard]] Result<std::unique_ptr<Store>> make_memory_store(Loop& loop, StoreLimits limits = {});

}  // namespace collet
