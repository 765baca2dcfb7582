#include "services/plugin_requests.hpp"

#include <fmt/format.h>

namespace collet::services {
namespace {

// Of what may be large.
std::size_t size_of(const http::OutboundRequest& request) {
  auto bytes = request.url.size() + (request.body ? request.body->size() : 0);
  for (const auto& [name, value] : request.headers) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

void PluginRequests::send(http::OutboundRequest request, Reply<http::OutboundResponse> reply) {
  auto& plugin = plugins_[request.caller];
  if (plugin.running < limits_.running_max) return send_now(std::move(request), std::move(reply));
  if (plugin.waiting.size() >= limits_.waiting_max) {
    return reply(fail(ErrorCode::overloaded,
                      fmt::format("{} requests of this plugin are under way and {} wait, which is "
                                  "the limit; wait for some of the answers before you send more",
                                  plugin.running, plugin.waiting.size())));
  }
  const auto bytes = size_of(request);
  if (plugin.waiting_bytes + bytes > limits_.waiting_bytes_max) {
    return reply(fail(
        ErrorCode::overloaded,
        fmt::format("requests of this plugin with {} bytes wait, and this one has {}: the limit is "
                    "{} bytes; wait for some of the answers before you send more",
                    plugin.waiting_bytes, bytes, limits_.waiting_bytes_max)));
  }
  plugin.waiting_bytes += bytes;
  plugin.waiting.emplace_back(std::move(request), std::move(reply));
}

void PluginRequests::send_now(http::OutboundRequest request, Reply<http::OutboundResponse> reply) {
  ++plugins_[request.caller].running;
  auto answered = [this, plugin = request.caller,
                   reply = std::move(reply)](Result<http::OutboundResponse> response) mutable {
    reply(std::move(response));
    ended(plugin);
  };
  outbound_.send(std::move(request), Reply<http::OutboundResponse>(std::move(answered)));
}

// Answers may come inside `send`, so that one end may be many.
void PluginRequests::ended(const std::string& plugin) {
  const auto found = plugins_.find(plugin);
  auto& [running, waiting, waiting_bytes] = found->second;
  --running;
  if (waiting.empty()) {
    if (running == 0) plugins_.erase(found);
    return;
  }
  auto [request, reply] = std::move(waiting.front());
  waiting.pop_front();
  waiting_bytes -= size_of(request);
  send_now(std::move(request), std::move(reply));
}

}  // namespace collet::services
