#include "http/port_owner.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <system_error>

namespace collet::http {
namespace {

namespace fs = std::filesystem;

/// Adds the inodes of the sockets that listen on `port` by `table` (proc(5), /proc/net/tcp): the
/// second column is address:port in hexadecimal, the fourth the state, the tenth the inode.
void add_listeners(const char* table, std::uint16_t port, std::set<std::string>& inodes) {
  constexpr std::string_view listening = "0A";
  std::ifstream lines(table);
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream columns(line);
    std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
    columns >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
        timeout >> inode;
    const auto colon = local.rfind(':');
    if (!columns || state != listening || colon == std::string::npos) continue;
    if (local.substr(colon + 1) == fmt::format("{:04X}", port))
      inodes.insert("socket:[" + inode + "]");
  }
}

bool holds_one_of(const fs::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (auto entry = fs::directory_iterator(process / "fd", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (sockets.contains(fs::read_symlink(entry->path(), gone).native())) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> port_owner(std::uint16_t port) {
  std::set<std::string> sockets;
  add_listeners("/proc/net/tcp", port, sockets);
  add_listeners("/proc/net/tcp6", port, sockets);
  if (sockets.empty()) return std::nullopt;

  std::error_code error;
  for (auto entry = fs::directory_iterator("/proc", error);
       !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const auto pid = entry->path().filename().native();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!holds_one_of(entry->path(), sockets)) continue;
    std::ifstream file(entry->path() / "comm");
    std::string name;
    std::getline(file, name);
    return fmt::format("{} (pid {})", name.empty() ? "a process" : name, pid);
  }
  return std::nullopt;
}

}  // namespace collet::http
