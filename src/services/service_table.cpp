#include "services/service_table.hpp"

#include "jsonrpc/message.hpp"

namespace collet::services {

const std::map<std::string_view, ServiceTable::Handler>& ServiceTable::handlers() {
  static const std::map<std::string_view, Handler> table{
      {"log", &ServiceTable::log},
      {"config.get", &ServiceTable::config_get},
  };
  return table;
}

void ServiceTable::request(const worker::WorkerIdentity& worker, std::string_view method,
                           json::Value params, Reply<std::string> reply) {
  const auto handler = handlers().find(method);
  if (handler == handlers().end()) {
    return reply(std::unexpected(
        Error{.code = ErrorCode::invalid_request,
              .message = "Host does not handle method \"" + std::string(method) + "\"",
              .rpc_code = jsonrpc::code::method_not_found}));
  }
  reply((this->*handler->second)(worker, params));
}

void ServiceTable::notify(const worker::WorkerIdentity& worker, std::string_view method,
                          json::Value params) {
  if (method == "log") (void)log(worker, params);
}

Result<std::string> ServiceTable::log(const worker::WorkerIdentity& worker, json::Value params) {
  const auto text = [&](std::string_view name) {
    const auto value = params.find(name);
    return value ? value->as_string().value_or(json::compact(*value)) : std::string();
  };
  const auto meta = params.find("meta");
  logs_.append(worker.plugin_id, text("level"), text("message"),
               meta && !meta->is_null() ? json::compact(*meta) : std::string());
  return "null";
}

// Configuration cannot be stored yet, so what is stored is the empty object for every plugin.
Result<std::string> ServiceTable::config_get(const worker::WorkerIdentity&, json::Value) {
  return "{}";
}

}  // namespace collet::services
