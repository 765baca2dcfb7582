// What a plugin's user interface asks its worker: data and actions. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collet/error.hpp"
#include "http/message.hpp"

namespace collet::api {

enum class BridgeMethod : std::uint8_t { get_data, perform_action };
[[nodiscard]] std::string_view to_string(BridgeMethod method);  ///< as in the worker protocol

/// A request as the worker gets it.
struct BridgeCall {
  std::string params_json{};
  std::string company_id{};                            ///< empty: for none
  std::optional<std::chrono::milliseconds> timeout{};  ///< as of a tool call
};

/// Reads the body, with the reference's texts for what is wrong. The key stands in the path, or in
/// the body where `key` is empty. `default_company` is whom a request without a company is for;
/// empty: nobody.
[[nodiscard]] Result<BridgeCall> read_bridge(http::Request& request, BridgeMethod method,
                                             std::string_view key,
                                             std::string_view default_company);

/// Answered calls by (plugin key, method), then by outcome: "result" or a code of `bridge_code`.
using BridgeCounts =
    std::map<std::pair<std::string, std::string>, std::map<std::string, std::uint64_t>>;

/// The reference's code for a failed call, e.g. "WORKER_ERROR".
[[nodiscard]] std::string_view bridge_code(const Error& error);
/// The reference's answer: 502 and `{code, message}`; Retry-After where the error knows it.
[[nodiscard]] http::Response bridge_error(const Error& error);

}  // namespace collet::api
