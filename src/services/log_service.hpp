// `log` and `span.record`: what plugins say, for people.
#pragma once

#include <string_view>

#include "services/plugin_logs.hpp"
#include "services/service_table.hpp"

namespace collet::services {

/// `log` comes as request and as notification. A span becomes a line of level debug: the host gives
/// workers no trace to hang it on. The logs outlive it, it outlives the table. Loop thread only.
class LogService {
 public:
  explicit LogService(PluginLogs& logs) : logs_(logs) {}
  void add_to(ServiceTable& table);

 private:
  void keep(const worker::WorkerIdentity& worker, json::Value params, std::string_view company_id);

  PluginLogs& logs_;
};

}  // namespace collet::services
