#include "services/services.hpp"

namespace collet::services {

Services::Services(const ServicesContext& context, ServicesOptions options)
    : logs_(context.loop, context.store.plugins(), context.entropy, context.wall_clock,
            context.log),
      table_(std::move(options.gate)),
      log_service_(logs_),
      state_service_(context.store.state()) {
  log_service_.add_to(table_);
  state_service_.add_to(table_);
  // Configuration cannot be stored yet, so what is stored is the empty object for every plugin.
  table_.add("config.get",
             [](const ServiceCall&, Reply<std::string> reply) { reply(std::string("{}")); });
}

}  // namespace collet::services
