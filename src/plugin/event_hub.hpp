// Hands plugin events to those who asked for them.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "collet/plugin_events.hpp"

namespace collet::plugin {

/// Handlers may subscribe and unsubscribe while an event is handed out; one that is gone by its
/// turn is not called. Loop thread only.
class EventHub {
 public:
  PluginEvents::SubscriptionId on(PluginEventType type, PluginEvents::Handler handler) {
    subscriptions_.push_back(
        {++last_id_, type, std::make_shared<PluginEvents::Handler>(std::move(handler))});
    return last_id_;
  }

  void off(PluginEvents::SubscriptionId id) {
    std::erase_if(subscriptions_, [id](const Subscription& one) { return one.id == id; });
  }

  void emit(const PluginEvent& event) {
    const auto now = subscriptions_;
    for (const auto& one : now) {
      const bool still =
          std::ranges::find(subscriptions_, one.id, &Subscription::id) != subscriptions_.end();
      if (one.type == event.type && still) (*one.handler)(event);
    }
  }

 private:
  struct Subscription {
    PluginEvents::SubscriptionId id;
    PluginEventType type;
    std::shared_ptr<PluginEvents::Handler> handler;
  };
  std::vector<Subscription> subscriptions_;
  PluginEvents::SubscriptionId last_id_ = 0;
};

}  // namespace collet::plugin
