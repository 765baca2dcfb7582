// The last value of each metric that plugins write, for whoever scrapes the host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collet/limits.hpp"
#include "json/document.hpp"

namespace collet::services {

struct PluginMetricLimits {
  std::size_t series_per_plugin_max = limits::services::series_max;
  std::size_t tags_max =
      limits::services::metric_tags_max;  ///< of a series; all the same, but of its labels
  std::size_t name_bytes_max =
      limits::services::metric_name_bytes_max;  ///< of a metric; longer ones hold data
  std::size_t label_bytes_max =
      limits::services::metric_label_bytes_max;  ///< of a tag's name, and of its value
};

/// One series of a plugin's metric.
struct PluginMetric {
  std::string plugin_key;
  std::string name;  ///< as the plugin wrote it
  /// Label names are `tag_` and the tag's name, with `_` for what Prometheus does not take.
  std::vector<std::pair<std::string, std::string>> labels;
  double last = 0;           ///< the value written last
  double sum = 0;            ///< of all values
  std::uint64_t points = 0;  ///< how many there were
};

/// What plugins have written since the host started.
struct PluginMetricsView {
  std::vector<PluginMetric> series;
  /// How many writes made no series, by plugin key.
  std::vector<std::pair<std::string, std::uint64_t>> dropped;
};

/// Loop thread only.
class PluginMetrics {
 public:
  explicit PluginMetrics(PluginMetricLimits limits = {}) : limits_(limits) {}

  /// Adds a point. What is beyond the limits is counted and dropped. `tags` that are no object are
  /// none.
  void write(const std::string& plugin_id, const std::string& plugin_key, std::string_view name,
             double value, std::optional<json::Value> tags);
  void forget(const std::string& plugin_id) { plugins_.erase(plugin_id); }
  [[nodiscard]] PluginMetricsView view() const;

 private:
  using Labels = std::map<std::string, std::string>;
  struct Series {
    double last = 0;
    double sum = 0;
    std::uint64_t points = 0;
  };
  struct Plugin {
    std::string key;
    std::map<std::pair<std::string, Labels>, Series> series;
    std::uint64_t dropped = 0;
  };
  [[nodiscard]] std::optional<Labels> labels_of(std::optional<json::Value> tags) const;

  const PluginMetricLimits limits_;
  std::map<std::string, Plugin> plugins_;  // by UUID
};

}  // namespace collet::services
