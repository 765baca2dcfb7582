// What a worker may ask of its host.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "collet/manifest.hpp"
#include "collet/reply.hpp"
#include "json/document.hpp"
#include "worker/invocations.hpp"

namespace collet::worker {

/// Which worker asks.
struct WorkerIdentity {
  std::string plugin_id;  ///< UUID
  std::string plugin_key;
  std::uint32_t instance = 0;  ///< which of the plugin's processes
};

/// A message of a worker. Everything in it lives only while it is handed over.
struct HostCall {
  const WorkerIdentity& worker;
  const Manifest& manifest;
  std::string_view method;
  json::Value params;  ///< an empty object where there were none
  /// The call that the worker says it acts in; "" where it names none that could be.
  std::optional<std::string> invocation_id;
  const Invocations& invocations;  ///< the calls that it runs
};

/// What a plugin may log, and what it wanted to log beyond that.
struct LogUse {
  std::uint64_t lines_a_second_max = 0;
  std::uint64_t lines_at_once_max = 0;
  std::uint64_t lines_left_out = 0;  ///< so far
};

/// Declared here, implemented by services/. Runs on the loop; must not block.
class HostServices {
 public:
  virtual ~HostServices() = default;
  /// A worker's request. The answer is the result as JSON text; an error's `rpc_code` goes to the
  /// worker (-32603 without one). Unknown methods answer -32601.
  virtual void request(const HostCall& call, Reply<std::string> reply) = 0;
  /// A worker's notification; unknown ones are ignored.
  virtual void notify(const HostCall& call) = 0;
  /// A process has answered `initialize`. What is called on the worker from in here reaches it
  /// before the calls that waited for it.
  virtual void started(const WorkerIdentity& worker) = 0;
  /// The process is gone, also one that never answered `initialize`: what it opened or asked to
  /// be told of ends.
  virtual void ended(const WorkerIdentity& worker) = 0;
  [[nodiscard]] virtual LogUse log_use(const WorkerIdentity& worker) const = 0;
};

}  // namespace collet::worker
