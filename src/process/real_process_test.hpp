// For tests with real processes: their owner, and a loop to wait on.
#pragma once

#include <gtest/gtest.h>
#include <sched.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/asio_loop.hpp"
#include "process/system_spawner.hpp"

namespace collet::process {

/// Long enough for a sanitised build on a busy machine; a test that passes waits for far less.
inline constexpr std::chrono::seconds k_patience(30);

/// The owner of one process, as a test sees it.
class Owner : public ProcessEvents {
 public:
  void on_stdout(std::string_view bytes) override {
    out += bytes;
    if (at_stdout) at_stdout();
  }
  void on_stderr(std::string_view bytes) override { err += bytes; }
  void on_stdout_closed() override { ++stdout_closed; }
  void on_stdin_closed(std::string_view reason) override { stdin_closed.emplace_back(reason); }
  void on_exit(ExitStatus with) override {
    EXPECT_FALSE(status) << "on_exit comes once";
    status = with;
    if (at_exit) at_exit();
  }
  [[nodiscard]] std::string ending() const { return status ? status->describe() : "runs"; }

  std::unique_ptr<Process> process;
  std::string out;
  std::string err;
  int stdout_closed = 0;
  std::vector<std::string> stdin_closed;
  std::optional<ExitStatus> status;
  std::function<void()> at_stdout;
  std::function<void()> at_exit;
};

/// For what happens in the kernel and tells nobody.
template <class Condition>
[[nodiscard]] bool wait_until(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + k_patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    ::sched_yield();
  }
  return true;
}

/// A shell that runs `script`.
inline SpawnRequest shell(std::string script) {
  return {.executable = "/bin/sh",
          .arguments = {"-c", std::move(script)},
          .environment = {{"PATH", "/usr/bin:/bin"}},
          .directory = "/"};
}

class RealProcesses : public testing::Test {
 protected:
  explicit RealProcesses(SystemSpawnerOptions options = {})
      : spawner(make_system_spawner(loop, std::move(options))) {}

  void spawn(Owner& owner, const SpawnRequest& request) {
    auto process = spawner->spawn(request, owner);
    ASSERT_TRUE(process) << process.error().message;
    owner.process = std::move(*process);
  }
  void spawn(Owner& owner, std::string script) { spawn(owner, shell(std::move(script))); }

  /// Runs the loop until `condition` holds.
  template <class Condition>
  [[nodiscard]] bool run_until(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + k_patience;
    while (!condition()) {
      if (loop.context().run_one_until(give_up) == 0) return condition();
    }
    return true;
  }
  void run_to_exit(const Owner& owner) {
    ASSERT_TRUE(run_until([&] { return owner.status.has_value(); }));
  }

  AsioLoop loop;
  std::unique_ptr<Spawner> spawner;
};

}  // namespace collet::process
