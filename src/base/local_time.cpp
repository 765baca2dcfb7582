#include "base/local_time.hpp"

#include <ctime>

namespace collet {
namespace {

std::chrono::seconds utc_offset(WallTime time) {
  const auto seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  // Fails for years beyond an int only.
  if (::localtime_r(&seconds, &local) == nullptr) return std::chrono::seconds(0);
  return std::chrono::seconds(local.tm_gmtoff);
}

}  // namespace

ZoneRules system_zone_rules() {
  (void)utc_offset({});  // reads the files
  return utc_offset;
}

}  // namespace collet
