// Which folders of this machine plugins use, and for whom.
#pragma once

#include <optional>
#include <string>

#include "base/wall_clock.hpp"
#include "collet/reply.hpp"

namespace collet {

struct FolderKey {
  std::string plugin_id{};   ///< UUID
  std::string company_id{};  ///< whose folder it is
  std::string folder_key{};  ///< one of the plugin's manifest
};

struct FolderSettings {
  std::string path{};
  std::string access{};                     ///< "read" or "readWrite"
  std::string required_directories_json{};  ///< a list of texts
  std::string required_files_json{};        ///< a list of texts
  WallTime updated_at{};
};

/// Failures: `store_unavailable`; of `set` also `plugin_not_found`.
class FolderStore {
 public:
  virtual ~FolderStore() = default;
  virtual void get(FolderKey key, Reply<std::optional<FolderSettings>> reply) = 0;
  virtual void set(FolderKey key, FolderSettings settings, Reply<Done> reply) = 0;
};

}  // namespace collet
