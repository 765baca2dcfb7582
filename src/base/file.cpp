#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <algorithm>
#include <cerrno>

#include "base/descriptors.hpp"
#include "base/file_descriptor.hpp"

namespace collet {
namespace {

std::unexpected<Error> cannot_read(std::string_view name, std::string_view why) {
  return fail(ErrorCode::invalid_request, fmt::format("{} cannot be read: {}", name, why));
}

std::unexpected<Error> cannot_read(std::string_view name, int error) {
  return fail_by_system(ErrorCode::invalid_request, fmt::format("{} cannot be read", name), error);
}

}  // namespace

Result<std::string> read_to_end(int descriptor, std::string_view name, std::size_t bytes_max) {
  constexpr std::size_t piece = 64u << 10;
  std::string text;
  std::size_t filled = 0;
  while (filled <= bytes_max) {
    text.resize(std::max(text.size(), std::min(filled + piece, bytes_max + 1)));
    const auto count = ::read(descriptor, text.data() + filled, text.size() - filled);
    if (count == 0) {
      text.resize(filled);
      return text;
    }
    if (count > 0) {
      filled += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      return cannot_read(name, errno);
    }
  }
  return cannot_read(name, fmt::format("it has more than {} bytes", bytes_max));
}

Result<std::string> read_file(const std::filesystem::path& file, std::size_t bytes_max,
                              FileKind kind) {
  // Without a writer, opening a pipe waits for one, unless it is opened so.
  const int patience = kind == FileKind::regular ? O_NONBLOCK : 0;
  const FileDescriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | patience));
  if (!descriptor) return cannot_read(file.native(), errno);
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0) return cannot_read(file.native(), errno);
  if (S_ISDIR(status.st_mode)) return cannot_read(file.native(), EISDIR);
  if (kind == FileKind::regular && !S_ISREG(status.st_mode)) {
    return cannot_read(file.native(), "it is no regular file");
  }
  return read_to_end(descriptor.get(), file.native(), bytes_max);
}

}  // namespace collet
