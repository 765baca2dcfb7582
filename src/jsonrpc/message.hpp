// JSON-RPC 2.0 messages as values (jsonrpc.org/specification), as the Paperclip worker protocol
// uses them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "json/document.hpp"

namespace collet::jsonrpc {

/// Error codes: the specification's (section 5.1), then those of the Paperclip plugin protocol.
namespace code {
inline constexpr int parse_error = -32700;
inline constexpr int invalid_request = -32600;
inline constexpr int method_not_found = -32601;
inline constexpr int invalid_params = -32602;
inline constexpr int internal_error = -32603;
inline constexpr int worker_unavailable = -32000;
inline constexpr int capability_denied = -32001;
inline constexpr int worker_error = -32002;
inline constexpr int timeout = -32003;
inline constexpr int method_not_implemented = -32004;
inline constexpr int invocation_scope_denied = -32005;
inline constexpr int cross_tenant_config = -32006;
inline constexpr int unknown = -32099;
}  // namespace code

/// What came in. Values point into the parsed line and live as long as it does.
struct Request {
  json::Value id;
  std::string method;
  std::optional<json::Value> params;
  json::Value message;  ///< the whole object, for members beside the specification's
};
struct Notification {
  std::string method;
  std::optional<json::Value> params;
  json::Value message;
};
struct Response {
  json::Value id;
  std::optional<json::Value> result;
  std::optional<json::Value>
      error;  ///< a response with both, or neither, is the receiver's to judge
};
/// Not a message. `reason` is for the log.
struct Invalid {
  std::string_view reason;
};
using Message = std::variant<Response, Request, Notification, Invalid>;

/// Says what a parsed line is, in the reference's order: response, request, notification.
[[nodiscard]] Message classify(json::Value line);

/// The error object of a response, read leniently: a code that is no integer is `code::unknown`.
struct ResponseError {
  int code = code::unknown;
  std::string message;
};
[[nodiscard]] ResponseError read_error(json::Value error);

/// Messages as lines of NDJSON, ended by LF. `params` and `result` are JSON text on one line;
/// `extra` is further members of the message, as text that starts with a comma, or empty.
[[nodiscard]] std::string request_line(std::uint64_t id, std::string_view method,
                                       std::string_view params, std::string_view extra = {});
/// `id` is the request's id as JSON text, exactly as it came.
[[nodiscard]] std::string result_line(std::string_view id, std::string_view result);
[[nodiscard]] std::string error_line(std::string_view id, int error_code, std::string_view message);

}  // namespace collet::jsonrpc
