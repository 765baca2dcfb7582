#include "services/event_bus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace collet::services {

EventBus::EventBus(Loop& loop, Logger& log, const GatePolicy& policy, EventLimits limits)
    : loop_(loop), log_(log), policy_(policy), limits_(limits) {}

EventBus::Plugin& EventBus::plugin_of(const worker::WorkerIdentity& worker) {
  return plugins_.try_emplace(worker.plugin_id, worker.plugin_id, worker.plugin_key, limits_)
      .first->second;
}

EventBus::Plugin* EventBus::find(std::string_view plugin_id) {
  const auto found = plugins_.find(plugin_id);
  return found == plugins_.end() ? nullptr : &found->second;
}

// ---- who wants what

Result<Done> EventBus::subscribe(const worker::WorkerIdentity& worker, Subscription subscription) {
  auto& plugin = plugin_of(worker);
  auto& subscriptions = plugin.processes[worker.instance].subscriptions;
  if (std::ranges::find(subscriptions, subscription) != subscriptions.end()) return Done{};
  if (subscriptions.size() >= limits_.subscriptions_max) {
    return fail(ErrorCode::overloaded,
                fmt::format("a worker may have {} subscriptions; a pattern that ends in \".*\" "
                            "stands for many",
                            limits_.subscriptions_max));
  }
  subscriptions.push_back(std::move(subscription));
  if (plugin.standing == Standing::retired) plugin.standing = Standing::active;
  plugin.queue.recall();
  deliver_soon(plugin);
  return Done{};
}

// With several tenants, what belongs to one is for those who subscribed while they acted for him,
// and for plugins that he configured. What belongs to none says nothing of any.
bool EventBus::may_hear(const Plugin& plugin, const Subscription& subscription,
                        const Event& event) const {
  if (policy_.tenancy == Tenancy::single || event.company_id.empty()) return true;
  if (!subscription.company_id.empty()) return subscription.company_id == event.company_id;
  return policy_.is_configured_for && policy_.is_configured_for(plugin.id, event.company_id);
}

bool EventBus::wants(const Plugin& plugin, const std::vector<Subscription>& subscriptions,
                     const Event& event) const {
  return std::ranges::any_of(subscriptions, [&](const Subscription& subscription) {
    return matches(subscription, event) && may_hear(plugin, subscription, event);
  });
}

// Whether the event is worth keeping, although perhaps no process can take it now.
bool EventBus::is_awaited(const Plugin& plugin, const Event& event) const {
  if (plugin.standing != Standing::active) return false;
  return wants(plugin, plugin.former, event) ||
         std::ranges::any_of(plugin.processes, [&](const auto& process) {
           return wants(plugin, process.second.subscriptions, event);
         });
}

std::optional<std::uint32_t> EventBus::listener(const Plugin& plugin, const Event& event) const {
  std::optional<std::uint32_t> first;
  for (const auto& [instance, process] : plugin.processes) {
    if (!process.is_started || process.is_lost || !wants(plugin, process.subscriptions, event))
      continue;
    if (instance == plugin.instance) return instance;
    if (!first) first = instance;
  }
  return first;
}

void EventBus::started(const worker::WorkerIdentity& worker) {
  auto& plugin = plugin_of(worker);
  plugin.processes[worker.instance].is_started = true;
  plugin.queue.recall();
  deliver_soon(plugin);
}

void EventBus::ended(const worker::WorkerIdentity& worker) {
  auto* plugin = find(worker.plugin_id);
  if (plugin == nullptr) return;
  const auto process = plugin->processes.extract(worker.instance);
  if (plugin->standing == Standing::uninstalled && plugin->processes.empty())
    return forget(worker.plugin_id);
  if (!process || process.mapped().subscriptions.empty()) return;
  if (plugin->standing != Standing::active) return;
  for (auto& subscription : process.mapped().subscriptions) {
    if (plugin->former.size() >= limits_.subscriptions_max) break;
    if (std::ranges::find(plugin->former, subscription) == plugin->former.end())
      plugin->former.push_back(std::move(subscription));
  }
  plugin->forget_former = loop_.call_after(limits_.resubscribe_within, [this, plugin] {
    plugin->former.clear();
    plugin->queue.recall();
    deliver_soon(*plugin);
  });
}

void EventBus::retire(std::string_view plugin_id) {
  auto* plugin = find(plugin_id);
  if (plugin == nullptr) return;
  plugin->standing = Standing::retired;
  plugin->former.clear();
  plugin->forget_former.cancel();
  plugin->queue.clear();
}

void EventBus::forget(std::string_view plugin_id) {
  retire(plugin_id);
  const auto found = plugins_.find(plugin_id);
  if (found == plugins_.end()) return;
  found->second.standing = Standing::uninstalled;
  if (found->second.processes.empty()) plugins_.erase(found);
}

// ---- delivery

void EventBus::emit(const worker::WorkerIdentity& by, Event event) {
  ++plugin_of(by).counts.emitted;
  publish(std::move(event));
}

void EventBus::publish(Event event) {
  const auto shared = std::make_shared<const Event>(std::move(event));
  for (auto& [id, plugin] : plugins_) {
    if (!is_awaited(plugin, *shared)) continue;
    const auto fell_out = plugin.queue.push(shared);
    if (fell_out > 0)
      note_dropped(plugin, plugin.counts.fell_out, fell_out, "its queue of events is full");
    deliver_soon(plugin);
  }
}

// Posted, so that whoever publishes is through with his own work, and so that what others tell a
// worker that starts comes before its first event.
void EventBus::deliver_soon(Plugin& plugin) {
  if (std::exchange(plugin.is_due, true)) return;
  loop_.post([this, id = plugin.id] {
    auto* still = find(id);
    if (still == nullptr) return;
    still->is_due = false;
    deliver(*still);
  });
}

void EventBus::deliver(Plugin& plugin) {
  while (workers_ != nullptr && !plugin.hold_up) {
    const auto event = plugin.queue.next();
    if (event == nullptr) return;
    const auto to = listener(plugin, *event);
    if (!to) {
      if (is_awaited(plugin, *event)) {
        plugin.queue.set_next_aside();
      } else {
        plugin.queue.drop_next();
        note_dropped(plugin, plugin.counts.unheard, 1, "no process of it subscribed again in time");
      }
      continue;
    }
    // In the order of their coming: another process has its turn when this one is through.
    if (*to != plugin.instance && plugin.queue.in_flight() > 0) return;
    plugin.instance = *to;
    send_next(plugin, *event);
  }
}

void EventBus::send_next(Plugin& plugin, const Event& event) {
  const auto number = plugin.queue.send_next();
  workers_->call(plugin.id,
                 {.method = "onEvent",
                  .params_json = event.params_json,
                  .company_id = event.company_id,
                  .instance = plugin.instance,
                  .deadline = Deadline::after(loop_.now(), limits_.answer_timeout)},
                 Reply<std::string>([this, id = plugin.id, number, instance = plugin.instance](
                                        const Result<std::string>& outcome) {
                   answered(id, number, instance, outcome);
                 }));
}

void EventBus::answered(std::string_view plugin_id, EventQueue::Number number,
                        std::uint32_t instance, const Result<std::string>& outcome) {
  auto* plugin = find(plugin_id);
  if (plugin == nullptr || !plugin->queue.is_in_flight(number)) return;  // it was retired
  deliver_soon(*plugin);
  if (outcome) {
    plugin->queue.answered(number);
    ++plugin->counts.delivered;
    return;
  }
  const auto& error = outcome.error();
  switch (error.code) {
    case ErrorCode::tool_error:
    case ErrorCode::invalid_result:
      plugin->queue.answered(number);
      ++plugin->counts.refused;
      if (plugin->news_of_answers.is_time(loop_.now())) {
        log_.warn("a plugin answered an event with an error",
                  {{"plugin", plugin->key}, {"error", error.message}});
      }
      return;
    case ErrorCode::timeout:
      plugin->queue.answered(number);
      return note_dropped(*plugin, plugin->counts.unanswered, 1, "its worker did not answer");
    case ErrorCode::overloaded:
      plugin->queue.return_unheard(number);
      plugin->hold_up = loop_.call_after(limits_.retry_after, [this, plugin] {
        plugin->hold_up.reset();
        deliver_soon(*plugin);
      });
      return;
    default:
      break;
  }
  if (const auto process = plugin->processes.find(instance); process != plugin->processes.end())
    process->second.is_lost = true;
  if (error.code != ErrorCode::worker_crashed) {
    plugin->queue.return_unheard(number);
  } else if (plugin->queue.return_after_death(number) == EventQueue::Fate::dropped) {
    return note_dropped(*plugin, plugin->counts.deadly, 1, "its worker dies of it");
  }
  ++plugin->counts.returned;
}

void EventBus::note_dropped(Plugin& plugin, std::uint64_t& count, std::size_t dropped,
                            std::string_view why) {
  count += dropped;
  if (!plugin.news_of_drops.is_time(loop_.now())) return;
  const auto& counts = plugin.counts;
  log_.warn("events for a plugin were lost",
            {{"plugin", plugin.key},
             {"why", std::string(why)},
             {"so_far", std::to_string(counts.fell_out + counts.unheard + counts.unanswered +
                                       counts.deadly)}});
}

// ---- what others see

EventDiagnostics EventBus::describe(const Plugin& plugin) {
  EventDiagnostics seen{.plugin_key = plugin.key,
                        .waiting = plugin.queue.size() - plugin.queue.in_flight(),
                        .in_flight = plugin.queue.in_flight(),
                        .counts = plugin.counts};
  for (const auto& [instance, process] : plugin.processes)
    seen.subscriptions += process.subscriptions.size();
  return seen;
}

std::vector<EventDiagnostics> EventBus::diagnostics() const {
  std::vector<EventDiagnostics> all;
  for (const auto& [id, plugin] : plugins_) {
    auto seen = describe(plugin);
    if (seen.subscriptions > 0 || seen.counts != EventCounts{}) all.push_back(std::move(seen));
  }
  return all;
}

EventDiagnostics EventBus::diagnostics(std::string_view plugin_id) const {
  const auto found = plugins_.find(plugin_id);
  return found == plugins_.end() ? EventDiagnostics{} : describe(found->second);
}

}  // namespace collet::services
