// Runs of jobs, webhooks and activity as JSON text, with the reference's members. Pure.
#pragma once

#include <string>
#include <vector>

#include "collet/plugin_store.hpp"
#include "json/writer.hpp"
#include "services/job_service.hpp"
#include "store/activity_store.hpp"
#include "store/job_store.hpp"
#include "store/webhook_store.hpp"

namespace collet::api {

void write_job_run(json::Writer& out, const JobRun& run);
[[nodiscard]] std::string job_runs_json(const std::vector<JobRun>& runs);
/// The reference's answer to a trigger, and the run.
[[nodiscard]] std::string triggered_json(const JobRun& run);

/// A declared job's id is its key: it stays the same however often the plugin is installed. Times
/// of creation and change are the plugin's.
[[nodiscard]] std::string jobs_json(const PluginRecord& row,
                                    const std::vector<services::JobView>& jobs,
                                    const std::vector<JobStart>& last_starts);

[[nodiscard]] std::string deliveries_json(const std::vector<WebhookDelivery>& deliveries);
[[nodiscard]] std::string activity_json(const std::vector<ActivityEntry>& entries);

}  // namespace collet::api
