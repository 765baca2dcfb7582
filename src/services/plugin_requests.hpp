// Requests of plugins to other machines, so that none takes the others' turns.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "collet/limits.hpp"
#include "http/outbound.hpp"

namespace collet::services {

struct PluginRequestsLimits {
  std::size_t running_max = limits::services::requests_running_max;
  std::size_t waiting_max = limits::services::requests_waiting_max;
  std::size_t waiting_bytes_max = limits::services::requests_waiting_bytes_max;
};

/// Sends requests in order, so many of one plugin at the same time. Those that wait do so within
/// their own deadline: those before them have earlier ones. What it sends by outlives it, or is
/// stopped before. Loop thread only.
class PluginRequests {
 public:
  PluginRequests(http::Outbound& outbound, PluginRequestsLimits limits)
      : outbound_(outbound), limits_(limits) {}

  /// Fails as `Outbound::send` does, and with `overloaded` where too many wait, or too much.
  /// `request.caller` is whose it is.
  void send(http::OutboundRequest request, Reply<http::OutboundResponse> reply);

 private:
  struct Plugin {
    std::size_t running = 0;
    std::deque<std::pair<http::OutboundRequest, Reply<http::OutboundResponse>>> waiting;
    std::size_t waiting_bytes = 0;
  };
  void send_now(http::OutboundRequest request, Reply<http::OutboundResponse> reply);
  void ended(const std::string& plugin);

  http::Outbound& outbound_;
  const PluginRequestsLimits limits_;
  std::map<std::string, Plugin, std::less<>> plugins_;  // those that have one under way
};

}  // namespace collet::services
