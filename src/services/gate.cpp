#include "services/gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "jsonrpc/message.hpp"

namespace collet::services {
namespace {

// These act for a company, whether or not they name it.
bool needs_company(const Method& method) {
  return method.name == "config.get" || method.name == "secrets.resolve";
}

struct Requested {
  bool is_of_all = false;  // what belongs to all companies, or to none of them by name
  std::vector<std::string> company_ids{};

  [[nodiscard]] bool is_of_none() const { return !is_of_all && company_ids.empty(); }
};

// A member that is a text with more than white space.
std::string text_of(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  const auto text = member ? member->as_string() : std::nullopt;
  return text ? std::string(trimmed(*text)) : std::string();
}

// Every company that it names: one that it may ask for opens nothing of another beside it.
Requested requested_by(const Method& method, const json::Value& params) {
  if (method.name == "companies.list") return {.is_of_all = true};
  if (!params.is_object()) return {};
  Requested requested;
  const auto add = [&](std::string id) {
    if (!id.empty()) requested.company_ids.push_back(std::move(id));
  };
  add(text_of(params, "companyId"));
  const auto scope_kind = params.find("scopeKind");
  if (scope_kind && scope_kind->equals("company")) {
    auto id = text_of(params, "scopeId");
    if (id.empty()) requested.is_of_all = true;
    add(std::move(id));
  }
  const auto filter = params.find("filter");
  if (method.name == "events.subscribe" && filter && filter->is_object()) {
    add(text_of(*filter, "companyId"));
  }
  return requested;
}

std::unexpected<Error> denied(const Method& method, const worker::HostCall& call,
                              std::string_view why) {
  return std::unexpected(
      Error{.code = ErrorCode::forbidden,
            .message = fmt::format("Plugin \"{}\" is not allowed to perform \"{}\": {}",
                                   call.worker.plugin_id, method.name, why),
            .rpc_code = jsonrpc::code::invocation_scope_denied});
}

struct Allowed {
  bool is_known = true;  // false: it names a call that does not run, or none where it has to
  std::string company_id{};
};

// For which company the worker acts by what its message says.
Allowed allowed_by(const GatePolicy& policy, const Requested& requested,
                   const worker::HostCall& call) {
  if (call.invocation_id) {
    const auto company = call.invocations.company_of(*call.invocation_id);
    if (!company) return {.is_known = false};
    return {.company_id = std::string(*company)};
  }
  const auto* const named = requested.company_ids.empty() ? nullptr : &requested.company_ids[0];
  if (named != nullptr && policy.is_configured_for &&
      policy.is_configured_for(call.worker.plugin_id, *named)) {
    return {.company_id = *named};
  }
  if (call.invocations.empty()) return {};
  if (!policy.is_trusted_unnamed || !policy.is_trusted_unnamed(call.worker.plugin_key))
    return {.is_known = false};
  if (named != nullptr && call.invocations.serve(*named)) return {.company_id = *named};
  const auto only = call.invocations.only_company();
  return {.is_known = only.has_value(), .company_id = std::string(only.value_or(""))};
}

Result<std::string> company_for(const GatePolicy& policy, const Method& method,
                                const worker::HostCall& call) {
  if (policy.tenancy == Tenancy::single) return policy.company_id;
  const auto requested = requested_by(method, call.params);
  auto allowed = allowed_by(policy, requested, call);
  if (requested.is_of_none() && !needs_company(method)) return std::move(allowed.company_id);
  if (!allowed.is_known) {
    return denied(method, call,
                  "the worker referenced a missing, expired, or unknown invocation scope");
  }
  if (method.name == "companies.list") return std::move(allowed.company_id);
  if (allowed.company_id.empty()) return denied(method, call, "company context is required");
  if (requested.is_of_all) {
    return denied(
        method, call,
        fmt::format("the current invocation is scoped to company \"{}\"", allowed.company_id));
  }
  for (const auto& id : requested.company_ids) {
    if (id == allowed.company_id) continue;
    return denied(method, call,
                  fmt::format("requested company \"{}\" but the current invocation is scoped to "
                              "company \"{}\"",
                              id, allowed.company_id));
  }
  return std::move(allowed.company_id);
}

}  // namespace

Result<std::string> pass_gates(const GatePolicy& policy, const Method& method,
                               const worker::HostCall& call) {
  const auto& capabilities = call.manifest.capabilities;
  if (!method.capability.empty() &&
      std::ranges::find(capabilities, method.capability) == capabilities.end()) {
    return std::unexpected(Error{
        .code = ErrorCode::forbidden,
        .message =
            fmt::format("Plugin \"{}\" is missing required capability \"{}\" for method \"{}\"",
                        call.worker.plugin_id, method.capability, method.name),
        .rpc_code = jsonrpc::code::capability_denied});
  }
  return company_for(policy, method, call);
}

Result<std::string> company_for_client(const GatePolicy& policy,
                                       const std::optional<std::string>& named) {
  if (policy.tenancy == Tenancy::single) return policy.company_id;
  auto company = std::string(trimmed(named.value_or("")));
  if (company.empty()) {
    return fail(ErrorCode::invalid_request,
                "\"companyId\" is required and must be a non-empty string",
                "this host serves several tenants: say for which of them you ask");
  }
  return company;
}

}  // namespace collet::services
