// Host and Origin guard: a web page in the user's browser must not reach a server on loopback (DNS
// rebinding).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "http/message.hpp"

namespace collet::http {

struct GuardOptions {
  std::string address;                         ///< the address the server listens on
  std::vector<std::string> allowed_hosts{};    ///< names without port
  std::vector<std::string> allowed_origins{};  ///< scheme://host[:port]
};

/// Refuses with `forbidden` what a browser was tricked into, and names the setting that allows it.
///
/// Host (RFC 9110 §7.2) may be, with any port and in any case: 127.0.0.0/8, ::1, localhost,
/// *.localhost, the listening address, a name of `allowed_hosts`; and any IP literal where the
/// listening address is 0.0.0.0 or ::, because DNS rebinding needs a name. Missing or malformed it
/// is `invalid_request`.
///
/// Origin (RFC 6454), where there is one, may be: a loopback one over http or https, one that
/// equals the Host (which is allowed by then), one of `allowed_origins`. `null` is refused, listed
/// or not.
///
/// A pure function.
[[nodiscard]] Result<Done> check_origin(const GuardOptions& options, const Request& request);

}  // namespace collet::http
