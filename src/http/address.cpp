#include "http/address.hpp"

#include <arpa/inet.h>

#include <fmt/format.h>
#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"

namespace collet::http {
namespace {

constexpr IpAddress k_mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t k_mapped_prefix = 12;

}  // namespace

std::optional<IpAddress> parse_ip(std::string_view text) {
  const std::string terminated(text);
  if (terminated.size() != std::string_view(terminated.c_str()).size()) return std::nullopt;
  IpAddress address = k_mapped;
  if (::inet_pton(AF_INET, terminated.c_str(), address.data() + k_mapped_prefix) == 1)
    return address;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.data()) == 1) return address;
  return std::nullopt;
}

bool is_loopback(const IpAddress& address) {
  constexpr IpAddress v6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  const bool mapped =
      std::equal(address.begin(), address.begin() + k_mapped_prefix, k_mapped.begin());
  return address == v6 || (mapped && address[k_mapped_prefix] == 127);
}

bool is_unspecified(const IpAddress& address) {
  return address == IpAddress{} || address == k_mapped;
}

std::expected<Authority, std::string_view> parse_authority(std::string_view text) {
  Authority authority;
  std::string_view port;
  const bool bracketed = text.starts_with('[');
  if (bracketed) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::unexpected("a ']' is missing");
    authority.host = ascii_lower(text.substr(1, end - 1));
    port = text.substr(end + 1);
  } else {
    const auto end = std::min(text.find(':'), text.size());
    authority.host = ascii_lower(text.substr(0, end));
    port = text.substr(end);
    if (authority.host.ends_with('.')) authority.host.pop_back();
  }
  if (authority.host.empty() || text.find('@') != std::string_view::npos) {
    return std::unexpected("it must name a host, without user or password");
  }
  constexpr std::string_view legal = "abcdefghijklmnopqrstuvwxyz0123456789-._:";
  authority.ip = parse_ip(authority.host);
  const bool six = authority.ip && authority.host.find(':') != std::string::npos;
  if (authority.host.find_first_not_of(legal) != std::string::npos || bracketed != six ||
      (!port.empty() && port.front() != ':')) {
    return std::unexpected("its host is malformed");
  }
  if (port.size() <= 1) return authority;
  port.remove_prefix(1);
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), number);
  if (parsed.ec != std::errc{} || parsed.ptr != port.data() + port.size()) {
    return std::unexpected("its port must be a number up to 65535");
  }
  authority.port = number;
  return authority;
}

bool is_loopback(const Authority& host) {
  return host.ip ? is_loopback(*host.ip) : host.host == "localhost";
}

std::string host_and_port(std::string_view address, std::uint16_t port) {
  return address.find(':') == std::string_view::npos ? fmt::format("{}:{}", address, port)
                                                     : fmt::format("[{}]:{}", address, port);
}

Result<HttpUrl> parse_http_url(std::string_view url) {
  const auto bad = [url](std::string_view why) {
    return fail(ErrorCode::invalid_request, fmt::format("\"{}\" is not a usable URL: {}", url, why),
                "write it as http://host:port/path");
  };
  constexpr std::string_view scheme = "http://";
  if (!equal_ignoring_case(url.substr(0, scheme.size()), scheme))
    return bad("it must begin with http://");
  if (url.find_first_of(std::string_view(" \t\r\n\0", 5)) != std::string_view::npos) {
    return bad("it has white space in it");
  }
  auto rest = url.substr(scheme.size());
  rest = rest.substr(0, rest.find('#'));
  const auto path_begins = std::min(rest.find_first_of("/?"), rest.size());
  const auto text = rest.substr(0, path_begins);
  auto authority = parse_authority(text);
  if (!authority) return bad(authority.error());
  if (authority->port == 0 || text.ends_with(':')) {
    return bad("its port must be a number from 1 to 65535");
  }
  std::string path(rest.substr(path_begins));
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  return HttpUrl{*std::move(authority), std::string(text), std::move(path)};
}

}  // namespace collet::http
