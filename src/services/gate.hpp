// Whether a worker may make a call, and for which company. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "collet/error.hpp"
#include "services/methods.hpp"
#include "worker/host_services.hpp"

namespace collet::services {

/// Whose data a host keeps.
enum class Tenancy : std::uint8_t {
  single,  ///< one tenant: every call of a worker is his, from wherever it comes
  multi,   ///< several: a worker acts for the company of a call that it runs, and for no other
};

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

}  // namespace collet::services
