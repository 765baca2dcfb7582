// `events.subscribe`, `events.emit`, and the host's own events.
#pragma once

#include "base/entropy.hpp"
#include "base/wall_clock.hpp"
#include "collet/plugin_events.hpp"
#include "services/event_bus.hpp"
#include "services/service_table.hpp"

namespace collet::services {

/// What it is given outlives it, it outlives the table. Loop thread only.
class EventService {
 public:
  EventService(EventBus& bus, Entropy& entropy, WallClock wall_clock, const GatePolicy& policy)
      : bus_(bus), entropy_(entropy), wall_clock_(std::move(wall_clock)), policy_(policy) {}
  void add_to(ServiceTable& table);
  /// From now on what happens to plugins is published.
  void attach(PluginEvents& events);

 private:
  void subscribe(const ServiceCall& call, Reply<std::string> reply);
  void emit(const ServiceCall& call, Reply<std::string> reply);
  void publish(const PluginEvent& happened);
  [[nodiscard]] Result<Subscription> read_subscription(const ServiceCall& call) const;
  [[nodiscard]] Result<Event> read_event(const ServiceCall& call);

  EventBus& bus_;
  Entropy& entropy_;
  WallClock wall_clock_;
  const GatePolicy& policy_;
};

}  // namespace collet::services
