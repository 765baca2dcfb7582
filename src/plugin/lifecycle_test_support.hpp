// The lifecycle with everything around it played by the test, in virtual time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/virtual_loop.hpp"
#include "plugin/lifecycle_manager.hpp"
#include "store/memory_store.hpp"

namespace collet::test {

/// Workers that start and stop when the test says so; at once, unless held.
class FakeWorkers final : public WorkerManager {
 public:
  explicit FakeWorkers(Loop& loop) : loop_(loop) {}

  enum class Pace { at_once, held } pace = Pace::at_once;  ///< of starts
  Pace stop_pace = Pace::at_once;
  std::map<std::string, Error> failures;  ///< by plugin key: what its next starts answer
  /// "start acme.a 1.0.0", "stop acme.a", "stop acme.a, it starts again", "stop nothing",
  /// "expect acme.a", "forget <UUID>"
  std::vector<std::string> log;
  std::map<std::string, WorkerStart> running;  ///< by UUID
  std::set<std::string> expected;              ///< UUIDs whose calls wait for a start
  std::vector<std::pair<WorkerStart, Reply<Done>>> held;
  std::vector<Reply<Done>> held_stops;
  std::size_t most_held = 0;

  void expect_worker(std::string_view plugin_id, std::string_view plugin_key) override {
    log.push_back("expect " + std::string(plugin_key));
    expected.insert(std::string(plugin_id));
  }
  void start_worker(WorkerStart start, Reply<Done> reply) override {
    log.push_back("start " + start.plugin_key + " " + start.manifest->version);
    if (pace == Pace::held) {
      held.emplace_back(std::move(start), std::move(reply));
      most_held = std::max(most_held, held.size());
      return;
    }
    finish(std::move(start), std::move(reply));
  }
  /// Lets the start that was asked for first go on.
  void release() {
    auto [start, reply] = std::move(held.front());
    held.erase(held.begin());
    finish(std::move(start), std::move(reply));
  }

  void stop_worker(std::string_view plugin_id, AfterStop after, Reply<Done> reply) override {
    const std::string id(plugin_id);
    const auto found = running.find(id);
    const bool starts_again = after == AfterStop::expect_start;
    log.push_back("stop " + (found == running.end() ? "nothing" : found->second.plugin_key) +
                  (starts_again ? ", it starts again" : ""));
    running.erase(id);
    if (starts_again) {
      expected.insert(id);
    } else {
      expected.erase(id);
    }
    held_stops.push_back(std::move(reply));
    if (stop_pace == Pace::at_once) release_stops();
  }
  /// Lets every stop that was asked for come to its end.
  void release_stops() {
    for (auto& stop : std::exchange(held_stops, {})) {
      loop_.post([reply = std::move(stop)]() mutable { reply(Done{}); });
    }
  }
  void kill_all() override {}
  void forget_worker(std::string_view plugin_id) override {
    log.push_back("forget " + std::string(plugin_id));
  }

  [[nodiscard]] std::optional<WorkerDiagnostics> get_worker(std::string_view) const override {
    return std::nullopt;
  }
  [[nodiscard]] bool is_running(std::string_view plugin_id) const override {
    return running.contains(std::string(plugin_id));
  }
  void call(std::string_view, WorkerRequest, Reply<std::string> reply) override {
    reply(fail(ErrorCode::internal_error, "no calls in these tests"));
  }
  void call(std::shared_ptr<const RegisteredTool>, ToolCall, Reply<ToolResult> reply) override {
    reply(fail(ErrorCode::internal_error, "no calls in these tests"));
  }
  [[nodiscard]] std::vector<WorkerDiagnostics> diagnostics() const override { return {}; }
  void stop_all(Reply<Done> reply) override { reply(Done{}); }

 private:
  /// Either way nobody waits any more.
  void finish(WorkerStart start, Reply<Done> reply) {
    expected.erase(start.plugin_id);
    const auto failure = failures.find(start.plugin_key);
    if (failure != failures.end()) {
      loop_.post([reply = std::move(reply), error = failure->second]() mutable {
        reply(std::unexpected(error));
      });
      return;
    }
    running[start.plugin_id] = std::move(start);
    loop_.post([reply = std::move(reply)]() mutable { reply(Done{}); });
  }

  Loop& loop_;
};

/// A manifest as the packages of these tests have it.
inline Manifest make_manifest(const std::string& id, const std::string& version,
                              const std::vector<std::string>& more_capabilities = {}) {
  std::string capabilities = R"("agent.tools.register")";
  for (const auto& capability : more_capabilities) capabilities += ",\"" + capability + "\"";
  return parse_manifest(R"({"id":")" + id + R"(","apiVersion":1,"version":")" + version +
                        R"(","displayName":"A","description":"d","author":"a",)"
                        R"("categories":["automation"],"capabilities":[)" +
                        capabilities +
                        R"(],"entrypoints":{"worker":"w"},"tools":[{"name":"t","displayName":"T",)"
                        R"("description":"d","parametersSchema":{}}]})")
      .value();
}

/// Packages that lie in memory: by root, and what fetching a source leads to.
class FakePackages final : public plugin::PackageSource {
 public:
  explicit FakePackages(Loop& loop) : loop_(loop) {}

  std::map<std::string, Result<plugin::Package>> at;   ///< by root
  std::map<std::string, Result<std::string>> sources;  ///< "name" or "name@version" → root
  std::vector<std::string> discarded;
  std::set<std::string> on_disk;  ///< roots that were fetched from npm and not discarded since
  int stops = 0;
  std::vector<std::string> fetched;
  int fetching = 0;
  int most_fetching = 0;
  std::vector<std::vector<std::filesystem::path>> sweeps;  ///< the roots that each was to leave

  /// A package at `root` that a fetch of `source` finds.
  void put(const std::string& source, const std::string& root, Manifest manifest) {
    plugin::Package package{.root = root,
                            .name = "pkg-" + manifest.id,
                            .manifest = std::move(manifest),
                            .worker = std::filesystem::path(root) / "w"};
    at.insert_or_assign(root, std::move(package));
    sources.insert_or_assign(source, root);
  }

  void fetch(InstallRequest request, Reply<std::filesystem::path> reply) override {
    const auto source = request.version ? request.source + "@" + *request.version : request.source;
    fetched.push_back(source);
    const auto found = sources.find(source);
    Result<std::filesystem::path> outcome =
        fail(ErrorCode::install_failed, "no such package: " + source);
    if (found != sources.end() && found->second) outcome = std::filesystem::path(*found->second);
    if (found != sources.end() && !found->second) outcome = std::unexpected(found->second.error());
    most_fetching = std::max(most_fetching, ++fetching);
    loop_.post([this, reply = std::move(reply), outcome]() mutable {
      --fetching;
      if (outcome && kind_of(*outcome) == InstallRequest::Kind::npm) {
        on_disk.insert(outcome->native());
      }
      reply(outcome);
    });
  }
  void read(std::filesystem::path root, Reply<plugin::Package> reply) override {
    const auto found = at.find(root.native());
    Result<plugin::Package> outcome =
        found != at.end()
            ? found->second
            : fail(ErrorCode::install_failed, "Package root not found: " + root.native());
    loop_.post([reply = std::move(reply), outcome]() mutable { reply(outcome); });
  }
  [[nodiscard]] InstallRequest::Kind kind_of(const std::filesystem::path& root) const override {
    return root.native().starts_with("/npm/") ? InstallRequest::Kind::npm
                                              : InstallRequest::Kind::folder;
  }
  void stop() override { ++stops; }
  void discard(std::filesystem::path root, Reply<Done> reply) override {
    if (kind_of(root) == InstallRequest::Kind::npm) {
      discarded.push_back(root.native());
      on_disk.erase(root.native());
    }
    loop_.post([reply = std::move(reply)]() mutable { reply(Done{}); });
  }
  void sweep(std::vector<std::filesystem::path> used, Reply<Done> reply) override {
    sweeps.push_back(std::move(used));
    loop_.post([reply = std::move(reply)]() mutable { reply(Done{}); });
  }

 private:
  Loop& loop_;
};

inline LifecycleOptions lifecycle_options() {
  return {.host_version = "2026.916.1"};
}

/// The whole arrangement. `events` has what subscribers heard, e.g. "plugin.enabled acme.a
/// installed→ready".
struct LifecycleBench {
  VirtualLoop loop;
  MemoryStore store{loop};
  FakeWorkers workers{loop};
  FakePackages packages{loop};
  InlineBackground background{loop};
  std::unique_ptr<Entropy> entropy = make_seeded_entropy(7);
  RecordingLogger logger;
  WallTime now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 20}};
  std::vector<std::string> events;
  std::unique_ptr<LifecycleManager> lifecycle;

  /// Starts a host on what the store has.
  explicit LifecycleBench(LifecycleOptions options = lifecycle_options()) {
    open(std::move(options));
  }
  /// Stops the host first, as its contract wants; what is held goes on.
  ~LifecycleBench() {
    workers.pace = FakeWorkers::Pace::at_once;
    workers.stop_pace = FakeWorkers::Pace::at_once;
    workers.release_stops();
    lifecycle->stop(Reply<Done>([](Result<Done>) {}));
    while (!workers.held.empty()) workers.release();
    loop.run_ready();
  }

  void open(LifecycleOptions options) {
    lifecycle = make_lifecycle_manager({.loop = loop,
                                        .store = store,
                                        .workers = workers,
                                        .packages = packages,
                                        .background = background,
                                        .entropy = *entropy,
                                        .logger = logger,
                                        .clock = [this] { return now; }},
                                       std::move(options));
    for (int type = 0; type <= static_cast<int>(PluginEventType::worker_stopped); ++type) {
      lifecycle->on(static_cast<PluginEventType>(type), [this](const PluginEvent& event) {
        auto line = std::string(to_string(event.type)) + " " + event.plugin_key;
        if (event.previous != event.current) {
          line.append(" ")
              .append(to_string(event.previous))
              .append("→")
              .append(to_string(event.current));
        }
        if (!event.reason.empty()) line += " (" + event.reason + ")";
        events.push_back(std::move(line));
      });
    }
  }
  /// As after a crash of the host: nothing but the store is left.
  void reopen(LifecycleOptions options = lifecycle_options()) {
    lifecycle.reset();
    workers.running.clear();
    workers.log.clear();
    events.clear();
    open(std::move(options));
  }

  /// What `ask` answers, once nothing moves any more.
  template <class T = PluginRecord, class Ask>
  Result<T> get(Ask ask) {
    std::optional<Result<T>> answer;
    ask(Reply<T>([&](Result<T> outcome) { answer = std::move(outcome); }));
    loop.run_ready();
    if (!answer) return fail(ErrorCode::internal_error, "no answer yet");
    return std::move(*answer);
  }
  Result<Done> start() {
    return get<Done>([&](auto reply) { lifecycle->start(std::move(reply)); });
  }
  Result<PluginRecord> install(const std::string& source) {
    return get([&](auto reply) {
      lifecycle->load(
          {.source = source, .version = {}, .kind = InstallRequest::Kind::folder, .progress = {}},
          std::move(reply));
    });
  }
  Result<PluginRecord> enable(const std::string& id) {
    return get([&](auto reply) { lifecycle->enable(id, std::move(reply)); });
  }
  Result<PluginRecord> disable(const std::string& id, std::string reason = {}) {
    return get([&](auto reply) { lifecycle->disable(id, std::move(reason), std::move(reply)); });
  }
  Result<PluginRecord> unload(const std::string& id, Uninstall how = Uninstall::keep_row) {
    return get([&](auto reply) { lifecycle->unload(id, how, std::move(reply)); });
  }
  Result<PluginRecord> upgrade(const std::string& id, std::optional<std::string> version = {}) {
    return get([&](auto reply) { lifecycle->upgrade(id, std::move(version), std::move(reply)); });
  }
  Result<PluginRecord> restart(const std::string& id) {
    return get([&](auto reply) { lifecycle->restart_worker(id, std::move(reply)); });
  }
  Result<PluginRecord> mark_error(const std::string& id, std::string error) {
    return get([&](auto reply) { lifecycle->mark_error(id, std::move(error), std::move(reply)); });
  }
  Result<PluginRecord> mark_upgrade_pending(const std::string& id) {
    return get([&](auto reply) { lifecycle->mark_upgrade_pending(id, std::move(reply)); });
  }
  /// The row as the store has it.
  std::optional<PluginRecord> stored(const std::string& key) {
    const auto rows =
        get<std::vector<PluginRecord>>([&](auto reply) { store.list(std::move(reply)); });
    for (const auto& row : rows.value()) {
      if (row.plugin_key == key) return row;
    }
    return std::nullopt;
  }
  std::vector<std::string> take_events() { return std::exchange(events, {}); }
};

}  // namespace collet::test
