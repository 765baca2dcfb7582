#include "worker/supervisor.hpp"

#include <fmt/format.h>

#include <map>

#include "base/ascii.hpp"
#include "base/join.hpp"
#include "worker/paperclip.hpp"
#include "worker/pool.hpp"

namespace collet::worker {
namespace {

class Supervisor final : public WorkerManager {
 public:
  explicit Supervisor(WorkerContext context) : context_(std::move(context)) {}

  void expect_worker(std::string_view plugin_id, std::string_view plugin_key) override {
    if (!stopping_) pool_of(plugin_id, plugin_key).expect();
  }

  void start_worker(WorkerStart start, Reply<Done> reply) override {
    if (stopping_) return reply(fail(ErrorCode::shutting_down, "the host is stopping"));
    auto& pool = pool_of(start.plugin_id, start.plugin_key);
    pool.start(std::move(start), std::move(reply));
  }

  void stop_worker(std::string_view plugin_id, AfterStop after, Reply<Done> reply) override {
    auto* pool = find(plugin_id);
    if (pool == nullptr) return reply(Done{});
    pool->stop(ErrorCode::worker_unavailable, stopping_ ? AfterStop::stay_stopped : after,
               std::move(reply));
  }

  std::optional<WorkerDiagnostics> get_worker(std::string_view plugin_id) const override {
    const auto* pool = find(plugin_id);
    if (pool == nullptr) return std::nullopt;
    return pool->diagnostics();
  }

  bool is_running(std::string_view plugin_id) const override {
    const auto* pool = find(plugin_id);
    return pool != nullptr && pool->status() == WorkerStatus::running;
  }

  void call(std::string_view plugin_id, WorkerRequest request, Reply<std::string> reply) override {
    auto what = fmt::format("\"{}\"", request.method);
    auto* pool = find(plugin_id);
    auto* worker = pool == nullptr    ? nullptr
                   : request.instance ? pool->instance(*request.instance)
                                      : &pool->choose();
    if (worker == nullptr) return reply(not_running(what, plugin_id));
    worker->call(std::move(what), request, std::move(reply));
  }

  void call(std::shared_ptr<const RegisteredTool> tool, ToolCall call,
            Reply<ToolResult> reply) override {
    if (context_.loop.on_loop()) return execute(*tool, call, std::move(reply));
    context_.loop.post(
        [this, tool = std::move(tool), call = std::move(call), reply = std::move(reply)]() mutable {
          execute(*tool, call, std::move(reply));
        });
  }

  std::vector<WorkerDiagnostics> diagnostics() const override {
    std::vector<WorkerDiagnostics> all;
    for (const auto& [id, pool] : pools_) all.push_back(pool->diagnostics());
    return all;
  }

  void stop_all(Reply<Done> reply) override {
    stopping_ = true;
    const Join all(std::move(reply));
    for (auto& [id, pool] : pools_)
      pool->stop(ErrorCode::shutting_down, AfterStop::stay_stopped, all.one());
  }

  void forget_worker(std::string_view plugin_id) override {
    auto* pool = find(plugin_id);
    if (pool == nullptr) return;
    ids_by_key_.erase(pool->identity().plugin_key);
    // Posted, because a worker may be in the middle of telling that it stopped.
    context_.loop.post([this, id = ascii_lower(pool->identity().plugin_id)] {
      const auto found = pools_.find(id);
      if (found != pools_.end() && found->second->status() == WorkerStatus::stopped)
        pools_.erase(found);
    });
  }

  void kill_all() override {
    for (auto& [id, pool] : pools_) pool->kill_now();
  }

 private:
  static std::unexpected<Error> not_running(const std::string& what, std::string_view plugin) {
    return fail(
        ErrorCode::worker_unavailable,
        fmt::format("Cannot execute {}: the worker of plugin \"{}\" is not running", what, plugin),
        fmt::format("see `collet plugin show {}`", plugin));
  }

  void execute(const RegisteredTool& tool, const ToolCall& call, Reply<ToolResult> reply) {
    if (stopping_) return reply(fail(ErrorCode::shutting_down, "the host is stopping"));
    auto what = fmt::format("\"{}\"", tool.namespaced_name);
    auto* pool = find(tool.plugin_db_id);
    if (pool == nullptr) return reply(not_running(what, tool.plugin_id));
    auto& worker = pool->choose();
    const bool kill_on_timeout = tool.plugin_settings.on_timeout == OnTimeout::kill;
    worker.call(
        std::move(what),
        {.method = "executeTool",
         .params_json =
             paperclip::execute_tool_params(tool.name, call.parameters.text(), call.context),
         .company_id = call.context.company_id,
         .deadline = call.deadline.value_or(Deadline::never()),
         .cancellation = call.cancellation},
        Reply<std::string>([&worker, kill_on_timeout,
                            reply = std::move(reply)](Result<std::string> outcome) mutable {
          if (!outcome) {
            // Only the worker itself says so, so it is there. First: the answer lets the next call
            // begin, which must not come to this one.
            if (outcome.error().code == ErrorCode::timeout && kill_on_timeout)
              worker.kill("passed the deadline of a call and its plugin asks for that (onTimeout)");
            return reply(std::unexpected(std::move(outcome.error())));
          }
          reply(ToolResult{std::move(*outcome)});
        }));
  }

  Pool& pool_of(std::string_view plugin_id, std::string_view plugin_key) {
    auto id = ascii_lower(plugin_id);
    ids_by_key_.insert_or_assign(std::string(plugin_key), id);
    auto& pool = pools_[id];
    if (!pool)
      pool = std::make_unique<Pool>(
          context_, WorkerIdentity{std::string(plugin_id), std::string(plugin_key)});
    return *pool;
  }

  // A key or a UUID in any case. Tool calls bring the UUID as it is stored, which is found at once.
  Pool* find(std::string_view plugin_id) const {
    auto found = pools_.find(plugin_id);
    if (found == pools_.end()) {
      const auto by_key = ids_by_key_.find(plugin_id);
      found = pools_.find(by_key != ids_by_key_.end() ? by_key->second : ascii_lower(plugin_id));
    }
    return found == pools_.end() ? nullptr : found->second.get();
  }

  const WorkerContext context_;
  std::map<std::string, std::unique_ptr<Pool>, std::less<>> pools_;  // by UUID in lower case
  std::map<std::string, std::string, std::less<>> ids_by_key_;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<WorkerManager> make_worker_manager(WorkerContext context) {
  return std::make_unique<Supervisor>(std::move(context));
}

}  // namespace collet::worker
