// `metrics.write`: a line in the plugin's log, and a series for whoever scrapes the host.
#pragma once

#include "services/plugin_logs.hpp"
#include "services/plugin_metrics.hpp"
#include "services/service_table.hpp"

namespace collet::services {

/// What it borrows outlives it, it outlives the table. Loop thread only.
class MetricService {
 public:
  MetricService(PluginLogs& logs, PluginMetrics& metrics) : logs_(logs), metrics_(metrics) {}
  void add_to(ServiceTable& table);

 private:
  void write(const ServiceCall& call, Reply<std::string> reply);

  PluginLogs& logs_;
  PluginMetrics& metrics_;
};

}  // namespace collet::services
