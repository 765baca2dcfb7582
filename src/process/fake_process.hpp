// For tests of other rooms: processes that exist only in the test, which plays their part.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "process/process.hpp"

namespace collet::process {

/// What the host did to one fake process, and the means to act as that process. Outlives the
/// `Process` that the host holds, so that a test can look at it after the host let go.
///
/// The `emit_*` functions and `exit` call the host's events at once, on the thread of the test, and
/// do nothing once the host destroyed its `Process` or the process exited, as with a real one.
/// Never call them from inside a call to the `Process`; from a task of the loop is right.
class FakeProcess {
 public:
  FakeProcess(SpawnRequest with, ProcessEvents& events, int number)
      : request(std::move(with)), pid(number), events_(&events) {}

  const SpawnRequest request;
  const int pid;
  std::string written;         ///< all bytes the host wrote to standard input
  std::size_t unwritten = 0;   ///< what the host is told of its queue; the test sets it
  bool stdin_closed = false;   ///< by the host, or by `emit_stdin_closed`
  bool stdout_paused = false;  ///< between pause_stdout and resume_stdout
  bool stopped = false;        ///< as by SIGSTOP; the test sets it
  LimitsHit limits_hit{};      ///< so far; the test sets it
  bool destroyed = false;      ///< the host destroyed its `Process`: the real one is killed then
  std::vector<int> signals;    ///< what the host sent to the group, oldest first
  std::optional<ExitStatus> ended;  ///< as given to `exit`

  /// Takes what was written since the last call of this function.
  [[nodiscard]] std::string take_written() { return std::exchange(written, {}); }

  void emit_stdout(std::string_view bytes) {
    if (alive()) events_->on_stdout(bytes);
  }
  void emit_stderr(std::string_view bytes) {
    if (alive()) events_->on_stderr(bytes);
  }
  void emit_stdout_closed() {
    if (alive()) events_->on_stdout_closed();
  }
  void emit_stdin_closed(std::string_view reason) {
    stdin_closed = true;
    if (alive()) events_->on_stdin_closed(reason);
  }
  void exit(ExitStatus status) {
    if (!alive()) return;
    ended = status;
    events_->on_exit(status);
  }
  void exit_with_code(int code) { exit({.kind = ExitStatus::Kind::exited, .code = code}); }
  void exit_by_signal(int signal) { exit({.kind = ExitStatus::Kind::signalled, .signal = signal}); }

  /// Whether events still reach the host.
  [[nodiscard]] bool alive() const { return !destroyed && !ended; }

 private:
  ProcessEvents* events_;
};

/// A spawner without an operating system. Keeps every process it made, oldest first.
class FakeSpawner final : public Spawner {
 public:
  /// If set, the next `spawn` fails with it, once.
  std::optional<Error> fail_next;
  /// If set, every `spawn` fails with it.
  std::optional<Error> fail_all;
  std::vector<std::shared_ptr<FakeProcess>> processes;

  [[nodiscard]] Result<std::unique_ptr<Process>> spawn(const SpawnRequest& request,
                                                       ProcessEvents& events) override {
    if (fail_all) return std::unexpected(*fail_all);
    if (fail_next) return std::unexpected(*std::exchange(fail_next, std::nullopt));
    processes.push_back(
        std::make_shared<FakeProcess>(request, events, 1000 + static_cast<int>(processes.size())));
    return std::make_unique<Handle>(processes.back());
  }

  /// A machine without control groups, where the test sets `group_obstacle`.
  [[nodiscard]] std::vector<UnenforcedLimit> not_enforced(
      const WorkerLimits& wanted) const override {
    std::vector<UnenforcedLimit> limits;
    if (group_obstacle.empty()) return limits;
    for (const auto limit : {&WorkerLimits::memory_max, &WorkerLimits::processes_max}) {
      if ((wanted.*limit).value_or(WorkerLimits::unlimited) != WorkerLimits::unlimited) {
        limits.push_back({limit, group_obstacle});
      }
    }
    return limits;
  }
  std::string group_obstacle;

  /// The process that was started last; there must be one.
  [[nodiscard]] FakeProcess& last() { return *processes.back(); }

 private:
  class Handle final : public Process {
   public:
    explicit Handle(std::shared_ptr<FakeProcess> fake) : fake_(std::move(fake)) {}
    ~Handle() override { fake_->destroyed = true; }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    void write(std::string bytes) override {
      if (!fake_->stdin_closed && fake_->alive()) fake_->written += bytes;
    }
    [[nodiscard]] std::size_t unwritten() const override { return fake_->unwritten; }
    void close_stdin() override { fake_->stdin_closed = true; }
    void pause_stdout() override { fake_->stdout_paused = true; }
    void resume_stdout() override { fake_->stdout_paused = false; }
    void signal_group(int signal) override {
      if (fake_->alive()) fake_->signals.push_back(signal);
    }
    [[nodiscard]] bool is_stopped() const override { return fake_->stopped; }
    [[nodiscard]] LimitsHit limits_hit() const override { return fake_->limits_hit; }
    [[nodiscard]] int pid() const override { return fake_->pid; }

   private:
    std::shared_ptr<FakeProcess> fake_;
  };
};

}  // namespace collet::process
