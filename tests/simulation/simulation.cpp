#include "simulation.hpp"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/virtual_loop.hpp"
#include "collet/tool_dispatcher.hpp"
#include "simulated_worker.hpp"
#include "worker/supervisor.hpp"

namespace collet::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto k_plugin = "acme.sim";
constexpr auto k_uuid = "0b5f3a52-9c1e-4f7a-8a51-0123456789ab";
constexpr int k_calls = 150;
// What the host may need to find and heal what went wrong while nobody looked: a back-off, a retry
// of what failed, a worker that is deaf, and all of that once more for a second instance.
constexpr auto k_healing = 20min;

/// Stands between the dispatcher and the workers: counts what is in flight, and plants faults.
class WatchedProvider final : public ToolProvider {
 public:
  WatchedProvider(Loop& loop, ToolProvider& workers, Planted planted,
                  std::function<void(std::string)> broken)
      : loop_(loop), workers_(workers), planted_(planted), broken_(std::move(broken)) {}

  void allow(std::uint32_t calls, std::map<std::string, std::uint32_t> of_tools) {
    most_ = calls;
    most_of_ = std::move(of_tools);
  }

  /// Gives up the answer that was kept.
  void let_go() { kept_ = {}; }

  void call(std::shared_ptr<const RegisteredTool> tool, ToolCall call,
            Reply<ToolResult> reply) override {
    const auto name = tool->name;
    if (++running_ > most_) broken_(fmt::format("{} calls in flight, {} may be", running_, most_));
    if (++running_of_[name] > most_of_.at(name)) {
      broken_(fmt::format("{} calls of {} in flight, {} may be", running_of_[name], name,
                          most_of_.at(name)));
    }
    Reply<ToolResult> counted(
        [this, name, reply = std::move(reply)](Result<ToolResult> outcome) mutable {
          --running_;
          --running_of_[name];
          reply(std::move(outcome));
        });
    workers_.call(
        tool, call,
        ++calls_ == k_planted_at ? plant(tool, call, std::move(counted)) : std::move(counted));
  }

 private:
  static constexpr int k_planted_at = 20;

  Reply<ToolResult> plant(const std::shared_ptr<const RegisteredTool>& tool, const ToolCall& call,
                          Reply<ToolResult> reply) {
    switch (planted_) {
      case Planted::nothing:
        return reply;
      case Planted::lost_answer:
        kept_ = std::move(reply);
        break;
      case Planted::late_answer:
        kept_ = std::move(reply);
        later_ = loop_.call_at(call.deadline->when() + 1us, [this] { kept_(ToolResult{"{}"}); });
        break;
      case Planted::second_run:
        workers_.call(tool, call, Reply<ToolResult>([](const auto&) {}));
        return reply;
    }
    return Reply<ToolResult>([](const auto&) {});
  }

  Loop& loop_;
  ToolProvider& workers_;
  const Planted planted_;
  const std::function<void(std::string)> broken_;
  std::uint32_t most_ = 0;
  std::map<std::string, std::uint32_t> most_of_;
  std::uint32_t running_ = 0;
  std::map<std::string, std::uint32_t> running_of_;
  int calls_ = 0;
  Reply<ToolResult> kept_;
  Timer later_;
};

/// Answers nothing: no worker here asks.
class NoServices final : public worker::HostServices {
  void request(const worker::HostCall&, Reply<std::string> reply) override {
    reply(fail(ErrorCode::internal_error, "not here"));
  }
  void notify(const worker::HostCall&) override {}
  void started(const worker::WorkerIdentity&) override {}
  void ended(const worker::WorkerIdentity&) override {}
  worker::LogUse log_use(const worker::WorkerIdentity&) const override { return {}; }
};

/// A folder that workers are told of, and that is gone afterwards.
class DataRoot {
 public:
  DataRoot()
      : path(std::filesystem::temp_directory_path() /
             fmt::format("collet-simulation-{}", ::getpid())) {}
  ~DataRoot() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  DataRoot(const DataRoot&) = delete;
  DataRoot& operator=(const DataRoot&) = delete;
  const std::filesystem::path path;
};

/// What an agent knows of one of its calls.
struct Journal {
  std::uint64_t number = 0;
  TimePoint deadline;
  int answers = 0;
  bool has_result = false;
  std::stop_source stop{};
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Planted planted,
             const std::function<void(std::string_view)>& trace)
      : dice_(seed),
        tell_(trace),
        world_(loop_, dice_, [this](std::string line) { note(line); }),
        spawner_(world_),
        entropy_(make_seeded_entropy(seed)),
        log_(make_null_logger()),
        planted_(planted) {
    build();
  }

  Outcome run() {
    manager_->expect_worker(k_uuid, k_plugin);
    start_workers();
    while (journal_.size() < k_calls && outcome_.broken.empty()) {
      loop_.advance(dice_.between(10us, 2s));
      step();
    }
    world_.heal();
    note("healed");
    loop_.advance(2min);  // longer than any call may take
    check_answers();
    check_recovery();
    stop();
    outcome_.calls = journal_.size();
    outcome_.starts = world_.spawned.size();
    return outcome_;
  }

 private:
  void build() {
    worker::WorkerPolicy policy;
    policy.restarts.crashes_max = 4;
    policy.restarts.longest = 30s;
    manager_ = worker::make_worker_manager({.loop = loop_,
                                            .spawner = spawner_,
                                            .services = services_,
                                            .log = *log_,
                                            .entropy = *entropy_,
                                            .wall_clock = [] { return WallTime{}; },
                                            .launch = {.plugin_data_root = data_root_.path},
                                            .policy = policy});
    restarts_ = policy.restarts;

    auto manifest = std::make_shared<Manifest>();
    manifest->id = k_plugin;
    manifest->json = R"({"id":"acme.sim"})";
    manifest->settings.instances = 1 + static_cast<std::uint32_t>(dice_.below(3));
    manifest->settings.concurrency = 1 + static_cast<std::uint32_t>(dice_.below(6));
    manifest->settings.on_timeout = dice_.chance(3) ? OnTimeout::kill : OnTimeout::abandon;
    instances_ = *manifest->settings.instances;
    const auto all = instances_ * *manifest->settings.concurrency;
    std::map<std::string, std::uint32_t> limits;
    for (const auto* name : {"one", "two", "free"}) {
      ToolDeclaration tool{.name = name, .parameters_schema = R"({"type":"object"})"};
      if (tool.name == "one") tool.settings.concurrency = 1;
      if (tool.name == "two") tool.settings.concurrency = 2;
      limits.emplace(name, std::min(all, tool.settings.concurrency.value_or(all)));
      manifest->tools.push_back(std::move(tool));
    }
    manifest_ = manifest;
    provider_ = std::make_shared<WatchedProvider>(
        loop_, *manager_, planted_, [this](std::string what) { broken(std::move(what)); });
    provider_->allow(all, std::move(limits));
    dispatcher_ = std::make_unique<ToolDispatcher>(ToolDispatcherOptions{
        .workers = provider_,
        .loop = &loop_,
        .admission = {.waiting_max = 1 + static_cast<std::uint32_t>(dice_.below(40)),
                      .caller_weights = {{"agent 1", 3}}}});
    (void)dispatcher_->register_plugin_tools(k_plugin, *manifest, k_uuid);
  }

  // --- what agents and the operator do ---

  void step() {
    const auto what = dice_.below(20);
    if (what == 0) return restart_workers();
    if (what == 1 && !journal_.empty()) {
      auto& call = journal_[dice_.below(journal_.size())];
      note(fmt::format("call {} is cancelled", call.number));
      call.stop.request_stop();
      return loop_.run_ready();
    }
    const auto calls = dice_.chance(8) ? 1 + dice_.below(30) : 1;  // bursts now and then
    for (std::uint64_t i = 0; i < calls; ++i) call(dice_.between(1ms, 60s));
  }

  Journal& call(Clock::duration allowed) {
    constexpr const char* k_tools[] = {"one", "two", "free"};
    auto& mine = journal_.emplace_back();
    mine.number = journal_.size();
    mine.deadline = loop_.now() + allowed;
    const auto* tool = k_tools[dice_.below(3)];
    const auto agent = fmt::format("agent {}", dice_.below(4));
    note(fmt::format("call {} of {} by {}", mine.number, tool, agent));
    dispatcher_->execute_tool(
        {.tool = fmt::format("{}:{}", k_plugin, tool),
         .parameters = *Json::parse(fmt::format(R"({{"n":{}}})", mine.number)),
         .context = {.agent_id = agent},
         .deadline = Deadline::at(mine.deadline),
         .cancellation = mine.stop.get_token()},
        Reply<ToolExecutionResult>(
            [this, &mine](Result<ToolExecutionResult> outcome) { answered(mine, outcome); }));
    return mine;
  }

  void answered(Journal& mine, const Result<ToolExecutionResult>& outcome) {
    ++mine.answers;
    mine.has_result = outcome.has_value();
    if (outcome) ++outcome_.results;
    note(fmt::format("call {}: {}", mine.number,
                     outcome ? outcome->result.json : describe(outcome.error().code).name));
    if (loop_.now() > mine.deadline)
      broken(fmt::format("call {} was answered after its deadline", mine.number));
    if (mine.answers > 1) broken(fmt::format("call {} was answered twice", mine.number));
    if (!outcome && outcome.error().code == ErrorCode::internal_error)
      broken(fmt::format("call {} was forgotten: {}", mine.number, outcome.error().message));
    if (outcome && outcome->result.json != fmt::format(R"({{"data":{}}})", mine.number))
      broken(
          fmt::format("call {} got the answer of another: {}", mine.number, outcome->result.json));
  }

  void start_workers() {
    note("start");
    started_at_.push_back(loop_.now());
    manager_->start_worker({.plugin_id = k_uuid,
                            .plugin_key = k_plugin,
                            .manifest = manifest_,
                            .package_root = "/p",
                            .entrypoint = "/p/worker"},
                           Reply<Done>([this](Result<Done> outcome) {
                             note(outcome ? "started" : outcome.error().message);
                             if (outcome || is_stopped_) return;
                             retry_ = loop_.call_after(1s, [this] { start_workers(); });
                           }));
  }

  // As the lifecycle does it: never two of these at once.
  void restart_workers() {
    if (is_restarting_) return;
    is_restarting_ = true;
    retry_ = {};
    note("restart");
    manager_->stop_worker(k_uuid, AfterStop::expect_start, Reply<Done>([this](Result<Done>) {
                            is_restarting_ = false;
                            if (!is_stopped_) start_workers();
                          }));
  }

  // --- what must hold ---

  void check_answers() {
    for (const auto& call : journal_) {
      if (call.answers == 0) broken(fmt::format("call {} was never answered", call.number));
      const auto runs = world_.executed[call.number];
      if (runs > 1) broken(fmt::format("call {} was run {} times", call.number, runs));
      if (call.has_result && runs == 0)
        broken(fmt::format("call {} has a result and was never run", call.number));
    }
    check_restart_budget();
  }

  // No more starts in any window than the budget allows each worker, and those an operator asked
  // for.
  void check_restart_budget() {
    const auto asked = [&](TimePoint from) {
      return static_cast<std::size_t>(std::ranges::count_if(
                 started_at_,
                 [&](TimePoint at) { return at >= from && at < from + restarts_.window; })) +
             1;
    };
    for (const auto from : world_.spawned) {
      const auto starts =
          static_cast<std::size_t>(std::ranges::count_if(world_.spawned, [&](TimePoint at) {
            return at >= from && at < from + restarts_.window;
          }));
      const auto may =
          asked(from) * instances_ * (restarts_.crashes_max + 1) +
          instances_ * static_cast<std::size_t>(restarts_.window / restarts_.retry_after);
      if (starts > may) {
        return broken(fmt::format("{} starts within {} min, {} may be", starts,
                                  restarts_.window / 1min, may));
      }
    }
  }

  // Calls are what shows a host that a worker is deaf, so somebody goes on calling; in the end all
  // of twenty in a row have their result.
  void check_recovery() {
    const auto until = loop_.now() + k_healing;
    for (int good = 0; good < 20 && outcome_.broken.empty();) {
      const auto& probe = call(5s);
      loop_.advance(5s);
      if (probe.answers == 0)
        return broken(fmt::format("call {} was never answered", probe.number));
      good = probe.has_result ? good + 1 : 0;
      if (good == 0 && loop_.now() > until) broken("it does not recover");
    }
  }

  void stop() {
    is_stopped_ = true;
    retry_ = {};
    bool has_stopped = false;
    manager_->stop_all(Reply<Done>([&](Result<Done>) { has_stopped = true; }));
    loop_.advance(1min);
    if (!has_stopped) broken("the stop does not end");
    if (world_.processes != 0) broken(fmt::format("{} processes are left", world_.processes));
    const auto left = dispatcher_->admission(k_plugin);
    if (planted_ == Planted::nothing && left.running + left.waiting != 0) {
      broken(fmt::format("{} turns are taken and {} waited for, and no call is left", left.running,
                         left.waiting));
    }
    provider_->let_go();
    dispatcher_.reset();
    manager_.reset();
    loop_.advance(1min);
    if (planted_ == Planted::nothing && loop_.pending_timers() != 0)
      broken(fmt::format("{} timers are left", loop_.pending_timers()));
  }

  void broken(std::string what) {
    note("BROKEN: " + what);
    if (outcome_.broken.empty()) outcome_.broken = std::move(what);
  }

  void note(const std::string& line) {
    const auto stamped =
        fmt::format("{:>14.6f} {}",
                    std::chrono::duration<double>(loop_.now().time_since_epoch()).count(), line);
    for (const char byte : stamped) {  // FNV-1a
      outcome_.digest = (outcome_.digest ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
    }
    if (tell_) tell_(stamped);
  }

  Outcome outcome_;
  VirtualLoop loop_;
  Dice dice_;
  const std::function<void(std::string_view)>& tell_;
  WorkerWorld world_;
  SimulatedSpawner spawner_;
  NoServices services_;
  DataRoot data_root_;
  std::unique_ptr<Entropy> entropy_;
  std::unique_ptr<Logger> log_;
  const Planted planted_;
  std::deque<Journal> journal_;  // before whatever may still answer when it goes
  std::vector<TimePoint> started_at_;
  RestartPolicy restarts_;
  std::uint32_t instances_ = 1;
  std::shared_ptr<const Manifest> manifest_;
  std::unique_ptr<WorkerManager> manager_;
  std::shared_ptr<WatchedProvider> provider_;
  std::unique_ptr<ToolDispatcher> dispatcher_;
  Timer retry_;
  bool is_restarting_ = false;
  bool is_stopped_ = false;
};

}  // namespace

Outcome simulate(std::uint64_t seed, Planted planted,
                 const std::function<void(std::string_view)>& trace) {
  return Simulation(seed, planted, trace).run();
}

}  // namespace collet::simulation
