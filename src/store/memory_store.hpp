// A PluginStore that keeps its rows in memory, for the tests of other rooms.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/loop.hpp"
#include "collet/plugin_store.hpp"
#include "store/limits.hpp"

namespace collet {

/// Holds to the same contract as the SQLite store (one conformance suite tests both), and forgets
/// everything when it ends. Answers are posted on the loop. Loop thread only.
class MemoryStore final : public PluginStore {
 public:
  explicit MemoryStore(Loop& loop, StoreLimits limits = {}) : loop_(loop), limits_(limits) {}

  void list(Reply<std::vector<PluginRecord>> reply) override;
  void insert(PluginRecord record, Reply<PluginRecord> reply) override;
  void update(PluginRecord record, Reply<Done> reply) override;
  void remove(std::string id, Reply<Done> reply) override;
  void append_logs(std::vector<PluginLogEntry> entries, Reply<Done> reply) override;
  void query_logs(PluginLogQuery query, Reply<std::vector<PluginLogEntry>> reply) override;
  void ping(Reply<Done> reply) override;

  /// From now on every operation changes nothing and answers `failure`; none: the store works
  /// again.
  void fail_with(std::optional<Error> failure) { failure_ = std::move(failure); }

 private:
  template <class T, class Work>
  void answer(Reply<T> reply, Work work);
  PluginRecord* find(std::string_view id);
  [[nodiscard]] bool holds_log(std::string_view id) const;

  Loop& loop_;
  StoreLimits limits_;
  std::optional<Error> failure_;
  std::vector<PluginRecord> records_;                        // by install order
  std::map<std::string, std::vector<PluginLogEntry>> logs_;  // by plugin id; oldest first
};

}  // namespace collet
