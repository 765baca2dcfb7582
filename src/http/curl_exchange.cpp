#include "http/curl_exchange.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/text.hpp"

namespace collet::http {
namespace {

// Where a name has several addresses and the first is silent, half of this goes to it. It leaves
// half of the usual time limit for the answer.
constexpr long k_connect_timeout_ms = 15'000;

std::optional<IpAddress> address_of(const curl_sockaddr& from) {
  IpAddress address{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (from.family == AF_INET) {
    sockaddr_in socket{};
    std::memcpy(&socket, &from.addr, sizeof socket);
    std::memcpy(address.data() + 12, &socket.sin_addr, 4);
    return address;
  }
  if (from.family == AF_INET6) {
    sockaddr_in6 socket{};
    std::memcpy(&socket, &from.addr, sizeof socket);
    std::memcpy(address.data(), &socket.sin6_addr, address.size());
    return address;
  }
  return std::nullopt;
}

std::string to_text(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_v4 = std::all_of(address.begin(), address.begin() + 10,
                                 [](std::uint8_t byte) { return byte == 0; }) &&
                     address[10] == 0xff && address[11] == 0xff;
  ::inet_ntop(is_v4 ? AF_INET : AF_INET6, address.data() + (is_v4 ? 12 : 0), text.data(),
              text.size());
  return is_v4 ? text.data() : fmt::format("[{}]", text.data());
}

std::string pin_of(const Destination& to, const std::vector<IpAddress>& addresses) {
  // The + lets it go stale with libcurl's own entries.
  auto pin = fmt::format("+{}:{}:", to.host, to.port);
  for (const auto& address : addresses) pin += to_text(address) + ",";
  pin.pop_back();
  return pin;
}

// Sending one of these again does no harm (RFC 9110, section 9.2.2), and libcurl does so where a
// connection that it kept turns out to be dead. Others always get a connection of their own.
bool is_idempotent(std::string_view method) {
  constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "OPTIONS", "PUT", "DELETE"};
  return std::ranges::find(methods, method) != methods.end();
}

bool has_body_by_nature(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

Error not_permitted(const Destination& to) {
  return {
      .code = ErrorCode::forbidden,
      .message = fmt::format("All resolved IPs for {} are in private/reserved ranges", to.host)};
}

CurlExchange::CurlExchange(ExchangePlan plan)
    : plan_(std::move(plan)), handle_(::curl_easy_init()) {
  set_way();
  set_trust();
  set_message();
  set_callbacks();
}

void CurlExchange::set_way() {
  auto* const curl = handle();
  ::curl_easy_setopt(curl, CURLOPT_URL, plan_.url.text().c_str());
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);  // the application's signals are its own
  ::curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, k_connect_timeout_ms);
  // An empty text, unlike none, also keeps the environment's proxies out.
  const bool by_proxy = plan_.route == Route::by_proxy;
  ::curl_easy_setopt(curl, CURLOPT_PROXY, by_proxy ? plan_.options.proxy.c_str() : "");
  ::curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
  ::curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  if (!is_idempotent(plan_.request.method)) ::curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
  if (!by_proxy && !plan_.url.ip()) {
    pins_.reset(
        ::curl_slist_append(nullptr, pin_of(plan_.url.destination(), plan_.addresses).c_str()));
    ::curl_easy_setopt(curl, CURLOPT_RESOLVE, pins_.get());
  }
}

// The system's certificates are a folder where they are looked up one by one: reading all of them
// from one file takes a tenth of a second, for each connection.
void CurlExchange::set_trust() {
  auto* const curl = handle();
  const auto* const built = ::curl_version_info(CURLVERSION_NOW);
  const auto& own = plan_.options.ca_file;
  const char* const folder = built->capath;
  const char* const file = !own.empty() ? own.c_str() : folder == nullptr ? built->cainfo : nullptr;
  ::curl_easy_setopt(curl, CURLOPT_CAPATH, folder);
  ::curl_easy_setopt(curl, CURLOPT_CAINFO, file);
  ::curl_easy_setopt(curl, CURLOPT_PROXY_CAPATH, folder);
  ::curl_easy_setopt(curl, CURLOPT_PROXY_CAINFO, file);
  ::curl_easy_setopt(curl, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  ::curl_easy_setopt(curl, CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
}

void CurlExchange::set_message() {
  auto* const curl = handle();
  const auto& request = plan_.request;
  if (request.method == "HEAD") {
    ::curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else {
    if (request.body || has_body_by_nature(request.method)) {
      const std::string_view body = request.body ? std::string_view(*request.body) : "";
      ::curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
      ::curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    }
    ::curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  ::curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl can decode
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, plan_.options.user_agent.c_str());

  bool has_type = false;
  for (const auto& header : request.headers) {
    has_type = has_type || equal_ignoring_case(header.name, "Content-Type");
    // libcurl's way of saying that a header is empty, and not that it is to be left out.
    add_header(header.value.empty() ? header.name + ";" : header.name + ": " + header.value);
  }
  if (!has_type) add_header("Content-Type:");  // it would say that a body is a form
  add_header("Expect:");                       // many servers never say 100 Continue
  ::curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers_.get());
}

void CurlExchange::add_header(const std::string& line) {
  auto* const longer = ::curl_slist_append(headers_.get(), line.c_str());
  static_cast<void>(headers_.release());
  headers_.reset(longer);
}

void CurlExchange::set_callbacks() {
  auto* const curl = handle();
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, complaint_.data());
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &CurlExchange::open_socket);
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
  ::curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, &CurlExchange::before_request);
  ::curl_easy_setopt(curl, CURLOPT_PREREQDATA, this);
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &CurlExchange::take_head);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &CurlExchange::take_body);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
}

// The last moment before a connection: this is the address that the kernel will be given.
curl_socket_t CurlExchange::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const auto& plan = exchange.plan_;
  if (plan.route == Route::direct) {
    const auto ip = address_of(*address);
    if (!ip || !plan.request.permits(plan.url.destination(), *ip)) {
      exchange.stop_ = Stop::not_permitted;
      return CURL_SOCKET_BAD;
    }
    exchange.stop_ = Stop::none;  // it was another of the name's addresses
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Also where a connection is used again that another request, with other rights, has made.
int CurlExchange::before_request(void* self, char* address, char*, int, int) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const auto& plan = exchange.plan_;
  if (plan.route == Route::by_proxy) return CURL_PREREQFUNC_OK;
  const auto ip = parse_ip(address);
  if (ip && plan.request.permits(plan.url.destination(), *ip)) return CURL_PREREQFUNC_OK;
  exchange.stop_ = Stop::not_permitted;
  return CURL_PREREQFUNC_ABORT;
}

std::size_t CurlExchange::take_head(char* bytes, std::size_t size, std::size_t count, void* self) {
  return static_cast<CurlExchange*>(self)->read_head({bytes, size * count}) ? size * count : 0;
}

bool CurlExchange::read_head(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > plan_.options.header_bytes_max) {
    stop_ = Stop::head_too_large;
    return false;
  }
  if (line.starts_with("HTTP/") && !head_done_) {
    response_.headers.clear();  // of an interim answer
    const auto code = line.find(' ');
    const auto reason = code == line.npos ? line.npos : line.find(' ', code + 1);
    response_.reason = reason == line.npos ? "" : trimmed(line.substr(reason));
    return true;
  }
  if (head_done_) return true;  // trailers
  if (trimmed(line).empty()) {
    long status = 0;
    ::curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    head_done_ = status >= 200;
    return true;
  }
  if ((line.front() == ' ' || line.front() == '\t') && !response_.headers.empty()) {
    response_.headers.back().value.append(" ").append(trimmed(line));  // folded, as of old
    return true;
  }
  const auto colon = line.find(':');
  if (colon == line.npos) return true;
  response_.headers.push_back(
      {ascii_lower(trimmed(line.substr(0, colon))), std::string(trimmed(line.substr(colon + 1)))});
  return true;
}

std::size_t CurlExchange::take_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<CurlExchange*>(self);
  const auto taken = size * count;
  if (taken > exchange.plan_.request.response_bytes_max - exchange.response_.body.size()) {
    exchange.stop_ = Stop::body_too_large;
    return CURL_WRITEFUNC_ERROR;
  }
  exchange.response_.body.append(bytes, taken);
  return taken;
}

Result<OutboundResponse> CurlExchange::outcome(CURLcode code) {
  if (code == CURLE_OK) {
    long status = 0;
    ::curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return std::move(response_);
  }
  const auto& host = plan_.url.destination().host;
  switch (stop_) {
    case Stop::not_permitted:
      return std::unexpected(not_permitted(plan_.url.destination()));
    case Stop::head_too_large:
      return fail(ErrorCode::payload_too_large,
                  fmt::format("the headers of the response from {} pass the limit of {} bytes",
                              host, plan_.options.header_bytes_max));
    case Stop::body_too_large:
      return fail(ErrorCode::payload_too_large,
                  fmt::format("the response from {} passes the limit of {} bytes", host,
                              plan_.request.response_bytes_max));
    case Stop::none:
      break;
  }
  const std::string_view why =
      complaint_[0] != '\0' ? complaint_.data() : ::curl_easy_strerror(code);
  return fail(ErrorCode::worker_unavailable,
              fmt::format("the request to {} failed: {}", host, trimmed(why)));
}

}  // namespace collet::http
