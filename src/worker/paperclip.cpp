#include "worker/paperclip.hpp"

#include <fmt/format.h>

#include "json/writer.hpp"
#include "process/limits.hpp"
#include "worker/database_namespace.hpp"

namespace collet::worker::paperclip {

std::string initialize_params(std::string_view manifest_json) {
  json::Writer params;
  params.begin_object().raw_member("manifest", manifest_json).raw_member("config", "{}");
  params.key("instanceInfo").begin_object();
  params.member("instanceId", "default").member("hostVersion", k_host_version);
  params.member("deploymentMode", "local_trusted")
      .member("deploymentExposure", "private")
      .end_object();
  params.member("apiVersion", 1).key("databaseNamespace");
  const auto manifest = json::Document::parse(std::string(manifest_json));
  const auto name_space = manifest ? database_namespace(manifest->root()) : std::nullopt;
  if (name_space) {
    params.string(*name_space);
  } else {
    params.null();
  }
  params.end_object();
  return std::move(params).take();
}

Result<std::vector<std::string>> read_initialize_result(json::Value result) {
  const auto ok = result.find("ok");
  if (!ok || ok->as_bool() != true) {
    return fail(ErrorCode::worker_unavailable, "Worker initialize returned ok=false",
                "the plugin refused to start; `collet plugin logs` may say why");
  }
  std::vector<std::string> methods;
  if (const auto list = result.find("supportedMethods")) {
    for (const auto method : list->elements()) {
      if (auto name = method.as_string()) methods.push_back(std::move(*name));
    }
  }
  return methods;
}

std::string execute_tool_params(std::string_view tool, std::string_view parameters_json,
                                const ToolRunContext& context) {
  json::Writer params;
  params.begin_object().member("toolName", tool).raw_member("parameters", parameters_json);
  params.key("runContext").begin_object();
  params.member("agentId", context.agent_id).member("runId", context.run_id);
  params.member("companyId", context.company_id).member("projectId", context.project_id);
  params.end_object().end_object();
  return std::move(params).take();
}

std::string invocation_member(std::string_view invocation_id, std::string_view company_id) {
  json::Writer invocation;
  invocation.begin_object().member("id", invocation_id);
  invocation.key("scope").begin_object().member("companyId", company_id).end_object().end_object();
  return ",\"paperclipInvocation\":" + std::move(invocation).take();
}

std::optional<std::string> invocation_id_of(json::Value message) {
  const auto id = message.find("paperclipInvocationId");
  if (!id || id->is_null()) return std::nullopt;
  return id->as_string().value_or("");
}

Result<std::string> read_response(const jsonrpc::Response& response) {
  if (response.result && !response.error) return json::compact(*response.result);
  if (response.error && !response.result) {
    auto error = jsonrpc::read_error(*response.error);
    return std::unexpected(Error{.code = ErrorCode::tool_error,
                                 .message = std::move(error.message),
                                 .rpc_code = error.code});
  }
  return fail(
      ErrorCode::invalid_result,
      response.result ? "Unexpected response format: the worker sent both a result and an error"
                      : "Unexpected response format: the worker sent neither a result nor an error",
      "a response has exactly one of them (JSON-RPC 2.0, section 5); the plugin has to be mended");
}

Error too_long_answer(std::size_t line_bytes_max) {
  return {.code = ErrorCode::invalid_result,
          .message = fmt::format("the worker's answer is longer than the limit of {} for a line",
                                 process::bytes_text(line_bytes_max)),
          .remedy = "let the tool return less, or raise workers.line_bytes_max"};
}

Error too_deep_answer(std::uint32_t depth_max) {
  return {.code = ErrorCode::invalid_result,
          .message = fmt::format("the worker's answer is nested deeper than the limit of {} levels",
                                 depth_max),
          .remedy = "let the tool return a flatter result"};
}

}  // namespace collet::worker::paperclip
