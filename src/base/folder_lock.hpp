// One owner a folder.
#pragma once

#include <filesystem>
#include <utility>

#include "base/file_descriptor.hpp"
#include "collet/error.hpp"

namespace collet {

/// Holds a folder for one host at a time, by an flock on a file in it, which the kernel lets go of
/// however the process ends. The lock belongs to this object, not to the process: a second host in
/// the same process is refused too.
class FolderLock {
 public:
  /// Makes the folder (mode 0700) where it is missing. Fails with `invalid_request` where it is
  /// taken (the text has the owner's pid) or cannot be made, with `overloaded` where the host has
  /// too many open files.
  [[nodiscard]] static Result<FolderLock> take(const std::filesystem::path& folder);

 private:
  explicit FolderLock(FileDescriptor descriptor) : descriptor_(std::move(descriptor)) {}
  FileDescriptor descriptor_;
};

}  // namespace collet
