// `http.fetch`: a plugin's requests to other machines.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "base/background.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "collet/limits.hpp"
#include "collet/service_settings.hpp"
#include "http/egress.hpp"
#include "services/fetch_message.hpp"
#include "services/plugin_requests.hpp"
#include "services/rate_limit.hpp"
#include "services/service_counts.hpp"
#include "services/service_table.hpp"
#include "services/under_way.hpp"

namespace collet::services {

struct HttpServiceLimits {
  Clock::duration timeout = limits::services::fetch_timeout;
  FetchLimits message{};
  PluginRequestsLimits requests{};
};

/// References are borrowed and outlive the service.
struct HttpServiceParts {
  Loop& loop;
  Background& background;
  http::Outbound& outbound;
  Logger& log;
};

/// Plugins reach public addresses, and what the operator allows beside them, for all or for one.
/// It outlives the table; its requests are over before it ends. Loop thread only.
class HttpService {
 public:
  /// Of the lists, entries that are none name nothing; see `http::AllowList::parse`.
  HttpService(HttpServiceParts parts, const OutboundHttpSettings& settings,
              const std::map<std::string, PluginServiceSettings>& plugins,
              HttpServiceLimits limits = {});
  void add_to(ServiceTable& table);
  [[nodiscard]] const ServiceCounts& counts() const { return counts_; }
  /// A plugin is gone for good.
  void forget(std::string_view plugin_key) { counts_.forget(plugin_key); }
  void drain(Reply<Done> reply) { under_way_.drain(std::move(reply)); }

 private:
  void fetch(const ServiceCall& call, Reply<std::string> reply);
  void answer(const std::string& plugin_key, Result<http::OutboundResponse> response,
              Reply<std::string> reply);
  [[nodiscard]] const http::AllowList& allowed(const std::string& plugin_key) const;

  const HttpServiceParts parts_;
  const HttpServiceLimits limits_;
  const std::size_t response_bytes_max_;
  http::AllowList allowed_;
  std::map<std::string, http::AllowList> allowed_of_plugin_;  // with those for all
  PluginRequests requests_;
  RateLimit warnings_{1, std::chrono::minutes(1)};
  ServiceCounts counts_{"http"};
  UnderWay under_way_;
};

}  // namespace collet::services
