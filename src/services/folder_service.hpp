// `localFolders.*`: files in the folders of this machine that a plugin declares.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/background_pool.hpp"
#include "base/entropy.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "services/folder_plan.hpp"
#include "services/plugin_lanes.hpp"
#include "services/service_table.hpp"
#include "store/folder_store.hpp"

namespace collet::services {

struct FolderLimits {
  std::size_t file_bytes_max = limits::services::folder_file_bytes_max;
  /// Entries of one listing where a plugin says nothing, and at most: the reference's.
  std::size_t entries_default = 1'000;
  std::size_t entries_max = limits::services::folder_entries_max;
  std::size_t names_max = limits::services::folder_names_max;    ///< as in ListOptions
  std::size_t levels_max = limits::services::folder_levels_max;  ///< as in ListOptions
  std::size_t path_bytes_max =
      limits::services::folder_path_bytes_max;  ///< of a folder; the kernel takes no longer ones
  LaneLimits lanes{.waiting_max = limits::services::folder_waiting_max};
};

/// The folders that the operator names, by plugin key, then by folder key.
using OperatorFolders = std::map<std::string, std::map<std::string, std::string>, std::less<>>;

/// A folder belongs to a company: the one tenant, or in `Tenancy::multi` the caller's. The operator
/// names it, or the plugin does. With several tenants only the operator does, because whoever
/// names a path could name another tenant's; each company has a folder of its own in his. All work
/// on files is done in lanes of the pool. What is borrowed outlives it, it outlives the table. Loop
/// thread only.
class FolderService {
 public:
  struct Parts {
    FolderStore& store;
    BackgroundPool& pool;
    Entropy& entropy;
    WallClock wall_clock;
    std::filesystem::path data_dir;  ///< the host's; no folder is in there, or around it
  };
  FolderService(Parts parts, OperatorFolders folders, FolderLimits limits = {});
  void add_to(ServiceTable& table);

 private:
  /// What a call is about, and all of it that outlives the call.
  struct Request {
    std::string method{};
    std::string plugin_key{};
    FolderKey key{};
    FolderTraits declared{};
    std::optional<std::string> operator_path{};
    Tenancy tenancy = Tenancy::single;
    std::size_t bytes = 0;  ///< that its work holds
  };
  /// Work on a folder, off the loop; answers with the result as JSON text.
  using Work = std::move_only_function<Result<std::string>(FolderPlan plan)>;

  void configure(const ServiceCall& call, Reply<std::string> reply);
  void status(const ServiceCall& call, Reply<std::string> reply);
  void list(const ServiceCall& call, Reply<std::string> reply);
  void read_text(const ServiceCall& call, Reply<std::string> reply);
  void write_text(const ServiceCall& call, Reply<std::string> reply);
  void delete_file(const ServiceCall& call, Reply<std::string> reply);

  [[nodiscard]] Result<Request> request_of(const ServiceCall& call) const;
  [[nodiscard]] Result<std::optional<std::string>> operator_path(const ServiceCall& call,
                                                                 const FolderKey& key) const;
  /// The path of a file, below the folder.
  [[nodiscard]] static Result<std::string> file_of(const ServiceCall& call);
  /// Finds out which folder is meant, and runs `work` on it.
  void with_plan(Request request, Work work, Reply<std::string> reply);
  /// Runs `work` in the plugin's lane, where the folder is none of the host's.
  void run(PluginLanes::Place place, FolderPlan plan, Work work, Reply<std::string> reply);

  Parts parts_;
  const OperatorFolders folders_;
  const FolderLimits limits_;
  PluginLanes lanes_;
};

}  // namespace collet::services
