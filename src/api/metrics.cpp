#include "api/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

#include "base/seconds.hpp"

namespace collet::api {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// The families in the order in which they are shown.
class Page {
 public:
  /// Begins a family; the metrics that follow are of it.
  void family(std::string name, MetricType type, std::string help) {
    families_.push_back(
        {.name = std::move(name), .help = std::move(help), .type = type, .metric = {}});
  }
  void value(Labels labels, double value) {
    auto& metric = add(std::move(labels));
    metric.counter.value = value;  // whichever the family is
    metric.gauge.value = value;
  }
  ClientMetric::Histogram& histogram(Labels labels) { return add(std::move(labels)).histogram; }
  [[nodiscard]] std::string text() const {
    return prometheus::TextSerializer().prometheus::Serializer::Serialize(families_);
  }

 private:
  ClientMetric& add(Labels labels) {
    auto& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }
  std::vector<MetricFamily> families_;
};

Labels of_plugin(const std::string& key) {
  return {{"plugin", key}};
}

void add_calls(Page& page, const std::vector<CallCounts>& calls) {
  page.family("collet_calls_total", MetricType::Counter,
              "Calls that were answered, by outcome: result, or the code of the error.");
  for (const auto& of : calls) {
    const auto count = [&](std::string_view outcome, std::uint64_t number) {
      if (number == 0) return;
      page.value({{"plugin", of.plugin_key}, {"outcome", std::string(outcome)}},
                 static_cast<double>(number));
    };
    count("result", of.results);
    for (const auto& row : k_error_codes)
      count(row.name, of.errors[static_cast<std::size_t>(row.code)]);
  }
  page.family("collet_call_duration_seconds", MetricType::Histogram,
              "Time from a call to its answer, waiting and failures included.");
  for (const auto& of : calls) {
    auto& histogram = page.histogram(of_plugin(of.plugin_key));
    for (std::size_t i = 0; i < CallCounts::seconds_bounds.size(); ++i) {
      histogram.sample_count += of.took[i];
      histogram.bucket.push_back({.cumulative_count = histogram.sample_count,
                                  .upper_bound = CallCounts::seconds_bounds[i]});
    }
    histogram.sample_count += of.took.back();
    histogram.sample_sum = of.seconds;
  }
}

void add_admissions(Page& page, const std::vector<AdmissionDiagnostics>& admissions) {
  const auto each = [&](std::string name, MetricType type, std::string help, auto member) {
    page.family(std::move(name), type, std::move(help));
    for (const auto& of : admissions)
      page.value(of_plugin(of.plugin_key), static_cast<double>(of.*member));
  };
  using Seen = AdmissionDiagnostics;
  each("collet_calls_running", MetricType::Gauge, "Calls in flight.", &Seen::running);
  each("collet_calls_running_max", MetricType::Gauge,
       "Calls that may be in flight: concurrency times instances.", &Seen::running_max);
  each("collet_calls_waiting", MetricType::Gauge, "Calls that wait for their turn.",
       &Seen::waiting);
  each("collet_calls_waited_total", MetricType::Counter, "Calls that found no room and waited.",
       &Seen::had_to_wait);
  each("collet_calls_refused_total", MetricType::Counter,
       "Calls refused as overloaded: the queue was full, or too long for their deadline.",
       &Seen::refused);
  each("collet_waits_expired_total", MetricType::Counter,
       "Calls whose deadline passed while they waited.", &Seen::expired);
}

void add_workers(Page& page, const std::vector<WorkerDiagnostics>& workers) {
  page.family("collet_worker_state", MetricType::Gauge,
              "1 for the state a plugin's workers are in: running where one of them runs.");
  for (const auto& of : workers) {
    page.value({{"plugin", of.plugin_key}, {"state", std::string(to_string(of.status))}}, 1);
  }
  const auto each = [&](std::string name, MetricType type, std::string help, auto value) {
    page.family(std::move(name), type, std::move(help));
    for (const auto& of : workers)
      page.value(of_plugin(of.plugin_key), static_cast<double>(value(of)));
  };
  using Seen = const WorkerDiagnostics&;
  each("collet_worker_instances", MetricType::Gauge, "Worker processes that a plugin has.",
       [](Seen of) { return of.instances; });
  each("collet_worker_instances_running", MetricType::Gauge, "Those of them that run.",
       [](Seen of) { return of.instances_running; });
  each("collet_worker_pending_requests", MetricType::Gauge,
       "Requests that the workers have not answered.", [](Seen of) { return of.pending_requests; });
  each("collet_worker_crashes_total", MetricType::Counter, "Ends of workers that nobody asked for.",
       [](Seen of) { return of.total_crashes; });
  each("collet_worker_starts_postponed_total", MetricType::Counter,
       "Starts that failed because the host lacked descriptors, processes or memory; no crashes.",
       [](Seen of) { return of.starts_postponed; });
  each("collet_worker_late_replies_total", MetricType::Counter,
       "Answers to calls that had ended; they were dropped.",
       [](Seen of) { return of.late_replies; });
  each("collet_worker_invalid_lines_total", MetricType::Counter,
       "Lines on standard output that were no message.", [](Seen of) { return of.invalid_lines; });
  each("collet_worker_pauses_total", MetricType::Counter,
       "Seconds in which a worker wrote so much that it was not read to their end.",
       [](Seen of) { return of.times_paused; });
  page.family("collet_worker_limits_hit_total", MetricType::Counter,
              "Times that workers came up against a limit; collet_worker_pauses_total and "
              "collet_calls_refused_total count those of the others.");
  for (const auto& of : workers) {
    const auto count = [&](std::string_view limit, std::uint64_t number) {
      page.value({{"plugin", of.plugin_key}, {"limit", std::string(limit)}},
                 static_cast<double>(number));
    };
    count("memory", of.limits_hit.memory);
    count("processes", of.limits_hit.processes);
    count("cpu", of.limits_hit.cpu);
    count("line_bytes", of.protocol_limits_hit.line_bytes);
    count("depth", of.protocol_limits_hit.depth);
    count("stderr_line_bytes", of.protocol_limits_hit.stderr_line_bytes);
    count("calls_pending", of.protocol_limits_hit.calls_pending);
    count("unsent_bytes", of.protocol_limits_hit.unsent_bytes);
    count("log_lines", of.protocol_limits_hit.log_lines);
  }
}

void add_events(Page& page, const std::vector<services::EventDiagnostics>& events) {
  using Seen = const services::EventDiagnostics&;
  const auto each = [&](std::string name, MetricType type, std::string help, auto value) {
    page.family(std::move(name), type, std::move(help));
    for (const auto& of : events)
      page.value(of_plugin(of.plugin_key), static_cast<double>(value(of)));
  };
  each("collet_event_subscriptions", MetricType::Gauge, "Subscriptions of a plugin's processes.",
       [](Seen of) { return of.subscriptions; });
  each("collet_events_waiting", MetricType::Gauge, "Events that wait for a plugin.",
       [](Seen of) { return of.waiting; });
  each("collet_events_in_flight", MetricType::Gauge, "Events that a worker has not answered.",
       [](Seen of) { return of.in_flight; });
  each("collet_events_emitted_total", MetricType::Counter, "Events that a plugin emitted.",
       [](Seen of) { return of.counts.emitted; });
  each("collet_events_delivered_total", MetricType::Counter, "Events that a worker answered.",
       [](Seen of) { return of.counts.delivered; });
  each("collet_events_returned_total", MetricType::Counter,
       "Events to be sent again, because the worker ended before it answered.",
       [](Seen of) { return of.counts.returned; });
  each("collet_events_refused_total", MetricType::Counter,
       "Events that a worker answered with an error.", [](Seen of) { return of.counts.refused; });
  page.family("collet_events_lost_total", MetricType::Counter,
              "Events that a plugin should have heard and may not have: its queue was full, no "
              "process subscribed again, none answered, or each died of them.");
  for (const auto& of : events) {
    const auto count = [&](std::string_view why, std::uint64_t number) {
      page.value({{"plugin", of.plugin_key}, {"why", std::string(why)}},
                 static_cast<double>(number));
    };
    count("queue_full", of.counts.fell_out);
    count("unheard", of.counts.unheard);
    count("unanswered", of.counts.unanswered);
    count("deadly", of.counts.deadly);
  }
}

void add_streams(Page& page, const std::vector<services::StreamDiagnostics>& streams) {
  using Seen = services::StreamDiagnostics;
  const auto each = [&](std::string name, MetricType type, std::string help, auto member) {
    page.family(std::move(name), type, std::move(help));
    for (const auto& of : streams)
      page.value(of_plugin(of.plugin_key), static_cast<double>(of.*member));
  };
  each("collet_stream_listeners", MetricType::Gauge, "Clients that listen to a plugin's streams.",
       &Seen::listeners);
  each("collet_stream_channels", MetricType::Gauge, "Channels that its processes have open.",
       &Seen::channels);
  each("collet_stream_events_total", MetricType::Counter, "Events of streams.", &Seen::events);
  each("collet_stream_events_dropped_total", MetricType::Counter,
       "Events of streams that nobody heard: outside their company, too large, or in one channel "
       "too many.",
       &Seen::dropped);
}

void add_bridge(Page& page, const BridgeCounts& bridge) {
  page.family("collet_bridge_calls_total", MetricType::Counter,
              "Answered requests for a plugin's data and actions, by outcome.");
  for (const auto& [of, outcomes] : bridge) {
    for (const auto& [outcome, number] : outcomes) {
      page.value({{"plugin", of.first}, {"method", of.second}, {"outcome", outcome}},
                 static_cast<double>(number));
    }
  }
}

void add_services(Page& page, const std::vector<services::ServiceCount>& counts) {
  page.family("collet_service_requests_total", MetricType::Counter,
              "Requests of workers that left the host or asked for a secret, by outcome.");
  for (const auto& of : counts) {
    page.value({{"plugin", of.plugin_key},
                {"service", std::string(of.service)},
                {"outcome", std::string(of.outcome)}},
               static_cast<double>(of.count));
  }
}

// What plugins write has a label for its name: names of families are for what the host knows.
void add_plugin_metrics(Page& page, const services::PluginMetricsView& metrics) {
  const auto each = [&](std::string name, MetricType type, std::string help, auto member) {
    page.family(std::move(name), type, std::move(help));
    for (const auto& of : metrics.series) {
      Labels labels{{"plugin", of.plugin_key}, {"name", of.name}};
      for (const auto& [label, value] : of.labels) labels.push_back({label, value});
      page.value(std::move(labels), static_cast<double>(of.*member));
    }
  };
  using Seen = services::PluginMetric;
  each("collet_plugin_metric", MetricType::Gauge,
       "The value that a plugin wrote last of a metric of its own.", &Seen::last);
  each("collet_plugin_metric_sum", MetricType::Gauge, "The sum of all values that it wrote.",
       &Seen::sum);
  each("collet_plugin_metric_points_total", MetricType::Counter, "How many values it wrote.",
       &Seen::points);
  page.family("collet_plugin_metric_dropped_total", MetricType::Counter,
              "Values that are in no series: there were too many, or names or tags were too long.");
  for (const auto& [plugin, count] : metrics.dropped)
    page.value(of_plugin(plugin), static_cast<double>(count));
}

void add_host(Page& page, const MetricsView& view) {
  page.family("collet_info", MetricType::Gauge, "1, with the version of the host.");
  page.value({{"version", view.version}}, 1);
  page.family("collet_loop_gap_seconds_max", MetricType::Gauge,
              "The longest time that the event loop did not come round.");
  page.value({}, seconds(view.loop.longest));
  page.family("collet_loop_gaps_total", MetricType::Counter,
              "Times that it did not come round for more than 100 ms.");
  page.value({}, static_cast<double>(view.loop.too_long));
}

void add_server(Page& page, const http::ServerLoad& server) {
  const auto one = [&](std::string name, MetricType type, std::string help, auto value) {
    page.family(std::move(name), type, std::move(help));
    page.value({}, static_cast<double>(value));
  };
  one("collet_connections", MetricType::Gauge, "Open connections of clients.", server.connections);
  one("collet_connections_max", MetricType::Gauge,
      "How many there may be; those beyond are refused.", server.connections_max);
  one("collet_connections_refused_total", MetricType::Counter,
      "Requests refused because connections or descriptors were at their limit.",
      server.counters.no_room);
  one("collet_connections_evicted_total", MetricType::Counter,
      "Connections that only waited, and were closed for others at these limits.",
      server.counters.quiet_evicted);
  one("collet_accept_errors_total", MetricType::Counter,
      "Connections that could not be accepted at the first try, mostly for want of descriptors.",
      server.counters.accept_errors);
}

}  // namespace

std::string metrics_text(const MetricsView& view) {
  Page page;
  add_host(page, view);
  add_server(page, view.server);
  add_calls(page, view.calls);
  add_admissions(page, view.admissions);
  add_workers(page, view.workers);
  add_events(page, view.events);
  add_streams(page, view.streams);
  add_bridge(page, view.bridge);
  add_services(page, view.services);
  add_plugin_metrics(page, view.plugin_metrics);
  return page.text();
}

}  // namespace collet::api
