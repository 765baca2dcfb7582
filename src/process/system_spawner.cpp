#include "process/system_spawner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "process/child.hpp"
#include "process/control_groups.hpp"
#include "process/marked.hpp"
#include "process/orphans.hpp"
#include "process/program.hpp"
#include "process/running_process.hpp"
#include "process/watcher.hpp"

namespace collet::process {
namespace {

constexpr std::string_view k_group_remedy =
    "start Collet in a control group of its own (a systemd unit or scope with Delegate=yes), or as "
    "root";
// An orphan that has ended costs nothing but its number until it is reaped.
constexpr auto k_orphan_look = std::chrono::milliseconds(500);
constexpr std::string_view k_watcher_remedy = "reinstall, or set HostOptions::watcher";

// What the owner holds.
class OwnedProcess final : public Process {
 public:
  explicit OwnedProcess(std::shared_ptr<RunningProcess> running) : running_(std::move(running)) {}
  ~OwnedProcess() override { running_->abandon(); }
  OwnedProcess(const OwnedProcess&) = delete;
  OwnedProcess& operator=(const OwnedProcess&) = delete;

  void write(std::string bytes) override { running_->write(std::move(bytes)); }
  [[nodiscard]] std::size_t unwritten() const override { return running_->unwritten(); }
  void close_stdin() override { running_->close_stdin(); }
  void pause_stdout() override { running_->pause_stdout(); }
  void resume_stdout() override { running_->resume_stdout(); }
  void signal_group(int signal) override { running_->signal_group(signal); }
  [[nodiscard]] bool is_stopped() const override { return running_->is_stopped(); }
  [[nodiscard]] LimitsHit limits_hit() const override { return running_->limits_hit(); }
  [[nodiscard]] int pid() const override { return running_->pid(); }

 private:
  std::shared_ptr<RunningProcess> running_;
};

class SystemSpawner final : public Spawner {
 public:
  SystemSpawner(AsioLoop& loop, SystemSpawnerOptions options)
      : loop_(loop),
        watcher_program_(std::move(options.watcher)),
        log_(options.log),
        orphans_(options.orphans) {
    if (!watcher_program_.empty()) groups_.emplace(host_);
  }

  [[nodiscard]] Result<std::unique_ptr<Process>> spawn(const SpawnRequest& request,
                                                       ProcessEvents& events) override {
    if (orphans_ == Orphans::reaped && !std::exchange(looks_for_orphans_, true)) look_for_orphans();
    auto running = groups_ ? start_marked(request, events) : start(request, events, {}, [] {});
    if (!running) return std::unexpected(std::move(running.error()));
    return std::make_unique<OwnedProcess>(std::move(*running));
  }

  [[nodiscard]] std::vector<UnenforcedLimit> not_enforced(
      const WorkerLimits& wanted) const override {
    std::vector<UnenforcedLimit> limits;
    const auto check = [&](std::optional<std::uint64_t> WorkerLimits::*limit, std::string_view name,
                           GroupResource resource) {
      if ((wanted.*limit).value_or(WorkerLimits::unlimited) == WorkerLimits::unlimited) return;
      const auto obstacle = groups_ ? groups_->obstacle(resource) : "there is no collet-watcher";
      if (obstacle.empty()) return;
      limits.push_back({limit, fmt::format("{} is not enforced: {}; {}", name, obstacle,
                                           groups_ ? k_group_remedy : k_watcher_remedy)});
    };
    check(&WorkerLimits::memory_max, "memory_max", GroupResource::memory);
    check(&WorkerLimits::processes_max, "processes_max", GroupResource::processes);
    return limits;
  }

 private:
  using Running = Result<std::shared_ptr<RunningProcess>>;

  void look_for_orphans() {
    if (!adopts_orphans()) return;
    reap_orphans([this](pid_t pid) { return shared_->unreaped.contains(pid); });
    orphan_look_ = loop_.call_after(k_orphan_look, [this] { look_for_orphans(); });
  }

  /// Makes the host's groups, then the watcher, which removes them. An errno where that has to wait
  /// for descriptors.
  [[nodiscard]] int begin_watching() {
    constexpr std::array resources{GroupResource::memory, GroupResource::processes};
    std::array<bool, resources.size()> promised{};
    std::ranges::transform(resources, promised.begin(),
                           [&](auto resource) { return groups_->obstacle(resource).empty(); });
    if (const int error = groups_->prepare()) return error;
    for (std::size_t i = 0; i < resources.size(); ++i) {
      const auto& obstacle = groups_->obstacle(resources[i]);
      if (!promised[i] || obstacle.empty() || log_ == nullptr) continue;
      log_->warn("workers run without control groups", {{"reason", obstacle}});
    }
    watcher_ = std::make_shared<Watcher>(
        loop_, WatcherProgram{watcher_program_, host_, groups_->host_folders()},
        [this](const SpawnRequest& request, ProcessEvents& events) {
          return start(request, events, {}, [] {});
        },
        log_);
    return 0;
  }

  Running start_marked(SpawnRequest request, ProcessEvents& events) {
    if (!watcher_) {
      if (const int error = begin_watching()) {
        return std::unexpected(explain_start_failure(request, request.executable, error));
      }
    }
    const auto run = watcher_->begin_run(request.executable);
    std::expected<ControlGroup, GroupFailure> group;
    if (request.limits) group = groups_->make(run, *request.limits);
    if (!group) {
      watcher_->end_run(run);
      return std::unexpected(explain_group_failure(request.executable, group.error()));
    }
    request.environment.insert(request.environment.begin(),
                               {std::string(k_mark_variable), watcher_->mark(run)});
    auto running =
        start(request, events, *std::move(group), [watcher = std::weak_ptr(watcher_), run] {
          if (const auto alive = watcher.lock()) alive->end_run(run);
        });
    running ? watcher_->started(run, (*running)->pid()) : watcher_->end_run(run);
    return running;
  }

  Running start(const SpawnRequest& request, ProcessEvents& events, ControlGroup group,
                std::move_only_function<void()> on_reaped) {
    auto child = start_child(request, std::move(group));
    if (!child) return std::unexpected(child.error());
    auto running = std::make_shared<RunningProcess>(loop_.context(), shared_, std::move(*child),
                                                    events, std::move(on_reaped));
    if (const auto failure = running->start()) {
      return fail(
          ErrorCode::worker_unavailable,
          fmt::format("cannot start {}: the loop cannot watch it: {}", request.executable.native(),
                      std::generic_category().message(failure.value())),
          "raise fs.epoll.max_user_watches, or run fewer plugins");
    }
    return running;
  }

  AsioLoop& loop_;
  const std::filesystem::path watcher_program_;
  Logger* const log_;
  const Orphans orphans_;
  bool looks_for_orphans_ = false;
  Timer orphan_look_;
  const std::string host_ = make_uuid(*make_system_entropy());
  std::shared_ptr<SharedByProcesses> shared_ = std::make_shared<SharedByProcesses>();
  std::optional<ControlGroups> groups_;  // not without a watcher: nobody would remove them
  std::shared_ptr<Watcher> watcher_;     // from the first run on, where there is a program for it
};

}  // namespace

std::unique_ptr<Spawner> make_system_spawner(AsioLoop& loop, SystemSpawnerOptions options) {
  return std::make_unique<SystemSpawner>(loop, std::move(options));
}

}  // namespace collet::process
