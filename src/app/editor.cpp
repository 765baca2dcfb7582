#include "app/editor.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/file.hpp"
#include "base/file_descriptor.hpp"

namespace collet::app {
namespace {

/// What no daemon takes need not be read.
constexpr std::size_t k_edited_bytes_max = 16u << 20;

std::string why(int error) {
  return std::generic_category().message(error);
}

/// A file in a folder of its own that only its user may enter, because an editor may put another
/// file in its place; both go with this.
class PrivateFile {
 public:
  explicit PrivateFile(const std::string& text) {
    std::error_code error;
    auto folder = (std::filesystem::temp_directory_path(error) / "collet-edit-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) return;
    folder_ = folder;
    const FileDescriptor file(
        ::open(path().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    written_ = file && write_all(file.get(), text);
  }
  ~PrivateFile() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  /// Whether it is there; `errno` says why not.
  explicit operator bool() const { return written_; }
  [[nodiscard]] std::filesystem::path path() const { return folder_ / "config.json"; }

 private:
  static bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
      const auto taken = ::write(file, text.data(), text.size());
      if (taken < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(taken));
    }
    return true;
  }

  std::filesystem::path folder_;
  bool written_ = false;
};

/// While it lives, what the keyboard sends is for the editor alone.
class KeyboardIsTheEditors {
 public:
  KeyboardIsTheEditors() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGINT, &ignore, &interrupt_);
    ::sigaction(SIGQUIT, &ignore, &quit_);
  }
  ~KeyboardIsTheEditors() {
    ::sigaction(SIGINT, &interrupt_, nullptr);
    ::sigaction(SIGQUIT, &quit_, nullptr);
  }
  KeyboardIsTheEditors(const KeyboardIsTheEditors&) = delete;
  KeyboardIsTheEditors& operator=(const KeyboardIsTheEditors&) = delete;

 private:
  struct sigaction interrupt_ {};
  struct sigaction quit_ {};
};

/// Runs it on this process's terminal and waits for its end.
Result<Done> run_editor(const std::string& editor, const std::filesystem::path& file) {
  auto failed = [&](const std::string& how) {
    return fail(ErrorCode::invalid_request, "the editor \"" + editor + "\" " + how,
                "name another with VISUAL or EDITOR");
  };
  // As a shell reads it: it may have arguments.
  std::vector<std::string> words{"sh", "-c", editor + " \"$@\"", editor, file.string()};
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  const KeyboardIsTheEditors guard;
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGINT);
  sigaddset(&defaults, SIGQUIT);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t child = 0;
  const int error =
      ::posix_spawn(&child, "/bin/sh", nullptr, &attributes, arguments.data(), ::environ);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return failed("was not started: " + why(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return failed("cannot be waited for: " + why(errno));
  }
  if (WIFSIGNALED(status)) return failed("was ended by a signal");
  if (WEXITSTATUS(status) != 0) {
    return failed("exited with code " + std::to_string(WEXITSTATUS(status)));
  }
  return Done{};
}

}  // namespace

Result<std::string> edit_text(const std::string& editor, const std::string& text) {
  const PrivateFile file(text);
  if (!file) return fail(ErrorCode::internal_error, "no temporary file: " + why(errno));
  if (auto done = run_editor(editor, file.path()); !done) return std::unexpected(done.error());
  return read_file(file.path(), k_edited_bytes_max);
}

}  // namespace collet::app
