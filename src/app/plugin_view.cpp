#include "app/plugin_view.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "app/duration.hpp"
#include "app/json_text.hpp"
#include "app/text.hpp"
#include "base/wall_clock.hpp"
#include "process/limits.hpp"

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

std::string bytes_text(std::int64_t count) {
  return process::bytes_text(static_cast<std::uint64_t>(count));
}

struct HitName {
  std::string_view member;
  std::string_view once;
  std::string_view more;
};

/// "; hit: 2 processes refused" of the worker's `limitsHit`; empty where none of these was.
std::string hits_text(const json::Value& worker, std::initializer_list<HitName> names) {
  const auto hit = worker.find("limitsHit");
  if (!hit) return {};
  std::string text;
  for (const auto& [member, once, more] : names) {
    const auto count = integer_member(*hit, member).value_or(0);
    if (count == 0) continue;
    text +=
        fmt::format("{}{} {}", text.empty() ? "; hit: " : ", ", count, count == 1 ? once : more);
  }
  return text;
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
  if (const auto all = integer_member(*worker, "instances"); all && *all > 1) {
    line += fmt::format(", {} of {} run", integer_member(*worker, "instancesRunning").value_or(0),
                        *all);
  }
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

std::string calls_line(const json::Value& dashboard) {
  const auto calls = present_member(dashboard, "calls");
  if (!calls) return {};
  const auto count = [&](std::string_view name) {
    return integer_member(*calls, name).value_or(0);
  };
  const auto most = count("runningMax");
  if (most == 0) return "none yet";
  auto line =
      fmt::format("{} in flight of {}, {} waiting", count("running"), most, count("waiting"));
  if (const auto places = count("waitingMax")) line += fmt::format(" of {}", places);
  if (const auto waited = count("hadToWait")) line += fmt::format("; {} had to wait", waited);
  if (const auto refused = count("refused")) line += fmt::format(", {} refused", refused);
  if (const auto expired = count("expired")) line += fmt::format(", {} expired", expired);
  return line;
}

std::string limits_line(const json::Value& dashboard) {
  const auto worker = present_member(dashboard, "worker");
  const auto limits = worker ? worker->find("limits") : std::nullopt;
  if (!limits) return {};
  std::string line;
  const auto add = [&](const std::string& text) { line += (line.empty() ? "" : ", ") + text; };
  const auto limit = [&](std::string_view name) { return integer_member(*limits, name); };
  if (const auto most = limit("openFilesMax")) add(fmt::format("{} open files", *most));
  if (const auto most = limit("coreBytesMax")) {
    add(*most == 0 ? "no core dump" : "core dumps of " + bytes_text(*most));
  }
  if (const auto most = limit("cpuSecondsMax")) add(fmt::format("{} s of CPU time", *most));
  if (const auto most = limit("addressSpaceMax")) add(bytes_text(*most) + " of address space");
  if (const auto most = limit("memoryMax")) add(bytes_text(*most) + " of memory");
  if (const auto most = limit("processesMax")) add(fmt::format("{} processes", *most));
  if (line.empty()) line = "none";
  return line +
         hits_text(*worker, {{"memory", "killed for want of memory", "killed for want of memory"},
                             {"processes", "process refused", "processes refused"},
                             {"cpu", "killed for its CPU time", "killed for their CPU time"}});
}

std::string protocol_line(const json::Value& dashboard) {
  const auto worker = present_member(dashboard, "worker");
  const auto limits = worker ? worker->find("limits") : std::nullopt;
  if (!limits || !limits->find("lineBytesMax")) return {};
  const auto limit = [&](std::string_view name) {
    return integer_member(*limits, name).value_or(0);
  };
  return fmt::format(
             "messages of {} and {} levels, lines of {} on standard error, {} calls pending, {} "
             "unsent, {} of noise a second, {} log lines a second ({} at once)",
             bytes_text(limit("lineBytesMax")), limit("depthMax"),
             bytes_text(limit("stderrLineBytesMax")), limit("callsPendingMax"),
             bytes_text(limit("unsentBytesMax")), bytes_text(limit("chatterBytesPerSecondMax")),
             limit("logLinesPerSecondMax"), limit("logLinesAtOnceMax")) +
         hits_text(*worker,
                   {{"lineBytes", "message too long", "messages too long"},
                    {"depth", "message too deep", "messages too deep"},
                    {"stderrLineBytes", "line too long for the log", "lines too long for the log"},
                    {"callsPending", "time too many calls pending", "times too many calls pending"},
                    {"unsentBytes", "time too much unsent", "times too much unsent"},
                    {"chatter", "second too noisy", "seconds too noisy"},
                    {"logLines", "log line left out", "log lines left out"}});
}

std::vector<std::pair<std::string, std::string>> missing_configuration(const json::Value& row) {
  std::vector<std::pair<std::string, std::string>> facts;
  const auto errors = row.find("configErrors");
  if (!errors || errors->size() == 0) return facts;
  for (const auto each : errors->elements()) {
    const auto field = text_member(each, "field");
    facts.emplace_back(facts.empty() ? "configuration" : "",
                       (field == "/" ? "" : field + ": ") + text_member(each, "message"));
  }
  facts.emplace_back(
      "", "mend it: collet plugin config edit " + shell_word(text_member(row, "pluginKey")));
  return facts;
}

std::vector<std::string> unenforced_limits(const json::Value& dashboard) {
  std::vector<std::string> sentences;
  const auto worker = present_member(dashboard, "worker");
  const auto list = worker ? worker->find("limitsUnenforced") : std::nullopt;
  if (!list) return sentences;
  for (const auto each : list->elements()) {
    if (const auto text = each.as_string()) sentences.emplace_back(*text);
  }
  return sentences;
}

}  // namespace collet::app
