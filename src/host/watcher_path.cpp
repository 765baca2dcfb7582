#include "host/watcher_path.hpp"

#include <system_error>

namespace collet {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_name = "collet-watcher";

bool is_executable_file(const fs::path& path) {
  std::error_code error;
  const auto status = fs::status(path, error);
  constexpr auto k_any_execute =
      fs::perms::owner_exec | fs::perms::group_exec | fs::perms::others_exec;
  return fs::is_regular_file(status) && (status.permissions() & k_any_execute) != fs::perms::none;
}

}  // namespace

Result<fs::path> find_watcher(const fs::path& wanted, const fs::path& executable) {
  if (!wanted.empty()) {
    if (is_executable_file(wanted)) return fs::absolute(wanted);
    return fail(ErrorCode::invalid_request,
                "HostOptions: watcher " + wanted.string() + " is no executable file",
                "give the path of collet-watcher, or leave it empty");
  }
  const auto folder = executable.parent_path();
  for (const auto& path : {folder / k_name, folder.parent_path() / "libexec/collet" / k_name,
                           fs::path(COLLET_LIBEXEC_DIR) / k_name}) {
    if (path.is_absolute() && is_executable_file(path)) return path;
  }
  return fs::path();
}

}  // namespace collet
