#include "services/event.hpp"

#include "json/writer.hpp"

namespace collet::services {
namespace {

std::optional<std::string> text_of(const std::optional<json::Value>& object,
                                   std::string_view name) {
  const auto member = object && object->is_object() ? object->find(name) : std::nullopt;
  return member ? member->as_string() : std::nullopt;
}

// The members that every event begins with; the object stays open.
json::Writer begin_event(const Event& event, std::string_view event_id, WallTime occurred_at) {
  json::Writer out;
  out.begin_object().key("event").begin_object().member("eventId", event_id);
  out.member("eventType", event.type).member("companyId", event.company_id);
  out.member("occurredAt", to_iso8601(occurred_at));
  return out;
}

// A failed start is told with the last lines of standard error behind an empty line.
std::string_view first_paragraph(std::string_view text) {
  return text.substr(0, text.find("\n\n"));
}

bool matches(std::string_view pattern, std::string_view type) {
  if (pattern == type) return true;
  return pattern.ends_with(".*") && type.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

Event make_event(const Emission& emission, std::string_view event_id, WallTime occurred_at) {
  Event event{.type = "plugin.",
              .company_id = std::string(emission.company_id),
              .project_id = text_of(emission.payload, "projectId"),
              .agent_id = text_of(emission.payload, "agentId")};
  event.type.append(emission.plugin_key).append(".").append(emission.name);
  auto out = begin_event(event, event_id, occurred_at);
  out.member("actorType", "plugin").member("actorId", emission.plugin_key);
  out.raw_member("payload", emission.payload ? json::compact(*emission.payload) : "null");
  out.end_object().end_object();
  event.params_json = std::move(out).take();
  return event;
}

Event make_event(const PluginEvent& happened, std::string_view company_id,
                 std::string_view event_id, WallTime occurred_at) {
  Event event{.type = std::string(to_string(happened.type)), .company_id = std::string(company_id)};
  auto out = begin_event(event, event_id, occurred_at);
  out.member("actorType", "system").member("actorId", "collet");
  out.member("entityType", "plugin").member("entityId", happened.plugin_id);
  out.key("payload").begin_object().member("pluginId", happened.plugin_id);
  out.member("pluginKey", happened.plugin_key);
  out.member("previousStatus", to_string(happened.previous));
  out.member("status", to_string(happened.current));
  if (!happened.reason.empty()) out.member("reason", first_paragraph(happened.reason));
  if (happened.manifest) out.member("version", happened.manifest->version);
  if (happened.type == PluginEventType::unloaded) out.member("removeData", happened.remove_data);
  out.end_object().end_object().end_object();
  event.params_json = std::move(out).take();
  return event;
}

bool matches(const Subscription& subscription, const Event& event) {
  if (!matches(subscription.pattern, event.type)) return false;
  const auto& filter = subscription.filter;
  return (!filter.company_id || *filter.company_id == event.company_id) &&
         (!filter.project_id || filter.project_id == event.project_id) &&
         (!filter.agent_id || filter.agent_id == event.agent_id);
}

}  // namespace collet::services
