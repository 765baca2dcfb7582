// What came of the requests to a service, for the metrics.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collet::services {

/// One number of the metrics. `service` and `outcome` are of fixed lists (docs/metrics.md).
struct ServiceCount {
  std::string_view service;
  std::string plugin_key;
  std::string_view outcome;
  std::uint64_t count = 0;
};

/// Counts for one service. Loop thread only.
class ServiceCounts {
 public:
  explicit ServiceCounts(std::string_view service) : service_(service) {}

  /// `outcome` is a literal.
  void add(const std::string& plugin_key, std::string_view outcome) {
    ++counts_[{plugin_key, outcome}];
  }
  void forget(std::string_view plugin_key) {
    std::erase_if(counts_, [&](const auto& each) { return each.first.first == plugin_key; });
  }
  void append_to(std::vector<ServiceCount>& all) const {
    for (const auto& [of, count] : counts_) all.push_back({service_, of.first, of.second, count});
  }

 private:
  const std::string_view service_;
  std::map<std::pair<std::string, std::string_view>, std::uint64_t> counts_;
};

}  // namespace collet::services
