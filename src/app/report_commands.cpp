// collet plugin logs, activity, jobs …
#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "app/commands.hpp"
#include "app/duration.hpp"
#include "app/json_text.hpp"
#include "app/plugin_request.hpp"
#include "app/plugin_view.hpp"
#include "app/text.hpp"
#include "base/wall_clock.hpp"

namespace collet::app {
namespace {

/// A duration back from `now`, an ISO 8601 time, or its date alone (midnight UTC).
std::optional<WallTime> read_since(const std::string& text, WallTime now) {
  if (const auto back = parse_duration(text)) return now - *back;
  const auto time = from_iso8601(text);
  return time ? time : from_iso8601(text + "T00:00:00Z");
}

/// What stands behind the question mark.
class QueryText {
 public:
  void add(std::string_view name, const std::string& value) {
    text_ += (text_.empty() ? "?" : "&") + std::string(name) + "=" + url_encoded(value);
  }
  void add(std::string_view name, const std::optional<std::string>& value) {
    if (value) add(name, *value);
  }
  void add(std::string_view name, const std::optional<int>& value) {
    if (value) add(name, std::to_string(*value));
  }
  /// Fails where it is no time: the daemon would pass over it, and all lines would seem to be new.
  Outcome<Done> add_since(const std::optional<std::string>& since, WallTime now) {
    if (!since) return Done{};
    const auto time = read_since(*since, now);
    if (!time) {
      return wrong_usage("--since wants a duration or a time, got \"" + *since + "\"",
                         "write for example 10m, 2026-11-20 or 2026-11-20T06:00:00Z");
    }
    add("since", to_iso8601(*time));
    return Done{};
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Style style_of_level(std::string_view level) {
  if (level == "error") return Style::bad;
  if (level == "warn") return Style::warning;
  return Style::plain;
}

Style style_of_run(std::string_view status) {
  if (status == "succeeded") return Style::good;
  if (status == "failed") return Style::bad;
  return Style::warning;
}

/// The elements of a list that is newest first, oldest first.
std::vector<json::Value> oldest_first(const json::Value& list) {
  std::vector<json::Value> values;
  for (const auto each : list.elements()) values.push_back(each);
  std::ranges::reverse(values);
  return values;
}

/// Log lines and the like are not cut: what matters often stands at the end.
ExitCode print_uncut(const Table& table, std::string_view where_none, const Surroundings& on) {
  on.terminal.out(table.empty() ? std::string(where_none) + "\n"
                                : table.render({.colour = on.terminal.out_traits().colour}));
  return ExitCode::ok;
}

std::string duration_of(const json::Value& run) {
  const auto took = integer_member(run, "durationMs");
  return took ? fmt::format("{:.1f} s", static_cast<double>(*took) / 1000) : std::string();
}

std::string jobs_path(const PluginJobs& command, std::string_view rest = "") {
  auto path = std::string("/jobs");
  if (command.job) path += "/" + url_encoded(*command.job);
  return plugin_path(command.plugin, path + std::string(rest));
}

Outcome<ExitCode> list_jobs(const PluginJobs& command, const Surroundings& on) {
  const auto answer = ask(command.client, on, {.path = jobs_path(command)});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);
  Table table({{"JOB"}, {"SCHEDULE"}, {"STATUS"}, {"LAST RUN"}, {"NEXT RUN"}, {"WHAT"}});
  const auto jobs = answer->root();
  for (const auto job : jobs.elements()) {
    const auto status = text_member(job, "status");
    auto problem = text_member(job, "problem");
    const auto schedule = text_member(job, "schedule");
    table.add({text_member(job, "jobKey"), schedule.empty() ? "by hand" : schedule,
               Cell(status, status == "active" ? Style::good : style_of_status(status)),
               short_time(text_member(job, "lastRunAt")), short_time(text_member(job, "nextRunAt")),
               problem.empty() ? text_member(job, "displayName") : std::move(problem)});
  }
  on.terminal.out(table.empty() ? "The plugin declares no jobs.\n"
                                : table.render(on.terminal.out_traits()));
  return ExitCode::ok;
}

Outcome<ExitCode> list_runs(const PluginJobs& command, const Surroundings& on) {
  QueryText query;
  query.add("limit", command.limit);
  const auto answer = ask(command.client, on, {.path = jobs_path(command, "/runs" + query.text())});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);
  Table table({{""}, {""}, {""}, {""}, {""}});
  for (const auto run : oldest_first(answer->root())) {
    const auto status = text_member(run, "status");
    table.add({Cell(short_time(text_member(run, "createdAt")), Style::dim),
               text_member(run, "trigger"), Cell(status, style_of_run(status)), duration_of(run),
               text_member(run, "error")});
  }
  return print_uncut(table, "It has not run yet.", on);
}

Outcome<ExitCode> run_job(const PluginJobs& command, const Surroundings& on) {
  const auto answer = ask(command.client, on,
                          {.method = "POST",
                           .path = jobs_path(command, "/trigger?wait=true"),
                           .answer_timeout = std::nullopt});
  if (!answer) return std::unexpected(answer.error());
  const auto run = answer->root().find("run");
  const auto status = run ? text_member(*run, "status") : std::string();
  const auto code = status == "succeeded" ? ExitCode::ok : ExitCode::failure;
  if (command.form == OutputForm::json) {
    print_json(*answer, on);
    return code;
  }
  if (code != ExitCode::ok) {
    // Whatever became of the job, the request was fine.
    return failed({.code = ErrorCode::tool_error,
                   .message = "the job " + *command.job + " " + status + ": " +
                              (run ? text_member(*run, "error") : std::string()),
                   .remedy = "see `collet plugin logs " + command.plugin + "`"});
  }
  on.terminal.out("Ran " + printable(*command.job) + " in " + duration_of(*run) + ".\n");
  return code;
}

}  // namespace

Outcome<ExitCode> execute(const PluginLogs& command, const Surroundings& on) {
  QueryText query;
  query.add("limit", command.limit);
  query.add("level", command.level);
  query.add("companyId", command.company);
  if (auto since = query.add_since(command.since, on.now()); !since)
    return std::unexpected(since.error());
  const auto answer =
      ask(command.client, on, {.path = plugin_path(command.plugin, "/logs" + query.text())});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);

  Table table({{""}, {""}, {""}});
  for (const auto entry : oldest_first(answer->root())) {
    const auto level = text_member(entry, "level");
    auto message = text_member(entry, "message");
    const auto meta = present_member(entry, "meta");
    if (meta && meta->size() > 0) message += "  " + json::compact(*meta);
    table.add({Cell(short_time(text_member(entry, "createdAt")), Style::dim),
               Cell(level, style_of_level(level)), std::move(message)});
  }
  return print_uncut(table, "No log lines.", on);
}

Outcome<ExitCode> execute(const PluginActivity& command, const Surroundings& on) {
  QueryText query;
  query.add("limit", command.limit);
  query.add("kind", command.kind);
  query.add("companyId", command.company);
  if (auto since = query.add_since(command.since, on.now()); !since)
    return std::unexpected(since.error());
  const auto answer =
      ask(command.client, on, {.path = plugin_path(command.plugin, "/activity" + query.text())});
  if (!answer) return std::unexpected(answer.error());
  if (command.form == OutputForm::json) return print_json(*answer, on);

  Table table({{""}, {""}, {""}, {""}});
  for (const auto entry : oldest_first(answer->root())) {
    auto message = text_member(entry, "message");
    const auto metadata = present_member(entry, "metadata");
    if (metadata && metadata->size() > 0) message += "  " + json::compact(*metadata);
    const auto type = text_member(entry, "entityType");
    table.add({Cell(short_time(text_member(entry, "createdAt")), Style::dim),
               text_member(entry, "kind"),
               type.empty() ? std::string() : type + " " + text_member(entry, "entityId"),
               std::move(message)});
  }
  return print_uncut(table, "No activity.", on);
}

Outcome<ExitCode> execute(const PluginJobs& command, const Surroundings& on) {
  if (command.action && !command.job) {
    return wrong_usage("which job? `" + *command.action + "` wants its key",
                       "see `collet plugin jobs " + command.plugin + "`");
  }
  if (!command.action) return list_jobs(command, on);
  return *command.action == "run" ? run_job(command, on) : list_runs(command, on);
}

}  // namespace collet::app
