#include "app/listen_address.hpp"

#include <arpa/inet.h>

#include <charconv>

namespace collet::app {
namespace {

std::unexpected<Error> bad_address(std::string_view text) {
  return fail(ErrorCode::invalid_request,
              "\"" + std::string(text) + "\" is not an address to listen on",
              "write an address and a port, such as 127.0.0.1:7420 or [::1]:7420");
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text);
  const auto digits = text.substr(colon + 1);
  ListenAddress listen;
  const auto [end, code] =
      std::from_chars(digits.data(), digits.data() + digits.size(), listen.port);
  if (code != std::errc() || end != digits.data() + digits.size()) return bad_address(text);

  listen.address = text.substr(0, colon);
  if (listen.address == "localhost") listen.address = "127.0.0.1";
  in_addr four{};
  if (::inet_pton(AF_INET, listen.address.c_str(), &four) == 1) return listen;
  if (listen.address.size() < 2 || listen.address.front() != '[' || listen.address.back() != ']') {
    return bad_address(text);
  }
  listen.address = listen.address.substr(1, listen.address.size() - 2);
  in6_addr six{};
  if (::inet_pton(AF_INET6, listen.address.c_str(), &six) != 1) return bad_address(text);
  return listen;
}

bool is_loopback(std::string_view address) {
  const std::string text(address);
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return text == "localhost";
  const unsigned char* bytes = six.s6_addr;
  for (int i = 0; i < 10; ++i) {
    if (bytes[i] != 0) return false;
  }
  const bool mapped = bytes[10] == 0xFF && bytes[11] == 0xFF;  // ::ffff:127.0.0.1
  if (mapped) return bytes[12] == 127;
  for (int i = 10; i < 15; ++i) {
    if (bytes[i] != 0) return false;
  }
  return bytes[15] == 1;
}

std::string to_url(const ListenAddress& listen) {
  const bool six = listen.address.find(':') != std::string::npos;
  return "http://" + (six ? "[" + listen.address + "]" : listen.address) + ":" +
         std::to_string(listen.port);
}

}  // namespace collet::app
