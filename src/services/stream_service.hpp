// `streams.open`, `streams.emit`, `streams.close`: notifications of workers.
#pragma once

#include <optional>
#include <string>

#include "services/service_table.hpp"
#include "services/stream_hub.hpp"

namespace collet::services {

/// Both outlive it, it outlives the table. Loop thread only.
class StreamService {
 public:
  StreamService(StreamHub& hub, const GatePolicy& policy) : hub_(hub), policy_(policy) {}
  void add_to(ServiceTable& table);

 private:
  /// Whose stream it is; nothing where the worker may not speak for him.
  [[nodiscard]] std::optional<std::string> company_of(const worker::HostCall& call) const;

  StreamHub& hub_;
  const GatePolicy& policy_;
};

}  // namespace collet::services
