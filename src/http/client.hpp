// A small blocking HTTP client for the command line. No loop is involved.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "collet/limits.hpp"
#include "http/message.hpp"

namespace collet::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< http://host:port/path?query
  std::vector<Header> headers{};
  std::string body{};
  std::chrono::milliseconds connect_timeout = limits::http::connect_timeout;
  std::optional<std::chrono::milliseconds> answer_timeout{};  ///< nothing: as long as it takes
  /// For a streamed answer (text/event-stream): each line as it comes, without its end. The body is
  /// then empty.
  std::function<void(std::string_view line)> on_line{};
};

/// Sends one request and waits. Fails with `worker_unavailable` where nothing listens or the
/// connection breaks, `timeout`, `invalid_request` for a bad URL.
[[nodiscard]] Result<Response> fetch(const ClientRequest& request);

}  // namespace collet::http
