#include "api/body.hpp"

#include <fmt/format.h>

#include <charconv>

#include "api/query.hpp"
#include "base/ascii.hpp"
#include "collet/limits.hpp"
#include "collet/manifest.hpp"

namespace collet::api {
namespace {

// The frame around parameters on their way to a worker and back is three levels deep.
static_assert(limits::json::depth_max + 3 <= limits::worker::depth_max);

std::unexpected<Error> invalid(std::string message, std::string remedy = {}) {
  return fail(ErrorCode::invalid_request, std::move(message), std::move(remedy));
}

bool is_json(std::string_view content_type) {
  auto type = ascii_lower(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  return type == "application/json" || type.ends_with("+json");
}

Result<std::chrono::milliseconds> read_timeout(std::optional<std::int64_t> number) {
  if (!number || *number < 1 || *number > ToolSettings::timeout_max.count()) {
    return invalid(fmt::format("\"timeoutMs\" must be a whole number of milliseconds from 1 to {}",
                               ToolSettings::timeout_max.count()));
  }
  return std::chrono::milliseconds(*number);
}

// Where it is left out, `id` stays as it is.
Result<Done> read_context_id(json::Value context, std::string_view name, std::string& id) {
  const auto given = context.find(name);
  if (!given || given->is_null()) return Done{};
  auto text = given->as_string();
  if (!text || text->empty())
    return invalid(fmt::format("\"runContext.{}\" must be a non-empty string", name),
                   "leave it out where there is none");
  id = *std::move(text);
  return Done{};
}

// What JavaScript takes for false.
bool is_falsy(const std::optional<json::Value>& value) {
  if (!value || value->is_null() || value->equals("")) return true;
  return value->as_bool() == false || value->as_double() == 0.0;
}

// Of several tenants: nobody is guessed.
Result<Done> require_context(const std::optional<json::Value>& context) {
  constexpr auto remedy = "this host serves several tenants: say on whose behalf you call";
  if (is_falsy(context) || !context->is_object()) {
    return invalid("\"runContext\" is required and must be an object", remedy);
  }
  for (const auto* name : {"agentId", "runId", "companyId", "projectId"}) {
    if (is_falsy(context->find(name))) {
      return invalid("\"runContext\" must include agentId, runId, companyId, and projectId",
                     remedy);
    }
  }
  return Done{};
}

Result<ToolRunContext> read_context(json::Value body, const services::GatePolicy& policy) {
  ToolRunContext context;
  const auto given = body.find("runContext");
  if (policy.tenancy == Tenancy::multi) {
    if (auto required = require_context(given); !required)
      return std::unexpected(std::move(required.error()));
  }
  context.company_id = policy.company_id;
  if (!given || given->is_null()) return context;
  if (!given->is_object())
    return invalid("\"runContext\" must be an object", "leave it out where there is none");
  for (const auto& [name, id] :
       {std::pair{"agentId", &context.agent_id}, std::pair{"runId", &context.run_id},
        std::pair{"companyId", &context.company_id}, std::pair{"projectId", &context.project_id}}) {
    if (auto read = read_context_id(*given, name, *id); !read)
      return std::unexpected(std::move(read.error()));
  }
  return context;
}

}  // namespace

json::ParseLimits body_limits() {
  return {.depth_max = limits::json::depth_max};
}

Result<Done> check_media_type(const http::Request& request) {
  const auto type = request.header("Content-Type");
  if (!type || is_json(*type)) return Done{};
  return fail(ErrorCode::unsupported_media_type, fmt::format("the body is \"{}\", not JSON", *type),
              "send it with Content-Type: application/json");
}

Error not_json(const json::ParseError& error) {
  return {.code = ErrorCode::invalid_request,
          .message =
              fmt::format("the body is not valid JSON: {} (byte {})", error.message, error.offset)};
}

Result<SharedDocument> parse_body(http::Request& request) {
  if (request.body.find_first_not_of(" \t\r\n") == std::string::npos) return SharedDocument();
  if (auto checked = check_media_type(request); !checked)
    return std::unexpected(std::move(checked.error()));
  auto document = json::Document::parse(std::move(request.body), body_limits());
  if (!document) return std::unexpected(not_json(document.error()));
  return std::make_shared<const json::Document>(std::move(*document));
}

Result<std::optional<std::chrono::milliseconds>> read_call_timeout(
    const http::Request& request, const std::optional<json::Value>& body) {
  const auto member = body ? body->find("timeoutMs") : std::nullopt;
  if (member && !member->is_null()) return read_timeout(member->as_int64());
  const auto header = request.header("X-Collet-Timeout-Ms");
  if (!header) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] =
      std::from_chars(header->data(), header->data() + header->size(), number);
  const bool whole = error == std::errc() && end == header->data() + header->size();
  return read_timeout(whole ? std::optional(number) : std::nullopt);
}

Result<ExecuteRequest> read_execute(http::Request& request, const services::GatePolicy& policy) {
  auto parsed = parse_body(request);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  const auto document = std::move(*parsed);
  if (!document || !document->root().is_object()) {
    return invalid("Request body is required",
                   R"(send {"tool": "<plugin>:<tool>", "parameters": {…}})");
  }
  const auto body = document->root();

  ExecuteRequest read;
  const auto tool = body.find("tool");
  auto name = tool ? tool->as_string() : std::nullopt;
  if (!name || name->empty())
    return invalid("\"tool\" is required and must be a string",
                   "GET /api/plugins/tools lists all names");
  read.call.tool = std::move(*name);

  if (const auto parameters = body.find("parameters"); parameters && !parameters->is_null()) {
    read.call.parameters = Json(document, *parameters);
  }
  auto context = read_context(body, policy);
  if (!context) return std::unexpected(std::move(context.error()));
  read.call.context = std::move(*context);

  auto timeout = read_call_timeout(request, body);
  if (!timeout) return std::unexpected(std::move(timeout.error()));
  read.timeout = *timeout;
  read.call.cancellation = request.closed;
  return read;
}

Result<InstallRequest> read_install(http::Request& request) {
  auto parsed = parse_body(request);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  const auto document = std::move(*parsed);
  const auto body =
      document && document->root().is_object() ? std::optional(document->root()) : std::nullopt;
  const auto member = [&](std::string_view name) -> std::optional<json::Value> {
    const auto value = body ? body->find(name) : std::nullopt;
    return value && !value->is_null() ? value : std::nullopt;
  };

  InstallRequest install;
  const auto name = member("packageName");
  const auto text = name ? name->as_string() : std::nullopt;
  if (!text) return invalid("packageName is required and must be a string");
  if (const auto version = member("version")) {
    install.version = version->as_string();
    if (!install.version) return invalid("version must be a string if provided");
  }
  if (const auto local = member("isLocalPath")) {
    const auto is_local = local->as_bool();
    if (!is_local) return invalid("isLocalPath must be a boolean if provided");
    install.kind = *is_local ? InstallRequest::Kind::folder : InstallRequest::Kind::npm;
  }
  const auto first = text->find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return invalid("packageName cannot be empty");
  install.source = text->substr(first, text->find_last_not_of(" \t\r\n") - first + 1);
  if (install.kind == InstallRequest::Kind::npm &&
      install.source.find_first_of("<>:\"|?*") != std::string::npos) {
    return invalid("packageName contains invalid characters",
                   "for a folder, set isLocalPath to true");
  }
  return install;
}

Result<ConfigRequest> read_config(http::Request& request) {
  auto parsed = parse_body(request);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  const auto document = *std::move(parsed);
  const auto config =
      document && document->root().is_object() ? document->root().find("configJson") : std::nullopt;
  if (!config || !config->is_object())
    return invalid("\"configJson\" is required and must be an object",
                   R"(send {"configJson": {…}})");
  ConfigRequest read{.document = document, .config = *config, .company_id = {}};
  if (const auto company = document->root().find("companyId"); company && !company->is_null()) {
    read.company_id = company->as_string();
    if (!read.company_id)
      return invalid("\"companyId\" is required and must be a non-empty string");
  } else {
    read.company_id = query_text(request.query, "companyId");
  }
  return read;
}

Result<std::string> company_in_query(const services::GatePolicy& policy,
                                     const http::Request& request) {
  return services::company_for_client(policy, query_text(request.query, "companyId"));
}

Result<std::optional<std::string>> read_optional_text(http::Request& request,
                                                      std::string_view name) {
  auto parsed = parse_body(request);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  if (!*parsed) return std::optional<std::string>();
  const auto body = (*parsed)->root();
  if (!body.is_object()) return invalid("the body must be a JSON object");
  const auto value = body.find(name);
  if (!value || value->is_null()) return std::optional<std::string>();
  auto text = value->as_string();
  if (!text) return invalid(fmt::format("{} must be a string if provided", name));
  return std::optional(std::move(*text));
}

}  // namespace collet::api
