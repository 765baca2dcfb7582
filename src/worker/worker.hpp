// One plugin's worker over its whole life: starts, calls, crashes, restarts, stop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "collet/worker_manager.hpp"
#include "json/document.hpp"
#include "jsonrpc/pending_calls.hpp"
#include "worker/channel.hpp"
#include "worker/host_services.hpp"
#include "worker/launch.hpp"
#include "worker/liveness.hpp"
#include "worker/output_budget.hpp"
#include "worker/restarts.hpp"

namespace collet::worker {

/// Times and limits that all workers of a host share.
struct WorkerPolicy {
  Clock::duration initialize_timeout = limits::worker::initialize_timeout;
  Clock::duration drain_grace =
      limits::worker::drain_grace;  ///< for calls in flight to end, before `shutdown`
  Clock::duration shutdown_grace =
      limits::worker::shutdown_grace;  ///< for the answer to `shutdown`
  Clock::duration exit_grace =
      limits::worker::exit_grace;  ///< from that answer, or a closed stream, to the exit
  Clock::duration kill_grace = limits::worker::kill_grace;  ///< from SIGTERM to SIGKILL
  Clock::duration reap_grace =
      limits::worker::reap_grace;  ///< from SIGKILL to giving up on the process
  std::size_t calls_pending_max = limits::worker::calls_pending_max;
  std::size_t unsent_bytes_max = limits::worker::unsent_bytes_max;
  std::size_t host_calls_pending_max =
      limits::worker::host_calls_pending_max;  ///< its requests that the host has not answered
  OutputLimits output;
  ChannelLimits channel;
  LivenessPolicy liveness;
  RestartPolicy restarts;
};

/// What all workers of a host share; borrowed, outlives them.
struct WorkerContext {
  Loop& loop;
  process::Spawner& spawner;
  HostServices& services;
  Logger& log;
  Entropy& entropy;
  WallClock wall_clock;
  LaunchOptions launch;
  WorkerPolicy policy;
  /// A line a worker wrote to standard error, for the plugin's log. May be empty.
  std::function<void(const WorkerIdentity&, std::string_view line)> on_stderr_line;
  /// A worker changed without being asked to: it crashed (`backoff`, or `failed`, with the reason)
  /// or runs again (`running`). May be empty.
  std::function<void(const WorkerIdentity&, WorkerStatus, std::string_view reason)> on_status;
};

/// Loop thread only.
class Worker final : private ChannelEvents {
 public:
  Worker(const WorkerContext& context, WorkerIdentity identity);
  ~Worker() override;

  /// Announces that `start` will follow: calls wait for it from now on.
  void expect();
  void start(WorkerStart start, Reply<Done> reply);
  /// After a start that failed because the host lacked something: tries again until it succeeds.
  void start_later(Error lack);
  /// Ends the worker, whatever it is doing. Calls in flight have `drain_grace` to end; a start that
  /// waits, and what calls are left then, fail with `why`: `worker_unavailable`, or `shutting_down`
  /// where the whole host stops.
  void stop(ErrorCode why, AfterStop after, Reply<Done> reply);

  /// One request; `what` names it in error texts.
  void call(std::string what, const WorkerRequest& request, Reply<std::string> reply);
  /// Kills the process at once; it is then restarted as after any crash.
  void kill(std::string reason);
  /// Sends SIGKILL to whatever process there is, for a host that ends at once. Nothing is waited
  /// for.
  void kill_now();

  [[nodiscard]] bool has_process() const { return channel() != nullptr; }
  /// Whether its process is killed, or deaf or mute, and its end not yet seen: it takes no calls.
  [[nodiscard]] bool is_doomed() const;
  /// When it starts again, where it waits for that.
  [[nodiscard]] std::optional<TimePoint> next_start() const;
  /// Calls that wait for an answer, or for the process.
  [[nodiscard]] std::size_t calls_open() const;
  [[nodiscard]] WorkerStatus status() const;
  [[nodiscard]] WorkerDiagnostics diagnostics() const;
  [[nodiscard]] const WorkerIdentity& identity() const { return identity_; }

 private:
  struct Stopped {};
  struct Expected {};
  struct Starting {
    std::unique_ptr<Channel> channel;
    Timer give_up;
  };
  struct Running {
    std::unique_ptr<Channel> channel;
    TimePoint since;
    Liveness liveness;
    Timer look;  // at its liveness
    Timer end;   // when it is killed for a closed stream, or given up after a kill
  };
  struct Stopping {
    std::unique_ptr<Channel> channel;
    std::optional<TimePoint> drained_by;  // while calls in flight may end
    Timer next_step;
    std::vector<Reply<Done>> replies;
    AfterStop after = AfterStop::stay_stopped;
    ErrorCode why = ErrorCode::worker_unavailable;
    std::uint64_t shutdown_id = 0;  // of the request, where one was sent
  };
  struct Waiting {
    TimePoint until;
    WallTime until_wall;
    Timer timer;
  };
  struct Backoff : Waiting {};
  struct Failed : Waiting {};
  using State = std::variant<Stopped, Expected, Starting, Running, Stopping, Backoff, Failed>;

  void on_response(const jsonrpc::Response& response) override;
  void on_request(const jsonrpc::Request& request) override;
  void on_notification(const jsonrpc::Notification& notification) override;
  void on_unread_line(const UnreadLine& line) override;
  void on_noise(std::string_view line, std::string_view reason) override;
  void on_stderr_line(std::string_view line) override;
  void on_long_stderr_line() override { ++protocol_limits_hit_.stderr_line_bytes; }
  void on_hangup(std::string_view what) override;
  void on_exit(process::ExitStatus status) override;

  void launch();
  void initialized(Result<std::string> outcome);
  void start_failed(Error error);
  void crashed(std::string how, Clock::duration ran);
  template <class Wait>
  void wait_to_start(Clock::duration delay);
  void look_later();
  void look_at_liveness();
  void ask_for_health();
  void drain();
  void drained();
  void ask_to_shut_down();
  void terminate();
  void kill_for_good();
  void stopped();
  [[nodiscard]] bool is_awaited(std::int64_t id);
  void answer(std::int64_t id, Result<std::string> outcome);
  void heard_chatter(std::size_t bytes);
  void listen_later();
  [[nodiscard]] HostCall host_call(const std::string& method,
                                   const std::optional<json::Value>& params,
                                   json::Value message) const;
  void hung_up();
  [[nodiscard]] Result<std::vector<std::string>> judge_initialize(
      Result<std::string> outcome) const;
  [[nodiscard]] Channel* channel() const;
  [[nodiscard]] Result<Done> admit(const std::string& what);
  [[nodiscard]] ProtocolLimits protocol_limits() const;
  [[nodiscard]] std::string named() const;

  const WorkerContext& context_;
  const WorkerIdentity identity_;
  WorkerStart what_to_start_;
  Reply<Done> start_reply_;            // owed to whoever called `start`; empty at restarts
  std::optional<Error> start_error_;   // why a start is given up, until the process is gone
  std::optional<std::string> hangup_;  // which stream this process closed
  std::string kill_reason_;            // why the host killed the process, for the text of its exit
  State state_;
  Restarts restarts_;
  std::uint64_t health_id_ = 0;       // of the question that is open; 0 where none is
  std::uint64_t expired_before_ = 0;  // of pending_.expired(), at the last look
  Invocations invocations_;           // first: calls that are answered at the end still end here
  jsonrpc::PendingCalls pending_;
  std::uint64_t run_ =
      0;  // counts the processes, so that an answer for an earlier one is not sent to a later one
  std::vector<std::string> supported_methods_;
  const json::Document empty_params_;

  std::uint64_t late_replies_ = 0;
  std::uint64_t invalid_lines_ = 0;
  std::uint64_t noise_of_run_ = 0;
  std::string first_noise_;  // of this run: an excerpt
  OutputBudget output_;
  std::size_t host_calls_pending_ = 0;  // of this run
  std::uint64_t times_paused_ = 0;
  Timer listen_again_;
  std::optional<WallTime> last_crash_at_;
  std::string last_exit_;
  std::optional<Error> lack_;  // of the host's, at the last try to start it
  std::uint64_t starts_postponed_ = 0;
  LimitsHit limits_hit_;  // by runs that have ended
  ProtocolLimitsHit protocol_limits_hit_;
  std::shared_ptr<char> alive_ =
      std::make_shared<char>();  // for answers of the host's services that come later
};

}  // namespace collet::worker
