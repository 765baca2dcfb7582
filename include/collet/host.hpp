// A whole plugin tool host inside your program: the daemon is a thin program around this class.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collet/directory.hpp"
#include "collet/error.hpp"
#include "collet/function_tool.hpp"
#include "collet/lifecycle_manager.hpp"
#include "collet/limits.hpp"
#include "collet/plugin_store.hpp"
#include "collet/service_settings.hpp"
#include "collet/tenancy.hpp"
#include "collet/tool.hpp"
#include "collet/tool_dispatcher.hpp"
#include "collet/worker_limits.hpp"
#include "collet/worker_manager.hpp"

namespace collet {

/// The REST API on a socket. Without one a host is reached from C++ only.
struct HttpOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 7420;                   ///< 0: any free one, see Host::http_port
  std::vector<std::string> allowed_hosts{};    ///< further Host names that clients may use
  std::vector<std::string> allowed_origins{};  ///< further web origins that may call
  std::optional<std::string>
      operator_token;  ///< what clients show as bearer token; nothing: no authentication
  std::size_t body_bytes_max = limits::http::body_bytes_max;
  /// Connections at a time; never more than half of the files that this process may have open
  /// (RLIMIT_NOFILE) when the host starts. Those beyond are refused with 503 `overloaded`, but for
  /// /healthz, /readyz and /metrics.
  std::size_t connections_max = limits::http::connections_max;
};

/// Who may send webhooks to a plugin.
enum class WebhookAccess : std::uint8_t {
  operator_only,  ///< whoever has the operator token
  open,           ///< everybody who reaches the port: the plugin tells by itself who sent one
};

/// What the operator says about a plugin; wins over the plugin's manifest.
struct PluginOverrides {
  PluginSettings settings;
  std::map<std::string, ToolSettings> tools{};  ///< by bare tool name
  /// With several tenants: whether requests of its workers that do not say which call they act in
  /// are taken for one that they run, which plugins with an SDK before 2026.525 need.
  bool trust_unnamed_calls = false;
  /// The folders of this machine that it may use, by the keys of its manifest's `localFolders`. An
  /// absolute path each.
  std::map<std::string, std::filesystem::path> folders{};
  PluginServiceSettings services{};
  WebhookAccess webhooks = WebhookAccess::operator_only;
};

/// Whose data a host keeps (docs/host-services.md, "Whom a call acts for").
struct TenancyOptions {
  Tenancy mode = Tenancy::single;
  std::string company_id = "default";  ///< the one tenant of `Tenancy::single`
};

/// Where the host's own log goes.
enum class HostLog : std::uint8_t { none, standard_error };

/// What becomes of the children that your program adopts where it is PID 1 of a container, or a
/// subreaper: processes that left a worker and its parent.
enum class Orphans : std::uint8_t {
  left_alone,  ///< your program reaps them
  reaped,      ///< the host does; for a program that has no children of its own
};

struct HostOptions {
  std::filesystem::path
      data_dir;  ///< state, packages and plugin data; made where missing; one host at a time
  std::optional<HttpOptions> http{};
  HostLog log = HostLog::none;
  std::string log_level = "info";  ///< debug, info, warn, error
  std::string node =
      "node";  ///< the Node.js that runs .js plugins: a name in PATH or an absolute path
  std::string npm = "npm";
  /// PATH of workers and of npm. Workers inherit nothing else but what is listed in
  /// `worker_environment`.
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  std::vector<std::pair<std::string, std::string>>
      worker_environment{};  ///< further variables for every worker
  /// The program collet-watcher (in a package file's terms `collet::watcher`), which kills what
  /// workers leave behind, and all workers where this program dies. Empty: the one beside this
  /// program's executable, in ../libexec/collet from it, or where the library was installed;
  /// without any, processes that leave their worker's group outlive it.
  std::filesystem::path watcher{};
  Orphans orphans = Orphans::left_alone;
  std::vector<std::pair<std::string, std::string>>
      npm_environment{};  ///< the environment of npm, beside PATH
  std::chrono::milliseconds default_timeout =
      limits::calls::default_timeout;  ///< of a call where nobody says otherwise
  std::chrono::milliseconds timeout_max = limits::calls::timeout_max;  ///< no call may take longer
  std::chrono::milliseconds initialize_timeout =
      limits::worker::initialize_timeout;  ///< of a worker's start
  std::chrono::milliseconds drain_grace =
      limits::worker::drain_grace;  ///< for calls in flight, before `shutdown`
  std::chrono::milliseconds shutdown_grace =
      limits::worker::shutdown_grace;  ///< for a worker to answer `shutdown`
  std::chrono::milliseconds kill_grace =
      limits::worker::kill_grace;  ///< between SIGTERM and SIGKILL
  AdmissionOptions admission{};    ///< how many calls may be in flight, and wait
  RestartPolicy restarts{};        ///< of workers that crashed
  /// So long may a worker be silent, outside of its calls' deadlines, before it is asked for its
  /// health, and then before it is killed as deaf.
  std::chrono::milliseconds deaf_after = limits::worker::silence_max;
  /// Of one message of a worker; a longer one is not read, and the call that it answers fails with
  /// `invalid_result`. From `line_bytes_min` to `line_bytes_ceiling` of limits::worker.
  std::size_t worker_line_bytes_max = limits::worker::line_bytes_max;
  std::chrono::milliseconds job_timeout =
      limits::services::job_timeout;  ///< of a run of a plugin's job
  WorkerLimits worker_limits{};       ///< of every worker, where `plugins` say nothing else
  std::size_t function_threads = 2;   ///< threads that run FunctionTools
  std::map<std::string, PluginOverrides> plugins{};  ///< by plugin key
  TenancyOptions tenancy{};
  Directory directory{};                       ///< what plugins find when they look around
  OutboundHttpSettings outbound_http{};        ///< where plugins may go through the host
  SecretSettings secrets{};                    ///< where plugins' secrets come from
  std::optional<UpstreamSettings> upstream{};  ///< who answers what this host cannot
};

/// One call from C++.
struct CallOptions {
  ToolRunContext context{};
  std::optional<std::chrono::milliseconds>
      timeout{};  ///< else the tool's, the plugin's, the host's
  std::stop_token cancellation{};
};

/// A running host. It has threads of its own and touches nothing of yours: no signal disposition,
/// no environment, no global state; two hosts in one process are fine. All members may be called on
/// any thread. Those that wait for an answer fail with `invalid_request` inside a callback of the
/// host, where they would wait for themselves. Callbacks must not throw, and must not block for
/// long: the host stands still meanwhile. What you get from a host (tools, the dispatcher) must not
/// outlive it.
class Host {
 public:
  /// Opens the data folder, starts the plugins that were ready, and returns once calls are
  /// accepted. Fails with one sentence about what is wrong: the folder is in use, the port is
  /// taken, the store cannot be opened.
  [[nodiscard]] static Result<std::unique_ptr<Host>> start(HostOptions options);
  /// Stops everything; see `stop`.
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Offers a function of your program as the tool `<plugin key>:<name>` beside the plugins' tools.
  /// Registering a key again replaces all its tools.
  Result<Done> register_functions(std::string_view plugin_key, std::vector<FunctionTool> tools);

  /// Installs the plugin in a folder, or an npm package, and waits until it runs. Fails with
  /// `install_failed`, also where it is installed already.
  Result<PluginRecord> install(InstallRequest request);
  /// All plugins that are not uninstalled.
  [[nodiscard]] std::vector<PluginRecord> plugins();
  Result<PluginRecord> enable(std::string_view plugin_id);
  Result<PluginRecord> disable(std::string_view plugin_id);
  /// Stops and starts the worker, reading the package anew; calls that come meanwhile wait.
  Result<PluginRecord> restart(std::string_view plugin_id);
  /// Switches to another version, the newest where none is named; a failure leaves the old one
  /// running.
  Result<PluginRecord> upgrade(std::string_view plugin_id,
                               std::optional<std::string> version = std::nullopt);
  Result<PluginRecord> uninstall(std::string_view plugin_id, Uninstall how = Uninstall::keep_row);

  [[nodiscard]] std::vector<AgentToolDescriptor> list_tools(const ToolListFilter& filter = {});

  /// Calls a tool with parameters as JSON text and waits for the answer.
  Result<ToolExecutionResult> call(std::string_view tool, std::string_view parameters_json,
                                   CallOptions options = {});
  /// Calls a tool; `done` gets the answer, exactly once, on a thread of the host or, before
  /// this returns, on yours; it must not block.
  void call(std::string_view tool, std::string_view parameters_json, CallOptions options,
            std::move_only_function<void(Result<ToolExecutionResult>)> done);

  /// What `co_await host.call_async(...)` waits for; resumes on a thread of the host.
  class CallAwaitable {
   public:
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> caller);
    Result<ToolExecutionResult> await_resume() { return std::move(outcome_); }

   private:
    friend class Host;
    CallAwaitable(Host& host, std::string tool, std::string parameters, CallOptions options)
        : host_(host),
          tool_(std::move(tool)),
          parameters_(std::move(parameters)),
          options_(std::move(options)) {}
    Host& host_;
    std::string tool_;
    std::string parameters_;
    CallOptions options_;
    Result<ToolExecutionResult> outcome_ = fail(ErrorCode::internal_error, "not answered");
  };
  /// The coroutine form: `auto answer = co_await host.call_async("collet.calc:evaluate",
  /// R"({"expression":"6*7"})");` Give options as a named variable: inside a co_await expression
  /// GCC 12 destroys a braced temporary twice.
  [[nodiscard]] CallAwaitable call_async(std::string_view tool, std::string_view parameters_json) {
    return {*this, std::string(tool), std::string(parameters_json), CallOptions()};
  }
  [[nodiscard]] CallAwaitable call_async(std::string_view tool, std::string_view parameters_json,
                                         CallOptions options) {
    return {*this, std::string(tool), std::string(parameters_json), std::move(options)};
  }

  /// Runs `use` on the host's loop, where everything of the managers may be used (events,
  /// diagnostics, logs, every operation with a Reply), and waits for its return.
  Result<Done> with_managers(
      const std::function<void(LifecycleManager&, WorkerManager&, PluginStore&)>& use);

  /// The dispatcher (any thread, as it says) and its registry.
  [[nodiscard]] ToolDispatcher& dispatcher();
  /// The port of the REST API, 0 without one.
  [[nodiscard]] std::uint16_t http_port() const;

  /// Sends SIGKILL to all workers at once and waits for nothing: for a program that has no time
  /// left. `stop` is still due.
  void kill_workers();
  /// Not inside a callback of the host, and the last owner must not go there either: it would wait
  /// for itself. Refuses new calls, stops all workers and returns when none is left. A second call
  /// waits for the same.
  void stop();

 private:
  Host();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace collet
