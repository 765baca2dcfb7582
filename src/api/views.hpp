// What the API shows, as JSON text. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/wall_clock.hpp"
#include "collet/plugin_store.hpp"
#include "collet/tool.hpp"
#include "collet/tool_dispatcher.hpp"
#include "collet/worker_manager.hpp"
#include "json/writer.hpp"
#include "services/config_service.hpp"
#include "services/event_bus.hpp"
#include "services/stream_hub.hpp"

namespace collet::api {

/// A row with the reference's columns, as members of an object that the caller opened.
void write_row_members(json::Writer& out, const PluginRecord& row);
[[nodiscard]] std::string row_json(const PluginRecord& row);
[[nodiscard]] std::string rows_json(const std::vector<PluginRecord>& rows);

[[nodiscard]] std::string descriptors_json(const std::vector<AgentToolDescriptor>& tools);
[[nodiscard]] std::string logs_json(const std::vector<PluginLogEntry>& entries);

/// The reference's row of a configuration. `warning` is a member where it is not empty.
[[nodiscard]] std::string config_json(const services::PluginConfig& config,
                                      std::string_view warning = {});
/// Violations of a configuration's schema as the reference tells them: an array of objects with
/// `field` ("/" for the whole) and `message`, which does not repeat the place.
void write_field_errors(json::Writer& out, std::span<const Violation> violations);

/// What came of asking the worker for its health.
struct WorkerHealth {
  bool passed = false;
  std::string message;
};
/// The reference's health object. `worker` is absent where the plugin is not meant to run; `tools`
/// are the plugin's: one that is disabled fails a check that says why.
[[nodiscard]] std::string health_json(const PluginRecord& row,
                                      const std::optional<WorkerHealth>& worker,
                                      const std::vector<AgentToolDescriptor>& tools);
/// Parts of a dashboard that are JSON text already.
struct DashboardParts {
  std::string job_runs;
  std::string deliveries;  ///< of webhooks
  std::string health;
};
[[nodiscard]] std::string dashboard_json(const PluginRecord& row,
                                         const std::optional<WorkerDiagnostics>& worker,
                                         const AdmissionDiagnostics& calls,
                                         const services::EventDiagnostics& events,
                                         const services::StreamDiagnostics& streams,
                                         const DashboardParts& parts, WallTime checked_at);

}  // namespace collet::api
