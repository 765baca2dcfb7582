#include "worker/pool.hpp"

#include <algorithm>
#include <optional>
#include <ranges>
#include <utility>

#include "base/join.hpp"

namespace collet::worker {
namespace {

// How soon a worker can do something; the smaller the sooner.
int rank(WorkerStatus status) {
  switch (status) {
    case WorkerStatus::running:
      return 0;
    case WorkerStatus::starting:
      return 1;
    case WorkerStatus::backoff:
      return 2;
    case WorkerStatus::crashed:
      return 3;
    case WorkerStatus::failed:
      return 4;
    case WorkerStatus::stopping:
      return 5;
    case WorkerStatus::stopped:
      return 6;
  }
  return 7;
}

}  // namespace

Pool::Pool(const WorkerContext& context, WorkerIdentity identity)
    : context_(context), identity_(std::move(identity)) {
  resize(1);
}

void Pool::resize(std::size_t count) {
  while (workers_.size() > count) workers_.pop_back();
  while (workers_.size() < count) {
    auto identity = identity_;
    identity.instance = static_cast<std::uint32_t>(workers_.size());
    workers_.push_back(std::make_unique<Worker>(context_, std::move(identity)));
  }
}

// One is enough for calls to wait at: how many there will be only the start says.
void Pool::expect() {
  workers_.front()->expect();
}

void Pool::start(WorkerStart start, Reply<Done> reply) {
  for (const auto& worker : workers_) {  // which refuses
    if (worker->has_process()) return worker->start(std::move(start), std::move(reply));
  }
  resize(start.manifest->settings.instances.value_or(1));
  struct Start {
    std::optional<Error> error;    // of the first that fails
    std::optional<Error> lack;     // of the host's
    std::vector<Worker*> waiting;  // for that
    Reply<Done> reply;
  };
  const auto state = std::make_shared<Start>(Start{.reply = std::move(reply)});
  const Join all(Reply<Done>([this, alive = std::weak_ptr(alive_), state](Result<Done>) {
    if (!state->reply) return;
    if (!state->error && state->lack) {
      // Those that run go on; where none does, whoever starts them decides.
      if (alive.expired() || status() != WorkerStatus::running) {
        state->error = std::move(state->lack);
      } else {
        for (auto* worker : state->waiting) worker->start_later(*state->lack);
      }
    }
    state->error ? state->reply(std::unexpected(std::move(*state->error))) : state->reply(Done{});
  }));
  for (const auto& worker : workers_) {
    if (state->error) return;
    worker->start(start, Reply<Done>([this, alive = std::weak_ptr(alive_), state, all,
                                      started = worker.get()](Result<Done> outcome) {
                    if (outcome || state->error) return;
                    if (outcome.error().code == ErrorCode::overloaded) {
                      state->lack = std::move(outcome.error());
                      state->waiting.push_back(started);
                      return;
                    }
                    state->error = std::move(outcome.error());
                    if (alive.expired()) return;
                    // Whoever stops them meanwhile waits for the end; the start does not.
                    if (is_stopping_) return state->reply(std::unexpected(*state->error));
                    for (const auto& each : workers_)
                      each->stop(ErrorCode::worker_unavailable, AfterStop::stay_stopped, all.one());
                  }));
  }
}

void Pool::stop(ErrorCode why, AfterStop after, Reply<Done> reply) {
  const Join all(std::move(reply));
  is_stopping_ = true;
  for (const auto& worker : workers_) worker->stop(why, after, all.one());
  is_stopping_ = false;
}

void Pool::kill_now() {
  for (const auto& worker : workers_) worker->kill_now();
}

Worker& Pool::choose() {
  const auto least_loaded = [&](WorkerStatus status) -> Worker* {
    Worker* best = nullptr;
    for (const auto& worker : workers_) {
      if (worker->status() != status || !worker->has_process() || worker->is_doomed()) continue;
      if (best == nullptr || worker->calls_open() < best->calls_open()) best = worker.get();
    }
    return best;
  };
  if (auto* running = least_loaded(WorkerStatus::running)) return *running;
  if (auto* starting = least_loaded(WorkerStatus::starting)) return *starting;
  // What waits for a start by hand waits at the first worker: the start may make fewer.
  Worker* soonest = workers_.front().get();
  for (const auto& worker : workers_) {
    const auto next = worker->next_start();
    if (next && soonest->next_start() && *next < *soonest->next_start()) soonest = worker.get();
  }
  return *soonest;
}

Worker* Pool::instance(std::uint32_t number) {
  return number < workers_.size() ? workers_[number].get() : nullptr;
}

WorkerStatus Pool::status() const {
  const auto status_of = [](const auto& worker) { return worker->status(); };
  return std::ranges::min(workers_ | std::views::transform(status_of), {}, rank);
}

WorkerDiagnostics Pool::diagnostics() const {
  auto sum = workers_.front()->diagnostics();
  sum.instances = static_cast<std::uint32_t>(workers_.size());
  sum.instances_running = sum.status == WorkerStatus::running ? 1 : 0;
  for (const auto& worker : workers_ | std::views::drop(1)) {
    auto one = worker->diagnostics();
    // What is one worker's own is told of the one that does best.
    if (rank(one.status) < rank(sum.status)) {
      sum.status = one.status;
      sum.pid = one.pid;
      sum.uptime = one.uptime;
      sum.consecutive_crashes = one.consecutive_crashes;
      sum.supported_methods = std::move(one.supported_methods);
    }
    sum.instances_running += one.status == WorkerStatus::running ? 1 : 0;
    sum.total_crashes += one.total_crashes;
    sum.pending_requests += one.pending_requests;
    sum.late_replies += one.late_replies;
    sum.invalid_lines += one.invalid_lines;
    sum.times_paused += one.times_paused;
    sum.starts_postponed += one.starts_postponed;
    sum.limits_hit += one.limits_hit;
    sum.protocol_limits_hit += one.protocol_limits_hit;
    if (one.last_crash_at && (!sum.last_crash_at || *one.last_crash_at > *sum.last_crash_at)) {
      sum.last_crash_at = one.last_crash_at;
      sum.last_exit = std::move(one.last_exit);
    }
    if (one.next_restart_at &&
        (!sum.next_restart_at || *one.next_restart_at < *sum.next_restart_at)) {
      sum.next_restart_at = one.next_restart_at;
    }
  }
  // A log is the plugin's, whichever of its workers writes.
  const auto log = context_.services.log_use(identity_);
  sum.protocol_limits.log_lines_a_second_max = log.lines_a_second_max;
  sum.protocol_limits.log_lines_at_once_max = log.lines_at_once_max;
  sum.protocol_limits_hit.log_lines = log.lines_left_out;
  return sum;
}

}  // namespace collet::worker
