#include "services/plugin_metrics.hpp"

namespace collet::services {
namespace {

std::string label_name(std::string_view tag) {
  std::string name = "tag_";
  for (const char c : tag) {
    const bool is_taken =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += is_taken ? c : '_';
  }
  return name;
}

}  // namespace

// Nothing where a limit is passed. Of two tags with one label the last counts.
std::optional<PluginMetrics::Labels> PluginMetrics::labels_of(
    std::optional<json::Value> tags) const {
  Labels labels;
  if (!tags) return labels;
  for (const auto& [key, value] : tags->members()) {
    if (value.is_null()) continue;
    const auto tag = key.as_string().value_or("");
    auto text = value.as_string().value_or(json::compact(value));
    if (tag.size() > limits_.label_bytes_max || text.size() > limits_.label_bytes_max)
      return std::nullopt;
    labels.insert_or_assign(label_name(tag), std::move(text));
    if (labels.size() > limits_.tags_max) return std::nullopt;
  }
  return labels;
}

void PluginMetrics::write(const std::string& plugin_id, const std::string& plugin_key,
                          std::string_view name, double value, std::optional<json::Value> tags) {
  auto& plugin = plugins_[plugin_id];
  plugin.key = plugin_key;
  auto labels = labels_of(tags);
  if (!labels || name.size() > limits_.name_bytes_max) {
    ++plugin.dropped;
    return;
  }
  std::pair key{std::string(name), *std::move(labels)};
  auto found = plugin.series.find(key);
  if (found == plugin.series.end()) {
    if (plugin.series.size() >= limits_.series_per_plugin_max) {
      ++plugin.dropped;
      return;
    }
    found = plugin.series.emplace(std::move(key), Series{}).first;
  }
  auto& series = found->second;
  series.last = value;
  series.sum += value;
  ++series.points;
}

PluginMetricsView PluginMetrics::view() const {
  PluginMetricsView view;
  for (const auto& [id, plugin] : plugins_) {
    for (const auto& [key, series] : plugin.series) {
      const auto& [name, labels] = key;
      view.series.push_back({.plugin_key = plugin.key,
                             .name = name,
                             .labels = {labels.begin(), labels.end()},
                             .last = series.last,
                             .sum = series.sum,
                             .points = series.points});
    }
    view.dropped.emplace_back(plugin.key, plugin.dropped);
  }
  return view;
}

}  // namespace collet::services
