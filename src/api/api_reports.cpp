// The routes of what plugins report: their logs and their activity.
#include <utility>

#include "api/api.hpp"
#include "api/query.hpp"
#include "api/record_views.hpp"
#include "api/views.hpp"
#include "base/logger.hpp"

namespace collet::api {
namespace {

// The log level asked for, or nothing for all. One that no line has would silently match none.
Result<std::optional<std::string>> read_level(std::string_view query) {
  auto given = query_text(query, "level");
  if (!given || *given == "metric" || log_level_from(*given)) return given;
  return fail(ErrorCode::invalid_request,
              "Invalid level '" + *given + "'. Must be one of: debug, info, warn, error, metric",
              "leave it out for lines of every level");
}

Result<std::optional<ActivityKind>> read_kind(std::string_view query) {
  const auto given = query_text(query, "kind");
  if (!given) return std::nullopt;
  if (const auto kind = activity_kind_from(*given)) return kind;
  return fail(ErrorCode::invalid_request,
              "Invalid kind '" + *given + "'. Must be one of: activity, telemetry",
              "leave it out for both");
}

// One that is no time is passed over, as by the reference.
std::optional<WallTime> read_since(std::string_view query) {
  const auto given = query_text(query, "since");
  return given ? from_iso8601(*given) : std::nullopt;
}

}  // namespace

void Api::logs(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto& query = exchange.request.query;
  auto level = read_level(query);
  if (!level) return exchange.responder.send(http::error_response(level.error()));
  options_.store.query_logs({.plugin_id = row->id,
                             .limit = clamped_limit(query),
                             .level = *std::move(level),
                             .since = read_since(query),
                             .company_id = query_text(query, "companyId")},
                            Reply<std::vector<PluginLogEntry>>(
                                [responder = std::move(exchange.responder)](auto entries) mutable {
                                  responder.send(entries
                                                     ? http::Response{.body = logs_json(*entries)}
                                                     : http::error_response(entries.error()));
                                }));
}

void Api::activity(Exchange exchange) {
  const auto row = options_.lifecycle.find(exchange.id);
  if (!row) return exchange.responder.send(http::error_response(row.error()));
  const auto& query = exchange.request.query;
  const auto kind = read_kind(query);
  if (!kind) return exchange.responder.send(http::error_response(kind.error()));
  options_.services.activity().list(
      {.plugin_id = row->id,
       .limit = clamped_limit(query),
       .kind = *kind,
       .company_id = query_text(query, "companyId"),
       .since = read_since(query)},
      Reply<std::vector<ActivityEntry>>(
          [responder = std::move(exchange.responder)](auto entries) mutable {
            responder.send(entries ? http::Response{.body = activity_json(*entries)}
                                   : http::error_response(entries.error()));
          }));
}

}  // namespace collet::api
