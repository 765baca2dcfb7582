#include "services/plugin_logs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/text.hpp"

namespace collet::services {
namespace {

constexpr std::string_view k_metric = "metric";
constexpr std::array<std::string_view, 5> k_levels{"debug", "info", "warn", "error", k_metric};

}  // namespace

PluginLogs::PluginLogs(Loop& loop, PluginStore& store, Entropy& entropy, WallClock wall_clock,
                       Logger& log, PluginLogLimits limits)
    : loop_(loop),
      store_(store),
      entropy_(entropy),
      wall_clock_(std::move(wall_clock)),
      log_(log),
      limits_(limits) {}

void PluginLogs::append(std::string_view plugin_id, std::string_view level,
                        std::string_view message, std::string_view meta_json,
                        std::string_view company_id) {
  const auto now = loop_.now();
  auto& rations = level == k_metric ? of_metrics_ : of_lines_;
  auto found = rations.find(plugin_id);
  if (found == rations.end()) {
    found = rations.emplace(plugin_id, Ration{.allowance = Allowance(limits_.lines, now)}).first;
  }
  auto& ration = found->second;
  if (!ration.allowance.take(limits_.lines, now)) {
    ++ration.left_out;
    ++ration.left_out_so_far;
    ++dropped_;
    return;
  }
  if (const auto left_out = std::exchange(ration.left_out, 0)) {
    const auto words = "[" + std::to_string(left_out) +
                       (level == k_metric ? " metrics" : " lines") + " left out: too many at once]";
    keep({.plugin_id = plugin_id,
          .level = "warn",
          .message = words,
          .meta_json = {},
          .company_id = {}});
  }
  keep({plugin_id, level, message, meta_json, company_id});
}

worker::LogUse PluginLogs::use_of(std::string_view plugin_id) const {
  const auto found = of_lines_.find(plugin_id);
  return {.lines_a_second_max = static_cast<std::uint64_t>(limits_.lines.per_second),
          .lines_at_once_max = static_cast<std::uint64_t>(limits_.lines.at_once),
          .lines_left_out = found == of_lines_.end() ? 0 : found->second.left_out_so_far};
}

void PluginLogs::forget(std::string_view plugin_id) {
  for (auto* const rations : {&of_lines_, &of_metrics_}) {
    if (const auto found = rations->find(plugin_id); found != rations->end()) rations->erase(found);
  }
}

void PluginLogs::keep(const Line& line) {
  const auto& [plugin_id, level, message, meta_json, named] = line;
  const auto company_id = cut(named, limits_.company_bytes_max);
  const auto bytes = std::min(message.size(), limits_.message_bytes_max) +
                     std::min(meta_json.size(), limits_.meta_bytes_max) + company_id.size();
  if (waiting_entries_ >= limits_.waiting_entries_max ||
      waiting_bytes_ + bytes > limits_.waiting_bytes_max) {
    ++dropped_;
    return;
  }
  PluginLogEntry entry;
  entry.id = make_uuid(entropy_);
  entry.plugin_id = plugin_id;
  if (!company_id.empty()) entry.company_id = company_id;
  entry.level = std::ranges::find(k_levels, level) != k_levels.end() ? level : "info";
  entry.message = cut(message, limits_.message_bytes_max);
  if (entry.message.size() < message.size()) entry.message += " [cut]";
  if (meta_json.size() > limits_.meta_bytes_max) {
    entry.message += " [meta left out: too large]";
  } else if (!meta_json.empty()) {
    entry.meta_json = meta_json;
  }
  entry.created_at = wall_clock_();
  waiting_[entry.plugin_id].push_back(std::move(entry));
  waiting_bytes_ += bytes;
  if (++waiting_entries_ >= limits_.batch_entries_max) {
    flush();
  } else if (waiting_entries_ == 1) {
    timer_ = loop_.call_after(limits_.delay, [this] { flush(); });
  }
}

void PluginLogs::flush() {
  if (writes_ > 0 || waiting_.empty()) return;
  timer_.cancel();
  waiting_entries_ = 0;
  waiting_bytes_ = 0;
  auto batches = std::exchange(waiting_, {});
  writes_ = batches.size();
  for (auto& [plugin_id, entries] : batches) {
    store_.append_logs(std::move(entries),
                       Reply<Done>([this](Result<Done> outcome) { written(outcome); }));
  }
}

void PluginLogs::written(const Result<Done>& outcome) {
  if (!outcome && outcome.error().code != ErrorCode::plugin_not_found) {
    log_.warn("plugin log lines were not stored", {{"reason", outcome.error().message}});
  }
  if (--writes_ > 0) return;
  if (dropped_ > reported_dropped_) {
    reported_dropped_ = dropped_;
    log_.warn("plugin log lines were dropped", {{"so_far", std::to_string(dropped_)}});
  }
  flush();
  if (writes_ == 0 && drained_) drained_(Done{});
}

void PluginLogs::drain(Reply<Done> reply) {
  flush();
  if (writes_ == 0) return reply(Done{});
  drained_ = std::move(reply);
}

}  // namespace collet::services
