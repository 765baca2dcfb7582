#include "process/group_folder.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

extern "C" {  // glibc 2.36 forgets it in this header
#include <sys/pidfd.h>
}

#include "base/descriptors.hpp"

namespace collet::process {
namespace {

namespace fs = std::filesystem;

// A file of the kernel's is read in one piece, or a few: cgroup.procs of 5,000 processes has 40 KB.
constexpr std::size_t k_small_bytes_max = 64u << 10;

std::vector<fs::path> groups_below(const fs::path& group) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator entry(group, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    if (entry->is_directory(unknown)) found.push_back(entry->path());
  }
  return found;
}

/// Whether the process is in `group` or below, by the kernel's word on the process. The names of
/// a host and a run make it unique.
bool is_in(pid_t pid, const fs::path& group) {
  const auto groups = read_small_file("/proc/" + std::to_string(pid) + "/cgroup");
  const auto name = '/' + (group.parent_path().filename() / group.filename()).native();
  return groups && groups->contains(name);
}

}  // namespace

std::expected<std::string, int> read_small_file(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(errno);
  std::string text(k_small_bytes_max, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

int write_small_file(const fs::path& path, std::string_view text) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  return ::write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
}

std::expected<std::vector<pid_t>, int> processes_in(const fs::path& group) {
  std::vector<pid_t> found;
  const auto text = read_small_file(group / "cgroup.procs");
  if (!text) return std::unexpected(text.error());
  const char* const end = text->data() + text->size();
  for (const char* at = text->data(); at < end;) {
    pid_t pid = 0;
    const auto [rest, error] = std::from_chars(at, end, pid);
    if (error == std::errc() && pid > 0) found.push_back(pid);
    at = rest + 1;
  }
  return found;
}

bool kill_group(const fs::path& group, const std::function<void(pid_t)>& killed) {
  bool found = false;
  for (const auto& below : groups_below(group)) found |= kill_group(below, killed);
  const auto members = processes_in(group);
  if (!members) return found || is_out_of_descriptors(members.error());
  const bool at_one_stroke = !members->empty() && write_small_file(group / "cgroup.kill", "1") == 0;
  for (const auto pid : *members) {
    if (!at_one_stroke) {
      // Looked at again behind the handle: the number may have gone to another process before it.
      const FileDescriptor pidfd(::pidfd_open(pid, 0));
      if (!pidfd && is_out_of_descriptors(errno)) found = true;
      if (!pidfd || !is_in(pid, group)) continue;
      if (::pidfd_send_signal(pidfd.get(), SIGKILL, nullptr, 0) != 0) continue;
    }
    found = true;
    killed(pid);
  }
  return found;
}

bool remove_group(const fs::path& group) {
  bool all = true;
  for (const auto& below : groups_below(group)) all &= remove_group(below);
  return all && (::rmdir(group.c_str()) == 0 || errno == ENOENT);
}

std::expected<FileDescriptor, int> lock_group(const fs::path& host_folder) {
  FileDescriptor folder(::open(host_folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::unexpected(errno);
  if (::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) {
    return std::unexpected(errno == EWOULDBLOCK ? EBUSY : errno);
  }
  return folder;
}

bool sweep_dead_hosts(const fs::path& place) {
  bool all = true;
  for (const auto& folder : groups_below(place)) {
    if (!folder.filename().native().starts_with(k_host_folder_prefix)) continue;
    const auto dead = lock_group(folder);
    if (!dead) continue;
    kill_group(folder, [](pid_t) {});
    all &= remove_group(folder);
  }
  return all;
}

}  // namespace collet::process
