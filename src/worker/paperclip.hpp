// What a Paperclip plugin's worker is told and what its answers mean (worker protocol of
// @paperclipai/plugin-sdk). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collet/error.hpp"
#include "collet/tool.hpp"
#include "json/document.hpp"
#include "jsonrpc/message.hpp"

namespace collet::worker::paperclip {

/// The version this host reports: the reference's newest, so that `minimumHostVersion` means
/// something.
inline constexpr std::string_view k_host_version = "2026.916.1";

/// `params` of `initialize`.
[[nodiscard]] std::string initialize_params(std::string_view manifest_json);

/// The methods a worker named in its answer to `initialize`; an error where it is not ok.
[[nodiscard]] Result<std::vector<std::string>> read_initialize_result(json::Value result);

/// `params` of `executeTool`. The tool's name is the bare one.
[[nodiscard]] std::string execute_tool_params(std::string_view tool,
                                              std::string_view parameters_json,
                                              const ToolRunContext& context);

/// The top-level member that ties a call to its company, as text to append to a request;
/// `invocation_id` is a fresh UUID.
[[nodiscard]] std::string invocation_member(std::string_view invocation_id,
                                            std::string_view company_id);

/// The call that a message of the worker says it acts in; "" where what it says can be none.
[[nodiscard]] std::optional<std::string> invocation_id_of(json::Value message);

/// What a response means to the caller: the result's text, or the error that the worker gave
/// (`tool_error` with the worker's code), or `invalid_result` for a response that has both or
/// neither.
[[nodiscard]] Result<std::string> read_response(const jsonrpc::Response& response);

/// `invalid_result`, for a response that is not read because it is longer, or nested deeper, than a
/// line may be.
[[nodiscard]] Error too_long_answer(std::size_t line_bytes_max);
[[nodiscard]] Error too_deep_answer(std::uint32_t depth_max);

}  // namespace collet::worker::paperclip
