#include "api/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace collet::api {
namespace {

using testing::HasSubstr;
using testing::Not;

MetricsView usual_view() {
  CallCounts calls{.plugin_key = "acme.x", .results = 3, .seconds = 40.5};
  calls.errors[static_cast<std::size_t>(ErrorCode::timeout)] = 1;
  calls.took[0] = 2;
  calls.took[3] = 1;
  calls.took.back() = 1;
  return {.version = "1.2.3",
          .calls = {calls},
          .admissions = {{.plugin_key = "acme.x",
                          .running = 2,
                          .running_max = 8,
                          .waiting = 1,
                          .had_to_wait = 7,
                          .refused = 5,
                          .expired = 4}},
          .workers = {{.plugin_key = "acme.x",
                       .status = WorkerStatus::backoff,
                       .total_crashes = 6,
                       .pending_requests = 2,
                       .late_replies = 9,
                       .times_paused = 12,
                       .invalid_lines = 11,
                       .starts_postponed = 13,
                       .instances = 3,
                       .instances_running = 1,
                       .limits_hit = {.memory = 1, .processes = 2, .cpu = 3},
                       .protocol_limits_hit = {.line_bytes = 4,
                                               .depth = 5,
                                               .stderr_line_bytes = 6,
                                               .calls_pending = 7,
                                               .unsent_bytes = 8,
                                               .log_lines = 9}}},
          .events = {{.plugin_key = "acme.x",
                      .subscriptions = 1,
                      .waiting = 2,
                      .in_flight = 3,
                      .counts = {.emitted = 4,
                                 .delivered = 5,
                                 .returned = 6,
                                 .refused = 7,
                                 .unanswered = 8,
                                 .fell_out = 9,
                                 .unheard = 10,
                                 .deadly = 11}}},
          .streams =
              {{.plugin_key = "acme.x", .listeners = 1, .channels = 2, .events = 3, .dropped = 4}},
          .bridge = {{{"acme.x", "getData"}, {{"TIMEOUT", 5}, {"result", 6}}}},
          .services = {{.service = "http", .plugin_key = "acme.x", .outcome = "2xx", .count = 13}},
          .plugin_metrics = {.series = {{.plugin_key = "acme.x",
                                         .name = "sync.\"items\"",
                                         .labels = {{"tag_region", "eu"}},
                                         .last = 2.5,
                                         .sum = 10,
                                         .points = 4}},
                             .dropped = {{"acme.x", 13}}},
          .loop = {.longest = std::chrono::milliseconds(250), .too_long = 2},
          .server = {.connections = 17,
                     .connections_max = 16,
                     .counters = {.accept_errors = 3, .no_room = 4, .quiet_evicted = 5}}};
}

std::string metrics_page() {
  std::ifstream file(COLLET_SOURCE_DIR "/docs/metrics.md");
  std::stringstream page;
  page << file.rdbuf();
  return page.str();
}

TEST(Metrics, ShowEverythingThatIsCounted) {
  const auto text = metrics_text(usual_view());
  for (
      const auto* line :
      {"collet_info{version=\"1.2.3\"} 1",
       "collet_service_requests_total{plugin=\"acme.x\",service=\"http\",outcome=\"2xx\"} 13",
       "collet_loop_gap_seconds_max 0.25",
       "collet_loop_gaps_total 2",
       "collet_connections 17",
       "collet_connections_max 16",
       "collet_connections_refused_total 4",
       "collet_connections_evicted_total 5",
       "collet_accept_errors_total 3",
       "collet_calls_total{plugin=\"acme.x\",outcome=\"result\"} 3",
       "collet_calls_total{plugin=\"acme.x\",outcome=\"timeout\"} 1",
       "collet_call_duration_seconds_bucket{plugin=\"acme.x\",le=\"0.001\"} 2",
       "collet_call_duration_seconds_bucket{plugin=\"acme.x\",le=\"0.005\"} 2",
       "collet_call_duration_seconds_bucket{plugin=\"acme.x\",le=\"0.01\"} 3",
       "collet_call_duration_seconds_bucket{plugin=\"acme.x\",le=\"30\"} 3",
       "collet_call_duration_seconds_bucket{plugin=\"acme.x\",le=\"+Inf\"} 4",
       "collet_call_duration_seconds_sum{plugin=\"acme.x\"} 40.5",
       "collet_call_duration_seconds_count{plugin=\"acme.x\"} 4",
       "collet_calls_running{plugin=\"acme.x\"} 2",
       "collet_calls_running_max{plugin=\"acme.x\"} 8",
       "collet_calls_waiting{plugin=\"acme.x\"} 1",
       "collet_calls_waited_total{plugin=\"acme.x\"} 7",
       "collet_calls_refused_total{plugin=\"acme.x\"} 5",
       "collet_waits_expired_total{plugin=\"acme.x\"} 4",
       "collet_worker_state{plugin=\"acme.x\",state=\"backoff\"} 1",
       "collet_worker_instances{plugin=\"acme.x\"} 3",
       "collet_worker_instances_running{plugin=\"acme.x\"} 1",
       "collet_worker_pending_requests{plugin=\"acme.x\"} 2",
       "collet_worker_crashes_total{plugin=\"acme.x\"} 6",
       "collet_worker_starts_postponed_total{plugin=\"acme.x\"} 13",
       "collet_worker_late_replies_total{plugin=\"acme.x\"} 9",
       "collet_worker_invalid_lines_total{plugin=\"acme.x\"} 11",
       "collet_worker_pauses_total{plugin=\"acme.x\"} 12",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"memory\"} 1",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"processes\"} 2",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"cpu\"} 3",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"line_bytes\"} 4",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"depth\"} 5",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"stderr_line_bytes\"} 6",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"calls_pending\"} 7",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"unsent_bytes\"} 8",
       "collet_worker_limits_hit_total{plugin=\"acme.x\",limit=\"log_lines\"} 9",
       "collet_event_subscriptions{plugin=\"acme.x\"} 1",
       "collet_events_waiting{plugin=\"acme.x\"} 2",
       "collet_events_in_flight{plugin=\"acme.x\"} 3",
       "collet_events_emitted_total{plugin=\"acme.x\"} 4",
       "collet_events_delivered_total{plugin=\"acme.x\"} 5",
       "collet_events_returned_total{plugin=\"acme.x\"} 6",
       "collet_events_refused_total{plugin=\"acme.x\"} 7",
       "collet_events_lost_total{plugin=\"acme.x\",why=\"unanswered\"} 8",
       "collet_events_lost_total{plugin=\"acme.x\",why=\"queue_full\"} 9",
       "collet_events_lost_total{plugin=\"acme.x\",why=\"unheard\"} 10",
       "collet_events_lost_total{plugin=\"acme.x\",why=\"deadly\"} 11",
       "collet_stream_listeners{plugin=\"acme.x\"} 1",
       "collet_stream_channels{plugin=\"acme.x\"} 2",
       "collet_stream_events_total{plugin=\"acme.x\"} 3",
       "collet_stream_events_dropped_total{plugin=\"acme.x\"} 4",
       "collet_bridge_calls_total{plugin=\"acme.x\",method=\"getData\",outcome=\"TIMEOUT\"} 5",
       "collet_bridge_calls_total{plugin=\"acme.x\",method=\"getData\",outcome=\"result\"} 6",
       R"(collet_plugin_metric{plugin="acme.x",name="sync.\"items\"",tag_region="eu"} 2.5)",
       R"(collet_plugin_metric_sum{plugin="acme.x",name="sync.\"items\"",tag_region="eu"} 10)",
       R"(collet_plugin_metric_points_total{plugin="acme.x",name="sync.\"items\"",tag_region="eu"} 4)",
       "collet_plugin_metric_dropped_total{plugin=\"acme.x\"} 13"}) {
    EXPECT_THAT("\n" + text, HasSubstr(std::string("\n") + line + "\n"));
  }
}

TEST(Metrics, OutcomesThatNeverCameAreLeftOut) {
  EXPECT_THAT(metrics_text(usual_view()), Not(HasSubstr("outcome=\"cancelled\"")));
}

TEST(Metrics, EveryLimitIsDescribed) {
  const auto page = metrics_page();
  const auto text = metrics_text(usual_view());
  constexpr std::string_view label = "limit=\"";
  int limits = 0;
  for (auto at = text.find(label); at != text.npos; at = text.find(label, at)) {
    at += label.size();
    EXPECT_THAT(page, HasSubstr("`" + text.substr(at, text.find('"', at) - at) + "`"));
    ++limits;
  }
  EXPECT_EQ(limits, 9);
}

TEST(Metrics, EveryFamilyIsDescribed) {
  const auto page = metrics_page();
  ASSERT_FALSE(page.empty());
  std::istringstream text(metrics_text(usual_view()));
  std::set<std::string> families;
  for (std::string hash, kind, name, rest; text >> hash; std::getline(text, rest)) {
    if (hash != "#" || !(text >> kind >> name) || kind != "TYPE") continue;
    families.insert(name);
    EXPECT_THAT(page, HasSubstr("| `" + name + "` |"));
  }
  EXPECT_EQ(families.size(), 44u);
}

}  // namespace
}  // namespace collet::api
