// The tables of the store, and how a store of an earlier version becomes one of this version.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/logger.hpp"
#include "collet/error.hpp"
#include "store/sqlite.hpp"

namespace collet {

/// One step from a version to the next. A released step never changes; a new one is added.
struct Migration {
  std::int64_t version;   ///< of the schema afterwards; more than that of the step before
  std::string_view name;  ///< for the log
  std::string_view sql;
};

/// All steps, in order.
[[nodiscard]] std::span<const Migration> migrations();

/// Marks a file as Collet's ("CLLT"; `PRAGMA application_id`).
inline constexpr std::int64_t k_application_id = 0x434C'4C54;

/// The version of the schema, 0 for a new file. Reads only. Refuses (`store_unavailable`) a
/// database of another program and one that a newer Collet wrote.
[[nodiscard]] Result<std::int64_t> schema_version(Database& database,
                                                  std::span<const Migration> steps = migrations());

/// Runs the steps that are missing, each in a transaction of its own together with the version
/// number: whatever interrupts it, the store has the schema of the version that it says.
[[nodiscard]] Result<Done> migrate(Database& database, Logger& logger,
                                   std::span<const Migration> steps = migrations());

}  // namespace collet
