#include "services/services.hpp"

#include <utility>

#include "base/join.hpp"
#include "json/document.hpp"
#include "services/managed_service.hpp"
#include "services/secret_ref.hpp"

namespace collet::services {
namespace {

// A company that has configured a plugin lets it act for it at any time.
GatePolicy with_configured(GatePolicy policy, const ConfigService& configs) {
  policy.is_configured_for = [&configs](std::string_view plugin_id, std::string_view company_id) {
    return configs.find(plugin_id, company_id) != nullptr;
  };
  return policy;
}

// What a company refers to in a plugin's configuration, the plugin may read.
SecretBindings bindings_of(const ServicesOptions& options, const ConfigService& configs) {
  SecretBindings bindings{.stands_in_configuration = [&configs](std::string_view plugin_id,
                                                                std::string_view company_id,
                                                                std::string_view secret_id) {
    const auto* const config = configs.find(plugin_id, company_id);
    if (config == nullptr) return false;
    const auto document = json::Document::parse(config->row.config_json);
    return document && refers_to_secret(document->root(), secret_id);
  }};
  for (const auto& [key, plugin] : options.plugins) {
    bindings.by_settings.emplace(key, plugin.secrets);
  }
  return bindings;
}

}  // namespace

Services::Services(const ServicesContext& context, ServicesOptions options)
    : outbound_(context.outbound),
      logs_(context.loop, context.store.plugins(), context.entropy, context.wall_clock,
            context.log),
      config_service_({.loop = context.loop,
                       .store = context.store.configs(),
                       .entropy = context.entropy,
                       .wall_clock = context.wall_clock,
                       .log = context.log,
                       .restart_plugin = context.restart_plugin},
                      options.gate),
      activity_(context.store.activity()),
      table_(with_configured(std::move(options.gate), config_service_)),
      event_bus_(context.loop, context.log, table_.policy()),
      stream_hub_(context.loop, context.log),
      log_service_(logs_),
      state_service_(context.store.state()),
      event_service_(event_bus_, context.entropy, context.wall_clock, table_.policy()),
      stream_service_(stream_hub_, table_.policy()),
      entity_service_({.store = context.store.entities(),
                       .background = context.background,
                       .entropy = context.entropy,
                       .wall_clock = context.wall_clock}),
      directory_service_(options.directory),
      folder_service_({.store = context.store.folders(),
                       .pool = context.folder_work,
                       .entropy = context.entropy,
                       .wall_clock = context.wall_clock,
                       .data_dir = context.data_dir},
                      std::move(options.folders)),
      database_service_({.loop = context.loop,
                         .pool = context.database_work,
                         .entropy = context.entropy,
                         .wall_clock = context.wall_clock,
                         .plugin_data_root = context.plugin_data_root,
                         .directory = with_defaults(options.directory)}),
      http_service_({.loop = context.loop,
                     .background = context.background,
                     .outbound = context.outbound,
                     .log = context.log},
                    options.http, options.plugins),
      secrets_({.loop = context.loop,
                .store = context.store.secrets(),
                .background = context.background,
                .spawner = context.spawner,
                .wall_clock = context.wall_clock,
                .key_file = std::move(options.secret_key_file)},
               options.secrets, table_.policy().tenancy),
      secrets_service_(context.loop, context.log, secrets_, bindings_of(options, config_service_)),
      upstream_service_({.loop = context.loop,
                         .background = context.background,
                         .outbound = context.outbound,
                         .secrets = secrets_,
                         .log = context.log},
                        std::move(options.upstream)),
      metric_service_(logs_, metrics_),
      activity_service_(context.loop, activity_, context.entropy, context.wall_clock),
      jobs_({.loop = context.loop,
             .store = context.store.jobs(),
             .entropy = context.entropy,
             .wall_clock = context.wall_clock,
             .zone = context.zone,
             .log = context.log},
            options.jobs),
      webhooks_({.loop = context.loop,
                 .store = context.store.webhooks(),
                 .background = context.background,
                 .entropy = context.entropy,
                 .wall_clock = context.wall_clock,
                 .log = context.log},
                std::move(options.webhooks)) {
  log_service_.add_to(table_);
  state_service_.add_to(table_);
  config_service_.add_to(table_);
  event_service_.add_to(table_);
  stream_service_.add_to(table_);
  entity_service_.add_to(table_);
  directory_service_.add_to(table_);
  folder_service_.add_to(table_);
  database_service_.add_to(table_);
  http_service_.add_to(table_);
  secrets_service_.add_to(table_);
  upstream_service_.add_to(table_);
  if (!upstream_service_.has_upstream()) add_managed_resources(table_);
  metric_service_.add_to(table_);
  activity_service_.add_to(table_);
}

void Services::attach(WorkerManager& workers) {
  config_service_.attach(workers);
  event_bus_.attach(workers);
  jobs_.attach(workers);
  webhooks_.attach(workers);
}

void Services::attach(PluginEvents& events) {
  event_service_.attach(events);
  jobs_.follow(events);
  events.on(PluginEventType::unloaded, [this](const PluginEvent& event) {
    stream_hub_.end(event.plugin_id);
    metrics_.forget(event.plugin_id);
    if (!event.remove_data) return;
    logs_.forget(event.plugin_id);
    activity_service_.forget(event.plugin_id);
    http_service_.forget(event.plugin_key);
    secrets_service_.forget(event.plugin_key);
    upstream_service_.forget(event.plugin_key);
  });
}

std::vector<ServiceCount> Services::counts() const {
  std::vector<ServiceCount> all;
  http_service_.counts().append_to(all);
  secrets_service_.counts().append_to(all);
  upstream_service_.counts().append_to(all);
  return all;
}

void Services::drain(Reply<Done> reply) {
  outbound_.stop();
  const Join all(std::move(reply));
  logs_.drain(all.one());
  http_service_.drain(all.one());
  secrets_.drain(all.one());
  upstream_service_.drain(all.one());
  jobs_.drain(all.one());
  webhooks_.drain(all.one());
}

}  // namespace collet::services
