// The reference's own tables, as far as plugins may read them in their databases. Pure.
#pragma once

#include <string>
#include <vector>

#include "collet/directory.hpp"
#include "store/plugin_database.hpp"

namespace collet::services {

/// The tables that a manifest names in `database.coreReadTables`, with their columns. Companies,
/// projects and agents have the rows of `directory`; the others are empty, as there is nothing of
/// their kind here. A name that is none of the reference's is left out.
[[nodiscard]] std::vector<CoreTable> core_tables(const std::vector<std::string>& names,
                                                 const Directory& directory);

}  // namespace collet::services
