#include "api/views.hpp"

#include <chrono>

namespace collet::api {
namespace {

json::Writer& optional_time(json::Writer& out, std::string_view name,
                            const std::optional<WallTime>& time) {
  return time ? out.member(name, to_epoch_ms(*time)) : out.key(name).null();
}

// "1 of 2 tools is disabled: acme.x:t (parametersSchema is invalid at /type: …)"; empty where none
// is.
std::string disabled_tools(const std::vector<AgentToolDescriptor>& tools) {
  constexpr std::size_t told_max = 3;
  std::string list;
  std::size_t count = 0;
  for (const auto& tool : tools) {
    if (tool.disabled.empty() || ++count > told_max) continue;
    list += (list.empty() ? "" : "; ") + tool.name + " (" + tool.disabled + ")";
  }
  if (count == 0) return {};
  if (count > told_max) list += "; and " + std::to_string(count - told_max) + " more";
  return std::to_string(count) + " of " + std::to_string(tools.size()) +
         (tools.size() == 1 ? " tool" : " tools") + (count == 1 ? " is" : " are") +
         " disabled: " + list;
}

// A limit that does not hold is null.
void write_limits(json::Writer& out, const WorkerDiagnostics& worker) {
  const auto limit = [&](std::string_view name, const std::optional<std::uint64_t>& most) {
    if (most.value_or(WorkerLimits::unlimited) == WorkerLimits::unlimited) {
      out.key(name).null();
    } else {
      out.member(name, static_cast<std::int64_t>(*most));
    }
  };
  out.key("limits").begin_object();
  limit("openFilesMax", worker.limits.open_files_max);
  limit("coreBytesMax", worker.limits.core_bytes_max);
  limit("cpuSecondsMax", worker.limits.cpu_seconds_max);
  limit("addressSpaceMax", worker.limits.address_space_max);
  limit("memoryMax", worker.limits.memory_max);
  limit("processesMax", worker.limits.processes_max);
  const auto number = [&](std::string_view name, std::uint64_t value) {
    out.member(name, static_cast<std::int64_t>(value));
  };
  const auto& protocol = worker.protocol_limits;
  number("lineBytesMax", protocol.line_bytes_max);
  number("depthMax", protocol.depth_max);
  number("stderrLineBytesMax", protocol.stderr_line_bytes_max);
  number("callsPendingMax", protocol.calls_pending_max);
  number("unsentBytesMax", protocol.unsent_bytes_max);
  number("chatterBytesPerSecondMax", protocol.chatter_bytes_a_second_max);
  number("logLinesPerSecondMax", protocol.log_lines_a_second_max);
  number("logLinesAtOnceMax", protocol.log_lines_at_once_max);
  out.end_object().key("limitsUnenforced").begin_array();
  for (const auto& why : worker.limits_unenforced) out.string(why);
  out.end_array().key("limitsHit").begin_object();
  number("memory", worker.limits_hit.memory);
  number("processes", worker.limits_hit.processes);
  number("cpu", worker.limits_hit.cpu);
  const auto& hit = worker.protocol_limits_hit;
  number("lineBytes", hit.line_bytes);
  number("depth", hit.depth);
  number("stderrLineBytes", hit.stderr_line_bytes);
  number("callsPending", hit.calls_pending);
  number("unsentBytes", hit.unsent_bytes);
  number("chatter", worker.times_paused);
  number("logLines", hit.log_lines);
  out.end_object();
}

void write_events(json::Writer& out, const services::EventDiagnostics& events) {
  const auto count = [&](std::string_view name, std::uint64_t number) {
    out.member(name, static_cast<std::int64_t>(number));
  };
  const auto& counts = events.counts;
  out.key("events").begin_object();
  count("subscriptions", events.subscriptions);
  count("waiting", events.waiting);
  count("inFlight", events.in_flight);
  count("emitted", counts.emitted);
  count("delivered", counts.delivered);
  count("returned", counts.returned);
  count("refused", counts.refused);
  out.key("lost").begin_object();
  count("queueFull", counts.fell_out);
  count("unheard", counts.unheard);
  count("unanswered", counts.unanswered);
  count("deadly", counts.deadly);
  out.end_object().end_object();
}

void write_streams(json::Writer& out, const services::StreamDiagnostics& streams) {
  out.key("streams").begin_object();
  out.member("listeners", static_cast<std::int64_t>(streams.listeners))
      .member("channels", static_cast<std::int64_t>(streams.channels))
      .member("events", static_cast<std::int64_t>(streams.events))
      .member("dropped", static_cast<std::int64_t>(streams.dropped))
      .end_object();
}

void write_check(json::Writer& out, std::string_view name, bool passed, std::string_view message) {
  out.begin_object()
      .member("name", name)
      .member("passed", passed)
      .member("message", message)
      .end_object();
}

}  // namespace

void write_row_members(json::Writer& out, const PluginRecord& row) {
  out.member("id", row.id)
      .member("pluginKey", row.plugin_key)
      .member("packageName", row.package_name);
  out.member("version", row.version).member("apiVersion", row.api_version);
  out.key("categories").begin_array();
  for (const auto& category : row.categories) out.string(category);
  out.end_array()
      .raw_member("manifestJson", row.manifest_json)
      .member("status", to_string(row.status));
  out.member("installOrder", row.install_order);
  out.member("packagePath", row.package_path);
  out.member("lastError", row.last_error);
  out.member("installedAt", to_iso8601(row.installed_at))
      .member("updatedAt", to_iso8601(row.updated_at));
}

std::string row_json(const PluginRecord& row) {
  json::Writer out;
  out.begin_object();
  write_row_members(out, row);
  out.end_object();
  return std::move(out).take();
}

std::string rows_json(const std::vector<PluginRecord>& rows) {
  json::Writer out;
  out.begin_array();
  for (const auto& row : rows) {
    out.begin_object();
    write_row_members(out, row);
    out.end_object();
  }
  out.end_array();
  return std::move(out).take();
}

std::string descriptors_json(const std::vector<AgentToolDescriptor>& tools) {
  json::Writer out;
  out.begin_array();
  for (const auto& tool : tools) {
    out.begin_object().member("name", tool.name).member("displayName", tool.display_name);
    out.member("description", tool.description)
        .raw_member("parametersSchema", tool.parameters_schema);
    out.member("pluginId", tool.plugin_id);
    if (!tool.disabled.empty()) out.member("disabled", tool.disabled);
    out.end_object();
  }
  out.end_array();
  return std::move(out).take();
}

std::string logs_json(const std::vector<PluginLogEntry>& entries) {
  json::Writer out;
  out.begin_array();
  for (const auto& entry : entries) {
    out.begin_object().member("id", entry.id).member("pluginId", entry.plugin_id);
    out.member("companyId", entry.company_id);
    out.member("level", entry.level).member("message", entry.message);
    entry.meta_json ? out.raw_member("meta", *entry.meta_json) : out.key("meta").null();
    out.member("createdAt", to_iso8601(entry.created_at)).end_object();
  }
  out.end_array();
  return std::move(out).take();
}

std::string health_json(const PluginRecord& row, const std::optional<WorkerHealth>& worker,
                        const std::vector<AgentToolDescriptor>& tools) {
  const bool ready = row.status == PluginStatus::ready;
  const auto disabled = disabled_tools(tools);
  const bool healthy = ready && !row.last_error && (!worker || worker->passed) && disabled.empty();
  json::Writer out;
  out.begin_object()
      .member("pluginId", row.id)
      .member("status", to_string(row.status))
      .member("healthy", healthy);
  out.key("checks").begin_array();
  write_check(out, "registry", true, "Plugin found in registry");
  write_check(out, "manifest", true, "Manifest is valid");
  write_check(out, "status", ready, "Current status: " + std::string(to_string(row.status)));
  if (row.last_error) write_check(out, "error_state", false, *row.last_error);
  if (worker) write_check(out, "worker", worker->passed, worker->message);
  if (!disabled.empty()) write_check(out, "schemas", false, disabled);
  out.end_array();
  if (row.last_error) out.member("lastError", *row.last_error);
  out.end_object();
  return std::move(out).take();
}

std::string config_json(const services::PluginConfig& config, std::string_view warning) {
  const auto& row = config.row;
  json::Writer out;
  out.begin_object().member("id", row.id).member("pluginId", row.plugin_id);
  out.member("companyId", row.company_id).raw_member("configJson", row.config_json);
  config.last_error.empty() ? out.key("lastError").null()
                            : out.member("lastError", config.last_error);
  out.member("createdAt", to_iso8601(row.created_at))
      .member("updatedAt", to_iso8601(row.updated_at));
  if (!warning.empty()) out.member("warning", warning);
  out.end_object();
  return std::move(out).take();
}

void write_field_errors(json::Writer& out, std::span<const Violation> violations) {
  out.begin_array();
  for (const auto& violation : violations) {
    const std::string_view place = violation.instance_pointer;
    std::string_view message = violation.message;
    for (const auto* after : {": ", " "}) {  // as the sentences begin: "/a must …", "/a: missing …"
      const auto start = std::string(place) + after;
      if (place.empty() || !message.starts_with(start)) continue;
      message.remove_prefix(start.size());
      break;
    }
    out.begin_object()
        .member("field", place.empty() ? "/" : place)
        .member("message", message)
        .end_object();
  }
  out.end_array();
}

std::string dashboard_json(const PluginRecord& row, const std::optional<WorkerDiagnostics>& worker,
                           const AdmissionDiagnostics& calls,
                           const services::EventDiagnostics& events,
                           const services::StreamDiagnostics& streams, const DashboardParts& parts,
                           WallTime checked_at) {
  json::Writer out;
  out.begin_object().member("pluginId", row.id).key("worker");
  if (worker) {
    out.begin_object().member("status", to_string(worker->status));
    worker->pid ? out.member("pid", *worker->pid) : out.key("pid").null();
    worker->uptime
        ? out.member(
              "uptime",
              std::int64_t{
                  std::chrono::duration_cast<std::chrono::milliseconds>(*worker->uptime).count()})
        : out.key("uptime").null();
    out.member("consecutiveCrashes", std::int64_t{worker->consecutive_crashes});
    out.member("totalCrashes", std::int64_t{worker->total_crashes});
    out.member("pendingRequests", std::int64_t{worker->pending_requests});
    out.member("instances", std::int64_t{worker->instances})
        .member("instancesRunning", std::int64_t{worker->instances_running});
    optional_time(out, "lastCrashAt", worker->last_crash_at);
    optional_time(out, "nextRestartAt", worker->next_restart_at);
    out.member("lateReplies", static_cast<std::int64_t>(worker->late_replies));
    out.member("invalidLines", static_cast<std::int64_t>(worker->invalid_lines));
    out.member("lastExit", worker->last_exit);
    write_limits(out, *worker);
    out.end_object();
  } else {
    out.null();
  }
  out.key("calls").begin_object();
  out.member("running", std::int64_t{calls.running})
      .member("runningMax", std::int64_t{calls.running_max})
      .member("waiting", std::int64_t{calls.waiting})
      .member("waitingMax", std::int64_t{calls.waiting_max})
      .member("hadToWait", static_cast<std::int64_t>(calls.had_to_wait))
      .member("refused", static_cast<std::int64_t>(calls.refused))
      .member("expired", static_cast<std::int64_t>(calls.expired))
      .end_object();
  write_events(out, events);
  write_streams(out, streams);
  out.raw_member("recentJobRuns", parts.job_runs)
      .raw_member("recentWebhookDeliveries", parts.deliveries)
      .raw_member("health", parts.health);
  out.member("checkedAt", to_iso8601(checked_at)).end_object();
  return std::move(out).take();
}

}  // namespace collet::api
