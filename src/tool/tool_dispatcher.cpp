#include "collet/tool_dispatcher.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "base/logger.hpp"
#include "base/loop.hpp"
#include "tool/admission.hpp"
#include "tool/call_counter.hpp"
#include "tool/refusal_log.hpp"
#include "tool/run_tool.hpp"
#include "tool/tool_schemas.hpp"

namespace collet {
namespace {

AgentToolDescriptor descriptor_of(const RegisteredTool& tool) {
  return {.name = tool.namespaced_name,
          .display_name = tool.display_name,
          .description = tool.description,
          .parameters_schema = tool.parameters_schema,
          .plugin_id = tool.plugin_db_id,
          .disabled = tool.disabled};
}

Error expired_error(const RegisteredTool& tool) {
  return {.code = ErrorCode::timeout,
          .message = "the deadline of the call of tool \"" + tool.namespaced_name +
                     "\" had passed before the tool was asked",
          .remedy = "allow the call more time"};
}

Error cancelled_error(const RegisteredTool& tool) {
  return {.code = ErrorCode::cancelled,
          .message = "the call of tool \"" + tool.namespaced_name +
                     "\" was cancelled before the tool was asked",
          .remedy = {}};
}

Error torn_down_error() {
  return {.code = ErrorCode::shutting_down,
          .message = "the tool dispatcher was torn down before it had read the ready plugins",
          .remedy = "start the host again"};
}

}  // namespace

struct ToolDispatcher::Impl {
  /// An `initialize` that still waits for the list of ready plugins.
  struct Loading {
    /// Keys of plugins that an event told of meanwhile: what it said is newer than the list.
    std::unordered_set<std::string> overtaken;
  };

  explicit Impl(ToolDispatcherOptions given)
      : options(std::move(given)),
        registry(options.log),
        admission(*options.loop, options.admission) {
    if (options.log != nullptr) {
      refusals = std::make_shared<tool::RefusalLog>(*options.loop, *options.log);
    }
  }

  void log(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {}) {
    if (options.log != nullptr) options.log->write(level, event, fields);
  }

  // --- following the plugins ---

  void subscribe() {
    if (options.events == nullptr) {
      log(LogLevel::warn, "no plugin events given, tools will not follow the plugins' states");
      return;
    }
    const auto follow = [this](PluginEventType type, void (Impl::*handle)(const PluginEvent&)) {
      subscriptions.push_back(options.events->on(type, [this, handle](const PluginEvent& event) {
        if (loading) loading->overtaken.insert(event.plugin_key);
        (this->*handle)(event);
      }));
    };
    follow(PluginEventType::enabled, &Impl::on_ready);
    // A plugin that is not ready has no worker, so its tools must not be offered.
    follow(PluginEventType::disabled, &Impl::on_gone);
    follow(PluginEventType::unloaded, &Impl::on_gone);
    follow(PluginEventType::error, &Impl::on_gone);
    follow(PluginEventType::upgrade_pending, &Impl::on_gone);
    log(LogLevel::debug, "subscribed to plugin events");
  }

  void unsubscribe() {
    for (const auto subscription : subscriptions) options.events->off(subscription);
    subscriptions.clear();
  }

  void on_ready(const PluginEvent& event) {
    log(LogLevel::debug, "plugin enabled, registering its tools",
        {{"plugin_id", event.plugin_id}, {"plugin_key", event.plugin_key}});
    if (!event.manifest) {
      log(LogLevel::warn, "plugin has no manifest, cannot register its tools",
          {{"plugin_key", event.plugin_key}});
      return;
    }
    register_logged(event.plugin_key, *event.manifest, event.plugin_id);
  }

  void on_gone(const PluginEvent& event) {
    log(LogLevel::debug, "plugin no longer ready, unregistering its tools",
        {{"event", std::string(to_string(event.type))},
         {"plugin_id", event.plugin_id},
         {"plugin_key", event.plugin_key}});
    registry.unregister_plugin(event.plugin_key);
  }

  void register_logged(const std::string& key, const Manifest& manifest, const std::string& uuid) {
    auto done = registry.register_plugin(key, manifest, uuid, options.workers);
    if (!done) {
      log(LogLevel::error, "failed to register tools",
          {{"plugin_key", key}, {"error", done.error().message}});
    }
  }

  Result<Done> loaded(Result<std::vector<ReadyPlugin>> outcome) {
    const auto overtaken = std::exchange(loading, nullptr)->overtaken;
    if (!outcome) {
      unsubscribe();
      return std::unexpected(std::move(outcome.error()));
    }
    for (const auto& plugin : *outcome) {
      if (plugin.manifest && !overtaken.contains(plugin.key)) {
        register_logged(plugin.key, *plugin.manifest, plugin.id);
      }
    }
    initialized = true;
    log(LogLevel::info, "plugin tool dispatcher initialized",
        {{"ready_plugins", std::to_string(outcome->size())},
         {"tools", std::to_string(registry.tool_count())}});
    return Done{};
  }

  // --- one call ---

  /// The caller's wish, else the tool's, the plugin's or the host's; never beyond the ceiling.
  [[nodiscard]] Deadline deadline_of(const RegisteredTool& tool, const ToolCall& call,
                                     TimePoint now) const {
    const auto ceiling = Deadline::after(now, options.timeout_max);
    if (call.deadline) return call.deadline->earlier(ceiling);
    const auto declared =
        tool.settings.timeout ? tool.settings.timeout : tool.plugin_settings.timeout;
    if (!declared) return Deadline::after(now, options.default_timeout).earlier(ceiling);
    // Compared as milliseconds: a large number of them overflows the clock's nanoseconds.
    return *declared >= std::chrono::floor<std::chrono::milliseconds>(options.timeout_max)
               ? ceiling
               : Deadline::after(now, *declared);
  }

  void log_call(const ToolCall& call) {
    log(LogLevel::debug, "dispatching tool execution",
        {{"tool", call.tool},
         {"agent_id", call.context.agent_id},
         {"run_id", call.context.run_id}});
  }

  /// `reply`, which gets no result that does not fit the tool's output schema; what it gets is
  /// counted and logged. It may be answered when this is gone.
  Reply<ToolExecutionResult> concluding(std::shared_ptr<const RegisteredTool> tool, TimePoint begun,
                                        Reply<ToolExecutionResult> reply) {
    return Reply<ToolExecutionResult>([log = options.log, loop = options.loop, counter = counter,
                                       refusals = std::weak_ptr(refusals), begun,
                                       tool = std::move(tool), reply = std::move(reply)](
                                          Result<ToolExecutionResult> outcome) mutable {
      if (outcome && tool::judges_results(*tool)) {
        if (auto fits = tool::check_result(*tool, outcome->result, log); !fits) {
          outcome = std::unexpected(std::move(fits.error()));
        }
      }
      counter->count(tool->plugin_id, outcome ? std::nullopt : std::optional(outcome.error().code),
                     loop->now() - begun);
      if (!outcome && outcome.error().code == ErrorCode::overloaded) {
        loop->dispatch([refusals, key = tool->plugin_id, error = outcome.error()] {
          if (const auto still = refusals.lock()) still->refused(key, error);
        });
      }
      if (log != nullptr) {
        log->debug(
            "tool execution completed",
            {{"tool", tool->namespaced_name},
             {"outcome", outcome ? "result" : std::string(describe(outcome.error().code).name)}});
      }
      reply(std::move(outcome));
    });
  }

  /// Runs the call when its turn comes.
  void run_in_turn(std::shared_ptr<const RegisteredTool> tool, ToolCall call,
                   Reply<ToolExecutionResult> reply) {
    if (auto turn = admission.try_enter(*tool)) {
      return tool::run(std::move(tool), std::move(call), *std::move(turn), std::move(reply));
    }
    auto waiting = tool;
    const auto asking = call;
    admission.wait(
        std::move(waiting), asking,
        Reply<tool::Turn>([loop = options.loop, tool = std::move(tool), call = std::move(call),
                           reply = std::move(reply)](Result<tool::Turn> turn) mutable {
          if (!turn) return reply(std::unexpected(std::move(turn.error())));
          // The loop may be late, and what is late is not worth a worker's time.
          if (call.deadline->expired(loop->now()))
            return reply(std::unexpected(expired_error(*tool)));
          tool::run(std::move(tool), std::move(call), *std::move(turn), std::move(reply));
        }));
  }

  ToolDispatcherOptions options;
  ToolRegistry registry;
  tool::Admission admission;
  const std::shared_ptr<tool::CallCounter> counter = std::make_shared<tool::CallCounter>();
  std::shared_ptr<tool::RefusalLog> refusals;  // null without a log; used on the loop only

  // Loop thread only.
  std::vector<PluginEvents::SubscriptionId> subscriptions;
  std::shared_ptr<Loading> loading;
  bool initialized = false;
};

ToolDispatcher::ToolDispatcher(ToolDispatcherOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

ToolDispatcher::~ToolDispatcher() {
  impl_->unsubscribe();
}

void ToolDispatcher::initialize(Reply<Done> reply) {
  if (impl_->initialized || impl_->loading) {
    impl_->log(LogLevel::warn, "dispatcher already initialized, skipping");
    return reply(Done{});
  }
  impl_->log(LogLevel::info, "initializing plugin tool dispatcher");
  impl_->loading = std::make_shared<Impl::Loading>();
  // Subscribed before the list is asked for, so that no change falls between the two.
  impl_->subscribe();
  if (impl_->options.ready_plugins == nullptr) {
    return reply(impl_->loaded(std::vector<ReadyPlugin>{}));
  }
  Reply<std::vector<ReadyPlugin>> listed(
      [impl = impl_.get(), still_wanted = std::weak_ptr(impl_->loading),
       reply = std::move(reply)](Result<std::vector<ReadyPlugin>> outcome) mutable {
        if (still_wanted.expired()) return reply(std::unexpected(torn_down_error()));
        reply(impl->loaded(std::move(outcome)));
      });
  impl_->options.ready_plugins->list_ready(std::move(listed));
}

void ToolDispatcher::teardown() {
  if (!impl_->initialized && !impl_->loading) return;
  impl_->unsubscribe();
  impl_->loading = nullptr;
  impl_->initialized = false;
  impl_->log(LogLevel::info, "plugin tool dispatcher torn down");
}

std::vector<AgentToolDescriptor> ToolDispatcher::list_tools_for_agent(
    const ToolListFilter& filter) const {
  const auto tools = impl_->registry.list_tools(filter);
  std::vector<AgentToolDescriptor> descriptors;
  descriptors.reserve(tools.size());
  for (const auto& tool : tools) descriptors.push_back(descriptor_of(*tool));
  return descriptors;
}

std::shared_ptr<const RegisteredTool> ToolDispatcher::get_tool(
    std::string_view namespaced_name) const {
  return impl_->registry.get_tool(namespaced_name);
}

void ToolDispatcher::execute_tool(ToolCall call, Reply<ToolExecutionResult> reply) {
  auto tool = impl_->registry.get_tool(call.tool);
  if (!tool) {
    impl_->counter->count({}, ErrorCode::tool_not_found, {});
    return reply(std::unexpected(tool::tool_not_found(impl_->registry, call.tool)));
  }

  const TimePoint now = impl_->options.loop->now();
  reply = impl_->concluding(tool, now, std::move(reply));
  call.deadline = impl_->deadline_of(*tool, call, now);
  if (call.cancellation.stop_requested()) return reply(std::unexpected(cancelled_error(*tool)));
  if (call.deadline->expired(now)) return reply(std::unexpected(expired_error(*tool)));
  if (auto foreseen = impl_->admission.foresee(*tool, call); !foreseen) {
    return reply(std::unexpected(std::move(foreseen.error())));
  }

  auto fitting = tool::check_parameters(*tool, std::move(call.parameters), impl_->options.log);
  if (!fitting) return reply(std::unexpected(std::move(fitting.error())));
  call.parameters = *std::move(fitting);

  impl_->log_call(call);
  impl_->run_in_turn(std::move(tool), std::move(call), std::move(reply));
}

Result<Done> ToolDispatcher::register_plugin_tools(std::string_view plugin_key,
                                                   const Manifest& manifest,
                                                   std::string_view uuid) {
  return impl_->registry.register_plugin(plugin_key, manifest, uuid, impl_->options.workers);
}

void ToolDispatcher::unregister_plugin_tools(std::string_view plugin_id) {
  impl_->registry.unregister_plugin(plugin_id);
}

std::size_t ToolDispatcher::tool_count(std::optional<std::string_view> plugin_id) const {
  return impl_->registry.tool_count(plugin_id);
}

AdmissionDiagnostics ToolDispatcher::admission(std::string_view plugin_key) const {
  return impl_->admission.diagnostics(plugin_key);
}

std::vector<AdmissionDiagnostics> ToolDispatcher::admissions() const {
  return impl_->admission.diagnostics();
}

std::vector<CallCounts> ToolDispatcher::call_counts() const {
  return impl_->counter->all();
}

ToolRegistry& ToolDispatcher::registry() {
  return impl_->registry;
}

}  // namespace collet
