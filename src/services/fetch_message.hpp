// `http.fetch` as requests and answers: what fetch makes of them, and JSON. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/outbound.hpp"
#include "json/document.hpp"

namespace collet::services {

struct FetchLimits {
  /// Of a request. What plugins send is JSON; files go by other ways.
  std::size_t body_bytes_max = 16u << 20;
  /// Of a URL. Servers refuse from 8 KiB on, most of them.
  std::size_t url_bytes_max = 64u << 10;
  /// Of all headers of a request together, for the same reason.
  std::size_t header_bytes_max = 64u << 10;
};

/// Reads `{url, init?: {method?, headers?, body?, redirect?}}`. Fails with `invalid_request`.
///
/// Headers that frame the message or belong to the connection are left out, because the sender sets
/// them: Connection, Content-Length, Expect, Keep-Alive, TE, Trailer, Transfer-Encoding, Upgrade
/// and all that begin with Proxy-. Host has to be the URL's: another would reach a server that was
/// not checked. A body without Content-Type is text/plain, as fetch has it. The methods CONNECT,
/// TRACE and TRACK are refused.
[[nodiscard]] Result<http::OutboundRequest> read_fetch(std::string_view method, json::Value params,
                                                       const FetchLimits& limits);

/// `{status, statusText, headers, body}`. Headers of the same name are joined by ", ". The body is
/// read as UTF-8, as fetch's `text()` does; it is null where the status allows none, because the
/// SDK's Response refuses even an empty text there.
[[nodiscard]] std::string fetch_result(const http::OutboundResponse& response);

}  // namespace collet::services
