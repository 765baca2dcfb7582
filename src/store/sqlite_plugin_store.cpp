#include "store/sqlite_plugin_store.hpp"

#include <optional>
#include <utility>

namespace collet {
namespace {

std::size_t size_of(const std::optional<std::string>& text) {
  return text ? text->size() : 0;
}

std::size_t size_of(const PluginRecord& record) {
  return sizeof record + record.manifest_json.size() + size_of(record.last_error);
}

std::size_t size_of(const std::vector<PluginLogEntry>& entries) {
  std::size_t size = 0;
  for (const auto& entry : entries) {
    size += sizeof entry + entry.message.size() + size_of(entry.meta_json);
  }
  return size;
}

}  // namespace

SqlitePluginStore::SqlitePluginStore(Database& database, StoreQueue& queue,
                                     std::int64_t logs_per_plugin_max)
    : queue_(queue), tables_(database, logs_per_plugin_max) {}

void SqlitePluginStore::list(Reply<std::vector<PluginRecord>> reply) {
  queue_.of_host().read<std::vector<PluginRecord>>([this] { return tables_.list(); },
                                                   std::move(reply));
}

void SqlitePluginStore::insert(PluginRecord record, Reply<PluginRecord> reply) {
  const auto bytes = size_of(record);
  queue_.of_host().write<PluginRecord>(
      bytes, [this, record = std::move(record)] { return tables_.insert(record); },
      std::move(reply));
}

void SqlitePluginStore::update(PluginRecord record, Reply<Done> reply) {
  const auto bytes = size_of(record);
  queue_.of_host().write<Done>(
      bytes, [this, record = std::move(record)] { return tables_.update(record); },
      std::move(reply));
}

void SqlitePluginStore::remove(std::string id, Reply<Done> reply) {
  const auto bytes = id.size();
  queue_.of_host().write<Done>(
      bytes, [this, id = std::move(id)] { return tables_.remove(id); }, std::move(reply));
}

void SqlitePluginStore::append_logs(std::vector<PluginLogEntry> entries, Reply<Done> reply) {
  const auto bytes = size_of(entries);
  queue_.of_host().write<Done>(
      bytes, [this, entries = std::move(entries)] { return tables_.append_logs(entries); },
      std::move(reply));
}

void SqlitePluginStore::query_logs(PluginLogQuery query, Reply<std::vector<PluginLogEntry>> reply) {
  queue_.of_host().read<std::vector<PluginLogEntry>>(
      [this, query = std::move(query)] { return tables_.query_logs(query); }, std::move(reply));
}

void SqlitePluginStore::ping(Reply<Done> reply) {
  queue_.of_host().read<Done>([this] { return tables_.ping(); }, std::move(reply));
}

}  // namespace collet
