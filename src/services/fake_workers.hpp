// For tests of services that call workers, or hear of plugins.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collet/plugin_events.hpp"
#include "collet/worker_manager.hpp"

namespace collet::services {

/// Keeps the calls until the test answers them; one that passes its deadline is the test's to end.
class FakeWorkers final : public WorkerManager {
 public:
  struct Call {
    std::string plugin_id;
    WorkerRequest request;
    Reply<std::string> reply;
  };

  void call(std::string_view plugin_id, WorkerRequest request, Reply<std::string> reply) override {
    if (refusal) return reply(std::unexpected(*refusal));
    calls.push_back({std::string(plugin_id), std::move(request), std::move(reply)});
  }
  /// Answers the oldest call.
  void answer(Result<std::string> outcome = std::string("null")) {
    auto call = std::move(calls.front());
    calls.erase(calls.begin());
    call.reply(std::move(outcome));
  }
  [[nodiscard]] const WorkerRequest& last() const { return calls.back().request; }

  std::optional<Error> refusal;  ///< what every call fails with at once
  std::vector<Call> calls;       ///< those that are not answered

  void start_worker(WorkerStart, Reply<Done>) override {}
  void expect_worker(std::string_view, std::string_view) override {}
  void stop_worker(std::string_view, AfterStop, Reply<Done>) override {}
  void forget_worker(std::string_view) override {}
  void kill_all() override {}
  std::optional<WorkerDiagnostics> get_worker(std::string_view) const override { return {}; }
  bool is_running(std::string_view) const override { return true; }
  void call(std::shared_ptr<const RegisteredTool>, ToolCall, Reply<ToolResult>) override {}
  std::vector<WorkerDiagnostics> diagnostics() const override { return {}; }
  void stop_all(Reply<Done>) override {}
};

/// Tells subscribers what the test says.
class FakeEvents final : public PluginEvents {
 public:
  SubscriptionId on(PluginEventType type, Handler handler) override {
    handlers_.emplace_back(type, std::move(handler));
    return handlers_.size();
  }
  void off(SubscriptionId) override {}
  void tell(PluginEventType type, std::string plugin_id, std::string_view manifest_json = "{}") {
    Manifest manifest;
    manifest.json = manifest_json;
    const PluginEvent event{.type = type,
                            .plugin_id = std::move(plugin_id),
                            .plugin_key = "acme.x",
                            .manifest = std::make_shared<const Manifest>(std::move(manifest))};
    for (const auto& [wanted, handler] : handlers_) {
      if (wanted == type) handler(event);
    }
  }

 private:
  std::vector<std::pair<PluginEventType, Handler>> handlers_;
};

}  // namespace collet::services
