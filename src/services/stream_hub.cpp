#include "services/stream_hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace collet::services {

bool StreamHub::fits(const StreamAddress& address) const {
  const auto names_something = [&](const std::string& name) {
    return !name.empty() && name.size() <= limits_.name_bytes_max;
  };
  return names_something(address.channel) && names_something(address.company_id);
}

// ---- who listens

Result<StreamHub::ListenerId> StreamHub::listen(StreamAddress address, Listener listener) {
  if (is_over_) return fail(ErrorCode::shutting_down, "the host is stopping");
  if (!fits(address)) {
    return fail(ErrorCode::invalid_request,
                fmt::format("a channel and a company have 1 to {} bytes", limits_.name_bytes_max));
  }
  if (listeners_.size() >= limits_.listeners_max) {
    return std::unexpected(
        Error{.code = ErrorCode::overloaded,
              .message = fmt::format("{} streams are open, which is the limit", listeners_.size()),
              .remedy = "close one, or try again later",
              .retry_after = std::chrono::seconds(5)});
  }
  const auto id = ++last_id_;
  by_address_[address].insert(id);
  listeners_.emplace(id, Entry{std::move(address), std::move(listener)});
  return id;
}

void StreamHub::leave(ListenerId id) {
  const auto entry = listeners_.extract(id);
  if (!entry) return;
  const auto at = by_address_.find(entry.mapped().address);
  at->second.erase(id);
  if (at->second.empty()) by_address_.erase(at);
}

// A listener may leave meanwhile, and the callback that runs is a copy that outlives that.
void StreamHub::tell(const StreamAddress& address, StreamSignal signal,
                     std::string_view event_json) {
  const auto at = by_address_.find(address);
  if (at == by_address_.end()) return;
  const std::vector<ListenerId> ids(at->second.begin(), at->second.end());
  for (const auto id : ids) {
    const auto entry = listeners_.find(id);
    if (entry == listeners_.end()) continue;
    const auto listener = entry->second.listener;
    listener(signal, event_json);
  }
}

void StreamHub::end_each(const std::vector<ListenerId>& ids) {
  for (const auto id : ids) {
    const auto entry = listeners_.find(id);
    if (entry == listeners_.end()) continue;
    const auto listener = entry->second.listener;
    leave(id);
    listener(StreamSignal::end, "null");
  }
}

void StreamHub::end(std::string_view plugin_id) {
  std::vector<ListenerId> ids;
  for (const auto& [id, entry] : listeners_) {
    if (entry.address.plugin_id == plugin_id) ids.push_back(id);
  }
  end_each(ids);
  if (const auto found = plugins_.find(plugin_id); found != plugins_.end()) plugins_.erase(found);
}

void StreamHub::end_all() {
  is_over_ = true;
  std::vector<ListenerId> ids;
  for (const auto& [id, entry] : listeners_) ids.push_back(id);
  end_each(ids);
}

// ---- what workers say

StreamHub::Plugin& StreamHub::plugin_of(const worker::WorkerIdentity& worker) {
  auto& plugin = plugins_[worker.plugin_id];
  plugin.key = worker.plugin_key;
  return plugin;
}

bool StreamHub::hold(const worker::WorkerIdentity& by, const StreamAddress& address) {
  auto& channels = plugin_of(by).open[by.instance];
  if (channels.contains(address)) return true;
  if (channels.size() >= limits_.channels_max) {
    drop(by, "it has too many channels open");
    return false;
  }
  channels.insert(address);
  return true;
}

void StreamHub::open(const worker::WorkerIdentity& by, std::string channel,
                     std::string company_id) {
  const StreamAddress address{by.plugin_id, std::move(channel), std::move(company_id)};
  if (!fits(address)) return drop(by, "channel or company are empty or too long");
  if (hold(by, address)) tell(address, StreamSignal::open, "null");
}

// To emit opens, too: a listener must hear of the end of whatever it heard something of.
void StreamHub::emit(const worker::WorkerIdentity& by, std::string channel, std::string company_id,
                     std::string_view event_json) {
  const StreamAddress address{by.plugin_id, std::move(channel), std::move(company_id)};
  if (!fits(address)) return drop(by, "channel or company are empty or too long");
  if (event_json.size() > limits_.event_bytes_max) return drop(by, "the event is too large");
  if (!hold(by, address)) return;
  ++plugin_of(by).events;
  tell(address, StreamSignal::message, event_json);
}

void StreamHub::close(const worker::WorkerIdentity& by, std::string channel,
                      std::string company_id) {
  const StreamAddress address{by.plugin_id, std::move(channel), std::move(company_id)};
  if (!fits(address)) return drop(by, "channel or company are empty or too long");
  auto& plugin = plugin_of(by);
  if (const auto process = plugin.open.find(by.instance); process != plugin.open.end())
    process->second.erase(address);
  tell(address, StreamSignal::close, "null");
}

void StreamHub::drop(const worker::WorkerIdentity& by, std::string_view why) {
  auto& plugin = plugin_of(by);
  ++plugin.dropped;
  if (!plugin.news_of_drops.is_time(loop_.now())) return;
  log_.warn("events of a plugin's stream were dropped",
            {{"plugin", plugin.key},
             {"why", std::string(why)},
             {"so_far", std::to_string(plugin.dropped)}});
}

void StreamHub::ended(const worker::WorkerIdentity& worker) {
  const auto plugin = plugins_.find(worker.plugin_id);
  if (plugin == plugins_.end()) return;
  const auto process = plugin->second.open.extract(worker.instance);
  if (!process) return;
  const auto& others = plugin->second.open;
  for (const auto& address : process.mapped()) {
    const bool is_open_elsewhere = std::ranges::any_of(
        others, [&](const auto& other) { return other.second.contains(address); });
    if (!is_open_elsewhere) tell(address, StreamSignal::close, "null");
  }
}

// ---- what others see

StreamDiagnostics StreamHub::describe(std::string_view plugin_id, const Plugin& plugin) const {
  StreamDiagnostics seen{
      .plugin_key = plugin.key, .events = plugin.events, .dropped = plugin.dropped};
  for (const auto& [instance, channels] : plugin.open) seen.channels += channels.size();
  seen.listeners = static_cast<std::size_t>(std::ranges::count_if(
      listeners_, [&](const auto& one) { return one.second.address.plugin_id == plugin_id; }));
  return seen;
}

std::vector<StreamDiagnostics> StreamHub::diagnostics() const {
  std::vector<StreamDiagnostics> all;
  for (const auto& [id, plugin] : plugins_) all.push_back(describe(id, plugin));
  return all;
}

StreamDiagnostics StreamHub::diagnostics(std::string_view plugin_id) const {
  const auto found = plugins_.find(plugin_id);
  return describe(plugin_id, found == plugins_.end() ? Plugin{} : found->second);
}

}  // namespace collet::services
