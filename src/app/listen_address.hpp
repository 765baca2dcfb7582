// Where the daemon listens: "127.0.0.1:7420", "[::1]:7420".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet::app {

struct ListenAddress {
  std::string address = "127.0.0.1";  ///< IPv4 or IPv6, without brackets
  std::uint16_t port = 7420;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// Reads "<IPv4>:<port>", "[<IPv6>]:<port>" or "localhost:<port>" (which is 127.0.0.1). Port 0 is
/// any free one. Fails with `invalid_request`.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);
/// Whether only programs of this machine reach it.
[[nodiscard]] bool is_loopback(const ListenAddress& listen);
/// "http://127.0.0.1:7420", with brackets around IPv6.
[[nodiscard]] std::string to_url(const ListenAddress& listen);

}  // namespace collet::app
