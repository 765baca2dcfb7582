#include "services/services.hpp"

namespace collet::services {

Services::Services(const ServicesContext& context, ServicesOptions options)
    : logs_(context.loop, context.store.plugins(), context.entropy, context.wall_clock,
            context.log),
      table_(std::move(options.gate)),
      event_bus_(context.loop, context.log, table_.policy()),
      stream_hub_(context.loop, context.log),
      log_service_(logs_),
      state_service_(context.store.state()),
      event_service_(event_bus_, context.entropy, context.wall_clock, table_.policy()),
      stream_service_(stream_hub_, table_.policy()) {
  log_service_.add_to(table_);
  state_service_.add_to(table_);
  event_service_.add_to(table_);
  stream_service_.add_to(table_);
  // Configuration cannot be stored yet, so what is stored is the empty object for every plugin.
  table_.add("config.get",
             [](const ServiceCall&, Reply<std::string> reply) { reply(std::string("{}")); });
}

void Services::attach(WorkerManager& workers) {
  event_bus_.attach(workers);
}

void Services::attach(PluginEvents& events) {
  event_service_.attach(events);
  events.on(PluginEventType::unloaded,
            [this](const PluginEvent& event) { stream_hub_.end(event.plugin_id); });
}

}  // namespace collet::services
