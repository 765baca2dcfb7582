#include "services/plugin_logs.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace collet::services {
namespace {

constexpr std::array<std::string_view, 4> k_levels{"debug", "info", "warn", "error"};

// Cuts between characters, never inside one.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

}  // namespace

PluginLogs::PluginLogs(Loop& loop, PluginStore& store, Entropy& entropy, WallClock wall_clock,
                       Logger& log, PluginLogLimits limits)
    : loop_(loop),
      store_(store),
      entropy_(entropy),
      wall_clock_(std::move(wall_clock)),
      log_(log),
      limits_(limits) {}

bool PluginLogs::is_within_rate(Allowance& allowance) const {
  const auto now = loop_.now();
  const auto passed = std::chrono::duration<double>(now - allowance.at).count();
  allowance.at = now;
  allowance.lines =
      std::min(limits_.lines_at_once_max, allowance.lines + passed * limits_.lines_a_second_max);
  if (allowance.lines < 1) return false;
  allowance.lines -= 1;
  return true;
}

void PluginLogs::append(std::string_view plugin_id, std::string_view level,
                        std::string_view message, std::string_view meta_json) {
  auto found = allowances_.find(plugin_id);
  if (found == allowances_.end()) {
    found = allowances_
                .emplace(std::string(plugin_id),
                         Allowance{.lines = limits_.lines_at_once_max, .at = loop_.now()})
                .first;
  }
  auto& allowance = found->second;
  if (!is_within_rate(allowance)) {
    ++allowance.left_out;
    ++allowance.left_out_so_far;
    ++dropped_;
    return;
  }
  if (const auto left_out = std::exchange(allowance.left_out, 0)) {
    keep(plugin_id, "warn", "[" + std::to_string(left_out) + " lines left out: too many at once]",
         {});
  }
  keep(plugin_id, level, message, meta_json);
}

worker::LogUse PluginLogs::use_of(std::string_view plugin_id) const {
  const auto found = allowances_.find(plugin_id);
  return {.lines_a_second_max = static_cast<std::uint64_t>(limits_.lines_a_second_max),
          .lines_at_once_max = static_cast<std::uint64_t>(limits_.lines_at_once_max),
          .lines_left_out = found == allowances_.end() ? 0 : found->second.left_out_so_far};
}

void PluginLogs::keep(std::string_view plugin_id, std::string_view level, std::string_view message,
                      std::string_view meta_json) {
  const auto bytes = std::min(message.size(), limits_.message_bytes_max) +
                     std::min(meta_json.size(), limits_.meta_bytes_max);
  if (waiting_entries_ >= limits_.waiting_entries_max ||
      waiting_bytes_ + bytes > limits_.waiting_bytes_max) {
    ++dropped_;
    return;
  }
  PluginLogEntry entry;
  entry.id = make_uuid(entropy_);
  entry.plugin_id = plugin_id;
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
