// By which token a company's requests are let in by the upstream.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/loop.hpp"
#include "collet/limits.hpp"
#include "collet/reply.hpp"
#include "collet/service_settings.hpp"
#include "services/secrets.hpp"

namespace collet::services {

using UpstreamTokenSetting = decltype(UpstreamSettings::token);
/// Null where the upstream asks for none.
using UpstreamToken = std::shared_ptr<const SecretText>;

struct UpstreamTokensLimits {
  Clock::duration kept = limits::services::upstream_token_kept;  ///< of one that is a secret
  /// Of one plugin: what waits for a token, as what waits for its turn.
  std::size_t waiting_max = limits::services::requests_waiting_max;
  std::size_t waiting_bytes_max = limits::services::requests_waiting_bytes_max;
};

/// Reads a company's token once for all that wait for it, and keeps it for a while. What it borrows
/// outlives it; it outlives what waits. Loop thread only.
class UpstreamTokens {
 public:
  UpstreamTokens(Loop& loop, Secrets& secrets, UpstreamTokenSetting setting,
                 UpstreamTokensLimits limits)
      : loop_(loop), secrets_(secrets), setting_(std::move(setting)), limits_(limits) {}

  /// Who waits for a token.
  struct Waiter {
    std::string plugin_id;
    std::size_t bytes;  ///< that it holds meanwhile
  };
  /// Fails with `overloaded` where too much of the plugin waits, and with `worker_unavailable` and
  /// the words of `Secrets::read` where that fails.
  void get(const std::string& company_id, Waiter waiter, Reply<UpstreamToken> reply);
  /// It was refused: the next one is read anew.
  void forget(std::string_view company_id);

 private:
  struct Kept {
    UpstreamToken token;
    TimePoint until;
  };
  struct Held {
    std::size_t calls = 0;
    std::size_t bytes = 0;
  };
  [[nodiscard]] Reply<UpstreamToken> counted(Waiter waiter, Reply<UpstreamToken> reply);
  void read(const std::string& company_id, const SecretRef& ref);

  Loop& loop_;
  Secrets& secrets_;
  const UpstreamTokenSetting setting_;
  const UpstreamTokensLimits limits_;
  std::map<std::string, Kept, std::less<>> kept_;                     // by company
  std::map<std::string, std::vector<Reply<UpstreamToken>>> lookups_;  // by company: under way
  std::map<std::string, Held> waiting_;                               // by plugin
};

}  // namespace collet::services
