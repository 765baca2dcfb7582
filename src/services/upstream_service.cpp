#include "services/upstream_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "json/writer.hpp"
#include "jsonrpc/message.hpp"
#include "services/large_work.hpp"

namespace collet::services {
namespace {

std::unexpected<Error> nobody_handles(std::string_view method) {
  return std::unexpected(
      Error{.code = ErrorCode::invalid_request,
            .message = fmt::format("Host does not handle method \"{}\"; services.upstream.url in "
                                   "collet.toml can name a host that does",
                                   method),
            .rpc_code = jsonrpc::code::method_not_found});
}

std::unexpected<Error> no_answer(std::string_view method, std::string_view why) {
  return fail(
      ErrorCode::worker_unavailable,
      fmt::format("the upstream (services.upstream) did not answer \"{}\": {}", method, why));
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' '; });
}

/// The result in an answer, on one line; or its error, as it is.
Result<std::string> read_answer(const http::OutboundResponse& response, std::string_view method) {
  const auto document = json::Document::parse(response.body);
  const auto root = document ? std::optional(document->root()) : std::nullopt;
  const bool is_object = root && root->is_object();
  if (const auto error = is_object ? root->find("error") : std::nullopt;
      error && error->is_object()) {
    auto said = jsonrpc::read_error(*error);
    return std::unexpected(Error{
        .code = ErrorCode::tool_error, .message = std::move(said.message), .rpc_code = said.code});
  }
  if (const auto result = is_object ? root->find("result") : std::nullopt) {
    return json::compact(*result);
  }
  if (response.status / 100 != 2) {
    return no_answer(method, fmt::format("it said {} {}", response.status, response.reason));
  }
  return no_answer(method, "what it said is no JSON-RPC response");
}

}  // namespace

UpstreamService::UpstreamService(UpstreamParts parts, std::optional<UpstreamSettings> settings,
                                 UpstreamLimits limits)
    : parts_(parts),
      settings_(std::move(settings)),
      limits_(limits),
      requests_(parts.outbound, limits.requests),
      tokens_(parts.loop, parts.secrets, settings_ ? settings_->token : UpstreamTokenSetting(),
              limits.tokens) {}

void UpstreamService::add_to(ServiceTable& table) {
  table.set_fallback([this](const ServiceCall& call, Reply<std::string> reply) {
    if (!settings_) return reply(nobody_handles(call.method));
    forward(call, under_way_.counted(std::move(reply)));
  });
}

void UpstreamService::forward(const ServiceCall& call, Reply<std::string> reply) {
  const auto size = call.params.raw().size();
  if (size > limits_.request_bytes_max) {
    counts_.add(call.worker.plugin_key, "refused");
    return reply(fail(ErrorCode::payload_too_large,
                      fmt::format("the parameters of \"{}\" have {} bytes, the limit is {}",
                                  call.method, size, limits_.request_bytes_max)));
  }
  Call kept{.method = std::string(call.method),
            .params_json = json::compact(call.params),
            .plugin_id = call.worker.plugin_id,
            .plugin_key = call.worker.plugin_key,
            .company_id = std::string(call.company_id),
            .deadline = Deadline::after(parts_.loop.now(), settings_->timeout)};
  start(forward_flow(std::move(kept)), std::move(reply));
}

Async<Result<std::string>> UpstreamService::forward_flow(Call call) {
  auto token = co_await reply_of<UpstreamToken>([&](Reply<UpstreamToken> reply) {
    tokens_.get(call.company_id, {.plugin_id = call.plugin_id, .bytes = call.params_json.size()},
                std::move(reply));
  });
  if (token && *token && !is_one_line((*token)->reveal())) {
    token = fail(ErrorCode::invalid_request, "the upstream's token is no text on one line");
  }
  if (!token && token.error().code == ErrorCode::overloaded) {
    counts_.add(call.plugin_key, "limited");
    co_return std::unexpected(std::move(token.error()));
  }
  if (!token) {
    note(&token.error());
    counts_.add(call.plugin_key, "failed");
    // What is wrong with the operator's secrets is nothing for plugins.
    co_return no_answer(call.method, "its token cannot be read");
  }
  auto response =
      co_await reply_of<http::OutboundResponse>([&](Reply<http::OutboundResponse> reply) {
        requests_.send(request_for(call, *token), std::move(reply));
      });
  if (!response) {
    const auto& error = response.error();
    const bool is_limited = error.code == ErrorCode::overloaded;
    if (!is_limited) note(&error);
    counts_.add(call.plugin_key, is_limited                         ? "limited"
                                 : error.code == ErrorCode::timeout ? "timeout"
                                                                    : "failed");
    if (is_limited) co_return std::unexpected(error);
    co_return no_answer(call.method, error.message);
  }
  // One that is refused is looked up anew: it may have been changed.
  if (response->status == 401) tokens_.forget(call.company_id);
  const auto size = response->body.size();
  auto answer = co_await reply_of<std::string>([&](Reply<std::string> reply) {
    do_by_size<std::string>(
        parts_.background, size,
        [response = *std::move(response), method = call.method] {
          return read_answer(response, method);
        },
        std::move(reply));
  });
  const bool is_answer = answer || answer.error().rpc_code;
  note(is_answer ? nullptr : &answer.error());
  counts_.add(call.plugin_key, answer ? "ok" : is_answer ? "error" : "failed");
  co_return answer;
}

http::OutboundRequest UpstreamService::request_for(const Call& call, const UpstreamToken& token) {
  json::Writer body;
  body.begin_object()
      .member("jsonrpc", "2.0")
      .member("id", static_cast<std::int64_t>(++last_id_))
      .member("method", call.method)
      .raw_member("params", call.params_json)
      .key("caller")
      .begin_object()
      .member("companyId", call.company_id)
      .member("pluginId", call.plugin_id)
      .member("pluginKey", call.plugin_key)
      .end_object()
      .end_object();
  http::OutboundRequest request{
      // Its name server is not that of what the plugin fetches.
      .caller = call.plugin_id + "/upstream",
      .method = "POST",
      .url = settings_->url,
      .headers = {{"Content-Type", "application/json"}, {"Accept", "application/json"}},
      .body = std::move(body).take(),
      .deadline = call.deadline,
      .response_bytes_max = limits_.response_bytes_max,
      // The operator has named it.
      .permits = [](const http::Destination&, const http::IpAddress&) { return true; },
      .route = [](const http::Destination&) { return http::Route::direct; }};
  if (token) {
    request.headers.push_back({"Authorization", "Bearer " + std::string(token->reveal())});
  }
  return request;
}

void UpstreamService::note(const Error* failure) {
  const auto now = failure == nullptr ? Health::fine : Health::failing;
  if (now == health_) return;
  if (failure != nullptr) {
    parts_.log.warn("the upstream does not answer",
                    {{"reason", failure->message},
                     {"remedy", "see that it runs, and check services.upstream"}});
  } else if (health_ == Health::failing) {
    parts_.log.info("the upstream answers again");
  }
  health_ = now;
}

}  // namespace collet::services
