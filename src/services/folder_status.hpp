// How a plugin's folder is: there, readable, complete. Blocks on the disk; any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/contained_folder.hpp"
#include "base/wall_clock.hpp"
#include "services/folder_plan.hpp"

namespace collet::services {

/// What is wrong with a folder, in the SDK's words.
struct FolderProblem {
  std::string code{};  ///< not_configured, not_absolute, missing, missing_file, …
  std::string message{};
  std::optional<std::string> path{};
};

/// The SDK's `PluginLocalFolderStatus`.
struct FolderStatus {
  FolderPlan plan{};
  std::optional<std::string> real_path{};
  bool is_readable = false;
  bool is_writable = false;
  std::vector<std::string> missing_directories{};
  std::vector<std::string> missing_files{};
  std::vector<FolderProblem> problems{};

  [[nodiscard]] bool is_healthy() const { return problems.empty(); }
};

[[nodiscard]] FolderStatus inspect(FolderPlan plan);
[[nodiscard]] std::string to_json(const FolderStatus& status, WallTime checked_at);

/// Makes what of a folder may be made: the folder and its required directories, where it may be
/// written. What cannot be made the status tells.
void prepare(const FolderPlan& plan);

/// Fails where the folder is in the host's data folder, or that in it: there are its secrets' key
/// and all plugins' data.
[[nodiscard]] Result<Done> check_apart(const FolderPlan& plan,
                                       const std::filesystem::path& data_dir);

enum class FolderUse : std::uint8_t { read, write };
/// The folder, opened; an error that says what to do where it cannot be used so.
[[nodiscard]] Result<ContainedFolder> open_for(FolderUse use, const FolderPlan& plan,
                                               std::string_view plugin_key);

}  // namespace collet::services
