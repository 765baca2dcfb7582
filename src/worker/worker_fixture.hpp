// For tests of workers: a manager over fake processes in virtual time.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/entropy.hpp"
#include "base/virtual_loop.hpp"
#include "process/fake_process.hpp"
#include "worker/supervisor.hpp"

namespace collet::worker {

/// Answers `log` at once and keeps everything else for the test.
class FakeServices final : public HostServices {
 public:
  void request(const HostCall& call, Reply<std::string> reply) override {
    requests.push_back(text_of(call));
    replies.push_back(std::move(reply));
  }
  void notify(const HostCall& call) override { notifications.push_back(text_of(call)); }
  void started(const WorkerIdentity& worker) override {
    runs.push_back("started " + std::to_string(worker.instance));
    if (on_started) on_started();
  }
  [[nodiscard]] LogUse log_use(const WorkerIdentity&) const override { return log; }
  void ended(const WorkerIdentity& worker) override {
    runs.push_back("ended " + std::to_string(worker.instance));
  }

  /// "acme.x log {}", with " for company" where it names a call that runs, and " for ?" where it
  /// names another.
  static std::string text_of(const HostCall& call) {
    auto text =
        call.worker.plugin_key + " " + std::string(call.method) + " " + json::compact(call.params);
    if (!call.invocation_id) return text;
    return text + " for " +
           std::string(call.invocations.company_of(*call.invocation_id).value_or("?"));
  }

  std::function<void()> on_started;
  std::vector<std::string> runs;
  std::vector<std::string> requests, notifications;
  LogUse log;
  std::vector<Reply<std::string>> replies;
};

/// Always in the middle: no jitter (see backoff_delay).
class MiddleEntropy final : public Entropy {
 public:
  std::uint64_t next() override { return 250; }
};

inline constexpr auto k_uuid = "0b5f3a52-9c1e-4f7a-8a51-0123456789ab";
inline constexpr auto k_initialized =
    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"ok\":true,\"supportedMethods\":[\"health\"]}}\n";

/// The plugin "acme.x", whose tool is "t".
class WorkerTest : public testing::Test {
 protected:
  WorkerTest() {
    policy.drain_grace = {};  // most stops here do not wait for calls
    manifest.id = "acme.x";
    manifest.json = R"({"id":"acme.x"})";
  }

  ~WorkerTest() override {
    workers_.reset();
    std::filesystem::remove_all(data_root_);
  }

  Reply<Done> record_start() {
    return Reply<Done>(
        [this](Result<Done> outcome) { started = outcome ? "started" : outcome.error().message; });
  }
  Reply<Done> record_stop() {
    return Reply<Done>([this](Result<Done>) { ++stops; });
  }
  Reply<ToolResult> record() {
    return Reply<ToolResult>([this](Result<ToolResult> outcome) {
      answers.push_back(outcome ? outcome->json
                                : std::string(describe(outcome.error().code).name) + ": " +
                                      outcome.error().message);
      if (!outcome) last_error = outcome.error();
    });
  }

  void start() {
    workers().start_worker({.plugin_id = k_uuid,
                            .plugin_key = "acme.x",
                            .manifest = std::make_shared<Manifest>(manifest),
                            .package_root = "/p",
                            .entrypoint = "/p/w"},
                           record_start());
  }
  void start_and_initialize() {
    start();
    ASSERT_FALSE(spawner.processes.empty());
    spawner.last().emit_stdout(k_initialized);
    ASSERT_EQ(started, "started");
    (void)spawner.last().take_written();
  }
  void call(Clock::duration timeout = std::chrono::seconds(30), std::stop_token cancellation = {}) {
    auto tool = std::make_shared<RegisteredTool>();
    tool->plugin_id = "acme.x";
    tool->plugin_db_id = k_uuid;
    tool->name = "t";
    tool->namespaced_name = "acme.x:t";
    tool->plugin_settings.on_timeout = on_timeout;
    workers().call(std::move(tool),
                   ToolCall{.tool = "acme.x:t",
                            .parameters = *Json::parse(R"({"n": 1.0})"),
                            .context = {},
                            .deadline = Deadline::after(loop.now(), timeout),
                            .cancellation = std::move(cancellation)},
                   record());
  }
  // Restarts need a second answer to `initialize`, whose id has counted on.
  void answer_initialize() {
    const auto written = spawner.last().take_written();
    const auto id =
        written.substr(sizeof R"({"jsonrpc":"2.0","id":)" - 1,
                       written.find(",\"method\"") - sizeof R"({"jsonrpc":"2.0","id":)" + 1);
    spawner.last().emit_stdout("{\"jsonrpc\":\"2.0\",\"id\":" + id +
                               ",\"result\":{\"ok\":true}}\n");
  }

  WorkerManager& workers() {
    if (!workers_) {
      workers_ = make_worker_manager(
          {.loop = loop,
           .spawner = spawner,
           .services = services,
           .log = log,
           .entropy = entropy,
           .wall_clock = [] { return WallTime{}; },
           .launch = {.plugin_data_root = data_root_},
           .policy = policy,
           .on_stderr_line = [this](const WorkerIdentity&,
                                    std::string_view line) { stderr_lines.emplace_back(line); },
           .on_status =
               [this](const WorkerIdentity&, WorkerStatus status, std::string_view) {
                 statuses.push_back(std::string(to_string(status)));
               }});
    }
    return *workers_;
  }
  WorkerStatus status() { return workers().get_worker("acme.x")->status; }

  VirtualLoop loop;
  process::FakeSpawner spawner;
  FakeServices services;
  RecordingLogger log;
  MiddleEntropy entropy;
  WorkerPolicy policy;
  Manifest manifest;
  std::optional<OnTimeout> on_timeout;
  std::string started;
  int stops = 0;
  std::vector<std::string> answers, stderr_lines, statuses;
  Error last_error;

 private:
  std::filesystem::path data_root_ = std::filesystem::path(testing::TempDir()) /
                                     ("collet-worker-test-" + make_uuid(*make_system_entropy()));
  std::unique_ptr<WorkerManager> workers_;
};

}  // namespace collet::worker
