#include "app/plugin_view.hpp"

#include <chrono>
#include <cstdint>

#include <fmt/format.h>

#include "app/duration.hpp"
#include "app/json_text.hpp"
#include "app/text.hpp"
#include "base/wall_clock.hpp"

namespace collet::app {
namespace {

/// In the largest unit of which there is one at least: "95m" is "1h".
std::string rounded(std::chrono::milliseconds duration) {
  std::chrono::milliseconds unit(1000);
  for (const auto larger : {std::chrono::minutes(1), std::chrono::minutes(60)}) {
    if (duration >= larger) unit = larger;
  }
  return to_text(duration - duration % unit);
}

}  // namespace

std::string short_time(std::string_view iso8601) {
  std::string text(iso8601.substr(0, 19));
  if (text.size() == 19 && text[10] == 'T') text[10] = ' ';
  return text;
}

std::string short_time(std::int64_t epoch_milliseconds) {
  return short_time(to_iso8601(WallTime(std::chrono::milliseconds(epoch_milliseconds))));
}

Style style_of_status(std::string_view status) {
  if (status == "ready" || status == "running") return Style::good;
  if (status == "error" || status == "crashed" || status == "failed") return Style::bad;
  return Style::warning;
}

std::string name_and_version(const json::Value& row) {
  return text_member(row, "pluginKey") + " " + text_member(row, "version");
}

std::size_t tool_count(const json::Value& row) {
  const auto manifest = row.find("manifestJson");
  const auto tools = manifest ? manifest->find("tools") : std::nullopt;
  return tools ? tools->size() : 0;
}

Table tool_table(const json::Value& row) {
  Table table({{""}, {""}});
  const auto key = text_member(row, "pluginKey");
  const auto manifest = row.find("manifestJson");
  const auto tools = manifest ? manifest->find("tools") : std::nullopt;
  if (!tools) return table;
  for (const auto tool : tools->elements()) {
    table.add(
        {key + ":" + text_member(tool, "name"), first_sentence(text_member(tool, "description"))});
  }
  return table;
}

std::string worker_line(const json::Value& dashboard) {
  const auto worker = present_member(dashboard, "worker");
  if (!worker) return "none runs";
  std::string line = text_member(*worker, "status");
  if (const auto pid = integer_member(*worker, "pid")) line += fmt::format(", pid {}", *pid);
  if (const auto uptime = integer_member(*worker, "uptime"); uptime && *uptime >= 1000) {
    line += ", for " + rounded(std::chrono::milliseconds(*uptime));
  }
  const auto crashes = integer_member(*worker, "totalCrashes").value_or(0);
  line += crashes == 0 ? std::string(", no crash")
                       : fmt::format(", {} crash{}", crashes, crashes == 1 ? "" : "es");
  if (const auto last = integer_member(*worker, "lastCrashAt")) {
    line += ", the last at " + short_time(*last);
  }
  const auto last_exit = text_member(*worker, "lastExit");
  if (!last_exit.empty()) line += ", last " + last_exit;
  if (const auto next = integer_member(*worker, "nextRestartAt")) {
    line += ", next start at " + short_time(*next);
  }
  return line;
}

}  // namespace collet::app
