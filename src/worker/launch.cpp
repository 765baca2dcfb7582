#include "worker/launch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace collet::worker {
namespace {

bool is_javascript(const std::filesystem::path& entry) {
  const auto extension = entry.extension();
  return extension == ".js" || extension == ".mjs" || extension == ".cjs";
}

void set(std::vector<std::pair<std::string, std::string>>& environment, std::string name,
         std::string value) {
  const auto found =
      std::ranges::find(environment, name, &std::pair<std::string, std::string>::first);
  if (found != environment.end()) {
    found->second = std::move(value);
  } else {
    environment.emplace_back(std::move(name), std::move(value));
  }
}

/// What somebody said of its limits.
WorkerLimits wanted_limits(const LaunchOptions& options, const WorkerStart& start) {
  return start.manifest ? options.limits.with(start.manifest->settings.limits) : options.limits;
}

}  // namespace

std::filesystem::path plugin_data_dir(const LaunchOptions& options, std::string_view plugin_key) {
  return options.plugin_data_root / plugin_key;
}

process::SpawnRequest launch_request(const LaunchOptions& options, const WorkerStart& start) {
  process::SpawnRequest request;
  if (is_javascript(start.entrypoint)) {
    request.executable = options.node;
    request.arguments = {start.entrypoint.string()};
  } else {
    request.executable = start.entrypoint;
  }
  request.directory = start.package_root;
  request.environment = {
      {"PATH", options.path},
      {"PAPERCLIP_PLUGIN_ID", start.plugin_id},
      {"NODE_ENV", "production"},
      {"TZ", "UTC"},
      {"PAPERCLIP_DEPLOYMENT_MODE", "local_trusted"},
      {"PAPERCLIP_DEPLOYMENT_EXPOSURE", "private"},
      {"COLLET_PLUGIN_DATA_DIR", plugin_data_dir(options, start.plugin_key).string()},
  };
  for (const auto& [name, value] : options.environment) set(request.environment, name, value);
  request.limits = process::with(wanted_limits(options, start), {});
  return request;
}

std::string limits_remedy(const LaunchOptions& options, const WorkerStart& start,
                          const LimitsHit& hits) {
  const auto limits = process::with(wanted_limits(options, start), {});
  if (hits.memory > 0 && limits.memory_max == WorkerLimits::unlimited)
    return "free some memory, or run fewer plugins";
  const std::string_view name = hits.memory > 0      ? "memory_max"
                                : hits.cpu > 0       ? "cpu_seconds_max"
                                : hits.processes > 0 ? "processes_max"
                                                     : "";
  if (name.empty()) return {};
  return fmt::format(
      "see what it needs so much for, or allow it more in collet.toml: {} of [plugin.\"{}\"] or of "
      "[workers]",
      name, start.plugin_key);
}

LimitReport limit_report(const LaunchOptions& options, const WorkerStart& start,
                         const process::Spawner& spawner) {
  const auto wanted = wanted_limits(options, start);
  LimitReport report{.enforced = process::settings_of(process::with(wanted, {})), .unenforced = {}};
  for (auto& [limit, why] : spawner.not_enforced(report.enforced)) {
    report.enforced.*limit = WorkerLimits::unlimited;
    if (wanted.*limit) report.unenforced.push_back(std::move(why));
  }
  return report;
}

}  // namespace collet::worker
