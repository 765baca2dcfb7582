// Names of machines into addresses, off the loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "collet/reply.hpp"
#include "http/address.hpp"

namespace collet::http {

class Resolver {
 public:
  virtual ~Resolver() = default;
  /// The addresses of `host` in the order to be tried, at least one. Fails with
  /// `worker_unavailable` and the system's reason ("Name or service not known"). There is no time
  /// limit: who asks gives up by himself. Lookups of one `caller` do not delay those of another.
  /// Answers on the loop, maybe inside this call; where this object ends before, as a Reply does
  /// that is dropped.
  virtual void resolve(std::string caller, std::string host,
                       Reply<std::vector<IpAddress>> reply) = 0;
};

/// Lookups of one caller that run at the same time. A lookup takes milliseconds, or, where a name
/// server is silent, half a minute in which its thread does nothing.
inline constexpr std::size_t k_lookups_of_caller_max = 8;

/// Asks by `look_up`, which blocks for as long as it takes and runs on many threads: each lookup
/// has one of its own. Those of one caller are limited; more of them wait. A lookup that outlives
/// this object is left to end by itself. The loop outlives it. Loop thread only.
using LookUp = std::function<Result<std::vector<IpAddress>>(const std::string& host)>;
[[nodiscard]] std::unique_ptr<Resolver> make_resolver(Loop& loop, LookUp look_up);
/// Asks the system (getaddrinfo).
[[nodiscard]] std::unique_ptr<Resolver> make_system_resolver(Loop& loop);

}  // namespace collet::http
