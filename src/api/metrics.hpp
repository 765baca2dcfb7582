// Everything that is counted, for Prometheus (text exposition format 0.0.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/bridge.hpp"
#include "base/loop_watch.hpp"
#include "collet/tool_dispatcher.hpp"
#include "collet/worker_manager.hpp"
#include "http/server.hpp"
#include "services/event_bus.hpp"
#include "services/plugin_metrics.hpp"
#include "services/service_counts.hpp"
#include "services/stream_hub.hpp"

namespace collet::api {

/// What a scrape shows.
struct MetricsView {
  std::string version;
  std::vector<CallCounts> calls;
  std::vector<AdmissionDiagnostics> admissions;
  std::vector<WorkerDiagnostics> workers;
  std::vector<services::EventDiagnostics> events;
  std::vector<services::StreamDiagnostics> streams;
  BridgeCounts bridge;
  std::vector<services::ServiceCount> services;
  services::PluginMetricsView plugin_metrics{};
  LoopGaps loop;
  http::ServerLoad server;
};

inline constexpr std::string_view k_metrics_content_type =
    "text/plain; version=0.0.4; charset=utf-8";

/// docs/metrics.md describes every family; a test holds it against this.
[[nodiscard]] std::string metrics_text(const MetricsView& view);

}  // namespace collet::api
