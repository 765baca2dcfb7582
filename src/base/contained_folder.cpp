#include "base/contained_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "base/descriptors.hpp"
#include "base/file.hpp"

namespace collet {
namespace {

/// The kernel answers EAGAIN while somebody renames on the way; who does so all the time is told.
constexpr int k_tries_max = 100;

std::unexpected<Error> wrong(const std::string& path, std::string_view what) {
  return fail(ErrorCode::invalid_request, fmt::format("\"{}\" {}", path, what));
}

std::unexpected<Error> failed(const std::string& path, std::string_view what, int error) {
  switch (error) {
    case EXDEV:
    case ELOOP:
      return wrong(path, "leads out of the folder by a symbolic link");
    case ENOENT:
    case ENOTDIR:
      return wrong(path, "is not there");
    case EISDIR:
      return wrong(path, "is a directory");
    default:
      return fail_by_system(ErrorCode::invalid_request,
                            fmt::format("\"{}\" cannot be {}", path, what), error);
  }
}

struct Split {
  std::string parent;  // empty: the folder itself
  std::string name;
};

Split split(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return {{}, path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

bool is_link(int directory, const char* name) {
  struct stat status {};
  return ::fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

PathState state_of(const struct stat& status) {
  if (S_ISDIR(status.st_mode)) return PathState::directory;
  return S_ISREG(status.st_mode) ? PathState::file : PathState::other;
}

// A rename or a removal is on the disk once its directory is.
bool sync(int directory) {
  return ::fsync(directory) == 0;
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written > 0) {
      content.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

// A temporary file that is gone unless it was renamed.
class Temporary {
 public:
  Temporary(int directory, std::string name)
      : directory_(directory),
        name_(std::move(name)),
        file_(::openat(directory, name_.c_str(),
                       O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666)) {}
  ~Temporary() {
    if (file_) ::unlinkat(directory_, name_.c_str(), 0);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(file_); }
  [[nodiscard]] int descriptor() const { return file_.get(); }
  bool rename_to(const char* name) {
    if (::renameat(directory_, name_.c_str(), directory_, name) != 0) return false;
    file_.close();
    return true;
  }

 private:
  int directory_;
  std::string name_;
  FileDescriptor file_;
};

}  // namespace

Result<std::string> contained_path(std::string_view path) {
  const std::string shown(path);
  if (path.find('\0') != path.npos) return wrong(shown.c_str(), "has a NUL character");
  if (path.starts_with('/')) return wrong(shown, "is absolute; paths start at the folder");
  if (path.find('\\') != path.npos) return wrong(shown, "has a backslash; names are divided by /");
  if (path.size() >= PATH_MAX)
    return fail(ErrorCode::invalid_request,
                fmt::format("a path has {} bytes, the limit is {}", path.size(), PATH_MAX - 1));
  std::string names;
  while (!path.empty()) {
    const auto name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(path.size(), name.size() + 1));
    if (name.empty() || name == ".") continue;
    if (name == "..") return wrong(shown, "has \"..\"; paths stay inside the folder");
    if (!names.empty()) names += '/';
    names += name;
  }
  return names;
}

bool folders_overlap(const std::filesystem::path& one, const std::filesystem::path& other) {
  const auto resolved = [](const std::filesystem::path& path) {
    std::error_code error;
    auto real = std::filesystem::weakly_canonical(path, error);
    // What follows "missing/.." may be a link, which is not followed the first time.
    if (!error) real = std::filesystem::weakly_canonical(real, error);
    if (error) real = path.lexically_normal();
    return real.has_filename() ? real : real.parent_path();
  };
  const auto a = resolved(one);
  const auto b = resolved(other);
  const auto [rest_of_a, rest_of_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return rest_of_a == a.end() || rest_of_b == b.end();
}

std::expected<ContainedFolder, std::error_code> ContainedFolder::open(
    const std::filesystem::path& root, PathWalk walk) {
  FileDescriptor descriptor(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) return std::unexpected(std::error_code(errno, std::generic_category()));
  return ContainedFolder(std::move(descriptor), walk);
}

bool ContainedFolder::is_readable() const {
  return ::faccessat(root_.get(), ".", R_OK | X_OK, AT_EACCESS) == 0;
}

bool ContainedFolder::is_writable() const {
  return ::faccessat(root_.get(), ".", W_OK | X_OK, AT_EACCESS) == 0;
}

FileDescriptor ContainedFolder::open_beneath(const std::string& path, int flags) const {
  const auto* const name = path.empty() ? "." : path.c_str();
  if (walk_ == PathWalk::no_links) return open_without_links(path, flags);
  struct open_how how {};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int tries = 1;; ++tries) {
    const auto opened = ::syscall(SYS_openat2, root_.get(), name, &how, sizeof how);
    if (opened >= 0) return FileDescriptor(static_cast<int>(opened));
    if (errno == ENOSYS || errno == EPERM) return open_without_links(path, flags);
    if ((errno != EAGAIN && errno != EINTR) || tries == k_tries_max) return {};
  }
}

FileDescriptor ContainedFolder::open_without_links(const std::string& path, int flags) const {
  FileDescriptor directory(::openat(root_.get(), ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  std::string_view rest = path.empty() ? "." : std::string_view(path);
  while (directory) {
    const std::string name(rest.substr(0, rest.find('/')));
    const bool is_last = name.size() == rest.size();
    const int how = is_last ? flags : O_PATH | O_DIRECTORY;
    FileDescriptor next(::openat(directory.get(), name.c_str(), how | O_NOFOLLOW | O_CLOEXEC));
    if (!next) {
      const int error = errno;
      errno = (error == ENOTDIR || error == ELOOP) && is_link(directory.get(), name.c_str())
                  ? EXDEV
                  : error;
      return {};
    }
    // Only O_PATH opens a link as such.
    struct stat status {};
    if (::fstat(next.get(), &status) != 0) return {};
    if (S_ISLNK(status.st_mode)) {
      errno = EXDEV;
      return {};
    }
    if (is_last) return next;
    rest.remove_prefix(name.size() + 1);
    directory = std::move(next);
  }
  return {};
}

PathState ContainedFolder::look_at(const std::string& path) const {
  const auto there = open_beneath(path, O_PATH);
  struct stat status {};
  if (there && ::fstat(there.get(), &status) == 0) return state_of(status);
  switch (errno) {
    case EXDEV:
    case ELOOP:
      return PathState::outside;
    case EACCES:
      return PathState::closed;
    default:
      return PathState::missing;
  }
}

Result<std::string> ContainedFolder::read(const std::string& path, std::size_t bytes_max) const {
  // Without a writer, opening a pipe would wait for one.
  const auto file = open_beneath(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return failed(path, "read", errno);
  if (S_ISDIR(status.st_mode)) return failed(path, "read", EISDIR);
  if (!S_ISREG(status.st_mode)) return wrong(path, "is no regular file");
  return read_to_end(file.get(), "\"" + path + "\"", bytes_max);
}

Result<Done> ContainedFolder::make_directories(const std::string& path) const {
  if (path.empty()) return Done{};
  for (auto end = path.find('/');; end = path.find('/', end + 1)) {
    const auto prefix = path.substr(0, end);
    auto there = open_beneath(prefix, O_PATH | O_DIRECTORY);
    if (!there && errno == ENOENT) {
      const auto [parent_path, name] = split(prefix);
      const auto parent = open_beneath(parent_path, O_RDONLY | O_DIRECTORY);
      if (!parent) return failed(prefix, "made", errno);
      // Somebody else may make it meanwhile.
      if (::mkdirat(parent.get(), name.c_str(), 0777) != 0 && errno != EEXIST)
        return failed(prefix, "made", errno);
      if (!sync(parent.get())) return failed(prefix, "made", errno);
      there = open_beneath(prefix, O_PATH | O_DIRECTORY);
    }
    if (!there && errno == ENOTDIR) return wrong(prefix, "is not a directory");
    if (!there) return failed(prefix, "made", errno);
    if (end == std::string::npos) return Done{};
  }
}

Result<Done> ContainedFolder::write(const std::string& path, std::string_view content,
                                    std::string_view unique) const {
  if (path.empty()) return wrong(path, "names no file");
  const auto [parent_path, name] = split(path);
  if (auto made = make_directories(parent_path); !made) return made;
  const auto parent = open_beneath(parent_path, O_RDONLY | O_DIRECTORY);
  if (!parent) return failed(path, "written", errno);
  struct stat replaced {};
  const bool replaces_file =
      ::fstatat(parent.get(), name.c_str(), &replaced, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISREG(replaced.st_mode);
  Temporary temporary(parent.get(), fmt::format(".collet-{}.tmp", unique));
  if (!temporary) return failed(path, "written", errno);
  if ((replaces_file && ::fchmod(temporary.descriptor(), replaced.st_mode & 07777) != 0) ||
      !write_all(temporary.descriptor(), content) || ::fsync(temporary.descriptor()) != 0 ||
      !temporary.rename_to(name.c_str()) || !sync(parent.get())) {
    return failed(path, "written", errno);
  }
  return Done{};
}

Result<Done> ContainedFolder::remove(const std::string& path) const {
  if (path.empty()) return wrong(path, "names no file");
  const auto [parent_path, name] = split(path);
  const auto parent = open_beneath(parent_path, O_RDONLY | O_DIRECTORY);
  if (!parent && (errno == ENOENT || errno == ENOTDIR)) return Done{};
  if (!parent) return failed(path, "deleted", errno);
  if (::unlinkat(parent.get(), name.c_str(), 0) != 0) {
    if (errno == ENOENT) return Done{};
    return failed(path, "deleted", errno);
  }
  if (!sync(parent.get())) return failed(path, "deleted", errno);
  return Done{};
}

struct ContainedFolder::Reading {
  const ListOptions& options;
  FolderListing listing{};
  std::size_t names = 0;  // looked at so far
};

Result<FolderListing> ContainedFolder::list(const std::string& path,
                                            const ListOptions& options) const {
  auto directory = open_beneath(path, O_RDONLY | O_DIRECTORY);
  if (!directory && errno == ENOTDIR && look_at(path) != PathState::missing)
    return wrong(path, "is not a directory");
  if (!directory) return failed(path, "listed", errno);
  Reading reading{.options = options};
  if (auto done = list_level(reading, std::move(directory), path, 1); !done)
    return std::unexpected(std::move(done.error()));
  return std::move(reading.listing);
}

Result<Done> ContainedFolder::list_level(Reading& reading, FileDescriptor directory,
                                         const std::string& path, std::size_t level) const {
  const auto& options = reading.options;
  auto& listing = reading.listing;
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(directory.get()), &::closedir);
  if (!stream) return failed(path, "listed", errno);
  const int parent = directory.release();  // the stream's now

  std::vector<std::string> names;
  for (errno = 0; const auto* each = ::readdir(stream.get()); errno = 0) {
    const std::string_view name(each->d_name);
    if (name == "." || name == "..") continue;
    if (++reading.names > options.names_max) {
      listing.is_truncated = true;
      break;
    }
    if (!options.is_wanted || options.is_wanted(name)) names.emplace_back(name);
  }
  std::ranges::sort(names);

  for (auto& name : names) {
    struct stat status {};
    if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    auto below = path.empty() ? name : path + "/" + name;
    const bool is_a_link = S_ISLNK(status.st_mode);
    if (is_a_link) {
      const auto target = open_beneath(below, O_PATH);
      if (!target && is_out_of_descriptors(errno)) return failed(below, "read", errno);
      if (!target || ::fstat(target.get(), &status) != 0) continue;
    }
    const auto state = state_of(status);
    if (state == PathState::other) continue;
    if (listing.entries.size() >= options.entries_max) {
      listing.is_truncated = true;
      return Done{};
    }
    const auto modified = std::chrono::seconds(status.st_mtim.tv_sec) +
                          std::chrono::nanoseconds(status.st_mtim.tv_nsec);
    listing.entries.push_back(
        {.path = below,
         .name = name,
         .state = state,
         .size = static_cast<std::uint64_t>(status.st_size),
         .modified_at = WallTime(std::chrono::duration_cast<WallTime::duration>(modified))});
    if (state != PathState::directory || is_a_link ||
        options.depth == ListOptions::Depth::one_level) {
      continue;
    }
    if (level == options.levels_max) {
      listing.is_truncated = true;
      continue;
    }
    FileDescriptor inner(
        ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!inner && is_out_of_descriptors(errno)) return failed(below, "read", errno);
    if (!inner) continue;  // gone, or closed to us: there is nothing to say of its content
    if (auto done = list_level(reading, std::move(inner), below, level + 1); !done) return done;
    // Only what is full ends the listing; what is too deep, or too long to read, goes on beside.
    if (listing.entries.size() >= options.entries_max && listing.is_truncated) return Done{};
  }
  return Done{};
}

}  // namespace collet
