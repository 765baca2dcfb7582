#include "services/activity_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "services/answers.hpp"

namespace collet::services {
namespace {

Result<Done> check_size(const Params& params, std::string_view name, std::size_t bytes,
                        std::size_t bytes_max) {
  if (bytes <= bytes_max) return Done{};
  return params.wrong(name, fmt::format("has {} bytes, the limit is {}", bytes, bytes_max));
}

// A member that is an object, as JSON text; nothing where it is absent or null.
Result<std::optional<std::string>> read_object(const Params& params, std::string_view name,
                                               std::size_t bytes_max) {
  const auto member = params.find(name);
  if (!member || member->is_null()) return std::nullopt;
  if (!member->is_object()) return params.wrong(name, "has to be an object, or absent");
  auto text = json::compact(*member);
  if (auto fits = check_size(params, name, text.size(), bytes_max); !fits)
    return std::unexpected(std::move(fits.error()));
  return text;
}

Result<std::string> read_name(const Params& params, std::string_view name, std::string otherwise,
                              std::size_t bytes_max) {
  auto text = params.optional_text(name);
  if (!text) return std::unexpected(std::move(text.error()));
  if (auto fits = check_size(params, name, text->value_or("").size(), bytes_max); !fits)
    return std::unexpected(std::move(fits.error()));
  return text->value_or(std::move(otherwise));
}

// `[a-z0-9][a-z0-9_-]*`
bool is_slug(std::string_view text) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !text.empty() && is_word(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_word(c) || c == '_' || c == '-'; });
}

}  // namespace

void ActivityService::add_to(ServiceTable& table) {
  table.add("activity.log", [this](const ServiceCall& call, Reply<std::string> reply) {
    keep(call, read_activity(call), std::move(reply));
  });
  table.add("telemetry.track", [this](const ServiceCall& call, Reply<std::string> reply) {
    keep(call, read_event(call), std::move(reply));
  });
}

// Empty where it is nobody's.
Result<std::string> ActivityService::read_company(const ServiceCall& call,
                                                  const Params& params) const {
  auto company = reported_company(call.tenancy, call.company_id, call.params);
  if (auto fits = check_size(params, "companyId", company.size(), limits_.company_bytes_max); !fits)
    return std::unexpected(std::move(fits.error()));
  return company;
}

Result<ActivityEntry> ActivityService::read_activity(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  ActivityEntry entry{.kind = ActivityKind::activity};
  auto company = read_company(call, params);
  if (!company) return std::unexpected(std::move(company.error()));
  if (company->empty()) company = std::string(call.company_id);
  if (company->empty()) return params.wrong("companyId", "is required outside of a call");
  entry.company_id = *std::move(company);
  auto message = params.text("message");
  if (!message) return std::unexpected(std::move(message.error()));
  if (auto fits = check_size(params, "message", message->size(), limits_.message_bytes_max); !fits)
    return std::unexpected(std::move(fits.error()));
  entry.message = *std::move(message);
  // What is about nothing else is about the plugin, as in the reference.
  auto type = read_name(params, "entityType", "plugin", limits_.name_bytes_max);
  if (!type) return std::unexpected(std::move(type.error()));
  entry.entity_type = *std::move(type);
  auto id = read_name(params, "entityId", call.worker.plugin_id, limits_.name_bytes_max);
  if (!id) return std::unexpected(std::move(id.error()));
  entry.entity_id = *std::move(id);
  auto metadata = read_object(params, "metadata", limits_.metadata_bytes_max);
  if (!metadata) return std::unexpected(std::move(metadata.error()));
  entry.metadata_json = *std::move(metadata);
  return entry;
}

Result<ActivityEntry> ActivityService::read_event(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  auto given = params.text("eventName");
  if (!given) return std::unexpected(std::move(given.error()));
  const auto name = trimmed(*given);
  if (auto fits = check_size(params, "eventName", name.size(), limits_.name_bytes_max); !fits)
    return std::unexpected(std::move(fits.error()));
  if (!is_slug(name)) {
    return fail(ErrorCode::invalid_request,
                "Plugin telemetry event names must be lowercase slugs using letters, numbers, "
                "\"_\" or \"-\".");
  }
  auto dimensions = read_object(params, "dimensions", limits_.metadata_bytes_max);
  if (!dimensions) return std::unexpected(std::move(dimensions.error()));
  auto company = read_company(call, params);
  if (!company) return std::unexpected(std::move(company.error()));
  ActivityEntry entry{.kind = ActivityKind::telemetry};
  if (!company->empty()) entry.company_id = *std::move(company);
  entry.message = fmt::format("plugin.{}.{}", call.worker.plugin_key, name);
  entry.metadata_json = *std::move(dimensions);
  return entry;
}

void ActivityService::keep(const ServiceCall& call, Result<ActivityEntry> entry,
                           Reply<std::string> reply) {
  if (!entry) return reply(std::unexpected(std::move(entry.error())));
  const auto now = loop_.now();
  const auto allowance = allowances_.try_emplace(call.worker.plugin_id, limits_.entries, now).first;
  if (!allowance->second.take(limits_.entries, now)) {
    return reply(std::unexpected(Error{
        .code = ErrorCode::overloaded,
        .message = fmt::format("{}: a plugin may report {:.0f} entries a second, and {:.0f} "
                               "at once",
                               call.method, limits_.entries.per_second, limits_.entries.at_once),
        .remedy = "report less, or metrics",
        .retry_after = std::chrono::seconds(1)}));
  }
  entry->id = make_uuid(entropy_);
  entry->plugin_id = call.worker.plugin_id;
  entry->created_at = wall_clock_();
  store_.append(*std::move(entry), answer_null(std::move(reply)));
}

}  // namespace collet::services
