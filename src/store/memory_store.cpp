#include "store/memory_store.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "store/failures.hpp"

namespace collet {
namespace {

using std::chrono::floor;
using std::chrono::milliseconds;

void round_times(PluginRecord& record) {
  record.installed_at = floor<milliseconds>(record.installed_at);
  record.updated_at = floor<milliseconds>(record.updated_at);
}

}  // namespace

template <class T, class Work>
void MemoryStore::answer(Reply<T> reply, Work work) {
  auto outcome = failure_ ? Result<T>(std::unexpected(*failure_)) : work();
  loop_.post([reply = std::move(reply), outcome = std::move(outcome)]() mutable {
    reply(std::move(outcome));
  });
}

PluginRecord* MemoryStore::find(std::string_view id) {
  const auto found = std::ranges::find(records_, id, &PluginRecord::id);
  return found == records_.end() ? nullptr : &*found;
}

bool MemoryStore::holds_log(std::string_view id) const {
  return std::ranges::any_of(logs_, [id](const auto& plugin) {
    return std::ranges::find(plugin.second, id, &PluginLogEntry::id) != plugin.second.end();
  });
}

void MemoryStore::list(Reply<std::vector<PluginRecord>> reply) {
  answer(std::move(reply), [&] { return Result<std::vector<PluginRecord>>(records_); });
}

void MemoryStore::insert(PluginRecord record, Reply<PluginRecord> reply) {
  answer(std::move(reply), [&]() -> Result<PluginRecord> {
    const bool taken = std::ranges::any_of(records_, [&](const PluginRecord& other) {
      return other.id == record.id || other.plugin_key == record.plugin_key;
    });
    if (taken) return already_installed(record.plugin_key);
    record.install_order = records_.empty() ? 1 : records_.back().install_order + 1;
    round_times(record);
    return records_.emplace_back(std::move(record));
  });
}

void MemoryStore::update(PluginRecord record, Reply<Done> reply) {
  answer(std::move(reply), [&]() -> Result<Done> {
    auto* row = find(record.id);
    if (row == nullptr) return no_such_plugin(record.id);
    const bool taken = std::ranges::any_of(records_, [&](const PluginRecord& other) {
      return other.id != record.id && other.plugin_key == record.plugin_key;
    });
    if (taken) return already_installed(record.plugin_key);
    record.install_order = row->install_order;
    round_times(record);
    *row = std::move(record);
    return Done{};
  });
}

void MemoryStore::remove(std::string id, Reply<Done> reply) {
  answer(std::move(reply), [&]() -> Result<Done> {
    if (std::erase_if(records_, [&](const PluginRecord& row) { return row.id == id; }) == 0) {
      return no_such_plugin(id);
    }
    logs_.erase(id);
    return Done{};
  });
}

void MemoryStore::append_logs(std::vector<PluginLogEntry> entries, Reply<Done> reply) {
  answer(std::move(reply), [&]() -> Result<Done> {
    for (const auto& entry : entries) {
      if (find(entry.plugin_id) == nullptr) return no_such_plugin(entry.plugin_id);
    }
    for (auto& entry : entries) {
      if (holds_log(entry.id)) continue;
      entry.created_at = floor<milliseconds>(entry.created_at);
      auto& lines = logs_[entry.plugin_id];
      lines.push_back(std::move(entry));
      if (std::ssize(lines) > limits_.logs_per_plugin_max) lines.erase(lines.begin());
    }
    return Done{};
  });
}

void MemoryStore::query_logs(PluginLogQuery query, Reply<std::vector<PluginLogEntry>> reply) {
  answer(std::move(reply), [&]() -> Result<std::vector<PluginLogEntry>> {
    std::vector<PluginLogEntry> found;
    const auto lines = logs_.find(query.plugin_id);
    if (lines == logs_.end()) return found;
    std::ranges::copy_if(
        lines->second.rbegin(), lines->second.rend(), std::back_inserter(found),
        [&](const PluginLogEntry& entry) {
          return (!query.level || entry.level == *query.level) &&
                 (!query.company_id || entry.company_id == *query.company_id) &&
                 (!query.since || entry.created_at >= floor<milliseconds>(*query.since));
        });
    // Stable: of lines with the same time the one appended later stays first.
    std::ranges::stable_sort(found, std::ranges::greater(), &PluginLogEntry::created_at);
    if (found.size() > query.limit) found.resize(query.limit);
    return found;
  });
}

void MemoryStore::ping(Reply<Done> reply) {
  answer(std::move(reply), [] { return Result<Done>(Done{}); });
}

}  // namespace collet
