#include "worker/supervisor.hpp"

#include <fmt/format.h>

#include <map>

#include "base/ascii.hpp"
#include "base/join.hpp"
#include "worker/paperclip.hpp"

namespace collet::worker {
namespace {

class Supervisor final : public WorkerManager {
 public:
  explicit Supervisor(WorkerContext context) : context_(std::move(context)) {}

  void expect_worker(std::string_view plugin_id, std::string_view plugin_key) override {
    if (!stopping_) worker_of(plugin_id, plugin_key).expect();
  }

  void start_worker(WorkerStart start, Reply<Done> reply) override {
    if (stopping_) return reply(fail(ErrorCode::shutting_down, "the host is stopping"));
    auto& worker = worker_of(start.plugin_id, start.plugin_key);
    worker.start(std::move(start), std::move(reply));
  }

  void stop_worker(std::string_view plugin_id, AfterStop after, Reply<Done> reply) override {
    auto* worker = find(plugin_id);
    if (worker == nullptr) return reply(Done{});
    worker->stop(ErrorCode::worker_unavailable, stopping_ ? AfterStop::stay_stopped : after,
                 std::move(reply));
  }

  std::optional<WorkerDiagnostics> get_worker(std::string_view plugin_id) const override {
    const auto* worker = find(plugin_id);
    if (worker == nullptr) return std::nullopt;
    return worker->diagnostics();
  }

  bool is_running(std::string_view plugin_id) const override {
    const auto* worker = find(plugin_id);
    return worker != nullptr && worker->status() == WorkerStatus::running;
  }

  void call(std::string_view plugin_id, std::string_view method, std::string params_json,
            Deadline deadline, Reply<std::string> reply) override {
    auto* worker = find(plugin_id);
    if (worker == nullptr) return reply(not_running(fmt::format("\"{}\"", method), plugin_id));
    worker->call(fmt::format("\"{}\"", method), method, params_json, {}, deadline, {},
                 std::move(reply));
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
    for (const auto& [id, worker] : workers_) all.push_back(worker->diagnostics());
    return all;
  }

  void stop_all(Reply<Done> reply) override {
    stopping_ = true;
    const Join all(std::move(reply));
    for (auto& [id, worker] : workers_)
      worker->stop(ErrorCode::shutting_down, AfterStop::stay_stopped, all.one());
  }

  void forget_worker(std::string_view plugin_id) override {
    auto* worker = find(plugin_id);
    if (worker == nullptr) return;
    ids_by_key_.erase(worker->identity().plugin_key);
    // Posted, because the worker may be in the middle of telling that it stopped.
    context_.loop.post([this, id = ascii_lower(worker->identity().plugin_id)] {
      const auto found = workers_.find(id);
      if (found != workers_.end() && found->second->status() == WorkerStatus::stopped)
        workers_.erase(found);
    });
  }

  void kill_all() override {
    for (auto& [id, worker] : workers_) worker->kill_now();
  }

 private:
  static std::unexpected<Error> not_running(const std::string& what, std::string_view plugin) {
    return fail(
        ErrorCode::worker_unavailable,
        fmt::format("Cannot execute {}: the worker of plugin \"{}\" is not running", what, plugin),
        fmt::format("see `collet plugin show {}`", plugin));
  }

  void execute(const RegisteredTool& tool, const ToolCall& call, Reply<ToolResult> reply) {
    auto what = fmt::format("\"{}\"", tool.namespaced_name);
    auto* worker = find(tool.plugin_db_id);
    if (worker == nullptr) return reply(not_running(what, tool.plugin_id));
    const bool kill_on_timeout = tool.plugin_settings.on_timeout == OnTimeout::kill;
    worker->call(
        std::move(what), "executeTool",
        paperclip::execute_tool_params(tool.name, call.parameters.text(), call.context),
        paperclip::invocation_member(make_uuid(context_.entropy), call.context.company_id),
        call.deadline.value_or(Deadline::never()), call.cancellation,
        Reply<std::string>([this, kill_on_timeout, id = tool.plugin_db_id,
                            reply = std::move(reply)](Result<std::string> outcome) mutable {
          if (!outcome) {
            const bool timed_out = outcome.error().code == ErrorCode::timeout;
            reply(std::unexpected(std::move(outcome.error())));
            if (timed_out && kill_on_timeout) kill(id);
            return;
          }
          reply(ToolResult{std::move(*outcome)});
        }));
  }

  void kill(std::string_view plugin_id) {
    if (auto* worker = find(plugin_id))
      worker->kill("passed the deadline of a call and its plugin asks for that (onTimeout)");
  }

  Worker& worker_of(std::string_view plugin_id, std::string_view plugin_key) {
    auto id = ascii_lower(plugin_id);
    ids_by_key_.insert_or_assign(std::string(plugin_key), id);
    auto& worker = workers_[id];
    if (!worker)
      worker = std::make_unique<Worker>(
          context_, WorkerIdentity{std::string(plugin_id), std::string(plugin_key)});
    return *worker;
  }

  // A key or a UUID in any case. Tool calls bring the UUID as it is stored, which is found at once.
  Worker* find(std::string_view plugin_id) const {
    auto found = workers_.find(plugin_id);
    if (found == workers_.end()) {
      const auto by_key = ids_by_key_.find(plugin_id);
      found = workers_.find(by_key != ids_by_key_.end() ? by_key->second : ascii_lower(plugin_id));
    }
    return found == workers_.end() ? nullptr : found->second.get();
  }

  const WorkerContext context_;
  std::map<std::string, std::unique_ptr<Worker>, std::less<>> workers_;  // by UUID in lower case
  std::map<std::string, std::string, std::less<>> ids_by_key_;
  bool stopping_ = false;
};

}  // namespace

std::unique_ptr<WorkerManager> make_worker_manager(WorkerContext context) {
  return std::make_unique<Supervisor>(std::move(context));
}

}  // namespace collet::worker
