// Files below a folder, however its content changes meanwhile: nothing leads out of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file_descriptor.hpp"
#include "base/wall_clock.hpp"
#include "collet/error.hpp"
#include "collet/limits.hpp"

namespace collet {

/// The names of a path below a folder, joined by "/"; empty for the folder itself. Empty names and
/// "." are left out. Fails with `invalid_request` for what is absolute, has "..", a backslash or a
/// NUL, or is longer than the kernel takes. Pure.
[[nodiscard]] Result<std::string> contained_path(std::string_view path);

/// Whether two folders are the same, or one of them is in the other, once symbolic links are
/// followed. Neither has to be there. Blocks on the disk.
[[nodiscard]] bool folders_overlap(const std::filesystem::path& one,
                                   const std::filesystem::path& other);

/// How paths are followed.
enum class PathWalk : std::uint8_t {
  /// openat2(2), which lets symbolic links lead anywhere inside the folder (absolute ones nowhere);
  /// where the kernel has it not, or a sandbox forbids it, as `no_links`.
  kernel,
  no_links,  ///< name by name; no symbolic link is followed
};

/// What stands at a path.
enum class PathState : std::uint8_t {
  file,
  directory,
  other,    ///< a device, a pipe, a socket
  missing,  ///< nothing
  outside,  ///< a symbolic link that leads out of the folder, or in a circle
  closed,   ///< the account of this program may not look there
};

struct FolderEntry {
  std::string path;  ///< below the folder
  std::string name;
  PathState state = PathState::file;  ///< file or directory
  std::uint64_t size = 0;             ///< of a file
  WallTime modified_at{};
};

struct FolderListing {
  /// By name, byte by byte; what a directory holds follows it.
  std::vector<FolderEntry> entries;
  bool is_truncated = false;
};

struct ListOptions {
  enum class Depth : std::uint8_t { one_level, all_levels } depth = Depth::one_level;
  std::size_t entries_max = limits::services::folder_entries_max;
  std::size_t names_max = limits::services::folder_names_max;
  std::size_t levels_max = limits::services::folder_levels_max;
  /// Names for which it is false are left out; may be empty.
  std::function<bool(std::string_view name)> is_wanted{};
};

/// A folder, held open. Every operation finds its way anew from there, in one step of the kernel's
/// or without following links, so that whoever swaps a directory for a link in between gains
/// nothing. Paths are as `contained_path` gives them. Blocks on the disk; one thread at a time.
class ContainedFolder {
 public:
  /// Follows the links of `root` itself: it is the path of somebody who may say so.
  [[nodiscard]] static std::expected<ContainedFolder, std::error_code> open(
      const std::filesystem::path& root, PathWalk walk = PathWalk::kernel);

  [[nodiscard]] bool is_readable() const;
  [[nodiscard]] bool is_writable() const;
  [[nodiscard]] PathState look_at(const std::string& path) const;

  /// All of a regular file; more than `bytes_max` is refused.
  [[nodiscard]] Result<std::string> read(const std::string& path, std::size_t bytes_max) const;
  /// Replaces a file or makes it, with the directories it stands in: whoever reads it meanwhile, or
  /// after a crash, finds the old content or the new. It is on the disk when this returns. A
  /// replaced file keeps its permissions; a symbolic link is replaced, not followed.
  /// `unique` names the temporary file beside it: ".collet-<unique>.tmp".
  [[nodiscard]] Result<Done> write(const std::string& path, std::string_view content,
                                   std::string_view unique) const;
  /// Removes a file, or a symbolic link, never what that leads to; also where there is none.
  [[nodiscard]] Result<Done> remove(const std::string& path) const;
  [[nodiscard]] Result<Done> make_directories(const std::string& path) const;
  /// The content of a directory. Symbolic links are listed as what they lead to, where that is
  /// inside, and not entered.
  [[nodiscard]] Result<FolderListing> list(const std::string& path,
                                           const ListOptions& options) const;

 private:
  ContainedFolder(FileDescriptor root, PathWalk walk) : root_(std::move(root)), walk_(walk) {}

  /// Empty on failure, with errno.
  [[nodiscard]] FileDescriptor open_beneath(const std::string& path, int flags) const;
  [[nodiscard]] FileDescriptor open_without_links(const std::string& path, int flags) const;
  struct Reading;
  Result<Done> list_level(Reading& reading, FileDescriptor directory, const std::string& path,
                          std::size_t level) const;

  FileDescriptor root_;
  PathWalk walk_;
};

}  // namespace collet
