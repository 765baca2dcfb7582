// Everything else: the protocol's methods without a service here, asked of another host.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "base/background.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "collet/limits.hpp"
#include "collet/service_settings.hpp"
#include "services/plugin_requests.hpp"
#include "services/secrets.hpp"
#include "services/service_counts.hpp"
#include "services/service_table.hpp"
#include "services/under_way.hpp"
#include "services/upstream_tokens.hpp"

namespace collet::services {

struct UpstreamLimits {
  std::size_t request_bytes_max = limits::services::upstream_request_bytes_max;
  std::size_t response_bytes_max = limits::services::upstream_answer_bytes_max;
  UpstreamTokensLimits tokens{};
  PluginRequestsLimits requests{};
};

/// References are borrowed and outlive the service.
struct UpstreamParts {
  Loop& loop;
  Background& background;
  http::Outbound& outbound;
  Secrets& secrets;
  Logger& log;
};

/// Sends a call on as a JSON-RPC request over HTTP (docs/host-services.md has its form), with the
/// plugin and the company that it acts for beside the parameters. An error that the upstream
/// answers goes to the worker as it is. Without an upstream, all calls fail with -32601. It
/// outlives the table; its requests are over before it ends. Loop thread only.
class UpstreamService {
 public:
  UpstreamService(UpstreamParts parts, std::optional<UpstreamSettings> settings,
                  UpstreamLimits limits = {});
  void add_to(ServiceTable& table);
  [[nodiscard]] bool has_upstream() const { return settings_.has_value(); }
  [[nodiscard]] const ServiceCounts& counts() const { return counts_; }
  /// A plugin is gone for good.
  void forget(std::string_view plugin_key) { counts_.forget(plugin_key); }
  void drain(Reply<Done> reply) { under_way_.drain(std::move(reply)); }

 private:
  struct Call {
    std::string method;
    std::string params_json;
    std::string plugin_id;
    std::string plugin_key;
    std::string company_id;
    Deadline deadline;
  };

  void forward(const ServiceCall& call, Reply<std::string> reply);
  Async<Result<std::string>> forward_flow(Call call);
  [[nodiscard]] http::OutboundRequest request_for(const Call& call, const UpstreamToken& token);
  /// Tells the operator that the upstream fails, or does not any more.
  void note(const Error* failure);

  const UpstreamParts parts_;
  const std::optional<UpstreamSettings> settings_;
  const UpstreamLimits limits_;
  PluginRequests requests_;
  UpstreamTokens tokens_;
  std::uint64_t last_id_ = 0;
  enum class Health { unknown, fine, failing } health_ = Health::unknown;
  ServiceCounts counts_{"upstream"};
  UnderWay under_way_;
};

}  // namespace collet::services
