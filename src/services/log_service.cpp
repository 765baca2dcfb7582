#include "services/log_service.hpp"

#include <string>

#include "services/answers.hpp"

namespace collet::services {
namespace {

// A member's text, or another value as JSON; empty where it is absent.
std::string text_of(const json::Value& params, std::string_view name) {
  const auto value = params.find(name);
  return value ? value->as_string().value_or(json::compact(*value)) : std::string();
}

}  // namespace

void LogService::add_to(ServiceTable& table) {
  table.add("log", [this](const ServiceCall& call, Reply<std::string> reply) {
    keep(call.worker, call.params, reported_company(call.tenancy, call.company_id, call.params));
    reply("null");
  });
  table.add_notification("log", [this, &policy = table.policy()](const worker::HostCall& call) {
    // A line that names a company which is not its worker's to name is kept as nobody's: nobody
    // would hear of a refusal.
    const auto acts_for = pass_gates(policy, *find_method("log"), call);
    keep(call.worker, call.params,
         acts_for ? reported_company(policy.tenancy, *acts_for, call.params) : std::string());
  });
  table.add("span.record", [this](const ServiceCall& call, Reply<std::string> reply) {
    logs_.append(call.worker.plugin_id, "debug", "span " + text_of(call.params, "name"),
                 json::compact(call.params),
                 reported_company(call.tenancy, call.company_id, call.params));
    reply("null");
  });
  table.set_log_use(
      [this](const worker::WorkerIdentity& worker) { return logs_.use_of(worker.plugin_id); });
}

// Whatever was sent is kept as well as it can be: a log that refuses lines hides what it is for.
void LogService::keep(const worker::WorkerIdentity& worker, json::Value params,
                      std::string_view company_id) {
  const auto level = text_of(params, "level");
  const auto meta = params.find("meta");
  // Only metrics.write makes metrics, which have a value.
  logs_.append(worker.plugin_id, level == "metric" ? "info" : level, text_of(params, "message"),
               meta && !meta->is_null() ? json::compact(*meta) : std::string(), company_id);
}

}  // namespace collet::services
