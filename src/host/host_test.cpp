#include "collet/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <future>
#include <set>
#include <thread>

extern "C" {  // glibc 2.36 forgets it in this header
#include <sys/pidfd.h>
}

#include "collet/reply.hpp"
#include "host/real_host_test.hpp"

namespace collet {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

FunctionTool adder() {
  return {.name = "shout",
          .description = "d",
          .function = [](const ToolCall& call) -> Result<ToolResult> {
            return ToolResult{call.parameters.text()};
          }};
}

TEST_F(HostTest, FunctionsAndPluginsStandInOneList) {
  const auto host = start();
  ASSERT_TRUE(host->register_functions("my.app", {adder()}));
  const auto row = install(*host, "acme.x");
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->status, PluginStatus::ready);
  std::vector<std::string> names;
  for (const auto& tool : host->list_tools()) names.push_back(tool.name);
  EXPECT_THAT(names, ElementsAre("my.app:shout", "acme.x:echo", "acme.x:hang", "acme.x:pid"));
  EXPECT_EQ(host->list_tools({.plugin_id = row->id}).size(), 3u);
}

TEST_F(HostTest, TheThreeFormsOfACallAnswerTheSame) {
  const auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  const auto parameters = R"({"n":1.0,"s":"\ud800","big":1234567890123456789012345})";
  const auto expected = std::string(R"({"content":"ok","data":)") + parameters + "}";

  const auto blocking = host->call("acme.x:echo", parameters);
  ASSERT_TRUE(blocking) << blocking.error().message;
  EXPECT_EQ(blocking->result.json, expected);
  EXPECT_EQ(blocking->plugin_id, "acme.x");
  EXPECT_EQ(blocking->tool_name, "echo");

  std::promise<std::string> called_back;
  host->call("acme.x:echo", parameters, {}, [&](Result<ToolExecutionResult> answer) {
    called_back.set_value(answer->result.json);
  });
  EXPECT_EQ(called_back.get_future().get(), expected);

  struct Coroutine {
    struct promise_type {
      Coroutine get_return_object() { return {}; }
      std::suspend_never initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() {}
      void unhandled_exception() { std::terminate(); }
    };
    static Coroutine run(Host& host, std::string parameters, std::promise<std::string>& done) {
      const auto answer = co_await host.call_async("acme.x:echo", parameters);
      CallOptions options;
      options.timeout = 20s;
      const auto again = co_await host.call_async("acme.x:echo", parameters, options);
      done.set_value(answer->result.json == again->result.json ? answer->result.json : "different");
    }
  };
  std::promise<std::string> resumed;
  Coroutine::run(*host, parameters, resumed);
  EXPECT_EQ(resumed.get_future().get(), expected);
}

TEST_F(HostTest, CallsHaveDeadlinesAndCanBeCancelled) {
  const auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  const auto late = host->call("acme.x:hang", "{}", {.timeout = 30ms});
  EXPECT_EQ(late.error().code, ErrorCode::timeout);

  std::stop_source caller;
  std::promise<ErrorCode> cancelled;
  host->call("acme.x:hang", "{}", {.cancellation = caller.get_token()},
             [&](Result<ToolExecutionResult> answer) { cancelled.set_value(answer.error().code); });
  caller.request_stop();
  EXPECT_EQ(cancelled.get_future().get(), ErrorCode::cancelled);
}

TEST_F(HostTest, ParametersAreJudgedForCallersInCppToo) {
  const auto host = start();
  auto strict = adder();
  strict.parameters_schema = R"({"type":"object","required":["text"]})";
  ASSERT_TRUE(host->register_functions("my.app", {std::move(strict)}));
  const auto refused = host->call("my.app:shout", "{}");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_parameters);
  EXPECT_EQ(refused.error().violations.size(), 1u);
  EXPECT_TRUE(host->call("my.app:shout", R"({"text":"x"})"));
}

TEST_F(HostTest, BadCallsSayWhatToDo) {
  const auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  EXPECT_EQ(host->call("acme.x:echo", "{").error().code, ErrorCode::invalid_request);
  const auto unknown = host->call("acme.x:ecco", "{}").error();
  EXPECT_EQ(unknown.code, ErrorCode::tool_not_found);
  EXPECT_THAT(unknown.remedy, HasSubstr("acme.x:echo"));
}

TEST_F(HostTest, PluginsComeBackAfterARestart) {
  {
    const auto host = start();
    ASSERT_TRUE(install(*host, "acme.x"));
    ASSERT_TRUE(install(*host, "acme.y"));
    ASSERT_TRUE(host->disable("acme.y"));
  }
  const auto host = start();
  EXPECT_EQ(host->list_tools().size(), 3u);
  const auto answer = host->call("acme.x:echo", "{}");
  EXPECT_TRUE(answer) << answer.error().message << " (a call waits for a worker that starts)";
  EXPECT_EQ(host->call("acme.y:echo", "{}").error().code, ErrorCode::tool_not_found);
  ASSERT_TRUE(host->enable("acme.y"));
  EXPECT_TRUE(host->call("acme.y:echo", "{}"));
}

TEST_F(HostTest, TwoHostsInOneProcessDoNotKnowEachOther) {
  const auto first = start("one");
  const auto second = start("two");
  ASSERT_TRUE(install(*first, "acme.x"));
  ASSERT_TRUE(install(*second, "acme.y"));
  EXPECT_TRUE(first->call("acme.x:echo", "{}"));
  EXPECT_TRUE(second->call("acme.y:echo", "{}"));
  EXPECT_EQ(first->call("acme.y:echo", "{}").error().code, ErrorCode::tool_not_found);
}

TEST_F(HostTest, AFolderHasOneHost) {
  const auto first = start();
  const auto second = Host::start(options());
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message,
              HasSubstr("is in use by the process " + std::to_string(::getpid())));
}

TEST_F(HostTest, NoSignalDispositionChanges) {
  const auto dispositions = [] {
    std::vector<void (*)(int)> all;
    for (int number = 1; number < 32; ++number) {
      struct sigaction action {};
      ::sigaction(number, nullptr, &action);
      all.push_back(action.sa_handler);
    }
    return all;
  };
  const auto before = dispositions();
  {
    const auto host = start();
    ASSERT_TRUE(install(*host, "acme.x"));
    ASSERT_TRUE(host->call("acme.x:echo", "{}"));
    EXPECT_EQ(dispositions(), before);
  }
  EXPECT_EQ(dispositions(), before);
}

TEST_F(HostTest, StopLeavesNoWorkerAndAnswersEverybody) {
  auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  const auto pid_text = host->call("acme.x:pid", "{}")->result.json;
  std::vector<std::future<ErrorCode>> answers;
  for (int i = 0; i < 50; ++i) {
    std::promise<ErrorCode> answer;
    answers.push_back(answer.get_future());
    host->call("acme.x:hang", "{}", {},
               [answer = std::move(answer)](Result<ToolExecutionResult> outcome) mutable {
                 answer.set_value(outcome.error().code);
               });
  }
  host->stop();
  for (auto& answer : answers) {
    ASSERT_EQ(answer.wait_for(0s), std::future_status::ready);
    EXPECT_EQ(answer.get(), ErrorCode::shutting_down);
  }
  const auto digits = pid_text.find_first_of("0123456789", pid_text.find("\"pid\""));
  EXPECT_FALSE(fs::exists("/proc/" + std::to_string(std::atoi(pid_text.c_str() + digits))))
      << pid_text;
  EXPECT_EQ(host->call("acme.x:echo", "{}").error().code, ErrorCode::shutting_down);
}

TEST_F(HostTest, CallsThatRaceWithStopAreAllAnswered) {
  auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  ASSERT_TRUE(host->register_functions("my.app", {adder()}));
  std::atomic<bool> go_on = true;
  std::vector<std::thread> callers;
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back([&, name = i % 2 ? "acme.x:echo" : "my.app:shout"] {
      while (go_on) (void)host->call(name, "{}");
    });
  }
  ASSERT_TRUE(host->call("acme.x:echo", "{}"));
  host->stop();
  go_on = false;
  for (auto& caller : callers) caller.join();
}

TEST_F(HostTest, TheOperatorsSettingsWinOverTheManifests) {
  auto given = options();
  given.plugins["acme.x"].tools["hang"].timeout = 20ms;
  const auto host = std::move(*Host::start(std::move(given)));
  ASSERT_TRUE(install(*host, "acme.x"));
  EXPECT_EQ(host->call("acme.x:hang", "{}").error().code, ErrorCode::timeout);
}

TEST_F(HostTest, ACrashInACallNamesTheExitAndIsHealed) {
  const auto host = start();
  ASSERT_TRUE(install(*host, "acme.x", "die-in-call code=3"));
  const auto crash = host->call("acme.x:echo", "{}").error();
  EXPECT_EQ(crash.code, ErrorCode::worker_crashed);
  EXPECT_THAT(crash.message, HasSubstr("exited with code 3"));
}

TEST_F(HostTest, WhatWouldWaitForItselfIsRefused) {
  const auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  std::promise<ErrorCode> code;
  host->call("acme.x:echo", "{}", {}, [&](Result<ToolExecutionResult>) {
    code.set_value(host->call("acme.x:echo", "{}").error().code);
  });
  EXPECT_EQ(code.get_future().get(), ErrorCode::invalid_request);
}

TEST_F(HostTest, TheManagersAreAtHand) {
  const auto host = start();
  std::vector<std::string> events;
  ASSERT_TRUE(host->with_managers([&](LifecycleManager& lifecycle, WorkerManager&, PluginStore&) {
    for (const auto type : {PluginEventType::enabled, PluginEventType::disabled,
                            PluginEventType::worker_started, PluginEventType::worker_stopped}) {
      lifecycle.on(type,
                   [&](const PluginEvent& event) { events.emplace_back(to_string(event.type)); });
    }
  }));
  ASSERT_TRUE(install(*host, "acme.x"));
  ASSERT_TRUE(host->restart("acme.x"));
  std::optional<WorkerDiagnostics> worker;
  ASSERT_TRUE(host->with_managers([&](LifecycleManager&, WorkerManager& workers, PluginStore&) {
    worker = workers.get_worker("acme.x");
  }));
  EXPECT_EQ(worker->status, WorkerStatus::running);
  ASSERT_TRUE(host->disable("acme.x"));
  EXPECT_THAT(events, testing::IsSupersetOf({"plugin.worker_started", "plugin.enabled",
                                             "plugin.worker_stopped", "plugin.disabled"}));
}

TEST_F(HostTest, CallsWaitOverARestart) {
  const auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  std::atomic<bool> restarting = true;
  std::vector<ErrorCode> failures;
  std::thread caller([&] {
    while (restarting) {
      if (const auto answer = host->call("acme.x:echo", "{}"); !answer)
        failures.push_back(answer.error().code);
    }
  });
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(host->restart("acme.x"));
  restarting = false;
  caller.join();
  // Only the call that was in the worker when it was told to stop may fail.
  EXPECT_LE(failures.size(), 5u);
}

TEST_F(HostTest, AKeyBelongsToAPluginOrToFunctions) {
  const auto host = start();
  ASSERT_TRUE(install(*host, "acme.x"));
  EXPECT_EQ(host->register_functions("acme.x", {adder()}).error().code, ErrorCode::invalid_request);
  ASSERT_TRUE(host->register_functions("my.app", {adder()}));
  EXPECT_TRUE(host->register_functions("my.app", {adder()})) << "its own functions may be replaced";
}

TEST_F(HostTest, WhatTheOperatorSaysReachesTheTools) {
  auto given = options();
  auto& plugin = given.plugins["acme.x"];
  plugin.settings = {.instances = 2,
                     .on_timeout = OnTimeout::kill,
                     .timeout = 5s,
                     .validation = Validation::warn,
                     .fill_defaults = true,
                     .coerce = true};
  plugin.tools["echo"] = {.output_schema = R"({"type":"array"})",
                          .timeout = 6s,
                          .concurrency = 7,
                          .idempotent = true,
                          .validation = Validation::enforce};
  auto host = Host::start(std::move(given));
  ASSERT_TRUE(host);
  ASSERT_TRUE(install(**host, "acme.x"));
  const auto tool = (*host)->dispatcher().get_tool("acme.x:echo");
  EXPECT_EQ(tool->plugin_settings.instances, 2u);
  EXPECT_EQ(tool->plugin_settings.on_timeout, OnTimeout::kill);
  EXPECT_EQ(tool->plugin_settings.timeout, 5s);
  EXPECT_EQ(tool->plugin_settings.validation, Validation::warn);
  EXPECT_EQ(tool->plugin_settings.fill_defaults, true);
  EXPECT_EQ(tool->plugin_settings.coerce, true);
  EXPECT_EQ(tool->settings.output_schema, R"({"type":"array"})");
  EXPECT_EQ(tool->settings.timeout, 6s);
  EXPECT_EQ(tool->settings.concurrency, 7u);
  EXPECT_EQ(tool->settings.idempotent, true);
  EXPECT_EQ(tool->settings.validation, Validation::enforce);
  EXPECT_EQ((*host)->call("acme.x:echo", "{}").error().code, ErrorCode::invalid_result);
  EXPECT_EQ((*host)->dispatcher().get_tool("acme.x:pid")->settings.validation, std::nullopt);
}

TEST_F(HostTest, ARelativeFolderMeansTheSameToWorkers) {
  const auto before = fs::current_path();
  fs::current_path(folder_);
  const auto host = start("relative");
  fs::current_path(before);
  ASSERT_TRUE(install(*host, "acme.x"));
  EXPECT_TRUE(fs::is_directory(folder_ / "relative" / "plugin-data" / "acme.x"));
}

TEST_F(HostTest, OptionsThatMakeNoSenseAreNamed) {
  const auto refusal = [&](auto change) {
    auto given = options();
    change(given);
    return Host::start(std::move(given)).error().message;
  };
  EXPECT_EQ(refusal([](HostOptions& o) { o.log_level = "loud"; }),
            "HostOptions: log_level is none of debug, info, warn, error");
  EXPECT_EQ(refusal([](HostOptions& o) { o.function_threads = 0; }),
            "HostOptions: function_threads is 0");
  EXPECT_EQ(refusal([](HostOptions& o) { o.worker_line_bytes_max = 1023; }),
            "HostOptions: worker_line_bytes_max is not from 1024 to 536870912");
  EXPECT_EQ(refusal([](HostOptions& o) { o.worker_line_bytes_max = (512u << 20) + 1; }),
            "HostOptions: worker_line_bytes_max is not from 1024 to 536870912");
  EXPECT_EQ(refusal([](HostOptions& o) { o.default_timeout = 0ms; }),
            "HostOptions: default_timeout is not positive");
  EXPECT_EQ(refusal([](HostOptions& o) { o.kill_grace = -1ms; }),
            "HostOptions: kill_grace is negative");
  EXPECT_EQ(refusal([](HostOptions& o) { o.data_dir.clear(); }), "HostOptions: data_dir is empty");
  EXPECT_EQ(refusal([](HostOptions& o) { o.tenancy.company_id.clear(); }),
            "HostOptions: tenancy.company_id is empty");
  EXPECT_EQ(refusal([](HostOptions& o) { o.watcher = "/missing"; }),
            "HostOptions: watcher /missing is no executable file");
  EXPECT_EQ(refusal([](HostOptions& o) { o.restarts.window = 0ms; }),
            "HostOptions: restarts.window is not positive");
  EXPECT_EQ(refusal([](HostOptions& o) { o.restarts.longest = 999ms; }),
            "HostOptions: restarts.longest is less than restarts.first");
  EXPECT_EQ(refusal([](HostOptions& o) { o.restarts.crashes_max = 0; }),
            "HostOptions: restarts.crashes_max is 0");
  EXPECT_EQ(refusal([](HostOptions& o) { o.drain_grace = -1ms; }),
            "HostOptions: drain_grace is negative");
  EXPECT_THAT(refusal([](HostOptions& o) { o.outbound_http.allow = {"a b"}; }),
              testing::StartsWith("HostOptions: outbound_http.allow has \"a b\", which is no"));
  EXPECT_THAT(refusal([](HostOptions& o) { o.plugins["a.b"].services.http_allow = {"*"}; }),
              testing::StartsWith("HostOptions: plugins[\"a.b\"].services.http_allow has \"*\""));
  EXPECT_THAT(refusal([](HostOptions& o) { o.outbound_http.proxy = "proxy:1"; }),
              testing::StartsWith("HostOptions: outbound_http.proxy must be the URL of a proxy"));
  EXPECT_EQ(refusal([](HostOptions& o) { o.outbound_http.ca_file = "/missing"; }),
            "HostOptions: outbound_http.ca_file: /missing cannot be read: No such file or "
            "directory");
  EXPECT_EQ(refusal([](HostOptions& o) { o.outbound_http.response_bytes_max = 0; }),
            "HostOptions: outbound_http.response_bytes_max is 0");
  EXPECT_EQ(refusal([](HostOptions& o) { o.upstream = UpstreamSettings{.url = "x"}; }),
            "HostOptions: upstream.url must be a URL such as \"http://127.0.0.1:3100/rpc\"");
  EXPECT_THAT(refusal([](HostOptions& o) {
                o.upstream = UpstreamSettings{.url = "http://me:passw0rd@u:port/"};
              }),
              testing::Not(testing::HasSubstr("passw0rd")));
  EXPECT_EQ(refusal([](HostOptions& o) {
              o.upstream = UpstreamSettings{.url = "http://u", .timeout = 0ms};
            }),
            "HostOptions: upstream.timeout is not positive");
  EXPECT_EQ(refusal([](HostOptions& o) { o.secrets.command_timeout = 0ms; }),
            "HostOptions: secrets.command_timeout is not positive");
  EXPECT_EQ(refusal([](HostOptions& o) { o.admission.concurrency = 0; }),
            "HostOptions: admission.concurrency is not from 1 to 10000");
  EXPECT_EQ(refusal([](HostOptions& o) { o.admission.waiting_max = 0; }),
            "HostOptions: admission.waiting_max is 0");
  EXPECT_EQ(refusal([](HostOptions& o) { o.admission.caller_weights["ann"] = 0; }),
            "HostOptions: admission.caller_weights has 0 for \"ann\"");
  EXPECT_EQ(refusal([](HostOptions& o) { o.plugins["a.b"].settings.instances = 65; }),
            "HostOptions: plugins[\"a.b\"].settings.instances is not from 1 to 64");
  EXPECT_EQ(refusal([](HostOptions& o) { o.plugins["a.b"].settings.concurrency = 0; }),
            "HostOptions: plugins[\"a.b\"].settings.concurrency is not from 1 to 10000");
  EXPECT_EQ(refusal([](HostOptions& o) { o.plugins["a.b"].tools["t"].concurrency = 10'001; }),
            "HostOptions: plugins[\"a.b\"].tools[\"t\"].concurrency is not from 1 to 10000");
  EXPECT_EQ(refusal([](HostOptions& o) { o.worker_limits.memory_max = 0; }),
            "HostOptions: worker_limits.memory_max is 0");
  EXPECT_EQ(refusal([](HostOptions& o) { o.plugins["a.b"].settings.limits.processes_max = 0; }),
            "HostOptions: plugins[\"a.b\"].settings.limits.processes_max is 0");
}

TEST_F(HostTest, FoldersOfPluginsAreApartFromTheDataFolder) {
  const auto refused = [&](const fs::path& path) {
    auto given = options();
    given.plugins["a.b"].folders["wiki"] = path;
    const auto host = Host::start(std::move(given));
    return host ? std::string() : host.error().message;
  };
  fs::create_symlink(folder_ / "data", folder_ / "link");
  for (const auto& path :
       {folder_, folder_ / "data", folder_ / "data/plugin-data", folder_ / "link"}) {
    EXPECT_EQ(refused(path), "HostOptions: plugins[\"a.b\"].folders[\"wiki\"] is " + path.string() +
                                 ", which is in the data folder " + (folder_ / "data").string() +
                                 " or has it in it");
  }
  EXPECT_EQ(refused(folder_ / "data-of-the-wiki"), "");
}

TEST_F(HostTest, AMigrationHoldsUpNoEnd) {
  const fs::path root = plugin("acme.db", "normal");
  fs::create_directories(root / "sql");
  std::ofstream(root / "sql/001.sql")
      << "CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
         " SELECT count(*) AS c FROM n;";
  std::ofstream(root / "manifest.json")
      << R"({"id":"acme.db","apiVersion":1,"version":"1.0.0","displayName":"F","description":"d",)"
      << R"("author":"a","categories":["automation"],"capabilities":["database.namespace.read","database.namespace.migrate"],)"
      << R"("entrypoints":{"worker":"bin/worker"},"database":{"migrationsDir":"sql"}})";
  auto host = start();
  Result<PluginRecord> installed = PluginRecord();
  std::thread installer([&] {
    installed = host->install({.source = root.string(), .kind = InstallRequest::Kind::folder});
  });
  const auto log = folder_ / "data/plugin-data/acme.db/database.sqlite3-wal";
  const auto patience = std::chrono::steady_clock::now() + 30s;
  while (!fs::exists(log) && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_TRUE(fs::exists(log)) << "it has begun";
  const auto started = std::chrono::steady_clock::now();
  host->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - started, 8s) << "it may run for a minute";
  installer.join();
  ASSERT_FALSE(installed);
  EXPECT_EQ(installed.error().code, ErrorCode::shutting_down);
  EXPECT_THAT(installed.error().message, testing::HasSubstr("its worker or host stops"));
  EXPECT_THAT(installed.error().remedy, testing::Not(testing::HasSubstr("mended")));
}

TEST_F(HostTest, KillWorkersWorksWhileItStops) {
  auto host = start();
  ASSERT_TRUE(install(*host, "acme.x", "ignore-term"));
  const auto started = std::chrono::steady_clock::now();
  std::thread stopper([&] { host->stop(); });
  host->kill_workers();
  host->kill_workers();
  stopper.join();
  EXPECT_LT(std::chrono::steady_clock::now() - started, 8s)
      << "a stubborn worker takes 15 s to stop";
}

// Whether a process, whoever its parent is, ends within 2 s.
bool is_gone(int pid) {
  const int pidfd = ::pidfd_open(pid, 0);
  if (pidfd < 0) return errno == ESRCH;
  pollfd ended{.fd = pidfd, .events = POLLIN, .revents = 0};
  const int ready = ::poll(&ended, 1, 2000);
  ::close(pidfd);
  return ready == 1;
}

TEST_F(HostTest, NoWorkerOutlivesAProgramThatIsKilled) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto report_of = [](pid_t parent) {
    return fs::path(testing::TempDir()) / ("collet-host-killed-" + std::to_string(parent));
  };
  EXPECT_EXIT(
      {
        const auto host = start();
        std::ofstream report(report_of(::getppid()));
        report << folder_.string() << '\n';
        for (const std::string mode : {"normal", "ignore-term", "setsid-child", "fork-child"}) {
          (void)install(*host, "acme." + mode, mode);
          report << host->call("acme." + mode + ":pid", "{}")->result.json << '\n';
        }
        report.close();
        ::raise(SIGKILL);
      },
      testing::KilledBySignal(SIGKILL), "");
  std::ifstream report(report_of(::getpid()));
  std::string folder;
  ASSERT_TRUE(std::getline(report, folder));
  int workers = 0;
  for (std::string line; std::getline(report, line); ++workers) {
    EXPECT_TRUE(is_gone(number_of(line, "pid"))) << line;
    if (!line.contains("\"child\":null")) {
      EXPECT_TRUE(is_gone(number_of(line, "child"))) << line;
    }
  }
  EXPECT_EQ(workers, 4);
  fs::remove_all(folder);
  fs::remove(report_of(::getpid()));
}

}  // namespace
}  // namespace collet
