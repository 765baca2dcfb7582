// Requests to other machines, as values, and who sends them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/deadline.hpp"
#include "collet/limits.hpp"
#include "collet/reply.hpp"
#include "http/egress.hpp"
#include "http/message.hpp"

namespace collet {
class AsioLoop;
}

namespace collet::http {

class Resolver;

/// What becomes of an answer that points elsewhere.
enum class Redirects : std::uint8_t {
  hand_over,  ///< it is an answer like any other
  follow,     ///< at most `redirects_max` times; each is a request that is checked as the first
};

/// Whether the operator's proxy, where there is one, stands between.
enum class Route : std::uint8_t { direct, by_proxy };

struct OutboundRequest {
  std::string caller{};  ///< whose it is: one caller's slow name servers delay no other
  std::string method = "GET";
  std::string url{};
  /// As they are to be sent. What frames the message (Content-Length, Transfer-Encoding, …) and
  /// Host are the sender's own.
  std::vector<Header> headers{};
  std::optional<std::string> body{};
  Redirects redirects = Redirects::hand_over;
  Deadline deadline = Deadline::never();
  /// Of the body, decoded; more is `payload_too_large`, told as soon as it is seen.
  std::size_t response_bytes_max = 0;
  /// Whether this request may go there. Asked for each address that the host's name has, and again
  /// for the one that is connected to, just before, so that no name server can say one thing to the
  /// check and another to the connection. Where it goes by proxy, only for what the name means
  /// here. It outlives the request.
  std::function<bool(const Destination& to, const IpAddress& address)> permits{};
  /// Which way to a destination; may be empty: `by_proxy`.
  std::function<Route(const Destination& to)> route{};
};

struct OutboundResponse {
  int status = 0;
  std::string reason{};           ///< the reason phrase
  std::vector<Header> headers{};  ///< names in lower case, values as bytes, in order
  std::string body{};             ///< decoded where it was compressed
};

/// Sends requests. Loop thread only.
class Outbound {
 public:
  static constexpr int redirects_max = 20;  ///< as browsers and fetch have it

  virtual ~Outbound() = default;
  /// Answers once, on the loop, maybe inside this call; `shutting_down` where it is stopped
  /// before. Messages of failures name the host and nothing else of a request whose URL is one.
  /// Codes: `invalid_request` (URL, scheme), `forbidden` (not permitted), `timeout`,
  /// `payload_too_large`, `worker_unavailable` (name, connection, TLS).
  virtual void send(OutboundRequest request, Reply<OutboundResponse> reply) = 0;
  /// Gives up what is under way, and all that comes later at once; so does its end.
  virtual void stop() = 0;
};

/// Whether a URL can be sent to. The failure does not quote it: a password may stand in it.
[[nodiscard]] Result<Done> check_url(std::string_view url);
/// Whether a URL can be a proxy's: `http://`, `https://` or `socks5h://` with a host, a port, and
/// user and password where it wants them. The failure does not quote it either.
[[nodiscard]] Result<Done> check_proxy(std::string_view url);

struct OutboundOptions {
  /// See `check_proxy`; empty for none. The environment's proxies (http_proxy, …) do not count.
  std::string proxy{};
  /// PEM file of certificate authorities that count beside the system's; may be empty.
  std::filesystem::path ca_file{};
  std::string user_agent = "collet";
  std::chrono::milliseconds resolve_timeout = limits::services::resolve_timeout;
  std::size_t header_bytes_max = limits::services::fetch_answer_header_bytes_max;
  long idle_connections_max = limits::services::idle_connections_max;
  std::chrono::milliseconds idle_timeout = limits::services::idle_connection_timeout;
};

/// Sends over the network, with libcurl on the loop. HTTP/1.1, TLS 1.2 and newer with certificates
/// checked; a connection is used again for the same host and port where the request permits its
/// address. Loop and resolver outlive it.
[[nodiscard]] std::unique_ptr<Outbound> make_outbound(AsioLoop& loop, Resolver& resolver,
                                                      OutboundOptions options = {});

}  // namespace collet::http
