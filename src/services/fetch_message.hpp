// `http.fetch` as requests and answers: what fetch makes of them, and JSON. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "collet/limits.hpp"
#include "http/outbound.hpp"
#include "json/document.hpp"

namespace collet::services {

struct FetchLimits {
  std::size_t body_bytes_max = limits::services::fetch_body_bytes_max;
  std::size_t url_bytes_max = limits::services::fetch_url_bytes_max;
  std::size_t header_bytes_max = limits::services::fetch_header_bytes_max;
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
