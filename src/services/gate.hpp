// Whether a worker may make a call, and for which company. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "collet/error.hpp"
#include "collet/tenancy.hpp"
#include "services/methods.hpp"
#include "worker/host_services.hpp"

namespace collet::services {

struct GatePolicy {
  Tenancy tenancy = Tenancy::single;
  std::string company_id = "default";  ///< the one tenant
  /// For plugins whose SDK never says which call they act in (before 2026.525): in `multi`, their
  /// calls belong to the company that they name, as long as a call for it runs, or to the only
  /// company that they run calls for. By plugin key. May be empty: for none.
  std::function<bool(std::string_view plugin_key)> is_trusted_unnamed{};
  /// Whether this plugin was configured for this company: it may then act for it at any time, also
  /// from timers. May be empty: for none.
  std::function<bool(std::string_view plugin_id, std::string_view company_id)> is_configured_for{};
};

/// The gates of the reference, in its order: the capability (-32001), then the company (-32005).
/// Answers the company that the call acts for; empty where it acts for none, which in `multi` only
/// calls that name none may.
[[nodiscard]] Result<std::string> pass_gates(const GatePolicy& policy, const Method& method,
                                             const worker::HostCall& call);

/// The company that a client of the API acts for. With one tenant he is it, whatever the client
/// names; else the client has to name one (`invalid_request`). White space around it does not
/// count, as in what workers name.
[[nodiscard]] Result<std::string> company_for_client(const GatePolicy& policy,
                                                     const std::optional<std::string>& named);

}  // namespace collet::services
