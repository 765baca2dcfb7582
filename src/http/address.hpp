// Addresses and URLs as text: one reading of them for everything that decides who is trusted. Pure
// functions; no name is looked up.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "collet/error.hpp"

namespace collet::http {

/// 16 bytes in network order. An IPv4 address stands in its IPv4-mapped form (RFC 4291 §2.5.5.2),
/// so that ::ffff:127.0.0.1 is 127.0.0.1.
using IpAddress = std::array<std::uint8_t, 16>;

/// Reads an IPv4 address in its four-part form or an IPv6 address without brackets and zone; other
/// spellings ("127.1", "0x7f.0.0.1") are none.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
/// 127.0.0.0/8 and ::1.
[[nodiscard]] bool is_loopback(const IpAddress& address);
/// 0.0.0.0 and ::, which as a listening address mean every address.
[[nodiscard]] bool is_unspecified(const IpAddress& address);

/// `host[:port]` (RFC 3986 §3.2) in canonical form.
struct Authority {
  std::string host;                     ///< lower case, without brackets and a dot at the end
  std::optional<std::uint16_t> port{};  ///< nothing also where only its colon is there
  std::optional<IpAddress> ip{};        ///< where the host is an IP literal

  friend bool operator==(const Authority&, const Authority&) = default;
};
/// Fails with what is wrong, as the end of a sentence: "its port must be a number up to 65535".
/// User and password are refused.
[[nodiscard]] std::expected<Authority, std::string_view> parse_authority(std::string_view text);

/// Whether a connection to `host` stays on this machine: a loopback IP literal or "localhost", in
/// canonical form. Other names may lead anywhere.
[[nodiscard]] bool is_loopback(const Authority& host);

/// An address and a port as they stand in a URL: "127.0.0.1:7420", "[::1]:7420".
[[nodiscard]] std::string host_and_port(std::string_view address, std::uint16_t port);

/// An http URL.
struct HttpUrl {
  Authority authority;
  std::string authority_text;  ///< as written, for Host
  std::string path;            ///< begins with '/', with the query, without fragment
};
/// Fails with `invalid_request`.
[[nodiscard]] Result<HttpUrl> parse_http_url(std::string_view url);

}  // namespace collet::http
