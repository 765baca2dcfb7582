// What the tests of the store share: a loop on a thread, a folder that goes away, sample rows.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "base/asio_loop.hpp"
#include "collet/plugin_store.hpp"

namespace collet::test {

/// A real loop, run by a thread of its own until this ends.
class LoopThread {
 public:
  ~LoopThread() {
    loop.stop();
    thread_.join();
  }

  /// Runs `work` on the loop and waits for it.
  void run(Task work) {
    std::promise<void> ran;
    loop.post([&] {
      work();
      ran.set_value();
    });
    ran.get_future().wait();
  }

  /// Starts an operation on the loop and waits for its answer, which must come on the loop.
  template <class T, class Start>
  Result<T> ask(Start start) {
    std::promise<Result<T>> answer;
    loop.post([&] {
      start(Reply<T>([&](Result<T> outcome) {
        EXPECT_TRUE(loop.on_loop());
        answer.set_value(std::move(outcome));
      }));
    });
    return answer.get_future().get();
  }

  AsioLoop loop;

 private:
  std::thread thread_{[this] { loop.run(); }};
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "collet-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// 2026-11-20T06:22:29.038Z
inline constexpr std::chrono::system_clock::time_point k_noon{
    std::chrono::milliseconds(1'795'155'749'038)};

inline PluginRecord sample_record(const std::string& name) {
  return PluginRecord{.id = "id-" + name,
                      .plugin_key = "acme." + name,
                      .package_name = "paperclip-plugin-" + name,
                      .version = "1.2.3",
                      .api_version = 1,
                      .categories = {"automation", "tools \"quoted\" \xC3\xA9"},
                      .manifest_json = R"({"id":"acme.)" + name + R"(","n":1.0})",
                      .status = PluginStatus::ready,
                      .install_order = 77,
                      .package_path = "/plugins/" + name,
                      .last_error = std::nullopt,
                      .installed_at = k_noon,
                      .updated_at = k_noon + std::chrono::milliseconds(18)};
}

inline PluginLogEntry sample_line(const std::string& plugin, int number) {
  return PluginLogEntry{.id = "line-" + plugin + "-" + std::to_string(number),
                        .plugin_id = "id-" + plugin,
                        .company_id = "company",
                        .level = number % 2 == 0 ? "info" : "warn",
                        .message = "line " + std::to_string(number),
                        .meta_json = R"({"n":)" + std::to_string(number) + "}",
                        .created_at = k_noon + std::chrono::seconds(number)};
}

/// The store's operations as calls that wait.
class Client {
 public:
  Client(LoopThread& loop, PluginStore& store) : loop_(loop), store_(store) {}

  Result<std::vector<PluginRecord>> list() {
    return loop_.ask<std::vector<PluginRecord>>([&](auto reply) { store_.list(std::move(reply)); });
  }
  Result<PluginRecord> insert(PluginRecord record) {
    return loop_.ask<PluginRecord>(
        [&](auto reply) { store_.insert(std::move(record), std::move(reply)); });
  }
  Result<Done> update(PluginRecord record) {
    return loop_.ask<Done>([&](auto reply) { store_.update(std::move(record), std::move(reply)); });
  }
  Result<Done> remove(const std::string& id) {
    return loop_.ask<Done>([&](auto reply) { store_.remove(id, std::move(reply)); });
  }
  Result<Done> append(std::vector<PluginLogEntry> entries) {
    return loop_.ask<Done>(
        [&](auto reply) { store_.append_logs(std::move(entries), std::move(reply)); });
  }
  Result<std::vector<PluginLogEntry>> logs(PluginLogQuery query) {
    return loop_.ask<std::vector<PluginLogEntry>>(
        [&](auto reply) { store_.query_logs(std::move(query), std::move(reply)); });
  }
  Result<Done> ping() {
    return loop_.ask<Done>([&](auto reply) { store_.ping(std::move(reply)); });
  }

 private:
  LoopThread& loop_;
  PluginStore& store_;
};

}  // namespace collet::test
