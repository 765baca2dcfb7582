#include "http/guard.hpp"

#include <arpa/inet.h>

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace collet::http {
namespace {

constexpr std::string_view k_localhost = "localhost";

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// An IPv4 address stands in its IPv4-mapped IPv6 form (RFC 4291 §2.5.5.2), so that
/// ::ffff:127.0.0.1 is 127.0.0.1.
using Address = std::array<std::uint8_t, 16>;
constexpr Address k_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t k_mapped_prefix = 12;

std::optional<Address> parse_address(const std::string& text) {
  Address address = k_mapped;
  if (::inet_pton(AF_INET, text.c_str(), address.data() + k_mapped_prefix) == 1) return address;
  if (::inet_pton(AF_INET6, text.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

bool is_loopback(const Address& address) {
  constexpr Address v6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool mapped =
      std::equal(address.begin(), address.begin() + k_mapped_prefix, k_mapped.begin());
  return address == v6 || (mapped && address[k_mapped_prefix] == 127);
}

bool is_unspecified(const Address& address) {
  return address == Address{} || address == k_mapped;
}

/// `host[:port]` in canonical form: lower case, no brackets, no dot at the end.
struct Authority {
  std::string host;
  std::optional<std::uint16_t> port;
  std::optional<Address> address;  ///< where the host is an IP literal
};

std::optional<Authority> parse_authority(std::string_view text) {
  Authority authority;
  std::string_view port;
  const bool bracketed = text.starts_with('[');
  if (bracketed) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    authority.host = lower(text.substr(1, end - 1));
    port = text.substr(end + 1);
  } else {
    const auto end = std::min(text.find(':'), text.size());
    authority.host = lower(text.substr(0, end));
    port = text.substr(end);
    if (authority.host.ends_with('.')) authority.host.pop_back();
  }
  constexpr std::string_view legal = "abcdefghijklmnopqrstuvwxyz0123456789-._:";
  if (authority.host.empty() || authority.host.find_first_not_of(legal) != std::string::npos) {
    return std::nullopt;
  }
  authority.address = parse_address(authority.host);
  if (bracketed && (!authority.address || authority.host.find(':') == std::string::npos)) {
    return std::nullopt;
  }
  if (port.empty()) return authority;
  if (port.front() != ':') return std::nullopt;
  port.remove_prefix(1);
  if (port.empty()) return authority;
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) return std::nullopt;
  authority.port = number;
  return authority;
}

bool is_loopback(const Authority& authority) {
  if (authority.address) return is_loopback(*authority.address);
  return authority.host == k_localhost || authority.host.ends_with(".localhost");
}

bool names(const std::string& configured, const Authority& authority) {
  const auto parsed = parse_authority(configured);
  return parsed && parsed->host == authority.host;
}

bool host_is_allowed(const GuardOptions& options, const Authority& host) {
  if (is_loopback(host)) return true;
  if (host.address) {
    const auto listening = parse_address(options.address);
    if (listening && (is_unspecified(*listening) || *listening == *host.address)) return true;
  }
  return std::ranges::any_of(options.allowed_hosts,
                             [&host](const std::string& name) { return names(name, host); });
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

bool origin_is_allowed(const GuardOptions& options, const Authority& host,
                       std::string_view origin) {
  const auto canonical = lower(origin);
  if (canonical == "null") return false;
  if (std::ranges::any_of(options.allowed_origins, [&canonical](const std::string& allowed) {
        return lower(allowed) == canonical;
      })) {
    return true;
  }
  const auto scheme_end = canonical.find("://");
  if (scheme_end == std::string::npos) return false;
  const auto scheme = std::string_view(canonical).substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return false;
  const auto from = parse_authority(std::string_view(canonical).substr(scheme_end + 3));
  if (!from) return false;
  if (is_loopback(*from)) return true;
  const auto port = default_port(scheme);
  return from->host == host.host && from->port.value_or(port) == host.port.value_or(port);
}

}  // namespace

Result<Done> check_origin(const GuardOptions& options, const Request& request) {
  const auto host_text = request.header("Host");
  if (!host_text) {
    return fail(ErrorCode::invalid_request, "the request has no Host header",
                "send one, e.g. Host: localhost");
  }
  const auto host = parse_authority(*host_text);
  if (!host) {
    return fail(
        ErrorCode::invalid_request,
        fmt::format("the Host header \"{}\" is not a host with an optional port", *host_text),
        "send one, e.g. Host: localhost");
  }
  if (!host_is_allowed(options, *host)) {
    return fail(ErrorCode::forbidden,
                fmt::format("the host name \"{}\" is not allowed: it could be a web page that was "
                            "made to reach this server (DNS rebinding)",
                            host->host),
                fmt::format("use localhost, or add \"{}\" to allowed_hosts", host->host));
  }
  const auto origin = request.header("Origin");
  if (origin && !origin_is_allowed(options, *host, *origin)) {
    return fail(ErrorCode::forbidden,
                fmt::format("requests of web pages from \"{}\" are not allowed", *origin),
                *origin == "null"
                    ? std::string("an opaque origin cannot be allowed; serve the page over http")
                    : fmt::format("add \"{}\" to allowed_origins", *origin));
  }
  return Done{};
}

}  // namespace collet::http
