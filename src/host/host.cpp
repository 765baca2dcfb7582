#include "collet/host.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "host/host_parts.hpp"

namespace collet {

struct Host::Impl {
  std::unique_ptr<HostParts> parts;
  std::thread thread;  // the loop's
  std::once_flag stop_once;

  Mutex mutex;
  std::condition_variable_any nobody_inside;
  bool stopped GUARDED_BY(mutex) = false;
  std::size_t inside GUARDED_BY(mutex) = 0;  // threads that are asking something right now
  // Functions of the embedding program. The registry owns them; one that was replaced goes with its
  // last call.
  std::vector<std::weak_ptr<FunctionToolProvider>> functions GUARDED_BY(mutex);

  // Lets a thread in until the host stops, which waits for those inside: whatever is asked is asked
  // before the loop ends.
  class Entry {
   public:
    explicit Entry(Impl& impl) : impl_(impl) {
      const Lock lock(impl_.mutex);
      open_ = !impl_.stopped;
      if (open_) ++impl_.inside;
    }
    ~Entry() {
      if (!open_) return;
      const Lock lock(impl_.mutex);
      if (--impl_.inside == 0) impl_.nobody_inside.notify_all();
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    explicit operator bool() const { return open_; }

   private:
    Impl& impl_;
    bool open_ = false;
  };

  // Runs `start` on the loop and waits for what it answers. Not from the loop's thread.
  template <class T, class Start>
  Result<T> wait(Start start) {
    std::promise<Result<T>> answer;
    auto future = answer.get_future();
    Reply<T> reply([&answer](Result<T> outcome) { answer.set_value(std::move(outcome)); });
    parts->loop.post([&start, reply = std::move(reply)]() mutable { start(std::move(reply)); });
    return future.get();
  }

  // The same for everybody who may come too late, or from the wrong place.
  template <class T, class Start>
  Result<T> ask(Start start) {
    const Entry entry(*this);
    if (!entry) return too_late();
    if (parts->loop.on_loop()) return from_a_callback();
    return wait<T>(std::move(start));
  }

  void stop_functions() {
    std::vector<std::weak_ptr<FunctionToolProvider>> taken;
    {
      const Lock lock(mutex);
      taken = std::move(functions);
    }
    for (const auto& weak : taken) {
      if (const auto provider = weak.lock()) provider->stop();
    }
  }

  static std::unexpected<Error> from_a_callback() {
    return fail(ErrorCode::invalid_request,
                "a callback of the host asks the host and would wait for itself",
                "use the form of the call that takes a callback, or another thread");
  }
  static std::unexpected<Error> too_late() {
    return fail(ErrorCode::shutting_down, "the host is stopped");
  }
};

Host::Host() : impl_(std::make_unique<Impl>()) {}

Result<std::unique_ptr<Host>> Host::start(HostOptions options) {
  auto parts = HostParts::make(std::move(options));
  if (!parts) return std::unexpected(std::move(parts.error()));
  std::unique_ptr<Host> host(new Host());
  auto& impl = *host->impl_;
  impl.parts = std::move(*parts);
  impl.thread = std::thread([&loop = impl.parts->loop] { loop.run(); });
  auto started =
      impl.wait<Done>([&](Reply<Done> reply) { impl.parts->start_up(std::move(reply)); });
  if (!started) return std::unexpected(std::move(started.error()));
  return host;
}

Host::~Host() {
  stop();
}

void Host::stop() {
  std::call_once(impl_->stop_once, [this] {
    {
      const Lock lock(impl_->mutex);
      impl_->stopped = true;
    }
    impl_->stop_functions();
    (void)impl_->wait<Done>(
        [this](Reply<Done> reply) { impl_->parts->shut_down(std::move(reply)); });
    {
      std::unique_lock lock(impl_->mutex);
      impl_->nobody_inside.wait(lock, [this] { return impl_->inside == 0; });
    }
    impl_->stop_functions();  // those that were being registered
    // Tasks run in order: what was asked before this is answered before the loop ends.
    impl_->parts->loop.post([&loop = impl_->parts->loop] { loop.stop(); });
    impl_->thread.join();
  });
}

void Host::kill_workers() {
  // Also while `stop` is under way. A loop that has ended already has no workers, and nobody to say
  // so.
  constexpr auto patience = std::chrono::milliseconds(500);
  const auto killed = std::make_shared<std::promise<void>>();
  auto done = killed->get_future();
  impl_->parts->loop.post([this, killed] {
    impl_->parts->workers->kill_all();
    killed->set_value();
  });
  (void)done.wait_for(patience);
}

Result<Done> Host::register_functions(std::string_view plugin_key,
                                      std::vector<FunctionTool> tools) {
  const Impl::Entry entry(*impl_);
  if (!entry) return Impl::too_late();
  auto& parts = *impl_->parts;
  for (const auto& tool :
       parts.dispatcher->registry().list_tools({.plugin_id = std::string(plugin_key)})) {
    if (tool->provider == parts.workers) {
      return fail(ErrorCode::invalid_request,
                  "a plugin with the key \"" + std::string(plugin_key) + "\" is installed",
                  "choose another key");
    }
  }
  auto provider =
      register_function_tools(parts.dispatcher->registry(), parts.loop, plugin_key,
                              std::move(tools), {.threads = parts.options.function_threads});
  if (!provider) return std::unexpected(std::move(provider.error()));
  const Lock lock(impl_->mutex);
  std::erase_if(impl_->functions, [](const auto& weak) { return weak.expired(); });
  impl_->functions.push_back(*provider);
  return Done{};
}

Result<PluginRecord> Host::install(InstallRequest request) {
  return impl_->ask<PluginRecord>([&](Reply<PluginRecord> reply) {
    impl_->parts->lifecycle->load(std::move(request), std::move(reply));
  });
}

std::vector<PluginRecord> Host::plugins() {
  auto rows = impl_->ask<std::vector<PluginRecord>>([&](Reply<std::vector<PluginRecord>> reply) {
    auto all = impl_->parts->lifecycle->list();
    std::erase_if(all,
                  [](const PluginRecord& row) { return row.status == PluginStatus::uninstalled; });
    reply(std::move(all));
  });
  return rows ? std::move(*rows) : std::vector<PluginRecord>();
}

Result<PluginRecord> Host::enable(std::string_view plugin_id) {
  return impl_->ask<PluginRecord>([&](Reply<PluginRecord> reply) {
    impl_->parts->lifecycle->enable(plugin_id, std::move(reply));
  });
}

Result<PluginRecord> Host::disable(std::string_view plugin_id) {
  return impl_->ask<PluginRecord>([&](Reply<PluginRecord> reply) {
    impl_->parts->lifecycle->disable(plugin_id, {}, std::move(reply));
  });
}

Result<PluginRecord> Host::uninstall(std::string_view plugin_id, Uninstall how) {
  return impl_->ask<PluginRecord>([&](Reply<PluginRecord> reply) {
    impl_->parts->lifecycle->unload(plugin_id, how, std::move(reply));
  });
}

Result<PluginRecord> Host::restart(std::string_view plugin_id) {
  return impl_->ask<PluginRecord>([&](Reply<PluginRecord> reply) {
    impl_->parts->lifecycle->restart_worker(plugin_id, std::move(reply));
  });
}

Result<PluginRecord> Host::upgrade(std::string_view plugin_id, std::optional<std::string> version) {
  return impl_->ask<PluginRecord>([&](Reply<PluginRecord> reply) {
    impl_->parts->lifecycle->upgrade(plugin_id, std::move(version), std::move(reply));
  });
}

Result<Done> Host::with_managers(
    const std::function<void(LifecycleManager&, WorkerManager&, PluginStore&)>& use) {
  return impl_->ask<Done>([&](Reply<Done> reply) {
    use(*impl_->parts->lifecycle, *impl_->parts->workers, impl_->parts->store->plugins());
    reply(Done{});
  });
}

std::vector<AgentToolDescriptor> Host::list_tools(const ToolListFilter& filter) {
  return impl_->parts->dispatcher->list_tools_for_agent(filter);
}

void Host::call(std::string_view tool, std::string_view parameters_json, CallOptions options,
                std::move_only_function<void(Result<ToolExecutionResult>)> done) {
  Reply<ToolExecutionResult> reply(std::move(done));
  const Impl::Entry entry(*impl_);
  if (!entry) return reply(Impl::too_late());
  auto parameters = Json::parse(std::string(parameters_json));
  if (!parameters) return reply(std::unexpected(std::move(parameters.error())));
  ToolCall call{.tool = std::string(tool),
                .parameters = std::move(*parameters),
                .context = std::move(options.context),
                .cancellation = std::move(options.cancellation)};
  if (options.timeout) call.deadline = Deadline::after(impl_->parts->loop.now(), *options.timeout);
  impl_->parts->dispatcher->execute_tool(std::move(call), std::move(reply));
}

Result<ToolExecutionResult> Host::call(std::string_view tool, std::string_view parameters_json,
                                       CallOptions options) {
  if (impl_->parts->loop.on_loop()) return Impl::from_a_callback();
  std::promise<Result<ToolExecutionResult>> answer;
  auto future = answer.get_future();
  call(tool, parameters_json, std::move(options),
       [&answer](Result<ToolExecutionResult> outcome) { answer.set_value(std::move(outcome)); });
  return future.get();
}

bool Host::CallAwaitable::await_suspend(std::coroutine_handle<> caller) {
  auto& impl = *host_.impl_;
  const Impl::Entry entry(impl);
  if (!entry) {
    outcome_ = Impl::too_late();
    return false;
  }
  // Posted, so that an answer given at once finds the coroutine suspended.
  impl.parts->loop.post([this, caller] {
    host_.call(tool_, parameters_, std::move(options_),
               [this, caller](Result<ToolExecutionResult> outcome) {
                 outcome_ = std::move(outcome);
                 caller.resume();
               });
  });
  return true;
}

ToolDispatcher& Host::dispatcher() {
  return *impl_->parts->dispatcher;
}

std::uint16_t Host::http_port() const {
  return impl_->parts->port;
}

}  // namespace collet
