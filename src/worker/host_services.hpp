// What a worker may ask of its host.
#pragma once

#include <string>
#include <string_view>

#include "collet/reply.hpp"
#include "json/document.hpp"

namespace collet::worker {

/// Which worker asks.
struct WorkerIdentity {
  std::string plugin_id;  ///< UUID
  std::string plugin_key;
};

/// Declared here, implemented by services/. Runs on the loop; must not block.
class HostServices {
 public:
  virtual ~HostServices() = default;
  /// A worker's request. `params` lives only during the call. The answer is the result as JSON
  /// text; an error's `rpc_code` goes to the worker (-32603 without one). Unknown methods answer
  /// -32601.
  virtual void request(const WorkerIdentity& worker, std::string_view method, json::Value params,
                       Reply<std::string> reply) = 0;
  /// A worker's notification; unknown ones are ignored.
  virtual void notify(const WorkerIdentity& worker, std::string_view method,
                      json::Value params) = 0;
};

}  // namespace collet::worker
