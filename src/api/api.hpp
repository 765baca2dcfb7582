// The REST API: the reference host's routes, with typed errors.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "api/bridge.hpp"
#include "api/routes.hpp"
#include "api/stream_clients.hpp"
#include "base/loop.hpp"
#include "base/loop_watch.hpp"
#include "base/wall_clock.hpp"
#include "collet/lifecycle_manager.hpp"
#include "collet/limits.hpp"
#include "collet/plugin_store.hpp"
#include "collet/tool_dispatcher.hpp"
#include "collet/worker_manager.hpp"
#include "http/message.hpp"
#include "http/server.hpp"
#include "services/services.hpp"

namespace collet::api {

/// References are borrowed and outlive the API.
struct ApiOptions {
  Loop& loop;
  ToolDispatcher& dispatcher;
  LifecycleManager& lifecycle;
  WorkerManager& workers;
  PluginStore& store;
  services::Services& services;
  WallClock wall_clock;
  std::optional<std::string>
      operator_token;           ///< what /api wants as bearer token; nothing: no authentication
  std::string version;          ///< of this host
  std::function<bool()> ready;  ///< whether start-up is done
  std::function<LoopGaps()> gaps{};  ///< how the loop keeps its time; may be empty
  Clock::duration default_timeout =
      limits::calls::default_timeout;                        ///< of a call to a plugin's worker
  Clock::duration timeout_max = limits::calls::timeout_max;  ///< no call may take longer
  std::function<http::ServerLoad()> connections{};  ///< of the server in front; may be empty
};

/// Answers HTTP requests. Loop thread only.
class Api final : public http::Handler {
 public:
  explicit Api(ApiOptions options)
      : options_(std::move(options)), stream_clients_(options_.loop, options_.services.streams()) {}

  /// Refuses with `unauthorized` what has no valid token. The probes need none as long as they
  /// bring no body, nor do webhooks of plugins for which the operator says so.
  [[nodiscard]] std::optional<http::Response> admit(const http::Request& head) override;
  /// The probes and the metrics.
  [[nodiscard]] bool is_vital(const http::Request& head) const override;
  void handle(http::Request request, http::Responder responder) override;

  /// All routes, for the test that holds them against the OpenAPI document.
  [[nodiscard]] static std::span<const Route> routes();

 private:
  /// One request on its way through a handler.
  struct Exchange {
    http::Request request;
    http::Responder responder;
    std::string id;   ///< the plugin's, or the secret's, from the path
    std::string key;  ///< of what the plugin names itself, from the path
  };
  using Handler = void (Api::*)(Exchange);
  struct Table;

  [[nodiscard]] bool authorized(const http::Request& request) const;
  /// Whether it is a webhook for a plugin that takes them from everybody.
  [[nodiscard]] bool is_open_webhook(const http::Request& head) const;

  void healthz(Exchange exchange);
  void readyz(Exchange exchange);
  void openapi(Exchange exchange);
  void metrics(Exchange exchange);
  void list_plugins(Exchange exchange);
  void show_plugin(Exchange exchange);
  void list_tools(Exchange exchange);
  void execute(Exchange exchange);
  void install(Exchange exchange);
  void install_with_progress(InstallRequest request, http::Responder responder);
  void enable(Exchange exchange);
  void disable(Exchange exchange);
  void restart(Exchange exchange);
  void upgrade(Exchange exchange);
  void uninstall(Exchange exchange);
  void health(Exchange exchange);
  void logs(Exchange exchange);
  void activity(Exchange exchange);
  void list_jobs(Exchange exchange);
  void list_job_runs(Exchange exchange);
  void trigger_job(Exchange exchange);
  void receive_webhook(Exchange exchange);
  void dashboard(Exchange exchange);
  // api_bridge.cpp
  void get_data(Exchange exchange);
  void perform_action(Exchange exchange);
  void stream(Exchange exchange);
  // api_config.cpp
  void show_config(Exchange exchange);
  void set_config(Exchange exchange);
  void test_config(Exchange exchange);
  // api_secrets.cpp
  void list_secrets(Exchange exchange);
  void set_secret(Exchange exchange);
  void remove_secret(Exchange exchange);

  void bridge(Exchange exchange, BridgeMethod method);
  /// Whom a request is for that names nobody; empty where that is nobody.
  [[nodiscard]] std::string default_company() const;
  /// The health object of a plugin, its worker asked.
  void check_health(const PluginRecord& row, Reply<std::string> reply);

  const ApiOptions options_;
  /// The list of all tools as text, made once for each state of the registry.
  struct ToolList {
    std::uint64_t generation = 0;
    std::string json;
  };
  std::optional<ToolList> tool_list_;
  StreamClients stream_clients_;
  BridgeCounts bridge_counts_;
};

}  // namespace collet::api
