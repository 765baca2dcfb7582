#include "base/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/descriptors.hpp"

namespace collet {
namespace {

std::string owner_of(int descriptor) {
  char text[16] = {};
  const auto length = ::pread(descriptor, text, sizeof text - 1, 0);
  std::string pid(text, length > 0 ? static_cast<std::size_t>(length) : 0);
  while (pid.ends_with('\n')) pid.pop_back();
  return pid.empty() ? "another process" : "the process " + pid;
}

}  // namespace

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::invalid_request,
                "cannot make the data folder " + folder.string() + ": " + error.message(),
                "choose another with --data-dir");
  }
  if (made) std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);

  const auto file = folder / "collet.lock";
  FolderLock lock(
      FileDescriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR)));
  if (!lock.descriptor_) {
    return fail_by_system(ErrorCode::invalid_request, "cannot open " + file.string(), errno,
                          "check the folder's owner, or choose another with --data-dir");
  }
  const int descriptor = lock.descriptor_.get();
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return fail(ErrorCode::invalid_request,
                  "cannot lock " + file.string() + ": " + std::strerror(errno),
                  "choose a folder on a local disk with --data-dir");
    }
    return fail(ErrorCode::invalid_request,
                "the data folder " + folder.string() + " is in use by " + owner_of(descriptor),
                "stop that one, or choose another folder with --data-dir");
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor, 0) != 0 || ::pwrite(descriptor, pid.data(), pid.size(), 0) < 0) {
    return fail(ErrorCode::invalid_request,
                "cannot write " + file.string() + ": " + std::strerror(errno), "free some space");
  }
  return lock;
}

}  // namespace collet
