// For tests of events: workers that keep what they are sent until the test answers.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/virtual_loop.hpp"
#include "services/event_bus.hpp"
#include "services/fake_workers.hpp"

namespace collet::services {

/// A bus over such workers. An event of the tests has its name as its parameters.
class EventBusFixture : public testing::Test {
 protected:
  static worker::WorkerIdentity process(std::string_view plugin, std::uint32_t instance = 0) {
    return {.plugin_id = std::string(plugin) + "-uuid",
            .plugin_key = std::string(plugin),
            .instance = instance};
  }
  /// A process that has answered `initialize` and subscribed.
  worker::WorkerIdentity running(std::string_view plugin, std::vector<std::string> patterns,
                                 std::uint32_t instance = 0) {
    const auto worker = process(plugin, instance);
    for (auto& pattern : patterns) subscribe(worker, {.pattern = std::move(pattern)});
    bus().started(worker);
    loop.run_ready();
    return worker;
  }
  void subscribe(const worker::WorkerIdentity& worker, Subscription subscription) {
    const auto done = bus().subscribe(worker, std::move(subscription));
    ASSERT_TRUE(done) << done.error().message;
  }
  static Event event(std::string type, std::string company_id = "default") {
    auto params = type;
    return {.type = std::move(type),
            .company_id = std::move(company_id),
            .params_json = std::move(params)};
  }
  void publish(const std::vector<std::string>& types) {
    for (const auto& type : types) bus().publish(event(type));
    loop.run_ready();
  }

  /// What a plugin's workers were sent and have not answered, in order.
  std::vector<std::string> unanswered(std::string_view plugin) {
    std::vector<std::string> events;
    for (const auto& sent : workers.calls) {
      if (sent.plugin_id == process(plugin).plugin_id) events.push_back(sent.request.params_json);
    }
    return events;
  }
  /// Answers all that a plugin has of an event.
  void answer(std::string_view plugin, std::string_view params, Result<std::string> outcome) {
    std::vector<FakeWorkers::Call> found;
    for (auto sent = workers.calls.begin(); sent != workers.calls.end();) {
      if (sent->plugin_id == process(plugin).plugin_id && sent->request.params_json == params) {
        found.push_back(std::move(*sent));
        sent = workers.calls.erase(sent);
      } else {
        ++sent;
      }
    }
    ASSERT_FALSE(found.empty()) << params;
    for (auto& sent : found) sent.reply(outcome);
    loop.run_ready();
  }
  void acknowledge(std::string_view plugin, std::string_view params) {
    answer(plugin, params, std::string("null"));
  }
  /// What a worker's death does: its subscriptions end, then its calls fail, in any order.
  void die(const worker::WorkerIdentity& worker, ErrorCode how = ErrorCode::worker_crashed) {
    bus().ended(worker);
    std::vector<FakeWorkers::Call> lost;
    for (auto sent = workers.calls.begin(); sent != workers.calls.end();) {
      if (sent->plugin_id == worker.plugin_id && sent->request.instance == worker.instance) {
        lost.push_back(std::move(*sent));
        sent = workers.calls.erase(sent);
      } else {
        ++sent;
      }
    }
    std::ranges::reverse(lost);
    for (auto& sent : lost) sent.reply(fail(how, "it ended"));
    loop.run_ready();
  }
  EventBus& bus() {
    if (!bus_) {
      bus_.emplace(loop, log, policy, limits);
      bus_->attach(workers);
    }
    return *bus_;
  }
  EventCounts counts(std::string_view plugin) {
    return bus().diagnostics(process(plugin).plugin_id).counts;
  }

  VirtualLoop loop;
  RecordingLogger log;
  // For the tests to change, until they use the bus.
  GatePolicy policy;
  EventLimits limits;

 private:
  std::optional<EventBus> bus_;

 protected:
  FakeWorkers workers;  // last: what they owe is answered to the bus
};

}  // namespace collet::services
