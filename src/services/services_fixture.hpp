// For tests of services: a store in memory with the plugins "acme.x" (id "u") and "acme.y" (id
// "v"), virtual time, and a worker that asks.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/background.hpp"
#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/virtual_loop.hpp"
#include "services/service_table.hpp"
#include "store/sqlite_store.hpp"

namespace collet::services {

/// Counts what is done off the loop.
class CountingBackground final : public Background {
 public:
  explicit CountingBackground(Loop& loop) : background_(loop) {}
  void run(Task work, Task done) override {
    ++runs;
    background_.run(std::move(work), std::move(done));
  }

  int runs = 0;

 private:
  InlineBackground background_;
};

class ServicesTest : public testing::Test {
 protected:
  ServicesTest() {
    insert("u", "acme.x");
    insert("v", "acme.y");
  }

  void insert(std::string id, std::string key) {
    PluginRecord record{.id = std::move(id), .plugin_key = std::move(key)};
    store->plugins().insert(std::move(record), Reply<PluginRecord>([](Result<PluginRecord> row) {
                              ASSERT_TRUE(row) << row.error().message;
                            }));
    loop.run_ready();
  }

  /// What the worker gets when it asks: the result, or the error as "<rpc code> <message>"; empty
  /// where it waits.
  std::string ask(ServiceTable& table, std::string_view method, std::string_view params = "{}") {
    std::string answer;
    const auto document = *json::Document::parse(std::string(params));
    table.request(host_call(method, document.root()),
                  Reply<std::string>([&](Result<std::string> outcome) { answer = text(outcome); }));
    loop.run_ready();
    return answer;
  }
  void tell(ServiceTable& table, std::string_view method, std::string_view params) {
    const auto document = *json::Document::parse(std::string(params));
    table.notify(host_call(method, document.root()));
    loop.run_ready();
  }
  worker::HostCall host_call(std::string_view method, json::Value params) const {
    return {.worker = worker,
            .manifest = manifest,
            .method = method,
            .params = params,
            .invocation_id = invocation_id,
            .invocations = invocations};
  }
  static std::string text(const Result<std::string>& outcome) {
    if (outcome) return *outcome;
    return std::to_string(outcome.error().rpc_code.value_or(-32603)) + " " +
           outcome.error().message;
  }

  // Who asks, and in which call: for the tests to change.
  worker::WorkerIdentity worker{.plugin_id = "u", .plugin_key = "acme.x"};
  Manifest manifest = [] {
    Manifest made;
    made.id = "acme.x";
    return made;
  }();
  std::optional<std::string> invocation_id;
  worker::Invocations invocations;

  VirtualLoop loop;
  std::unique_ptr<Store> store = *make_memory_store(loop);
  std::unique_ptr<Entropy> entropy = make_seeded_entropy(1);
  RecordingLogger log;
};

}  // namespace collet::services
