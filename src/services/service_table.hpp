// Everything a worker may ask of this host, in one table: method → handler.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "services/plugin_logs.hpp"
#include "worker/host_services.hpp"

namespace collet::services {

/// Answers the requests of workers. What stands in no row answers -32601 in the reference's words.
/// Loop thread only.
class ServiceTable final : public worker::HostServices {
 public:
  explicit ServiceTable(PluginLogs& logs) : logs_(logs) {}

  void request(const worker::WorkerIdentity& worker, std::string_view method, json::Value params,
               Reply<std::string> reply) override;
  void notify(const worker::WorkerIdentity& worker, std::string_view method,
              json::Value params) override;

 private:
  using Handler = Result<std::string> (ServiceTable::*)(const worker::WorkerIdentity&, json::Value);
  static const std::map<std::string_view, Handler>& handlers();

  Result<std::string> log(const worker::WorkerIdentity& worker, json::Value params);
  Result<std::string> config_get(const worker::WorkerIdentity& worker, json::Value params);

  PluginLogs& logs_;
};

}  // namespace collet::services
