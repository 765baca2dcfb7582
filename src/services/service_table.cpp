#include "services/service_table.hpp"

#include <cassert>

#include "jsonrpc/message.hpp"

namespace collet::services {

void ServiceTable::add(std::string_view method, RequestHandler handler) {
  assert(find_method(method) != nullptr);
  requests_.insert_or_assign(std::string(method), std::move(handler));
}

void ServiceTable::add_notification(std::string_view method, NotificationHandler handler) {
  notifications_.insert_or_assign(std::string(method), std::move(handler));
}

void ServiceTable::request(const worker::HostCall& call, Reply<std::string> reply) {
  const auto* method = find_method(call.method);
  const auto found = requests_.find(call.method);
  const auto* handler = found != requests_.end() ? &found->second : &fallback_;
  if (method == nullptr || !*handler) {
    return reply(std::unexpected(
        Error{.code = ErrorCode::invalid_request,
              .message = "Host does not handle method \"" + std::string(call.method) + "\"",
              .rpc_code = jsonrpc::code::method_not_found}));
  }
  const auto company = pass_gates(policy_, *method, call);
  if (!company) return reply(std::unexpected(company.error()));
  (*handler)({.worker = call.worker,
              .manifest = call.manifest,
              .method = call.method,
              .params = call.params,
              .company_id = *company,
              .tenancy = policy_.tenancy,
              .invocations = call.invocations},
             std::move(reply));
}

void ServiceTable::notify(const worker::HostCall& call) {
  if (const auto handler = notifications_.find(call.method); handler != notifications_.end()) {
    handler->second(call);
  }
}

void ServiceTable::started(const worker::WorkerIdentity& worker) {
  for (const auto& handler : started_) handler(worker);
}

void ServiceTable::ended(const worker::WorkerIdentity& worker) {
  for (const auto& handler : ended_) handler(worker);
}

}  // namespace collet::services
