// What plugins log, on its way into the store.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/loop.hpp"
#include "base/wall_clock.hpp"
#include "collet/limits.hpp"
#include "collet/plugin_store.hpp"
#include "services/allowance.hpp"
#include "worker/host_services.hpp"

namespace collet::services {

struct PluginLogLimits {
  std::size_t message_bytes_max =
      limits::plugin_log::message_bytes_max;  ///< a longer message is cut, and says so
  std::size_t meta_bytes_max =
      limits::plugin_log::meta_bytes_max;  ///< larger metadata is left out; the message says so
  std::size_t company_bytes_max = limits::services::name_bytes_max;  ///< a longer id is cut
  /// Of one plugin; its metrics have as much of their own.
  Rate lines{.per_second = limits::plugin_log::lines_a_second_max,
             .at_once = limits::plugin_log::lines_at_once_max};
  std::size_t batch_entries_max =
      limits::plugin_log::batch_lines_max;  ///< written at once, or after `delay`
  std::size_t waiting_entries_max =
      limits::plugin_log::waiting_lines_max;  ///< further ones are counted and dropped
  std::size_t waiting_bytes_max = limits::plugin_log::waiting_bytes_max;  ///< the same
  Clock::duration delay = limits::plugin_log::batch_delay;
};

/// Collects log lines and writes them in batches, because a line a transaction would let one chatty
/// plugin fill the disk's queue. Loop thread only.
class PluginLogs {
 public:
  PluginLogs(Loop& loop, PluginStore& store, Entropy& entropy, WallClock wall_clock, Logger& log,
             PluginLogLimits limits = {});

  /// Adds a line. `level` other than debug, info, warn, error and metric is taken as info.
  /// `meta_json` is JSON text, or empty. `company_id` is empty where it is nobody's.
  void append(std::string_view plugin_id, std::string_view level, std::string_view message,
              std::string_view meta_json = {}, std::string_view company_id = {});
  /// A plugin is gone for good: what it may log begins anew.
  void forget(std::string_view plugin_id);
  /// Writes what waits now.
  void flush();
  /// Answers when everything is written and no write is under way; for the end of a host.
  void drain(Reply<Done> reply);
  /// Lines that were dropped because too many waited, or came.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  /// What one plugin may log, and how much was left out of what it logged, because it was too much
  /// at once.
  [[nodiscard]] worker::LogUse use_of(std::string_view plugin_id) const;

 private:
  /// What one plugin may still log.
  struct Ration {
    Allowance allowance;
    std::uint64_t left_out = 0;  ///< since its last line
    std::uint64_t left_out_so_far = 0;
  };
  /// One line on its way.
  struct Line {
    std::string_view plugin_id;
    std::string_view level;
    std::string_view message;
    std::string_view meta_json;
    std::string_view company_id;
  };
  using Rations = std::map<std::string, Ration, std::less<>>;  // one a plugin that ever logged
  void keep(const Line& line);
  void written(const Result<Done>& outcome);

  Loop& loop_;
  PluginStore& store_;
  Entropy& entropy_;
  WallClock wall_clock_;
  Logger& log_;
  const PluginLogLimits limits_;
  std::map<std::string, std::vector<PluginLogEntry>, std::less<>>
      waiting_;  // by plugin: one that was purged meanwhile takes no other's lines along
  Rations of_lines_;
  Rations of_metrics_;
  std::size_t waiting_entries_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::size_t writes_ = 0;  // under way
  std::uint64_t dropped_ = 0;
  std::uint64_t reported_dropped_ = 0;
  Timer timer_;
  Reply<Done> drained_;
};

}  // namespace collet::services
