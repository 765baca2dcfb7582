// `log`: what plugins say, as request and as notification.
#pragma once

#include "services/plugin_logs.hpp"
#include "services/service_table.hpp"

namespace collet::services {

/// The logs outlive it, it outlives the table. Loop thread only.
class LogService {
 public:
  explicit LogService(PluginLogs& logs) : logs_(logs) {}
  void add_to(ServiceTable& table);

 private:
  void keep(const worker::WorkerIdentity& worker, json::Value params);

  PluginLogs& logs_;
};

}  // namespace collet::services
