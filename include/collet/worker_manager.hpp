// Running plugins.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "collet/deadline.hpp"
#include "collet/limits.hpp"
#include "collet/manifest.hpp"
#include "collet/reply.hpp"
#include "collet/tool.hpp"
#include "collet/worker_limits.hpp"

namespace collet {

/// Where a worker stands. The names on the wire are these.
enum class WorkerStatus : std::uint8_t {
  stopped,
  starting,
  running,
  stopping,
  crashed,
  backoff,
  failed
};
[[nodiscard]] std::string_view to_string(WorkerStatus status);

/// What to start.
struct WorkerStart {
  std::string plugin_id{};  ///< UUID
  std::string plugin_key{};
  std::shared_ptr<const Manifest> manifest{};
  std::filesystem::path package_root{};  ///< the worker's directory
  std::filesystem::path entrypoint{};    ///< absolute path of the file to run
};

/// What follows a stop.
enum class AfterStop : std::uint8_t {
  stay_stopped,  ///< calls fail
  expect_start,  ///< `start_worker` follows: calls wait for it, as after `expect_worker`
};

/// When a worker that crashed starts again.
struct RestartPolicy {
  Clock::duration first = limits::worker::restart_first;      ///< after the first crash; doubled
  Clock::duration longest = limits::worker::restart_longest;  ///< of all waits, but for its jitter
  /// A worker that ran this long begins with `first` again.
  Clock::duration stable_after = limits::worker::stable_after;
  /// So many crashes within `window` are too many: the worker has failed.
  std::uint32_t crashes_max = limits::worker::crashes_max;
  Clock::duration window = limits::worker::crash_window;
  /// A worker that has failed is tried again after so long.
  Clock::duration retry_after = limits::worker::failed_retry;
};

/// What the workers of a plugin are doing, for people and dashboards.
struct WorkerDiagnostics {
  std::string plugin_id{};  ///< UUID
  std::string plugin_key{};
  WorkerStatus status = WorkerStatus::stopped;
  std::optional<int> pid{};
  std::optional<Clock::duration> uptime{};
  std::uint32_t consecutive_crashes = 0;
  std::uint32_t total_crashes = 0;
  std::uint32_t pending_requests = 0;
  std::uint64_t late_replies = 0;   ///< answers to calls that had ended; dropped
  std::uint64_t times_paused = 0;   ///< seconds it was not read to their end: it wrote too much
  std::uint64_t invalid_lines = 0;  ///< lines on its stdout that were no message
  /// Starts that failed because the host lacked descriptors, processes or memory; no crashes.
  std::uint64_t starts_postponed = 0;
  std::optional<std::chrono::system_clock::time_point> last_crash_at{};
  std::optional<std::chrono::system_clock::time_point> next_restart_at{};
  std::string last_exit{};  ///< e.g. "exited with code 3", empty before the first exit; with what
                            ///< the host lacks, where the next start waits for that
  std::vector<std::string> supported_methods{};
  std::uint32_t instances = 1;                   ///< its processes; the counters are of all of them
  std::uint32_t instances_running = 0;           ///< of them
  WorkerLimits limits{};                         ///< that hold here; all are set
  std::vector<std::string> limits_unenforced{};  ///< that were set and do not: why, for people
  LimitsHit limits_hit{};                        ///< by all its runs
  ProtocolLimits protocol_limits{};              ///< the same for all plugins
  ProtocolLimitsHit protocol_limits_hit{};       ///< by all its runs
};

/// One request of the worker protocol.
struct WorkerRequest {
  std::string method{};
  std::string params_json = "{}";  ///< JSON text on one line
  /// The company that it is for: the worker acts for it until the answer. Empty: for none.
  std::string company_id{};
  std::optional<std::uint32_t> instance{};  ///< which process; else the one with the fewest calls
  /// Fails with `worker_unavailable` where that process does not run, instead of waiting for the
  /// next one.
  bool only_running = false;
  Deadline deadline = Deadline::never();
  std::stop_token cancellation{};
};

/// Starts, watches, restarts and stops the workers of plugins, and carries their calls. Plugin ids
/// are UUIDs or keys. As a ToolProvider it takes calls on any thread and answers on the loop;
/// everything else is for the loop's thread only.
class WorkerManager : public ToolProvider {
 public:
  /// Announces that `start_worker` will follow for this plugin: calls wait for it, by their
  /// deadlines, instead of failing. `stop_worker` takes it back.
  virtual void expect_worker(std::string_view plugin_id, std::string_view plugin_key) = 0;
  /// Starts a plugin's workers, as many as its `instances`, and answers when all have answered
  /// `initialize`. Where the host lacks something for some of them only, those that run are enough,
  /// and the others follow by themselves. Fails with `worker_unavailable` and all that is known of
  /// why, or with `overloaded` where the host lacks descriptors, processes or memory; nothing is
  /// left running then. Starting what runs already fails with `invalid_request`.
  virtual void start_worker(WorkerStart start, Reply<Done> reply) = 0;
  /// Lets calls in flight end, asks the worker to shut down, then makes it (SIGTERM, then SIGKILL,
  /// to its process group); answers when it is gone. Calls that are still in flight
  /// when it is asked fail with `worker_unavailable`. Harmless where none runs.
  virtual void stop_worker(std::string_view plugin_id, AfterStop after, Reply<Done> reply) = 0;
  /// Forgets a plugin that is gone for good, with its counters. Its worker is stopped.
  virtual void forget_worker(std::string_view plugin_id) = 0;
  [[nodiscard]] virtual std::optional<WorkerDiagnostics> get_worker(
      std::string_view plugin_id) const = 0;
  [[nodiscard]] virtual bool is_running(std::string_view plugin_id) const = 0;
  /// The answer is the `result` member's text.
  virtual void call(std::string_view plugin_id, WorkerRequest request,
                    Reply<std::string> reply) = 0;
  using ToolProvider::call;
  [[nodiscard]] virtual std::vector<WorkerDiagnostics> diagnostics() const = 0;
  /// Sends SIGKILL to all workers' process groups at once and waits for nothing: for a host that
  /// has no time left.
  virtual void kill_all() = 0;
  /// Stops all workers, in parallel; no worker starts from now on.
  virtual void stop_all(Reply<Done> reply) = 0;
};

}  // namespace collet
