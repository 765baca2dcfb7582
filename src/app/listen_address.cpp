#include "app/listen_address.hpp"

#include "http/address.hpp"

namespace collet::app {
namespace {

std::unexpected<Error> bad_address(std::string_view text) {
  return fail(ErrorCode::invalid_request,
              "\"" + std::string(text) + "\" is not an address to listen on",
              "write an address and a port, such as 127.0.0.1:7420 or [::1]:7420");
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto authority = http::parse_authority(text);
  if (!authority || !authority->port) return bad_address(text);
  if (authority->ip) return ListenAddress{authority->host, *authority->port};
  if (authority->host == "localhost") return ListenAddress{"127.0.0.1", *authority->port};
  return bad_address(text);
}

bool is_loopback(const ListenAddress& listen) {
  const auto ip = http::parse_ip(listen.address);
  return ip && http::is_loopback(*ip);
}

std::string to_url(const ListenAddress& listen) {
  return "http://" + http::host_and_port(listen.address, listen.port);
}

}  // namespace collet::app
