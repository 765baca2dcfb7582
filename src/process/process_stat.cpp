#include "process/process_stat.hpp"

#include <fstream>
#include <sstream>
#include <string>

namespace collet::process {

std::optional<ProcessStat> read_stat(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  // Its name stands in parentheses before, and may hold some itself.
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  std::istringstream words(text.substr(name_end + 1));
  ProcessStat stat;
  if (!(words >> stat.state >> stat.parent >> stat.group)) return std::nullopt;
  return stat;
}

}  // namespace collet::process
