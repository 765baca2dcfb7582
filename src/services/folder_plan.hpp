// Which folder a plugin means by one of its keys, and what has to be in it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "json/document.hpp"
#include "services/params.hpp"
#include "store/folder_store.hpp"

namespace collet::services {

enum class FolderAccess : std::uint8_t { read, read_write };
[[nodiscard]] std::string_view to_string(FolderAccess access);

/// What may be said of a folder beside its path, by the manifest or by the plugin's code.
struct FolderTraits {
  std::optional<FolderAccess> access{};
  std::optional<std::vector<std::string>> required_directories{};
  std::optional<std::vector<std::string>> required_files{};
};

/// A folder as it is to be used.
struct FolderPlan {
  std::string folder_key{};
  std::optional<std::string> path{};  ///< nothing: nobody has configured one
  FolderAccess access = FolderAccess::read_write;
  std::vector<std::string> required_directories{};
  std::vector<std::string> required_files{};
};

/// What the manifest declares under `folder_key`; an error in the reference's words where it
/// declares no such folder.
[[nodiscard]] Result<FolderTraits> declared_folder(std::string_view manifest_json,
                                                   const std::string& folder_key);
/// All declarations of the manifest as JSON text, as they stand there.
[[nodiscard]] std::string folder_declarations(std::string_view manifest_json);

/// What the parameters of `localFolders.configure` say beside the path.
[[nodiscard]] Result<FolderTraits> configured_traits(const Params& params);

/// The manifest wins over the plugin's code, and that over what it said before.
[[nodiscard]] FolderTraits merged(const FolderTraits& declared, const FolderTraits& said,
                                  const FolderTraits& stored);
[[nodiscard]] FolderPlan plan_of(std::string folder_key, std::optional<std::string> path,
                                 const FolderTraits& traits);

[[nodiscard]] FolderTraits stored_traits(const FolderSettings& settings);
[[nodiscard]] FolderSettings settings_of(const FolderPlan& plan);

}  // namespace collet::services
