#include "services/config_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "base/join.hpp"
#include "json/writer.hpp"
#include "jsonrpc/message.hpp"
#include "services/config_schema.hpp"

namespace collet::services {
namespace {

constexpr std::string_view k_config_changed = "configChanged";

// The protocol has two codes for a method that a worker does not have.
bool is_unknown_method(const Error& error) {
  return error.rpc_code == jsonrpc::code::method_not_found ||
         error.rpc_code == jsonrpc::code::method_not_implemented;
}

// Whether the worker was not there to be told; it is at its next start.
bool is_absence(const Error& error) {
  return error.code == ErrorCode::worker_unavailable || error.code == ErrorCode::worker_crashed ||
         error.code == ErrorCode::shutting_down;
}

// The texts of a list, joined; empty where there are none.
std::string joined(const json::Value& result, std::string_view name) {
  std::string text;
  const auto list = result.find(name);
  if (!list) return text;
  for (const auto each : list->elements()) {
    text += (text.empty() ? "" : "; ") + each.as_string().value_or(json::compact(each));
  }
  return text;
}

Result<ConfigVerdict> read_verdict(const Result<std::string>& answer) {
  if (!answer && is_unknown_method(answer.error())) {
    return ConfigVerdict{.kind = ConfigVerdict::Kind::unsupported,
                         .message = "This plugin does not support configuration testing."};
  }
  if (!answer) return std::unexpected(answer.error());
  const auto document = json::Document::parse(*answer);
  if (!document || !document->root().is_object()) {
    return fail(ErrorCode::invalid_result, "the worker's answer to \"validateConfig\" is no object",
                "it has to be {ok, warnings?, errors?}; the plugin has to be mended");
  }
  const auto ok = document->root().find("ok");
  if (ok && ok->as_bool() == true) {
    const auto warnings = joined(document->root(), "warnings");
    return ConfigVerdict{.message = warnings.empty() ? "" : "Warnings: " + warnings};
  }
  auto errors = joined(document->root(), "errors");
  if (errors.empty()) errors = "Configuration validation failed.";
  return ConfigVerdict{.kind = ConfigVerdict::Kind::invalid, .message = std::move(errors)};
}

}  // namespace

ConfigService::ConfigService(ConfigParts parts, const GatePolicy& policy, ConfigLimits limits)
    : parts_(std::move(parts)),
      tenancy_(policy.tenancy),
      company_id_(policy.company_id),
      limits_(limits) {}

void ConfigService::add_to(ServiceTable& table) {
  table.add("config.get", [this](const ServiceCall& call, Reply<std::string> reply) {
    const auto* config = find(call.worker.plugin_id, call.company_id);
    reply(config == nullptr ? std::string("{}") : config->row.config_json);
  });
  table.on_started([this](const worker::WorkerIdentity& worker) { tell_all(worker); });
  table.on_ended([this](const worker::WorkerIdentity& worker) {
    replays_.erase({worker.plugin_id, worker.instance});
  });
}

void ConfigService::load(Reply<Done> reply) {
  parts_.store.list(Reply<std::vector<PluginConfigRecord>>(
      [this, reply = std::move(reply)](Result<std::vector<PluginConfigRecord>> rows) mutable {
        if (!rows) return reply(std::unexpected(std::move(rows.error())));
        for (auto& row : *rows) {
          auto& config = configs_[row.plugin_id][row.company_id];
          config.row = std::move(row);
        }
        reply(Done{});
      }));
}

const PluginConfig* ConfigService::find(std::string_view plugin_id,
                                        std::string_view company_id) const {
  const auto plugin = configs_.find(plugin_id);
  if (plugin == configs_.end()) return nullptr;
  const auto config = plugin->second.find(company_id);
  return config == plugin->second.end() ? nullptr : &config->second;
}

std::vector<Violation> ConfigService::shortcomings(const PluginRecord& plugin,
                                                   std::string_view company_id) const {
  const auto* config = find(plugin.id, company_id);
  const auto document = json::Document::parse(config == nullptr ? "{}" : config->row.config_json);
  if (!document) return {};
  return ConfigSchema(plugin.manifest_json).judge(document->root());
}

// ---- set

Result<std::string> ConfigService::read(const json::Value& config) const {
  auto text = json::compact(config);
  if (text.size() > limits_.config_bytes_max) {
    return fail(ErrorCode::payload_too_large,
                fmt::format("the configuration has {} bytes, the limit is {}", text.size(),
                            limits_.config_bytes_max),
                "keep large data in a file, and its path in the configuration");
  }
  return text;
}

Result<Done> ConfigService::check_room(const PluginRecord& plugin,
                                       std::string_view company_id) const {
  const auto configs = configs_.find(plugin.id);
  if (configs == configs_.end() || configs->second.size() < limits_.companies_max ||
      configs->second.contains(company_id)) {
    return Done{};
  }
  return fail(ErrorCode::payload_too_large,
              fmt::format("{} companies have configured plugin \"{}\", which is the limit",
                          limits_.companies_max, plugin.plugin_key));
}

void ConfigService::set(const PluginRecord& plugin, std::string company_id,
                        const json::Value& config, Reply<ConfigChange> reply) {
  auto text = read(config);
  if (!text) return reply(std::unexpected(std::move(text.error())));
  if (auto room = check_room(plugin, company_id); !room)
    return reply(std::unexpected(std::move(room.error())));
  const ConfigSchema schema(plugin.manifest_json);
  if (auto checked = schema.check(config); !checked)
    return reply(std::unexpected(std::move(checked.error())));
  std::string warning;
  if (!schema.problem().empty()) {
    warning = "the configuration was not judged: the plugin's " + schema.problem();
    parts_.log.warn("configuration not judged",
                    {{"plugin", plugin.plugin_key}, {"reason", schema.problem()}});
  }
  const auto now = parts_.wall_clock();
  PluginConfigRecord record{.id = make_uuid(parts_.entropy),
                            .plugin_id = plugin.id,
                            .company_id = std::move(company_id),
                            .config_json = *std::move(text),
                            .created_at = now,
                            .updated_at = now};
  start(set_flow(std::move(record), plugin.plugin_key, std::move(warning)), std::move(reply));
}

Async<Result<ConfigChange>> ConfigService::set_flow(PluginConfigRecord record,
                                                    std::string plugin_key, std::string warning) {
  auto stored = co_await reply_of<PluginConfigRecord>(
      [&](auto reply) { parts_.store.put(std::move(record), std::move(reply)); });
  if (!stored) co_return std::unexpected(stored.error());
  const auto row = *std::move(stored);
  configs_[row.plugin_id][row.company_id] = PluginConfig{.row = row};
  parts_.log.info("plugin configured", {{"plugin", plugin_key}, {"company", row.company_id}});
  co_await tell_workers(row.plugin_id, plugin_key, row.company_id);
  // It may have been changed again meanwhile, or be gone with its plugin; this is the answer for
  // what was asked.
  ConfigChange change{.config = {.row = row}, .warning = std::move(warning)};
  if (const auto* config = find(row.plugin_id, row.company_id)) {
    change.config.last_error = config->last_error;
  }
  co_return change;
}

// ---- what workers are told

Async<Result<Done>> ConfigService::tell_workers(std::string plugin_id, std::string plugin_key,
                                                std::string company_id) {
  const auto seen = workers_ == nullptr ? std::nullopt : workers_->get_worker(plugin_id);
  // One that starts is told when it has started.
  if (!seen || seen->status != WorkerStatus::running) co_return Done{};
  // SDKs answer also for a plugin that has no hook, which then goes on with what it read before;
  // they promise it a restart.
  bool needs_restart =
      std::ranges::find(seen->supported_methods, k_config_changed) == seen->supported_methods.end();
  const auto instances = needs_restart ? 0 : seen->instances;
  std::string refusal;
  co_await reply_of<Done>([&](Reply<Done> reply) {
    const Join all(std::move(reply));
    for (std::uint32_t instance = 0; instance < instances; ++instance) {
      const worker::WorkerIdentity worker{
          .plugin_id = plugin_id, .plugin_key = plugin_key, .instance = instance};
      tell(worker, company_id,
           Reply<Done>([&, worker, one = all.one()](Result<Done> taken) mutable {
             if (!taken && is_unknown_method(taken.error())) {
               needs_restart = true;
             } else if (!taken && !is_absence(taken.error())) {
               refusal = taken.error().message;
               log_refusal(worker, company_id, taken.error());
             }
             one(Done{});
           }));
    }
  });
  note(plugin_id, company_id, refusal);
  if (!needs_restart || !parts_.restart_plugin) co_return Done{};
  auto restarted = co_await reply_of<Done>(
      [&](auto reply) { parts_.restart_plugin(plugin_id, std::move(reply)); });
  if (restarted) co_return Done{};
  parts_.log.warn("plugin not restarted for its new configuration",
                  {{"plugin", plugin_key}, {"reason", restarted.error().message}});
  note(plugin_id, company_id, "the plugin was not restarted: " + restarted.error().message);
  co_return restarted;
}

void ConfigService::tell(const worker::WorkerIdentity& worker, std::string_view company_id,
                         Reply<Done> reply) {
  const auto* config = find(worker.plugin_id, company_id);
  if (config == nullptr) return reply(Done{});
  json::Writer params;
  params.begin_object().raw_member("config", config->row.config_json);
  params.member("companyId", config->row.company_id).end_object();
  workers_->call(worker.plugin_id,
                 {.method = std::string(k_config_changed),
                  .params_json = std::move(params).take(),
                  .company_id = config->row.company_id,
                  .instance = worker.instance,
                  .only_running = true,
                  .deadline = Deadline::after(parts_.loop.now(), limits_.delivery_timeout)},
                 Reply<std::string>([reply = std::move(reply)](Result<std::string> answer) mutable {
                   answer ? reply(Done{}) : reply(std::unexpected(std::move(answer.error())));
                 }));
}

void ConfigService::log_refusal(const worker::WorkerIdentity& worker, std::string_view company_id,
                                const Error& error) {
  parts_.log.warn(error.rpc_code == jsonrpc::code::cross_tenant_config
                      ? "worker keeps the configuration of another company"
                      : "worker did not take its configuration",
                  {{"plugin", worker.plugin_key},
                   {"company", std::string(company_id)},
                   {"reason", error.message}});
}

void ConfigService::note(std::string_view plugin_id, std::string_view company_id,
                         std::string last_error) {
  const auto plugin = configs_.find(plugin_id);
  if (plugin == configs_.end()) return;
  const auto config = plugin->second.find(company_id);
  if (config != plugin->second.end()) config->second.last_error = std::move(last_error);
}

struct ConfigService::Replay {
  explicit Replay(worker::WorkerIdentity of) : worker(std::move(of)) {}

  const worker::WorkerIdentity worker;
  std::deque<std::string> companies;  // that it was not told of
  std::size_t bytes_under_way = 0;
  bool is_sending = false;
  bool is_paused = false;  // it reads too little of its input to be sent more now
  Timer retry;
};

// The eldest first: a worker that can serve only one company keeps to the first.
void ConfigService::tell_all(const worker::WorkerIdentity& worker) {
  const auto configs = configs_.find(worker.plugin_id);
  if (configs == configs_.end() || workers_ == nullptr) return;
  std::vector<const PluginConfigRecord*> rows;
  for (const auto& [company, config] : configs->second) {
    if (tenancy_ == Tenancy::multi || company == company_id_) rows.push_back(&config.row);
  }
  std::ranges::stable_sort(rows, {}, &PluginConfigRecord::created_at);
  auto replay = std::make_shared<Replay>(worker);
  for (const auto* row : rows) replay->companies.push_back(row->company_id);
  replays_.insert_or_assign({worker.plugin_id, worker.instance}, replay);
  go_on(replay);
}

void ConfigService::go_on(const std::shared_ptr<Replay>& replay) {
  if (std::exchange(replay->is_sending, true)) return;  // an answer that came at once
  while (!replay->companies.empty() && replay->bytes_under_way < limits_.replay_bytes_max &&
         !replay->is_paused) {
    auto company = std::move(replay->companies.front());
    replay->companies.pop_front();
    const auto* config = find(replay->worker.plugin_id, company);
    const auto bytes = config == nullptr ? 0 : config->row.config_json.size();
    replay->bytes_under_way += bytes;
    tell(replay->worker, company,
         Reply<Done>([this, weak = std::weak_ptr(replay), company, bytes](Result<Done> taken) {
           const auto alive = weak.lock();
           if (!alive) return;
           alive->bytes_under_way -= bytes;
           told(alive, company, taken);
           go_on(alive);
         }));
  }
  replay->is_sending = false;
}

void ConfigService::told(const std::shared_ptr<Replay>& replay, std::string company_id,
                         const Result<Done>& taken) {
  const auto& worker = replay->worker;
  if (taken || is_unknown_method(taken.error())) return note(worker.plugin_id, company_id, {});
  const auto& error = taken.error();
  if (is_absence(error)) {
    replay->companies.clear();  // the next process is told of all
  } else if (error.code == ErrorCode::overloaded) {
    replay->companies.push_front(std::move(company_id));
    replay->is_paused = true;
    replay->retry = parts_.loop.call_after(error.retry_after.value_or(std::chrono::seconds(1)),
                                           [this, weak = std::weak_ptr(replay)] {
                                             const auto alive = weak.lock();
                                             if (!alive) return;
                                             alive->is_paused = false;
                                             go_on(alive);
                                           });
  } else {
    note(worker.plugin_id, company_id, error.message);
    log_refusal(worker, company_id, error);
  }
}

// ---- test

void ConfigService::test(const PluginRecord& plugin, std::string company_id,
                         const json::Value& config, Reply<ConfigVerdict> reply) {
  auto text = read(config);
  if (!text) return reply(std::unexpected(std::move(text.error())));
  if (auto checked = ConfigSchema(plugin.manifest_json).check(config); !checked)
    return reply(std::unexpected(std::move(checked.error())));
  json::Writer params;
  params.begin_object().raw_member("config", *text).end_object();
  workers_->call(plugin.id,
                 {.method = "validateConfig",
                  .params_json = std::move(params).take(),
                  .company_id = std::move(company_id),
                  .deadline = Deadline::after(parts_.loop.now(), limits_.test_timeout)},
                 Reply<std::string>([reply = std::move(reply)](Result<std::string> answer) mutable {
                   reply(read_verdict(answer));
                 }));
}

void ConfigService::forget(std::string_view plugin_id) {
  if (const auto found = configs_.find(plugin_id); found != configs_.end()) configs_.erase(found);
}

}  // namespace collet::services
