#include "services/stream_service.hpp"

#include <utility>

namespace collet::services {
namespace {

std::string text_of(json::Value params, std::string_view name) {
  const auto member = params.is_object() ? params.find(name) : std::nullopt;
  const auto text = member ? member->as_string() : std::nullopt;
  return text.value_or("");
}

}  // namespace

void StreamService::add_to(ServiceTable& table) {
  const auto add = [&](std::string_view method, auto handle) {
    table.add_notification(method, [this, handle](const worker::HostCall& call) {
      auto company = company_of(call);
      if (!company) return hub_.drop(call.worker, "they are for a company it does not act for");
      handle(call, text_of(call.params, "channel"), *std::move(company));
    });
  };
  add("streams.open", [this](const worker::HostCall& call, std::string channel, std::string of) {
    hub_.open(call.worker, std::move(channel), std::move(of));
  });
  add("streams.emit", [this](const worker::HostCall& call, std::string channel, std::string of) {
    const auto event = call.params.is_object() ? call.params.find("event") : std::nullopt;
    hub_.emit(call.worker, std::move(channel), std::move(of),
              event ? json::compact(*event) : "null");
  });
  add("streams.close", [this](const worker::HostCall& call, std::string channel, std::string of) {
    hub_.close(call.worker, std::move(channel), std::move(of));
  });
  table.on_ended([this](const worker::WorkerIdentity& worker) { hub_.ended(worker); });
}

// A notification needs no capability. With several tenants the gate of requests says for whom it
// may be; it is never for nobody.
std::optional<std::string> StreamService::company_of(const worker::HostCall& call) const {
  auto company = pass_gates(policy_, Method{.name = call.method, .capability = {}}, call);
  if (!company) return std::nullopt;
  if (policy_.tenancy == Tenancy::multi)
    return company->empty() ? std::nullopt : std::optional(*std::move(company));
  auto given = text_of(call.params, "companyId");
  return given.empty() ? *std::move(company) : std::move(given);
}

}  // namespace collet::services
