#include "services/managed_service.hpp"

#include <array>
#include <string>
#include <utility>

#include "json/writer.hpp"
#include "services/params.hpp"

namespace collet::services {
namespace {

/// One kind of resource, and the members that only its resolution has (the SDK's types).
struct Kind {
  std::string_view method;
  std::string_view name;
  std::string_view key;  ///< of the request: whose resource
  void (*write_more)(json::Writer& out);
};

constexpr auto k_kinds = std::to_array<Kind>({
    {"agents.managed.get", "agent", "agentKey",
     [](json::Writer& out) { out.key("approvalId").null().key("defaultDrift").null(); }},
    {"projects.managed.get", "project", "projectKey", [](json::Writer&) {}},
    {"routines.managed.get", "routine", "routineKey",
     [](json::Writer& out) { out.key("missingRefs").begin_array().end_array(); }},
    {"skills.managed.get", "skill", "skillKey",
     [](json::Writer& out) { out.key("defaultDrift").null(); }},
});

Result<std::string> missing(const Kind& kind, const ServiceCall& call) {
  const Params params(call.method, call.params);
  const auto key = params.text(kind.key);
  if (!key) return std::unexpected(key.error());
  const auto company = params.text("companyId");
  if (!company) return std::unexpected(company.error());
  json::Writer out;
  out.begin_object()
      .member("pluginKey", call.worker.plugin_key)
      .member("resourceKind", kind.name)
      .member("resourceKey", *key)
      .member("companyId", *company)
      .key(std::string(kind.name) + "Id")
      .null()
      .key(kind.name)
      .null()
      .member("status", "missing");
  kind.write_more(out);
  out.end_object();
  return std::move(out).take();
}

}  // namespace

void add_managed_resources(ServiceTable& table) {
  for (const auto& kind : k_kinds) {
    table.add(kind.method, [&kind](const ServiceCall& call, Reply<std::string> reply) {
      reply(missing(kind, call));
    });
  }
}

}  // namespace collet::services
