#include "services/event_service.hpp"

#include <fmt/format.h>

#include <utility>

#include "services/params.hpp"

namespace collet::services {
namespace {

constexpr auto k_event_types = {PluginEventType::loaded,         PluginEventType::enabled,
                                PluginEventType::disabled,       PluginEventType::unloaded,
                                PluginEventType::error,          PluginEventType::upgrade_pending,
                                PluginEventType::status_changed, PluginEventType::worker_started,
                                PluginEventType::worker_stopped};

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\v\f\r") == text.npos;
}

}  // namespace

void EventService::add_to(ServiceTable& table) {
  const auto add = [&](std::string_view method, auto handler) {
    table.add(method, [this, handler](const ServiceCall& call, Reply<std::string> reply) {
      (this->*handler)(call, std::move(reply));
    });
  };
  add("events.subscribe", &EventService::subscribe);
  add("events.emit", &EventService::emit);
  table.on_started([this](const worker::WorkerIdentity& worker) { bus_.started(worker); });
  table.on_ended([this](const worker::WorkerIdentity& worker) { bus_.ended(worker); });
}

void EventService::attach(PluginEvents& events) {
  for (const auto type : k_event_types)
    events.on(type, [this](const PluginEvent& happened) { publish(happened); });
}

void EventService::publish(const PluginEvent& happened) {
  if (happened.type == PluginEventType::unloaded) {
    bus_.forget(happened.plugin_id);
  } else if (happened.current != PluginStatus::installed &&
             happened.current != PluginStatus::ready) {
    bus_.retire(happened.plugin_id);
  }
  const auto company = policy_.tenancy == Tenancy::single ? policy_.company_id : std::string();
  bus_.publish(make_event(happened, company, make_uuid(entropy_), wall_clock_()));
}

Result<Subscription> EventService::read_subscription(const ServiceCall& call) const {
  const Params params(call.method, call.params);
  auto pattern = params.text("eventPattern");
  if (!pattern) return std::unexpected(std::move(pattern.error()));
  if (is_blank(*pattern)) return params.wrong("eventPattern", "has to name an event");
  Subscription subscription{.pattern = *std::move(pattern),
                            .company_id = std::string(call.company_id)};
  auto& filter = subscription.filter;
  if (const auto given = params.find("filter"); given && !given->is_null()) {
    if (!given->is_object()) return params.wrong("filter", "has to be an object, or null");
    const Params members("events.subscribe: filter", *given);
    for (const auto& [name, id] :
         {std::pair{"companyId", &filter.company_id}, std::pair{"projectId", &filter.project_id},
          std::pair{"agentId", &filter.agent_id}}) {
      auto text = members.optional_text(name);
      if (!text) return std::unexpected(std::move(text.error()));
      *id = *std::move(text);
    }
  }
  const auto bytes_max = bus_.limits().name_bytes_max;
  for (const auto& [name, text] : {std::pair<std::string_view, std::optional<std::string>>{
                                       "eventPattern", subscription.pattern},
                                   {"filter.companyId", filter.company_id},
                                   {"filter.projectId", filter.project_id},
                                   {"filter.agentId", filter.agent_id}}) {
    if (text && text->size() > bytes_max)
      return params.wrong(name,
                          fmt::format("has {} bytes, the limit is {}", text->size(), bytes_max));
  }
  return subscription;
}

void EventService::subscribe(const ServiceCall& call, Reply<std::string> reply) {
  auto subscription = read_subscription(call);
  if (!subscription) return reply(std::unexpected(std::move(subscription.error())));
  if (auto done = bus_.subscribe(call.worker, *std::move(subscription)); !done)
    return reply(std::unexpected(std::move(done.error())));
  reply("null");
}

// The texts are the reference's.
Result<Event> EventService::read_event(const ServiceCall& call) {
  const Params params(call.method, call.params);
  const auto& key = call.worker.plugin_key;
  auto name = params.text("name");
  if (!name) return std::unexpected(std::move(name.error()));
  if (is_blank(*name)) {
    return fail(ErrorCode::invalid_request,
                fmt::format("Plugin \"{}\" must provide a non-empty event name.", key));
  }
  auto company = params.optional_text("companyId");
  if (!company) return std::unexpected(std::move(company.error()));
  const bool names_none = is_blank(company->value_or(""));
  if (names_none && call.tenancy == Tenancy::multi) {
    return fail(ErrorCode::invalid_request,
                fmt::format("Plugin \"{}\" must provide a companyId when emitting events.", key));
  }
  if (name->starts_with("plugin.")) {
    return fail(ErrorCode::invalid_request,
                fmt::format("Plugin \"{}\" must not include the \"plugin.\" prefix when emitting "
                            "events. Emit the bare event name (e.g. \"sync-done\") and the bus "
                            "will namespace it automatically.",
                            key));
  }
  const auto& limits = bus_.limits();
  if (name->size() > limits.name_bytes_max) {
    return params.wrong(
        "name", fmt::format("has {} bytes, the limit is {}", name->size(), limits.name_bytes_max));
  }
  // With several tenants the gate has found that this is the one whom the worker acts for.
  const bool as_given = call.tenancy == Tenancy::single && !names_none;
  auto event = make_event({.plugin_key = key,
                           .name = *name,
                           .company_id = as_given ? std::string_view(**company) : call.company_id,
                           .payload = params.find("payload")},
                          make_uuid(entropy_), wall_clock_());
  if (event.params_json.size() > limits.event_bytes_max) {
    return params.wrong("payload", fmt::format("makes an event of {} bytes, the limit is {}",
                                               event.params_json.size(), limits.event_bytes_max));
  }
  return event;
}

void EventService::emit(const ServiceCall& call, Reply<std::string> reply) {
  auto event = read_event(call);
  if (!event) return reply(std::unexpected(std::move(event.error())));
  bus_.emit(call.worker, *std::move(event));
  reply("null");
}

}  // namespace collet::services
