#include "services/log_service.hpp"

namespace collet::services {

void LogService::add_to(ServiceTable& table) {
  table.add("log", [this](const ServiceCall& call, Reply<std::string> reply) {
    keep(call.worker, call.params);
    reply("null");
  });
  table.set_log_use(
      [this](const worker::WorkerIdentity& worker) { return logs_.use_of(worker.plugin_id); });
  table.add_notification("log",
                         [this](const worker::HostCall& call) { keep(call.worker, call.params); });
}

// Whatever was sent is kept as well as it can be: a log that refuses lines hides what it is for.
void LogService::keep(const worker::WorkerIdentity& worker, json::Value params) {
  const auto text = [&](std::string_view name) {
    const auto value = params.find(name);
    return value ? value->as_string().value_or(json::compact(*value)) : std::string();
  };
  const auto meta = params.find("meta");
  logs_.append(worker.plugin_id, text("level"), text("message"),
               meta && !meta->is_null() ? json::compact(*meta) : std::string());
}

}  // namespace collet::services
