#include "tool/call_counter.hpp"

#include <algorithm>
#include <chrono>

namespace collet::tool {

void CallCounter::count(std::string_view plugin_key, std::optional<ErrorCode> error,
                        Clock::duration took) {
  const auto seconds = std::chrono::duration<double>(took).count();
  const auto bound = std::ranges::lower_bound(CallCounts::seconds_bounds, seconds);
  const auto bucket = static_cast<std::size_t>(bound - CallCounts::seconds_bounds.begin());
  const Lock lock(mutex_);
  auto found = by_plugin_.find(plugin_key);
  if (found == by_plugin_.end()) {
    found = by_plugin_.emplace(std::string(plugin_key), CallCounts{}).first;
    found->second.plugin_key = plugin_key;
  }
  auto& counts = found->second;
  error ? ++counts.errors[static_cast<std::size_t>(*error)] : ++counts.results;
  ++counts.took[bucket];
  counts.seconds += seconds;
}

std::vector<CallCounts> CallCounter::all() const {
  const Lock lock(mutex_);
  std::vector<CallCounts> all;
  all.reserve(by_plugin_.size());
  for (const auto& [key, counts] : by_plugin_) all.push_back(counts);
  return all;
}

}  // namespace collet::tool
