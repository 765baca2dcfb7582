// For tests of the API: one plugin, "acme.x", whose lifecycle and workers record what is asked of
// them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "base/background_pool.hpp"
#include "base/virtual_loop.hpp"
#include "http/fake_outbound.hpp"
#include "process/fake_process.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"
#include "tool/fake_provider.hpp"

namespace collet::api {

/// A lifecycle of one plugin that records what is asked of it.
class FakeLifecycle final : public LifecycleManager {
 public:
  FakeLifecycle() {
    row.id = "0b5f3a52-9c1e-4f7a-8a51-0123456789ab";
    row.plugin_key = "acme.x";
    row.manifest_json = "{}";
    row.status = PluginStatus::ready;
  }

  void start(Reply<Done>) override {}
  void load(InstallRequest request, Reply<PluginRecord> reply) override {
    asked.push_back("load " + request.source);
    for (const auto& line : progress) {
      if (request.progress) request.progress(line);
    }
    answer("", std::move(reply));
  }
  void enable(std::string_view id, Reply<PluginRecord> reply) override {
    ask("enable", id, std::move(reply));
  }
  void disable(std::string_view id, std::string reason, Reply<PluginRecord> reply) override {
    ask("disable(" + reason + ")", id, std::move(reply));
  }
  void unload(std::string_view id, Uninstall how, Reply<PluginRecord> reply) override {
    ask(how == Uninstall::purge ? "purge" : "unload", id, std::move(reply));
  }
  void mark_error(std::string_view, std::string, Reply<PluginRecord>) override {}
  void mark_upgrade_pending(std::string_view, Reply<PluginRecord>) override {}
  void upgrade(std::string_view id, std::optional<std::string> version,
               Reply<PluginRecord> reply) override {
    ask("upgrade(" + version.value_or("newest") + ")", id, std::move(reply));
  }
  void restart_worker(std::string_view id, Reply<PluginRecord> reply) override {
    ask("restart", id, std::move(reply));
  }
  Result<PluginRecord> find(std::string_view id) const override {
    if (id == row.id || id == row.plugin_key) return row;
    return fail(ErrorCode::plugin_not_found, "Plugin not found");
  }
  std::vector<PluginRecord> list(std::optional<PluginStatus> status) const override {
    return !status || row.status == *status ? std::vector{row} : std::vector<PluginRecord>();
  }
  std::optional<PluginStatus> get_status(std::string_view) const override { return row.status; }
  bool can_transition(std::string_view, PluginStatus) const override { return true; }
  void report_worker(std::string_view, PluginEventType, std::string) override {}
  void stop(Reply<Done>) override {}
  SubscriptionId on(PluginEventType type, Handler handler) override {
    handlers.emplace_back(type, std::move(handler));
    return handlers.size();
  }
  void off(SubscriptionId) override {}
  void list_ready(Reply<std::vector<ReadyPlugin>> reply) override {
    reply(std::vector<ReadyPlugin>());
  }

  PluginRecord row;
  std::optional<Error> failure;
  std::vector<std::string> progress{"npm says \"hi\""};
  std::vector<std::string> asked;
  std::vector<std::pair<PluginEventType, Handler>> handlers;

 private:
  void ask(const std::string& what, std::string_view id, Reply<PluginRecord> reply) {
    asked.push_back(what + " " + std::string(id));
    answer(id, std::move(reply));
  }
  void answer(std::string_view, Reply<PluginRecord> reply) {
    failure ? reply(std::unexpected(*failure)) : reply(row);
  }
};

class FakeWorkers final : public WorkerManager {
 public:
  void start_worker(WorkerStart, Reply<Done>) override {}
  void expect_worker(std::string_view, std::string_view) override {}
  void stop_worker(std::string_view, AfterStop, Reply<Done>) override {}
  void forget_worker(std::string_view) override {}
  void kill_all() override {}
  std::optional<WorkerDiagnostics> get_worker(std::string_view) const override { return worker; }
  bool is_running(std::string_view) const override { return true; }
  void call(std::string_view, WorkerRequest request, Reply<std::string> reply) override {
    if (request.method == "health") return reply(health);
    asked.push_back(std::move(request));
    reply(answer);
  }
  void call(std::shared_ptr<const RegisteredTool>, ToolCall, Reply<ToolResult>) override {}
  std::vector<WorkerDiagnostics> diagnostics() const override { return {}; }
  void stop_all(Reply<Done>) override {}

  std::optional<WorkerDiagnostics> worker;
  Result<std::string> health = R"({"status":"ok"})";
  Result<std::string> answer = "null";  ///< to all other requests
  std::vector<WorkerRequest> asked;     ///< these
  /// Each with its parameters and its company.
  [[nodiscard]] std::vector<std::string> asked_texts() const {
    std::vector<std::string> texts;
    for (const auto& request : asked) {
      texts.push_back(request.method + request.params_json + " for " + request.company_id);
    }
    return texts;
  }
};

/// Keeps the one response, or what was streamed.
class Recorder final : public http::Responder::Channel {
 public:
  void send(http::Response given) override { response = std::move(given); }
  std::unique_ptr<http::Stream> stream(http::Response head) override {
    response = std::move(head);
    class Pieces final : public http::Stream {
     public:
      explicit Pieces(Recorder& to) : to_(to) {}
      bool write(std::string bytes) override {
        to_.response->body += bytes;
        return true;
      }
      void end() override { to_.response->body += "[end]"; }

     private:
      Recorder& to_;
    };
    return std::make_unique<Pieces>(*this);
  }
  std::optional<http::Response> response;
};

class ApiTest : public testing::Test {
 protected:
  ~ApiTest() override {
    provider->drop_all();
  }  // its calls hold their tools, and these the provider

  http::Response ask(std::string method, std::string target, std::string body = {},
                     std::vector<http::Header> headers = {}) {
    const auto recorder =
        post(std::move(method), std::move(target), std::move(body), std::move(headers));
    loop.run_ready();
    EXPECT_TRUE(recorder->response) << target;
    return recorder->response.value_or(http::Response{.status = 0});
  }
  std::shared_ptr<Recorder> post(std::string method, std::string target, std::string body = {},
                                 std::vector<http::Header> headers = {}) {
    const auto question = target.find('?');
    http::Request request{.method = std::move(method),
                          .path = target.substr(0, question),
                          .query = question == target.npos ? "" : target.substr(question + 1),
                          .headers = std::move(headers),
                          .body = std::move(body),
                          .closed = client.get_token()};
    const auto recorder = std::make_shared<Recorder>();
    // As the server does it, which has no body yet when it asks.
    auto head = request;
    head.body.clear();
    if (auto refused = api().admit(head)) {
      recorder->send(std::move(*refused));
    } else {
      api().handle(std::move(request), http::Responder(recorder));
    }
    return recorder;
  }
  Api& api() {
    if (!api_) {
      dispatcher.registry().register_plugin("acme.x", manifest, lifecycle.row.id, provider).value();
      api_.emplace(ApiOptions{.loop = loop,
                              .dispatcher = dispatcher,
                              .lifecycle = lifecycle,
                              .workers = workers,
                              .store = kept->plugins(),
                              .services = services(),
                              .wall_clock = [] { return WallTime{}; },
                              .operator_token = token,
                              .version = "9.9.9",
                              .ready = [this] { return ready; }});
    }
    return *api_;
  }

  services::Services& services() {
    if (!services_) {
      services_.emplace(services::ServicesContext{.loop = loop,
                                                  .store = *kept,
                                                  .entropy = *entropy,
                                                  .wall_clock = [] { return WallTime{}; },
                                                  .log = log,
                                                  .folder_work = work,
                                                  .database_work = work,
                                                  .data_dir = testing::TempDir() + "data",
                                                  .plugin_data_root = testing::TempDir(),
                                                  .background = background,
                                                  .spawner = spawner,
                                                  .outbound = outbound},
                        std::move(options));
      services_->attach(workers);
      services_->attach(lifecycle);
    }
    return *services_;
  }

  RecordingLogger log;  // what the loop has left to do may tell it something
  VirtualLoop loop;
  InlineBackgroundPool work{loop};
  InlineBackground background{loop};
  process::FakeSpawner spawner;
  http::FakeOutbound outbound;
  test::TemporaryFolder folder;
  /// Of the services, until the first request.
  services::ServicesOptions options{.secret_key_file = folder / "secrets.key"};
  std::unique_ptr<Store> kept = *make_memory_store(loop);
  PluginStore& store = kept->plugins();
  std::unique_ptr<Entropy> entropy = make_seeded_entropy(1);
  FakeLifecycle lifecycle;
  FakeWorkers workers;
  std::shared_ptr<tool::FakeProvider> provider = std::make_shared<tool::FakeProvider>();
  ToolDispatcher dispatcher{{.workers = provider, .loop = &loop}};
  Manifest manifest = tool::manifest_with({"t"});  ///< of the plugin, until the first request
  std::stop_source client;
  std::optional<std::string> token;
  bool ready = true;

 private:
  std::optional<services::Services> services_;
  std::optional<Api> api_;
};

}  // namespace collet::api
