#include "base/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include <fmt/format.h>

#include "base/descriptors.hpp"
#include "base/file.hpp"
#include "base/file_descriptor.hpp"

namespace collet {
namespace {

std::unexpected<Error> cannot_make(const std::filesystem::path& file, int error) {
  return fail_by_system(ErrorCode::store_unavailable,
                        fmt::format("{} cannot be written", file.native()), error,
                        "check that its folder is yours, and that there is room on the disk");
}

// The name of a new file is durable once its folder is. An errno, or 0.
int sync_folder(const std::filesystem::path& folder) {
  const FileDescriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return descriptor && ::fsync(descriptor.get()) == 0 ? 0 : errno;
}

}  // namespace

Result<std::string> read_private_file(const std::filesystem::path& file, std::size_t bytes_max) {
  // Judged by the descriptor, so that what is judged is what is read. Without O_NONBLOCK a pipe
  // would wait for a writer.
  const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!descriptor || ::fstat(descriptor.get(), &status) != 0) {
    return fail_by_system(ErrorCode::invalid_request,
                          fmt::format("{} cannot be read", file.native()), errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::invalid_request,
                fmt::format("{} cannot be read: it is no regular file", file.native()));
  }
  if ((status.st_mode & 077) != 0) {
    return fail(ErrorCode::forbidden,
                fmt::format("{} may be read or changed by other users (its mode is {:04o})",
                            file.native(), status.st_mode & 07777),
                fmt::format("make it yours alone with: chmod 600 {}", file.native()));
  }
  if (status.st_uid != ::geteuid() && status.st_uid != 0) {
    return fail(ErrorCode::forbidden,
                fmt::format("{} belongs to another user, who could change it", file.native()),
                fmt::format("make it yours with: chown {} {}", ::geteuid(), file.native()));
  }
  return read_to_end(descriptor.get(), file.native(), bytes_max);
}

Result<FileMade> make_private_file(const std::filesystem::path& file, std::string_view bytes) {
  // Nobody sees half of it, and of two who make it at once the first one's stays: a link never
  // replaces.
  const std::filesystem::path scratch =
      fmt::format("{}.{}.{}.new", file.native(), ::getpid(), ::gettid());
  FileDescriptor descriptor(
      ::open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor) return cannot_make(file, errno);
  const bool written = ::write(descriptor.get(), bytes.data(), bytes.size()) == std::ssize(bytes) &&
                       ::fsync(descriptor.get()) == 0;
  const int write_error = errno;
  const bool linked = written && ::link(scratch.c_str(), file.c_str()) == 0;
  const int link_error = errno;
  ::unlink(scratch.c_str());
  if (!written) return cannot_make(file, write_error);
  if (!linked && link_error == EEXIST) return FileMade::before;
  if (!linked) return cannot_make(file, link_error);
  if (const int error = sync_folder(file.has_parent_path() ? file.parent_path() : ".")) {
    return cannot_make(file, error);
  }
  return FileMade::now;
}

}  // namespace collet
