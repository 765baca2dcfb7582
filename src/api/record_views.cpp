#include "api/record_views.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace collet::api {
namespace {

void optional_time(json::Writer& out, std::string_view name, const std::optional<WallTime>& time) {
  time ? out.member(name, to_iso8601(*time)) : out.key(name).null();
}

void optional_duration(json::Writer& out,
                       const std::optional<std::chrono::milliseconds>& duration) {
  duration ? out.member("durationMs", std::int64_t{duration->count()})
           : out.key("durationMs").null();
}

template <class Item, class Write>
std::string list_of(const std::vector<Item>& items, Write write) {
  json::Writer out;
  out.begin_array();
  for (const auto& item : items) write(out, item);
  out.end_array();
  return std::move(out).take();
}

void write_delivery(json::Writer& out, const WebhookDelivery& delivery) {
  out.begin_object()
      .member("id", delivery.id)
      .member("webhookKey", delivery.endpoint_key)
      .member("status", to_string(delivery.status));
  optional_duration(out, delivery.duration);
  out.member("error", delivery.error);
  out.member("bodyBytes", delivery.body_bytes)
      .member("startedAt", to_iso8601(delivery.received_at));
  optional_time(out, "finishedAt", delivery.finished_at);
  out.member("createdAt", to_iso8601(delivery.received_at)).end_object();
}

void write_entry(json::Writer& out, const ActivityEntry& entry) {
  out.begin_object()
      .member("id", entry.id)
      .member("pluginId", entry.plugin_id)
      .member("kind", to_string(entry.kind));
  out.member("companyId", entry.company_id);
  out.member("message", entry.message);
  out.member("entityType", entry.entity_type);
  out.member("entityId", entry.entity_id);
  entry.metadata_json ? out.raw_member("metadata", *entry.metadata_json)
                      : out.key("metadata").null();
  out.member("createdAt", to_iso8601(entry.created_at)).end_object();
}

}  // namespace

void write_job_run(json::Writer& out, const JobRun& run) {
  out.begin_object()
      .member("id", run.id)
      .member("jobId", run.job_key)
      .member("jobKey", run.job_key)
      .member("pluginId", run.plugin_id);
  out.member("trigger", to_string(run.trigger)).member("status", to_string(run.status));
  optional_duration(out, run.duration);
  out.member("error", run.error);
  out.member("scheduledAt", to_iso8601(run.scheduled_at));
  optional_time(out, "startedAt", run.started_at);
  optional_time(out, "finishedAt", run.finished_at);
  out.member("createdAt", to_iso8601(run.created_at)).end_object();
}

std::string job_runs_json(const std::vector<JobRun>& runs) {
  return list_of(runs, write_job_run);
}

std::string triggered_json(const JobRun& run) {
  json::Writer out;
  out.begin_object().member("runId", run.id).member("jobId", run.job_key).key("run");
  write_job_run(out, run);
  out.end_object();
  return std::move(out).take();
}

std::string jobs_json(const PluginRecord& row, const std::vector<services::JobView>& jobs,
                      const std::vector<JobStart>& last_starts) {
  return list_of(jobs, [&](json::Writer& out, const services::JobView& job) {
    const auto& declared = job.declared;
    out.begin_object()
        .member("id", declared.key)
        .member("pluginId", row.id)
        .member("jobKey", declared.key)
        .member("displayName", declared.display_name)
        .member("description", declared.description)
        .member("schedule", declared.schedule)
        .member("status", to_string(job.status));
    job.problem.empty() ? out.key("problem").null() : out.member("problem", job.problem);
    const auto last = std::ranges::find(last_starts, declared.key, &JobStart::job_key);
    optional_time(out, "lastRunAt",
                  last == last_starts.end() ? std::nullopt : std::optional(last->at));
    optional_time(out, "nextRunAt", job.next_run_at);
    out.member("createdAt", to_iso8601(row.installed_at))
        .member("updatedAt", to_iso8601(row.updated_at))
        .end_object();
  });
}

std::string deliveries_json(const std::vector<WebhookDelivery>& deliveries) {
  return list_of(deliveries, write_delivery);
}

std::string activity_json(const std::vector<ActivityEntry>& entries) {
  return list_of(entries, write_entry);
}

}  // namespace collet::api
