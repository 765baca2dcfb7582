#include "api/bridge.hpp"

#include <utility>

#include "api/body.hpp"
#include "base/text.hpp"
#include "json/writer.hpp"
#include "jsonrpc/message.hpp"

namespace collet::api {
namespace {

// Who holds the operator token is the reference's one user of a local instance.
constexpr std::string_view k_operator = "local-board";

std::unexpected<Error> invalid(std::string message, std::string remedy = {}) {
  return fail(ErrorCode::invalid_request, std::move(message), std::move(remedy));
}

struct Asked {
  std::string key;
  std::string company_id;
  std::string params = "{}";
  std::string render_environment = "null";
};

Result<Asked> read_asked(std::optional<json::Value> body, std::string_view key,
                         std::string_view default_company, BridgeMethod method) {
  const auto member = [&](std::string_view name) {
    const auto found = body ? body->find(name) : std::nullopt;
    return found && !found->is_null() ? found : std::nullopt;
  };
  Asked asked{.key = std::string(key), .company_id = std::string(default_company)};
  if (key.empty()) {
    const auto given = member("key");
    auto text = given ? given->as_string() : std::nullopt;
    if (!text || text->empty()) return invalid("\"key\" is required and must be a string");
    asked.key = *std::move(text);
  }
  const auto company = member("companyId");
  if (company) {
    asked.company_id = trimmed(company->as_string().value_or(""));
    if (asked.company_id.empty())
      return invalid("\"companyId\" must be a non-empty string when provided");
  }
  const auto params = member("params");
  if (params && !params->is_object()) return invalid("\"params\" must be an object when provided");
  // An action is told its company among its parameters; what a caller says of it there is not
  // believed.
  if (method == BridgeMethod::perform_action && !asked.company_id.empty()) {
    json::Writer out;
    out.begin_object();
    if (params) {
      for (const auto [name, value] : params->members()) {
        if (!name.equals("companyId")) out.key(*name.as_string()).raw(json::compact(value));
      }
    }
    out.member("companyId", asked.company_id).end_object();
    asked.params = std::move(out).take();
  } else if (params) {
    asked.params = json::compact(*params);
  }
  if (const auto environment = member("renderEnvironment"))
    asked.render_environment = json::compact(*environment);
  return asked;
}

void write_company(json::Writer& out, const std::string& company_id) {
  company_id.empty() ? out.key("companyId").null() : out.member("companyId", company_id);
}

}  // namespace

std::string_view to_string(BridgeMethod method) {
  return method == BridgeMethod::get_data ? "getData" : "performAction";
}

Result<BridgeCall> read_bridge(http::Request& request, BridgeMethod method, std::string_view key,
                               std::string_view default_company) {
  auto parsed = parse_body(request);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  const auto document = std::move(*parsed);
  std::optional<json::Value> body;
  if (document) body = document->root();
  if (body && !body->is_object()) return invalid("the body must be a JSON object");
  auto asked = read_asked(body, key, default_company, method);
  if (!asked) return std::unexpected(std::move(asked.error()));
  auto timeout = read_call_timeout(request, body);
  if (!timeout) return std::unexpected(std::move(timeout.error()));

  json::Writer out;
  out.begin_object().member("key", asked->key);
  if (method == BridgeMethod::get_data) {
    if (!asked->company_id.empty()) out.member("companyId", asked->company_id);
    out.raw_member("params", asked->params);
  } else {
    out.raw_member("params", asked->params);
    out.key("actorContext").begin_object().member("type", "user").member("userId", k_operator);
    out.key("agentId").null().key("runId").null();
    write_company(out, asked->company_id);
    out.end_object();
  }
  out.raw_member("renderEnvironment", asked->render_environment).end_object();
  return BridgeCall{.params_json = std::move(out).take(),
                    .company_id = std::move(asked->company_id),
                    .timeout = *timeout};
}

std::string_view bridge_code(const Error& error) {
  switch (error.rpc_code.value_or(0)) {
    case jsonrpc::code::worker_unavailable:
      return "WORKER_UNAVAILABLE";
    case jsonrpc::code::capability_denied:
      return "CAPABILITY_DENIED";
    case jsonrpc::code::invocation_scope_denied:
      return "INVOCATION_SCOPE_DENIED";
    case jsonrpc::code::timeout:
      return "TIMEOUT";
    case jsonrpc::code::worker_error:
      return "WORKER_ERROR";
    default:
      break;
  }
  switch (error.code) {
    case ErrorCode::worker_unavailable:
    case ErrorCode::worker_crashed:
    case ErrorCode::overloaded:
    case ErrorCode::shutting_down:
      return "WORKER_UNAVAILABLE";
    case ErrorCode::timeout:
      return "TIMEOUT";
    default:
      return "UNKNOWN";
  }
}

http::Response bridge_error(const Error& error) {
  auto response = http::error_response(error);  // for its headers
  json::Writer out;
  out.begin_object().member("code", bridge_code(error)).member("message", error.message);
  out.end_object();
  response.status = 502;
  response.body = std::move(out).take();
  return response;
}

}  // namespace collet::api
