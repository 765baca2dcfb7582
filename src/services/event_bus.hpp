// Who subscribed to which events, and the way of an event to a worker.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/rarely.hpp"
#include "collet/worker_manager.hpp"
#include "services/event.hpp"
#include "services/event_queue.hpp"
#include "services/gate.hpp"
#include "worker/host_services.hpp"

namespace collet::services {

/// What became of the events of one plugin, since the host started.
struct EventCounts {
  std::uint64_t emitted = 0;     ///< by it
  std::uint64_t delivered = 0;   ///< its worker answered
  std::uint64_t returned = 0;    ///< to be sent again: the process ended before it answered
  std::uint64_t refused = 0;     ///< its worker answered with an error; not sent again
  std::uint64_t unanswered = 0;  ///< within `answer_timeout`; not sent again
  std::uint64_t fell_out = 0;    ///< the queue was full
  std::uint64_t unheard = 0;     ///< no process wanted them within `resubscribe_within`
  std::uint64_t deadly = 0;      ///< `deaths_max` processes died of them
  bool operator==(const EventCounts&) const = default;
};

struct EventDiagnostics {
  std::string plugin_key{};
  std::size_t subscriptions = 0;  ///< of its processes
  std::size_t waiting = 0;        ///< for it
  std::size_t in_flight = 0;
  EventCounts counts{};
};

/// Delivers events as `onEvent` requests: in the order of their coming, once a plugin however many
/// processes it has, and again where the process dies before it has answered. So an event comes at
/// least once; what falls out instead is counted and said in the log. All events of a plugin go to
/// one of its processes, as long as that lives and wants them. Loop thread only.
class EventBus {
 public:
  /// Both and the policy outlive it.
  EventBus(Loop& loop, Logger& log, const GatePolicy& policy, EventLimits limits = {});
  /// Nothing is delivered before.
  void attach(WorkerManager& workers) { workers_ = &workers; }

  /// Until the process ends. The same again changes nothing.
  [[nodiscard]] Result<Done> subscribe(const worker::WorkerIdentity& worker,
                                       Subscription subscription);
  /// Hands an event to every plugin that wants it, never inside this call.
  void publish(Event event);
  /// The same for one that a plugin emits.
  void emit(const worker::WorkerIdentity& by, Event event);

  void started(const worker::WorkerIdentity& worker);
  void ended(const worker::WorkerIdentity& worker);
  /// The plugin is not meant to run now: nothing is kept for it until it subscribes again.
  void retire(std::string_view plugin_id);
  /// It is uninstalled: the same, and its counts go with its last process.
  void forget(std::string_view plugin_id);

  /// Of plugins that have to do with events.
  [[nodiscard]] std::vector<EventDiagnostics> diagnostics() const;
  [[nodiscard]] EventDiagnostics diagnostics(std::string_view plugin_id) const;
  [[nodiscard]] const EventLimits& limits() const { return limits_; }

 private:
  struct Process {
    std::vector<Subscription> subscriptions;
    bool is_started = false;  // it has answered `initialize`
    bool is_lost = false;     // a delivery failed, because it ends
  };
  enum class Standing : std::uint8_t { active, retired, uninstalled };
  struct Plugin {
    Plugin(std::string plugin_id, std::string plugin_key, const EventLimits& limits)
        : id(std::move(plugin_id)), key(std::move(plugin_key)), queue(limits) {}

    const std::string id;
    const std::string key;
    Standing standing = Standing::active;
    std::map<std::uint32_t, Process> processes;  // by instance
    // Of processes that ended: events are kept for the next one, which is likely to want the same.
    std::vector<Subscription> former;
    Timer forget_former;
    EventQueue queue;
    std::uint32_t instance = 0;    // that the last event went to
    bool is_due = false;           // a delivery is posted
    std::optional<Timer> hold_up;  // while its worker has too much unread input
    EventCounts counts;
    Rarely news_of_drops, news_of_answers;
  };

  Plugin& plugin_of(const worker::WorkerIdentity& worker);
  [[nodiscard]] Plugin* find(std::string_view plugin_id);
  [[nodiscard]] static EventDiagnostics describe(const Plugin& plugin);

  [[nodiscard]] bool may_hear(const Plugin& plugin, const Subscription& subscription,
                              const Event& event) const;
  [[nodiscard]] bool wants(const Plugin& plugin, const std::vector<Subscription>& subscriptions,
                           const Event& event) const;
  [[nodiscard]] bool is_awaited(const Plugin& plugin, const Event& event) const;
  [[nodiscard]] std::optional<std::uint32_t> listener(const Plugin& plugin,
                                                      const Event& event) const;

  void deliver_soon(Plugin& plugin);
  void deliver(Plugin& plugin);
  void send_next(Plugin& plugin, const Event& event);
  void answered(std::string_view plugin_id, EventQueue::Number number, std::uint32_t instance,
                const Result<std::string>& outcome);
  void note_dropped(Plugin& plugin, std::uint64_t& count, std::size_t dropped,
                    std::string_view why);

  Loop& loop_;
  Logger& log_;
  const GatePolicy& policy_;
  const EventLimits limits_;
  WorkerManager* workers_ = nullptr;
  std::map<std::string, Plugin, std::less<>> plugins_;  // by UUID
};

}  // namespace collet::services
