#include "http/guard.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdint>

#include "base/ascii.hpp"
#include "http/address.hpp"

namespace collet::http {
namespace {

/// Browsers lead every name below localhost to this machine and ask no resolver (RFC 6761 §6.3).
bool is_local(const Authority& authority) {
  return is_loopback(authority) || authority.host.ends_with(".localhost");
}

bool names(const std::string& configured, const Authority& authority) {
  const auto parsed = parse_authority(configured);
  return parsed && parsed->host == authority.host;
}

bool host_is_allowed(const GuardOptions& options, const Authority& host) {
  if (is_local(host)) return true;
  if (host.ip) {
    const auto listening = parse_ip(options.address);
    if (listening && (is_unspecified(*listening) || *listening == *host.ip)) return true;
  }
  return std::ranges::any_of(options.allowed_hosts,
                             [&host](const std::string& name) { return names(name, host); });
}

std::uint16_t default_port(std::string_view scheme) {
  return scheme == "https" ? 443 : 80;
}

bool origin_is_allowed(const GuardOptions& options, const Authority& host,
                       std::string_view origin) {
  const auto canonical = ascii_lower(origin);
  if (canonical == "null") return false;
  if (std::ranges::any_of(options.allowed_origins, [&canonical](const std::string& allowed) {
        return equal_ignoring_case(allowed, canonical);
      })) {
    return true;
  }
  const auto scheme_end = canonical.find("://");
  if (scheme_end == std::string::npos) return false;
  const auto scheme = std::string_view(canonical).substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return false;
  const auto from = parse_authority(std::string_view(canonical).substr(scheme_end + 3));
  if (!from) return false;
  if (is_local(*from)) return true;
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
