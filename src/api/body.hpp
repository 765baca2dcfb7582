// Reads what clients send. Pure.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "collet/error.hpp"
#include "collet/lifecycle_manager.hpp"
#include "collet/tool.hpp"
#include "http/message.hpp"
#include "json/document.hpp"
#include "services/gate.hpp"

namespace collet::api {

using SharedDocument = std::shared_ptr<const json::Document>;

/// JSON text in a body may be this deep.
[[nodiscard]] json::ParseLimits body_limits();
/// Fails with `unsupported_media_type` where the Content-Type is not JSON; none is fine.
[[nodiscard]] Result<Done> check_media_type(const http::Request& request);
/// What is said of a body that is no JSON.
[[nodiscard]] Error not_json(const json::ParseError& error);

/// Parses a JSON body. Nothing for an empty one. Fails with `unsupported_media_type` (a
/// Content-Type that is not JSON; none is fine) and `invalid_request` (the text says where).
[[nodiscard]] Result<SharedDocument> parse_body(http::Request& request);

/// The body of POST /api/plugins/tools/execute, as a call without its deadline.
struct ExecuteRequest {
  ToolCall call;
  std::optional<std::chrono::milliseconds> timeout;
};
/// With one tenant, ids of the run context that are left out are "default", and the company the
/// tenant; with several, all of them are required.
[[nodiscard]] Result<ExecuteRequest> read_execute(http::Request& request,
                                                  const services::GatePolicy& policy);

/// How long a call may take: "timeoutMs" in its body, else the header X-Collet-Timeout-Ms; nothing
/// where neither is there.
[[nodiscard]] Result<std::optional<std::chrono::milliseconds>> read_call_timeout(
    const http::Request& request, const std::optional<json::Value>& body);

/// The body of POST /api/plugins/install, with the reference's texts for what is wrong.
[[nodiscard]] Result<InstallRequest> read_install(http::Request& request);

/// The body of POST /api/plugins/:id/config and of …/test, with the reference's texts for what is
/// wrong.
struct ConfigRequest {
  SharedDocument document;
  json::Value config;  ///< an object in it
  /// Of the body, else of the query, as it is given; a test may do without.
  std::optional<std::string> company_id;
};
[[nodiscard]] Result<ConfigRequest> read_config(http::Request& request);

/// The company that a request without a body is for: see services::company_for_client.
[[nodiscard]] Result<std::string> company_in_query(const services::GatePolicy& policy,
                                                   const http::Request& request);

/// The text member `name` of an optional JSON body, e.g. "reason"; nothing where it is absent or
/// null.
[[nodiscard]] Result<std::optional<std::string>> read_optional_text(http::Request& request,
                                                                    std::string_view name);

}  // namespace collet::api
