#include "services/http_service.hpp"

#include <utility>

#include "services/large_work.hpp"

namespace collet::services {
namespace {

http::AllowList list_of(const std::vector<std::string>& entries) {
  return http::AllowList::parse(entries).value_or(http::AllowList());
}

std::string_view outcome_of(const Result<http::OutboundResponse>& response) {
  if (response) {
    switch (response->status / 100) {
      case 2:
        return "2xx";
      case 3:
        return "3xx";
      case 4:
        return "4xx";
      default:
        return "5xx";
    }
  }
  switch (response.error().code) {
    case ErrorCode::forbidden:
    case ErrorCode::invalid_request:
      return "refused";
    case ErrorCode::overloaded:
      return "limited";
    case ErrorCode::timeout:
      return "timeout";
    default:
      return "failed";
  }
}

}  // namespace

HttpService::HttpService(HttpServiceParts parts, const OutboundHttpSettings& settings,
                         const std::map<std::string, PluginServiceSettings>& plugins,
                         HttpServiceLimits limits)
    : parts_(parts),
      limits_(limits),
      response_bytes_max_(settings.response_bytes_max),
      allowed_(list_of(settings.allow)),
      requests_(parts.outbound, limits.requests) {
  for (const auto& [key, plugin] : plugins) {
    if (plugin.http_allow.empty()) continue;
    auto entries = settings.allow;
    entries.insert(entries.end(), plugin.http_allow.begin(), plugin.http_allow.end());
    allowed_of_plugin_.emplace(key, list_of(entries));
  }
}

void HttpService::add_to(ServiceTable& table) {
  table.add("http.fetch", [this](const ServiceCall& call, Reply<std::string> reply) {
    fetch(call, under_way_.counted(std::move(reply)));
  });
}

const http::AllowList& HttpService::allowed(const std::string& plugin_key) const {
  const auto found = allowed_of_plugin_.find(plugin_key);
  return found == allowed_of_plugin_.end() ? allowed_ : found->second;
}

void HttpService::fetch(const ServiceCall& call, Reply<std::string> reply) {
  auto request = read_fetch(call.method, call.params, limits_.message);
  const auto& key = call.worker.plugin_key;
  if (!request) return answer(key, std::unexpected(std::move(request.error())), std::move(reply));
  request->caller = call.worker.plugin_id;
  request->deadline = Deadline::after(parts_.loop.now(), limits_.timeout);
  request->response_bytes_max = response_bytes_max_;
  request->permits = [&list = allowed(key)](const http::Destination& to,
                                            const http::IpAddress& address) {
    return http::is_public(address) || list.names(to, address);
  };
  // What an operator allows by name is his own, and not where his proxy leads.
  request->route = [&list = allowed(key)](const http::Destination& to) {
    const auto address = http::parse_ip(to.host);
    const bool is_listed = address ? list.names(to, *address) : list.names(to);
    return is_listed ? http::Route::direct : http::Route::by_proxy;
  };
  requests_.send(
      *std::move(request),
      Reply<http::OutboundResponse>(
          [this, key, reply = std::move(reply)](Result<http::OutboundResponse> response) mutable {
            answer(key, std::move(response), std::move(reply));
          }));
}

void HttpService::answer(const std::string& plugin_key, Result<http::OutboundResponse> response,
                         Reply<std::string> reply) {
  counts_.add(plugin_key, outcome_of(response));
  if (!response) {
    const auto& error = response.error();
    if (error.code == ErrorCode::forbidden &&
        warnings_.take(plugin_key, parts_.loop.now()) == Clock::duration::zero()) {
      parts_.log.warn("a plugin was refused a request to another machine",
                      {{"plugin", plugin_key},
                       {"reason", error.message},
                       {"remedy",
                        "where it should go there, allow it with services.http.allow or "
                        "plugin.\"" +
                            plugin_key + "\".http.allow"}});
    }
    return reply(std::unexpected(error));
  }
  const auto size = response->body.size();
  do_by_size<std::string>(
      parts_.background, size,
      [response = *std::move(response)]() -> Result<std::string> { return fetch_result(response); },
      std::move(reply));
}

}  // namespace collet::services
