// HTTP requests and responses as values (RFC 9110), and who answers them.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collet/error.hpp"

namespace collet::json {
class Writer;
}  // namespace collet::json

namespace collet::http {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method;  ///< as sent, e.g. "GET"
  std::string path;    ///< before '?', percent-encoding kept
  std::string query;   ///< after '?', without it
  std::vector<Header> headers;
  std::string body;
  std::stop_token closed;  ///< requested when the client goes away before it is answered

  /// The first header of that name (any case), or nothing.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body{};
  std::vector<Header> headers{};
};

/// The answer that tells `error` to a client: the status of its code, and the body
/// `{"error": message, "code": name}` with `remedy`, `violations` and `retryAfterMs` where the
/// error has them. `retry_after` is also the header Retry-After (RFC 9110 §10.2.3), in whole
/// seconds and at least 1. Every room that answers over HTTP uses this one.
[[nodiscard]] Response error_response(const Error& error);

/// Writes `violations` as they stand in an error's body: an array of objects with
/// `instancePointer`, `schemaPointer`, `keyword` and `message`.
void write_violations(json::Writer& writer, std::span<const Violation> violations);

/// Percent-decodes a path segment or a query value ('+' is a space in a query only); nothing where
/// it is malformed.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);
/// The values of a query parameter, decoded, in order; malformed ones are left out.
[[nodiscard]] std::vector<std::string> query_values(std::string_view query, std::string_view name);

/// A response that is sent piece by piece (chunked; for server-sent events). Loop thread only.
class Stream {
 public:
  virtual ~Stream() = default;
  /// Queues bytes; never blocks. False where the client is gone or reads too slowly (its queue
  /// limit is reached) and the stream is closed.
  virtual bool write(std::string bytes) = 0;
  /// Ends the response. Destroying the stream does so too.
  virtual void end() = 0;
};

/// The one answer owed to a request. Move-only; dropped unanswered it sends 500. Any thread may
/// answer.
class Responder {
 public:
  class Channel {
   public:
    virtual ~Channel() = default;
    virtual void send(Response response) = 0;
    virtual std::unique_ptr<Stream> stream(Response head) = 0;
    /// The Responder was dropped unanswered; sends 500 `internal_error`. Any thread.
    virtual void abandon();
  };

  Responder() = default;
  explicit Responder(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  /// Gives the answer; on another thread than the loop's it is sent from the loop a moment later.
  /// Where the client or the server is gone, the answer is dropped. A second answer is a bug of
  /// ours and is dropped too.
  void send(Response response);
  /// Starts a streamed response (`head.body` is its first piece). Loop thread only. Where the
  /// client is gone, the stream takes nothing: its `write` is false.
  [[nodiscard]] std::unique_ptr<Stream> stream(Response head);

 private:
  std::shared_ptr<Channel> channel_;
};

/// Answers requests. Everything runs on the loop and must not block.
class Handler {
 public:
  virtual ~Handler() = default;
  /// Asked once for every request when its head is complete, before any byte of its body is kept:
  /// who may not speak cannot make the server remember. An answer refuses the request; where a body
  /// follows, it is not read and the connection closes. Nothing admits it.
  [[nodiscard]] virtual std::optional<Response> admit(const Request& head) {
    static_cast<void>(head);
    return std::nullopt;
  }
  /// Whether the request asks how the host is. Such requests are answered also where connections or
  /// descriptors are at their limit, and so need no descriptor and no worker.
  [[nodiscard]] virtual bool is_vital(const Request& head) const {
    static_cast<void>(head);
    return false;
  }
  /// Comes only for what was admitted.
  virtual void handle(Request request, Responder responder) = 0;
};

}  // namespace collet::http
