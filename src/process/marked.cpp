#include "process/marked.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <expected>
#include <memory>

extern "C" {  // glibc 2.36 forgets it in this header
#include <sys/pidfd.h>
}

#include "base/descriptors.hpp"
#include "base/file_descriptor.hpp"

namespace collet::process {
namespace {

// The kernel takes environments of up to a quarter of the stack's limit, 2 MiB by default. What
// stands beyond is not looked at; the mark comes first in the environment of a worker.
constexpr std::size_t k_environment_bytes_max = std::size_t{2} << 20;

/// Or an errno.
std::expected<std::string, int> environment_of(pid_t pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/environ";
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::unexpected(errno);
  std::string bytes;
  constexpr std::size_t k_step = 16u << 10;
  for (;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + k_step);
    const auto got = ::read(file.get(), bytes.data() + before, k_step);
    if (got < 0) return std::unexpected(errno);
    bytes.resize(before + static_cast<std::size_t>(got));
    if (got == 0 || bytes.size() >= k_environment_bytes_max) return bytes;
  }
}

}  // namespace

std::string_view mark_in(std::string_view environment) {
  while (!environment.empty()) {
    const auto end = environment.find('\0');
    const auto variable = environment.substr(0, end);
    if (variable.starts_with(k_mark_variable) && variable.size() > k_mark_variable.size() &&
        variable[k_mark_variable.size()] == '=') {
      return variable.substr(k_mark_variable.size() + 1);
    }
    if (end == environment.npos) break;
    environment.remove_prefix(end + 1);
  }
  return {};
}

std::string mark_of(pid_t pid) {
  const auto environment = environment_of(pid);
  return environment ? std::string(mark_in(*environment)) : std::string();
}

bool kill_marked(const MarkTest& is_meant,
                 const std::function<void(pid_t, const std::string&)>& killed) {
  bool found = false;
  const std::unique_ptr<DIR, int (*)(DIR*)> processes(::opendir("/proc"), &::closedir);
  if (!processes) return is_out_of_descriptors(errno);
  while (const dirent* entry = ::readdir(processes.get())) {
    const std::string_view name = entry->d_name;
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error != std::errc() || end != name.data() + name.size()) continue;
    const auto environment = environment_of(pid);
    if (!environment) {
      found |= is_out_of_descriptors(environment.error());
      continue;
    }
    const std::string mark(mark_in(*environment));
    if (mark.empty() || !is_meant(mark)) continue;
    // Looked at again behind the handle: the number may have gone to another process before it.
    const FileDescriptor pidfd(::pidfd_open(pid, 0));
    if (!pidfd) found |= is_out_of_descriptors(errno);
    if (!pidfd || mark_of(pid) != mark) continue;
    found = true;
    if (::pidfd_send_signal(pidfd.get(), SIGKILL, nullptr, 0) == 0) killed(pid, mark);
  }
  return found;
}

}  // namespace collet::process
