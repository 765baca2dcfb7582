// Makes requests from the bytes of a connection (RFC 9112), limits included. Pure: no socket, no
// time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "collet/error.hpp"
#include "http/message.hpp"
#include "http/response_head.hpp"

namespace collet::http {

struct ReaderLimits {
  std::size_t head_bytes_max;  ///< request line and headers, with the empty line
  std::size_t body_bytes_max;  ///< without chunk framing
};

/// Why a request cannot be served, as it is to be answered. The connection is unusable after it.
struct Refusal {
  int status;  ///< may differ from the code's own, e.g. 431
  Error error;
};

/// What the head says about the connection.
struct HeadFacts {
  HttpVersion version = HttpVersion::http_1_1;
  AfterAnswer after = AfterAnswer::keep_alive;
  enum class Method : std::uint8_t { head, other } method = Method::other;
  enum class Expect : std::uint8_t { nothing, continue_100 } expect = Expect::nothing;
  enum class Body : std::uint8_t { none, follows } body = Body::none;
};

/// Reads one request at a time. Bytes that `put` does not take must be presented again, together
/// with the ones that follow.
class RequestReader {
 public:
  explicit RequestReader(ReaderLimits limits);
  ~RequestReader();

  enum class Progress : std::uint8_t { need_more, head_complete, complete, failed };
  struct Step {
    Progress progress;
    std::size_t taken;  ///< how many of the bytes are used up
  };
  /// Goes on with `bytes`, at most to the next milestone: `head_complete` comes once for every
  /// request, then `complete`. Not called again after `complete` (but for `reset`) or `failed`.
  [[nodiscard]] Step put(std::string_view bytes);
  /// Ready for the next request.
  void reset();

  /// The request so far: without body from `head_complete` on.
  [[nodiscard]] const Request& request() const;
  /// Takes the request after `complete`.
  [[nodiscard]] Request take();
  /// Valid from `head_complete` on, and where `failed` as far as the head was read.
  [[nodiscard]] const HeadFacts& facts() const;
  [[nodiscard]] const Refusal& refusal() const;

 private:
  class Parser;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace collet::http
