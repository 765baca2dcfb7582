// Names of machines into addresses, off the loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "collet/deadline.hpp"
#include "collet/limits.hpp"
#include "collet/reply.hpp"
#include "http/address.hpp"

namespace collet::http {

/// A name to be looked up.
struct Lookup {
  std::string caller{};  ///< whose it is: those of one do not delay those of another
  std::string host{};
  /// Until then somebody waits for it: what has not begun by then never begins.
  Deadline deadline = Deadline::never();
};

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// The addresses of a host in the order to be tried, at least one. Fails with
  /// `worker_unavailable` and the system's reason ("Name or service not known"), with `overloaded`
  /// where too many of its caller wait, and with `timeout`, maybe long after its deadline: a lookup
  /// that has begun takes its time, and who asks gives up by himself. Answers on the loop, maybe
  /// inside this call; where this object ends before, as a Reply does that is dropped.
  virtual void resolve(Lookup lookup, Reply<std::vector<IpAddress>> reply) = 0;
};

/// Of one caller.
struct ResolverLimits {
  std::size_t running_max = limits::services::lookups_running_max;
  std::size_t waiting_max = limits::services::lookups_waiting_max;
};

/// Asks by `look_up`, which blocks for as long as it takes and runs on many threads: each lookup
/// has one of its own. Those of one caller are limited; more of them wait. A lookup that outlives
/// this object is left to end by itself. The loop outlives it. Loop thread only.
using LookUp = std::function<Result<std::vector<IpAddress>>(const std::string& host)>;
[[nodiscard]] std::unique_ptr<Resolver> make_resolver(Loop& loop, LookUp look_up,
                                                      ResolverLimits limits = {});
/// Asks the system (getaddrinfo).
[[nodiscard]] std::unique_ptr<Resolver> make_system_resolver(Loop& loop);

}  // namespace collet::http
