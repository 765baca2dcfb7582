// An event and who wants to hear of it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/wall_clock.hpp"
#include "collet/error.hpp"
#include "collet/plugin_events.hpp"
#include "json/document.hpp"

namespace collet::services {

/// An event as the queues of its subscribers share it.
struct Event {
  std::string type{};
  std::string company_id{};                 ///< empty: of none
  std::optional<std::string> project_id{};  ///< what filters compare, from the payload
  std::optional<std::string> agent_id{};
  std::string params_json{};  ///< `params` of `onEvent`
};

/// What a plugin emits.
struct Emission {
  std::string_view plugin_key;
  std::string_view name;  ///< without the plugin's prefix
  std::string_view company_id;
  std::optional<json::Value> payload{};  ///< null where it is absent
};

/// Of type `plugin.<key>.<name>`. `event_id` is a fresh UUID.
[[nodiscard]] Event make_event(const Emission& emission, std::string_view event_id,
                               WallTime occurred_at);
/// The host's own, e.g. `plugin.enabled`: about a plugin, for whoever looks after plugins. What
/// the plugin's program printed is cut off the reason: it is nobody else's.
[[nodiscard]] Event make_event(const PluginEvent& happened, std::string_view company_id,
                               std::string_view event_id, WallTime occurred_at);

/// All that is there has to be equal.
struct EventFilter {
  std::optional<std::string> company_id{};
  std::optional<std::string> project_id{};
  std::optional<std::string> agent_id{};
  bool operator==(const EventFilter&) const = default;
};

struct Subscription {
  std::string pattern{};  ///< an event type, or the beginning of one and ".*"
  EventFilter filter{};
  std::string company_id{};  ///< whom the worker acted for when it subscribed; empty: for nobody
  bool operator==(const Subscription&) const = default;
};

/// Whether the event is of the type and passes the filter. Who may hear of it is another question.
[[nodiscard]] bool matches(const Subscription& subscription, const Event& event);

}  // namespace collet::services
