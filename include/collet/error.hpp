// Errors as they cross rooms and reach users: one typed code, a sentence, and what to do next.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collet {

/// Why something failed. The wire name, HTTP status and exit code of each stand in `k_error_codes`.
enum class ErrorCode : std::uint8_t {
  invalid_request,
  install_failed,
  invalid_transition,
  unauthorized,
  forbidden,
  not_found,
  plugin_not_found,
  tool_not_found,
  method_not_allowed,
  tool_disabled,
  approval_required,
  payload_too_large,
  unsupported_media_type,
  invalid_parameters,
  cancelled,
  tool_error,
  internal_error,
  worker_unavailable,
  worker_crashed,
  invalid_result,
  overloaded,
  shutting_down,
  store_unavailable,
  timeout,
};

/// One row of the table that REST, MCP, the command line and the documentation are made from.
struct ErrorCodeRow {
  ErrorCode code;
  std::string_view name;     ///< as on the wire, e.g. "tool_not_found"
  int http_status;           ///< status of the HTTP answer
  int exit_code;             ///< exit code of the command line
  std::string_view meaning;  ///< one line for the documentation
};

/// Rows stand in the order of `ErrorCode`, so that the code is the index.
inline constexpr std::array<ErrorCodeRow, 24> k_error_codes{{
    {ErrorCode::invalid_request, "invalid_request", 400, 2, "the request is malformed"},
    {ErrorCode::install_failed, "install_failed", 400, 4, "the plugin could not be installed"},
    {ErrorCode::invalid_transition, "invalid_transition", 400, 4,
     "the plugin's state does not allow this"},
    {ErrorCode::unauthorized, "unauthorized", 401, 4, "no operator token, or a wrong one"},
    {ErrorCode::forbidden, "forbidden", 403, 4, "refused, e.g. by the Host and Origin guard"},
    {ErrorCode::not_found, "not_found", 404, 4, "there is no such route"},
    {ErrorCode::plugin_not_found, "plugin_not_found", 404, 4, "no plugin has this key or UUID"},
    {ErrorCode::tool_not_found, "tool_not_found", 404, 4, "no registered tool has this name"},
    {ErrorCode::method_not_allowed, "method_not_allowed", 405, 4,
     "the route exists, this method does not"},
    {ErrorCode::tool_disabled, "tool_disabled", 409, 4, "the tool's schema is invalid"},
    {ErrorCode::approval_required, "approval_required", 409, 4,
     "new capabilities wait for approval"},
    {ErrorCode::payload_too_large, "payload_too_large", 413, 4,
     "the body or the parameters pass a limit"},
    {ErrorCode::unsupported_media_type, "unsupported_media_type", 415, 4,
     "the body is not application/json"},
    {ErrorCode::invalid_parameters, "invalid_parameters", 422, 2,
     "the parameters do not fit the tool's schema"},
    {ErrorCode::cancelled, "cancelled", 499, 4, "the caller went away or cancelled"},
    {ErrorCode::tool_error, "tool_error", 500, 4, "the tool's handler failed"},
    {ErrorCode::internal_error, "internal_error", 500, 4, "a bug of the host"},
    {ErrorCode::worker_unavailable, "worker_unavailable", 502, 4,
     "the plugin's worker does not run"},
    {ErrorCode::worker_crashed, "worker_crashed", 502, 4, "the worker died during the call"},
    {ErrorCode::invalid_result, "invalid_result", 502, 4, "the worker's answer is not usable"},
    {ErrorCode::overloaded, "overloaded", 503, 4,
     "the host is at a limit, of calls in flight, connections or open files"},
    {ErrorCode::shutting_down, "shutting_down", 503, 4, "the host is stopping"},
    {ErrorCode::store_unavailable, "store_unavailable", 503, 4,
     "the store cannot be read or written"},
    {ErrorCode::timeout, "timeout", 504, 4, "the deadline passed"},
}};

/// The row of `code`.
[[nodiscard]] constexpr const ErrorCodeRow& describe(ErrorCode code) {
  return k_error_codes[static_cast<std::size_t>(code)];
}

/// Which limit a call meets that is refused as `overloaded`.
enum class Overload : std::uint8_t {
  queue_full,     ///< of calls of its plugin that wait
  turn_too_late,  ///< its turn would come after its deadline
  calls_pending,  ///< its worker has as many as it may have
  unsent_bytes,   ///< its worker does not read what it is sent
  threads_busy,   ///< of the functions of the embedding program, and as many calls wait as may
};
[[nodiscard]] constexpr std::string_view to_string(Overload overload) {
  switch (overload) {
    case Overload::queue_full:
      return "queue_full";
    case Overload::turn_too_late:
      return "turn_too_late";
    case Overload::calls_pending:
      return "calls_pending";
    case Overload::unsent_bytes:
      return "unsent_bytes";
    case Overload::threads_busy:
      return "threads_busy";
  }
  return "unknown";
}

/// One way in which parameters or a result do not fit their JSON Schema.
struct Violation {
  std::string instance_pointer;  ///< RFC 6901 pointer into the value, "" for the root
  std::string schema_pointer;    ///< RFC 6901 pointer into the schema
  std::string keyword;           ///< the schema keyword that failed, e.g. "enum"
  std::string message;           ///< a sentence that a model can act on
};

/// A failure with everything a caller may be told.
struct Error {
  ErrorCode code = ErrorCode::internal_error;
  std::string
      message;  ///< what happened, one sentence; may be followed by quoted output of a program
  std::string remedy{};  ///< what to do next, one sentence; may be empty
  std::optional<std::chrono::milliseconds> retry_after{};  ///< when a new try makes sense
  std::vector<Violation> violations{};  ///< for invalid_parameters and invalid_result
  std::optional<Overload> overload{};   ///< for overloaded, where it is a limit of the host
  std::optional<int> rpc_code{};  ///< the JSON-RPC code where a worker or a host service gave one
};

/// The value of an operation that has none: `Result<Done>`.
struct Done {};

/// How rooms return what can fail. No exception crosses a room.
template <class T>
using Result = std::expected<T, Error>;

/// An `Error` ready to be returned from a function that returns `Result`.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message,
                                                 std::string remedy = {}) {
  return std::unexpected<Error>(
      Error{.code = code, .message = std::move(message), .remedy = std::move(remedy)});
}

}  // namespace collet
