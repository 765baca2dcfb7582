// The HTTP/1.1 server: listens, parses, guards, hands requests to a Handler.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "collet/error.hpp"
#include "collet/limits.hpp"
#include "http/message.hpp"

namespace collet {
class AsioLoop;
class Logger;
}  // namespace collet

namespace collet::http {

struct ServerOptions {
  std::string address = "127.0.0.1";  ///< an IPv4 or IPv6 address
  std::uint16_t port = 0;             ///< 0: any free one
  std::vector<std::string>
      allowed_hosts{};  ///< further Host names, beside the loopback ones and the address itself
  std::vector<std::string>
      allowed_origins{};  ///< further Origins (scheme://host[:port]) beside loopback ones

  std::size_t head_bytes_max = limits::http::head_bytes_max;  ///< request line and headers
  std::size_t body_bytes_max = limits::http::body_bytes_max;
  /// The bodies of all requests that are read or not answered yet, together. Taken as
  /// `body_bytes_max` where it is less: one request alone always fits.
  std::size_t bodies_bytes_max = limits::http::bodies_bytes_max;
  /// Whose clients may ask for anything; see `connections_allowed`.
  std::size_t connections_max = limits::http::connections_max;
  /// Beyond these: they are told how the host is, or 503 `overloaded` with Retry-After, and close.
  /// Never more than an eighth of `connections_max`, but one.
  std::size_t spare_connections_max = limits::http::spare_connections_max;
  std::size_t stream_bytes_max =
      limits::http::stream_bytes_max;  ///< unread bytes of a streamed response
  std::chrono::milliseconds head_timeout =
      limits::http::head_timeout;  ///< from a head's first byte to its end
  std::chrono::milliseconds body_timeout =
      limits::http::body_timeout;  ///< from the head's end to the body's end
  std::chrono::milliseconds idle_timeout =
      limits::http::idle_timeout;  ///< between requests of a connection
  std::chrono::milliseconds write_timeout =
      limits::http::write_timeout;  ///< without any progress while an answer is written
  std::chrono::milliseconds linger_timeout =
      limits::http::linger_timeout;  ///< for the bytes behind the last answer of a connection
};

/// How many connections there may be where `wanted` are, in a process that may have `open_files`
/// open: at most half of those, so that workers (four each), the store and all else always have the
/// other half, whoever connects.
[[nodiscard]] std::size_t connections_allowed(std::size_t wanted, std::uint64_t open_files);

/// What a server met, counted since it listens.
struct ServerCounters {
  std::uint64_t accepted = 0;        ///< connections
  std::uint64_t accept_errors = 0;   ///< failed tries, e.g. for want of descriptors
  std::uint64_t requests = 0;        ///< handed to the handler
  std::uint64_t refused = 0;         ///< answered here: malformed, too large, guarded, not admitted
  std::uint64_t no_room = 0;         ///< of these, because connections or descriptors were wanting
  std::uint64_t heads_late = 0;      ///< closed by `head_timeout`
  std::uint64_t bodies_late = 0;     ///< closed by `body_timeout`
  std::uint64_t quiet_evicted = 0;   ///< closed while they waited, because others wanted in
  std::uint64_t idle_closed = 0;     ///< closed by `idle_timeout`
  std::uint64_t writes_stalled = 0;  ///< closed by `write_timeout`
  std::uint64_t streams_cut = 0;     ///< closed by `stream_bytes_max`
  std::uint64_t clients_gone = 0;    ///< went away before their answer
  std::uint64_t responders_dropped = 0;  ///< answered 500 because the handler forgot
};

/// How busy a server is.
struct ServerLoad {
  std::size_t connections = 0;      ///< open now, spare places included
  std::size_t connections_max = 0;  ///< ordinary places
  ServerCounters counters;
};

/// Lives on the loop's thread; requests of one connection are answered in order, pipelined ones
/// included. Destroying it closes every connection and requests `closed` of every request under
/// way; Responders and Streams that are still held elsewhere become inert. It may be destroyed on
/// another thread once the loop stands still.
///
/// While a handler works, its socket is watched, and up to `head_bytes_max` bytes of pipelined
/// requests wait in memory, the rest in the kernel. A client that half-closes is taken to be gone
/// (as Go and Node take it), but is still sent an answer that comes; a stream is closed.
///
/// Where `connections_max` are open, whoever has only waited for longest gives way to who comes;
/// where all are at work, who comes gets a spare place. Without a descriptor for a connection the
/// server takes one that it keeps for this, also as a spare place; where that is in use, it pauses.
///
/// What the server answers by itself has the body of `error_response`: 400 `invalid_request` for
/// malformed requests, 403 `forbidden` by the guard, 408 `timeout`, 413 `payload_too_large`, 431
/// `invalid_request`, 500 `internal_error` for a dropped Responder, 503 `overloaded` with
/// Retry-After beyond `bodies_bytes_max` and in spare places. All of these but 500 close the
/// connection.
class Server {
 public:
  virtual ~Server() = default;
  /// Takes the port; clients wait in the kernel's backlog until `start_accepting`. Fails with
  /// `invalid_request`: address in use (the text names its owner where /proc tells, and --listen),
  /// no permission, no such address; with `overloaded` where the host has too many open files.
  [[nodiscard]] static Result<std::unique_ptr<Server>> listen(AsioLoop& loop, ServerOptions options,
                                                              Handler& handler, Logger& log);
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  virtual void start_accepting() = 0;
  /// Accepts no more; requests under way are answered, idle connections close.
  virtual void stop_accepting() = 0;
  /// Requests that are not answered yet.
  [[nodiscard]] virtual std::size_t requests_open() const = 0;
  [[nodiscard]] virtual std::size_t connections_open() const = 0;
  /// The `connections_max` that holds here.
  [[nodiscard]] virtual std::size_t connections_max() const = 0;
  [[nodiscard]] virtual const ServerCounters& counters() const = 0;
  [[nodiscard]] ServerLoad load() const {
    return {.connections = connections_open(),
            .connections_max = connections_max(),
            .counters = counters()};
  }
};

}  // namespace collet::http
