#include "app/paths.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "app/json_text.hpp"
#include "base/descriptors.hpp"
#include "base/file.hpp"
#include "base/file_descriptor.hpp"
#include "base/private_file.hpp"
#include "json/writer.hpp"

namespace collet::app {
namespace {

/// A run file and a token have some hundred bytes.
constexpr std::size_t k_small_file_bytes_max = 64u << 10;

std::unexpected<Error> file_error(const std::filesystem::path& file, std::string_view what,
                                  int error) {
  return fail_by_system(ErrorCode::store_unavailable, file.string() + " " + std::string(what),
                        error, "check that the folder is yours, or choose another with --data-dir");
}

/// A new file with mode 0600 that holds `text` once this returns, also over a power cut.
Result<Done> write_private(const std::filesystem::path& file, std::string_view text) {
  const FileDescriptor descriptor(
      ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  const bool written =
      descriptor &&
      ::write(descriptor.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(descriptor.get()) == 0;
  if (!written) return file_error(file, "cannot be written", errno);
  return Done{};
}

std::optional<std::filesystem::path> xdg(const Environment& environment, std::string_view variable,
                                         std::string_view below_home) {
  // A relative path in an XDG variable is to be ignored (XDG Base Directory Specification 0.8).
  if (const auto base = environment.get(variable); base && base->starts_with('/')) {
    return std::filesystem::path(*base) / "collet";
  }
  if (const auto home = environment.get("HOME")) {
    return std::filesystem::path(*home) / below_home / "collet";
  }
  return std::nullopt;
}

std::filesystem::path run_file(const std::filesystem::path& data_dir) {
  return data_dir / "run.json";
}

Result<std::string> load_token(const std::filesystem::path& data_dir) {
  const auto file = token_file(data_dir);
  auto text = read_file(file, k_small_file_bytes_max);
  if (!text) return text;
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (text->empty()) return fail(ErrorCode::store_unavailable, file.string() + " is empty");
  return text;
}

/// A name beside `file` that no other process uses.
std::filesystem::path scratch_beside(const std::filesystem::path& file) {
  return file.string() + "." + std::to_string(::getpid()) + ".new";
}

}  // namespace

std::optional<std::filesystem::path> default_data_dir(const Environment& environment) {
  return xdg(environment, "XDG_DATA_HOME", ".local/share");
}

std::optional<std::filesystem::path> default_config_file(const Environment& environment) {
  auto folder = xdg(environment, "XDG_CONFIG_HOME", ".config");
  if (folder) *folder /= "collet.toml";
  return folder;
}

Result<Done> write_run_file(const std::filesystem::path& data_dir, const RunFile& run) {
  json::Writer writer;
  writer.begin_object()
      .member("url", run.url)
      .member("pid", run.pid)
      .member("startedAt", run.started_at)
      .end_object();
  const auto file = run_file(data_dir);
  const auto scratch = scratch_beside(file);
  if (auto written = write_private(scratch, writer.text() + "\n"); !written) return written;
  if (::rename(scratch.c_str(), file.c_str()) != 0) {
    return file_error(file, "cannot be written", errno);
  }
  return Done{};
}

std::optional<RunFile> read_run_file(const std::filesystem::path& data_dir) {
  auto text = read_file(run_file(data_dir), k_small_file_bytes_max);
  if (!text) return std::nullopt;
  const auto document = json::Document::parse(*std::move(text));
  if (!document) return std::nullopt;
  const auto root = document->root();
  RunFile run{.url = text_member(root, "url"),
              .pid = integer_member(root, "pid").value_or(0),
              .started_at = text_member(root, "startedAt")};
  if (run.url.empty()) return std::nullopt;
  return run;
}

void remove_run_file(const std::filesystem::path& data_dir) {
  std::error_code ignored;
  std::filesystem::remove(run_file(data_dir), ignored);
}

std::filesystem::path token_file(const std::filesystem::path& data_dir) {
  return data_dir / "operator-token";
}

std::optional<std::string> read_token(const std::filesystem::path& data_dir) {
  auto token = load_token(data_dir);
  if (!token) return std::nullopt;
  return *std::move(token);
}

Result<std::string> ensure_token(const std::filesystem::path& data_dir, Entropy& entropy) {
  std::error_code error;
  std::filesystem::create_directories(data_dir.parent_path(), error);
  if (::mkdir(data_dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return file_error(data_dir, "cannot be made", errno);
  }
  const auto file = token_file(data_dir);
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno != ENOENT) return file_error(file, "cannot be read", errno);
    // Of two daemons that start at once, the first one's token stays.
    if (auto made = make_private_file(file, make_token(entropy) + "\n"); !made) {
      return std::unexpected(std::move(made.error()));
    }
  } else if ((status.st_mode & 077) != 0) {
    return fail(ErrorCode::forbidden,
                file.string() + " may be read by other users, who could run every tool",
                "make it yours alone with: chmod 600 " + file.string());
  }
  auto token = load_token(data_dir);
  // A token that only cannot be read now must not be deleted.
  if (token || token.error().code == ErrorCode::overloaded) return token;
  return fail(ErrorCode::store_unavailable, file.string() + " is empty or cannot be read",
              "delete it; the next start makes a new one");
}

}  // namespace collet::app
