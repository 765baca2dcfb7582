#include "app/config.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"
#include "app/duration.hpp"
#include "process/limits.hpp"

namespace collet::app {
namespace {

using std::chrono::milliseconds;

/// "message [remedy]" of the mistake, or "fine".
std::string mistake(std::string_view text) {
  const auto config = parse_config(text, "/etc/collet.toml");
  if (config) return "fine";
  EXPECT_EQ(config.error().exit_code, ExitCode::usage);
  const auto& error = config.error().error;
  return error.message + (error.remedy.empty() ? "" : " [" + error.remedy + "]");
}

TEST(Config, ReadsEveryKey) {
  const auto config = parse_config(R"(
listen = "0.0.0.0:80"
data_dir = "state"
log_level = "warn"
auth = false
[http]
allowed_hosts = ["a.example", "b.example"]
allowed_origins = ["https://c.example"]
body_bytes_max = 2048
connections_max = 99
[node]
path = "/opt/node"
npm = "/opt/npm"
[workers]
initialize_timeout = "1s"
drain_grace = "7s"
shutdown_grace = "2s"
kill_grace = "300ms"
deaf_after = "40s"
restart_first = "20ms"
restart_longest = "3m"
crashes_max = 7
crash_window = "8m"
failed_retry = "9m"
open_files_max = 100
core_bytes_max = "1MiB"
cpu_seconds_max = 10
address_space_max = "4GiB"
memory_max = 1048577
processes_max = "none"
line_bytes_max = "3MiB"
environment = { LANG = "C", EMPTY = "" }
[calls]
default_timeout = "4s"
timeout_max = "5m"
concurrency = 32
waiting_max = 99
weights = { "agent 7" = 1, bob = 100 }
[tenancy]
mode = "multi"
company_id = "acme"
[jobs]
timeout = "20m"
[plugin."acme.x"]
trust_unnamed_calls = true
instances = 3
concurrency = 5
on_timeout = "kill"
timeout = "6s"
validation = "warn"
fill_defaults = true
coerce = false
webhooks = "open"
open_files_max = "none"
core_bytes_max = 0
cpu_seconds_max = "none"
address_space_max = "none"
memory_max = "256MiB"
processes_max = 32
[plugin."acme.x".tools."do it"]
timeout = "7s"
concurrency = 8
idempotent = true
validation = "off"
output_schema = '{"type": "object"}'
)",
                                   "/etc/collet.toml");
  ASSERT_TRUE(config) << config.error().error.message;
  EXPECT_EQ(config->listen, (ListenAddress{"0.0.0.0", 80}));
  EXPECT_EQ(config->data_dir, "/etc/state");
  EXPECT_EQ(config->log_level, "warn");
  EXPECT_EQ(config->auth, Authentication::none);
  EXPECT_THAT(config->allowed_hosts, testing::ElementsAre("a.example", "b.example"));
  EXPECT_THAT(config->allowed_origins, testing::ElementsAre("https://c.example"));
  EXPECT_EQ(config->body_bytes_max, 2048u);
  EXPECT_EQ(config->connections_max, 99u);
  EXPECT_EQ(config->node, "/opt/node");
  EXPECT_EQ(config->npm, "/opt/npm");
  EXPECT_EQ(config->initialize_timeout, milliseconds(1000));
  EXPECT_EQ(config->drain_grace, milliseconds(7000));
  EXPECT_EQ(config->shutdown_grace, milliseconds(2000));
  EXPECT_EQ(config->kill_grace, milliseconds(300));
  EXPECT_EQ(config->deaf_after, milliseconds(40'000));
  EXPECT_EQ(config->restart_first, milliseconds(20));
  EXPECT_EQ(config->restart_longest, milliseconds(180'000));
  EXPECT_EQ(config->crashes_max, 7u);
  EXPECT_EQ(config->crash_window, milliseconds(480'000));
  EXPECT_EQ(config->failed_retry, milliseconds(540'000));
  EXPECT_EQ(config->line_bytes_max, std::size_t{3} << 20);
  EXPECT_EQ(config->worker_limits, (WorkerLimits{.open_files_max = 100,
                                                 .core_bytes_max = 1u << 20,
                                                 .cpu_seconds_max = 10,
                                                 .address_space_max = std::uint64_t{4} << 30,
                                                 .memory_max = 1048577,
                                                 .processes_max = WorkerLimits::unlimited}));
  EXPECT_THAT(
      config->worker_environment,
      testing::UnorderedElementsAre(testing::Pair("LANG", "C"), testing::Pair("EMPTY", "")));
  EXPECT_EQ(config->default_timeout, milliseconds(4000));
  EXPECT_EQ(config->timeout_max, milliseconds(300'000));
  EXPECT_EQ(config->concurrency, 32u);
  EXPECT_EQ(config->waiting_max, 99u);
  EXPECT_THAT(config->caller_weights, testing::UnorderedElementsAre(testing::Pair("agent 7", 1u),
                                                                    testing::Pair("bob", 100u)));
  EXPECT_EQ(config->tenancy.mode, Tenancy::multi);
  EXPECT_EQ(config->tenancy.company_id, "acme");
  const auto& plugin = config->plugins.at("acme.x");
  EXPECT_TRUE(plugin.trust_unnamed_calls);
  EXPECT_EQ(plugin.settings.instances, 3u);
  EXPECT_EQ(plugin.settings.concurrency, 5u);
  EXPECT_EQ(plugin.settings.on_timeout, OnTimeout::kill);
  EXPECT_EQ(plugin.settings.timeout, milliseconds(6000));
  EXPECT_EQ(plugin.settings.validation, Validation::warn);
  EXPECT_EQ(plugin.settings.limits, (WorkerLimits{.open_files_max = WorkerLimits::unlimited,
                                                  .core_bytes_max = 0,
                                                  .cpu_seconds_max = WorkerLimits::unlimited,
                                                  .address_space_max = WorkerLimits::unlimited,
                                                  .memory_max = 256u << 20,
                                                  .processes_max = 32}));
  EXPECT_EQ(plugin.settings.fill_defaults, true);
  EXPECT_EQ(plugin.settings.coerce, false);
  EXPECT_EQ(plugin.webhooks, WebhookAccess::open);
  EXPECT_EQ(config->job_timeout, milliseconds(1'200'000));
  const auto& tool = plugin.tools.at("do it");
  EXPECT_EQ(tool.timeout, milliseconds(7000));
  EXPECT_EQ(tool.concurrency, 8u);
  EXPECT_EQ(tool.idempotent, true);
  EXPECT_EQ(tool.validation, Validation::off);
  EXPECT_EQ(tool.output_schema, R"({"type": "object"})");
}

TEST(Config, AnEmptyFileSaysNothing) {
  const auto config = parse_config("", "/etc/collet.toml");
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->listen || config->data_dir || config->auth || config->node);
}

TEST(Config, UnknownKeysNameFileLineAndTheClosest) {
  EXPECT_EQ(mistake("\nlisten_ = \"127.0.0.1:1\""),
            "/etc/collet.toml:2: there is no key listen_ [did you mean listen?]");
  EXPECT_EQ(mistake("[htpp]\n"), "/etc/collet.toml:1: there is no key htpp [did you mean http?]");
  EXPECT_EQ(mistake("[http]\nallowed_host = []"),
            "/etc/collet.toml:2: there is no key http.allowed_host "
            "[did you mean http.allowed_hosts?]");
  EXPECT_EQ(mistake("[calls]\nzzz = 1"),
            "/etc/collet.toml:2: there is no key calls.zzz "
            "[known are default_timeout, timeout_max, concurrency, waiting_max, weights]");
  EXPECT_EQ(mistake("[plugin.\"a.b\"]\n\ninstance = 1"),
            "/etc/collet.toml:3: there is no key plugin.\"a.b\".instance "
            "[did you mean plugin.\"a.b\".instances?]");
  EXPECT_EQ(mistake("[plugin.a.tools.t]\ntimout = \"1s\""),
            "/etc/collet.toml:2: there is no key plugin.\"a\".tools.\"t\".timout "
            "[did you mean plugin.\"a\".tools.\"t\".timeout?]");
}

TEST(Config, WrongValuesSayWhatTheyMustBe) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"listen = 7420", R"(listen must be an address and a port, such as "127.0.0.1:7420")"},
      {"listen = \"7420\"", R"(listen must be an address and a port, such as "127.0.0.1:7420")"},
      {"data_dir = \"\"", "data_dir must be a text that is not empty"},
      {"log_level = \"loud\"", R"(log_level must be one of "debug", "info", "warn", "error")"},
      {"auth = \"no\"", "auth must be true or false"},
      {"http = 1", "http must be a table"},
      {"http.allowed_hosts = \"a\"", "http.allowed_hosts must be a list of texts"},
      {"http.allowed_hosts = [1]", "http.allowed_hosts must be a list of texts"},
      {"node.path = true", "node.path must be a text that is not empty"},
      {"workers.kill_grace = 5",
       R"(workers.kill_grace must be a duration such as "500ms", "10s" or "2m", at most 1d)"},
      {"workers.environment = [\"A=1\"]",
       "workers.environment must be a table of variables and their texts"},
      {"workers.environment = { \"A=B\" = \"1\" }",
       "workers.environment must be a table of variables and their texts"},
      {"tenancy.mode = \"many\"", R"(tenancy.mode must be one of "single", "multi")"},
      {"tenancy.company_id = \"\"", "tenancy.company_id must be a text that is not empty"},
      {"plugin.a.trust_unnamed_calls = 1",
       "plugin.\"a\".trust_unnamed_calls must be true or false"},
      {"plugin = 1", "plugin must be a table"},
      {"plugin.a = 1", "plugin.\"a\" must be a table"},
      {"plugin.a.tools = 1", "plugin.\"a\".tools must be a table"},
      {"plugin.a.tools.t = 1", "plugin.\"a\".tools.\"t\" must be a table"},
      {"plugin.a.on_timeout = \"stop\"",
       R"(plugin."a".on_timeout must be one of "abandon", "kill")"},
      {"plugin.a.tools.t.idempotent = 1",
       "plugin.\"a\".tools.\"t\".idempotent must be true or false"},
      {"plugin.a.tools.t.output_schema = \"{\"",
       "plugin.\"a\".tools.\"t\".output_schema must be a JSON Schema as JSON text"},
      {"plugin.a.tools.t.output_schema = '7'",
       "plugin.\"a\".tools.\"t\".output_schema must be a JSON Schema as JSON text"},
      {"plugin.a.tools.t.output_schema = '{\"minLength\":-1}'",
       "plugin.\"a\".tools.\"t\".output_schema is invalid at /minLength: minLength must be a "
       "non-negative integer; got -1"},
      {"plugin.a.validation = \"on\"",
       R"(plugin."a".validation must be one of "enforce", "warn", "off")"},
      {"plugin.a.validation = false",
       R"(plugin."a".validation must be one of "enforce", "warn", "off")"},
      {"calls.weights = { a = 0 }",
       "calls.weights must be a table of agent ids and whole numbers from 1 to 100"},
      {"calls.weights = { a = 101 }",
       "calls.weights must be a table of agent ids and whole numbers from 1 to 100"},
      {"plugin.a.fill_defaults = \"yes\"", "plugin.\"a\".fill_defaults must be true or false"},
      {"plugin.a.coerce = 1", "plugin.\"a\".coerce must be true or false"},
      {"plugin.a.webhooks = \"all\"",
       "plugin.\"a\".webhooks must be one of \"operator\", \"open\""},
      {"plugin.a.webhook = \"open\"",
       "there is no key plugin.\"a\".webhook [did you mean plugin.\"a\".webhooks?]"},
      {"jobs.timeout = \"2d\"",
       "jobs.timeout must be a duration such as \"500ms\", \"10s\" or \"2m\", at most 1d"},
      {"plugin.a.tools.t.validation = \"On\"",
       R"(plugin."a".tools."t".validation must be one of "enforce", "warn", "off")"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(mistake(text), "/etc/collet.toml:1: " + message);
  }
}

TEST(Config, NumbersHaveLimitsOnBothSides) {
  struct Limit {
    std::string key;
    long least;
    long most;
  };
  for (const auto& [key, least, most] :
       {Limit{"http.body_bytes_max", 1024, 134217728}, Limit{"http.connections_max", 1, 1048576},
        Limit{"plugin.\"a\".instances", 1, 64}, Limit{"plugin.\"a\".concurrency", 1, 10000},
        Limit{"plugin.\"a\".tools.\"t\".concurrency", 1, 10000},
        Limit{"calls.concurrency", 1, 10000}, Limit{"calls.waiting_max", 1, 1000000}}) {
    EXPECT_EQ(mistake(key + " = " + std::to_string(least)), "fine");
    EXPECT_EQ(mistake(key + " = " + std::to_string(most)), "fine");
    const auto message = "/etc/collet.toml:1: " + key + " must be a whole number from " +
                         std::to_string(least) + " to " + std::to_string(most);
    EXPECT_EQ(mistake(key + " = " + std::to_string(least - 1)), message);
    EXPECT_EQ(mistake(key + " = " + std::to_string(most + 1)), message);
    EXPECT_EQ(mistake(key + " = 5.0"), message);
  }
}

TEST(Config, LimitsOfWorkersHaveLimitsOnBothSides) {
  struct Limit {
    std::string key;
    long least;
    long most;
  };
  for (const std::string table : {"workers.", "plugin.\"a\"."}) {
    for (const auto& [name, least, most] :
         {Limit{"open_files_max", 16, 1048576}, Limit{"cpu_seconds_max", 1, 315360000},
          Limit{"processes_max", 1, 4194304}}) {
      const auto key = table + name;
      EXPECT_EQ(mistake(key + " = " + std::to_string(least)), "fine");
      EXPECT_EQ(mistake(key + " = " + std::to_string(most)), "fine");
      EXPECT_EQ(mistake(key + " = \"none\""), "fine");
      const auto message = "/etc/collet.toml:1: " + key + " must be a whole number from " +
                           std::to_string(least) + " to " + std::to_string(most) + ", or \"none\"";
      EXPECT_EQ(mistake(key + " = " + std::to_string(least - 1)), message);
      EXPECT_EQ(mistake(key + " = " + std::to_string(most + 1)), message);
      EXPECT_EQ(mistake(key + " = \"all\""), message);
    }
    for (const auto& [name, least] : {std::pair<std::string, long>("core_bytes_max", 0),
                                      std::pair<std::string, long>("address_space_max", 1048576),
                                      std::pair<std::string, long>("memory_max", 1048576)}) {
      const auto key = table + name;
      EXPECT_EQ(mistake(key + " = " + std::to_string(least)), "fine");
      EXPECT_EQ(mistake(key + " = \"1MiB\""), "fine");
      EXPECT_EQ(mistake(key + " = \"none\""), "fine");
      const auto message = "/etc/collet.toml:1: " + key +
                           R"( must be a size such as "64KiB", "256MiB" or "4GiB", or bytes as a )"
                           R"(whole number, at least )" +
                           std::to_string(least) + R"(; or "none")";
      EXPECT_EQ(mistake(key + " = " + std::to_string(least - 1)), message);
      EXPECT_EQ(mistake(key + " = \"1MB\""), message);
      EXPECT_EQ(mistake(key + " = 1.5e6"), message);
    }
  }
}

TEST(Config, TheLineOfAWorkerHasLimitsOnBothSides) {
  const std::string key = "workers.line_bytes_max";
  for (const std::string fine : {"1024", "\"1KiB\"", "\"512MiB\"", "536870912"}) {
    EXPECT_EQ(mistake(key + " = " + fine), "fine");
  }
  for (const std::string bad : {"1023", "536870913", "\"1GiB\"", "\"none\"", "-1", "1e6"}) {
    EXPECT_EQ(mistake(key + " = " + bad),
              "/etc/collet.toml:1: " + key +
                  R"( must be a size such as "64KiB" or "256MiB", or bytes as a whole number, )"
                  "from 1024 to 536870912");
  }
}

TEST(Config, TimeoutsAreADayAtMost) {
  for (const std::string key : {"workers.initialize_timeout", "calls.timeout_max",
                                "plugin.\"a\".timeout", "plugin.\"a\".tools.\"t\".timeout"}) {
    EXPECT_EQ(mistake(key + " = \"1d\""), "fine");
    EXPECT_EQ(mistake(key + " = \"86400001ms\""),
              "/etc/collet.toml:1: " + key +
                  R"( must be a duration such as "500ms", "10s" or "2m", at most 1d)");
  }
}

TEST(Config, TheDefaultTimeoutFitsBelowTheLongest) {
  EXPECT_EQ(mistake("calls.default_timeout = \"1h\""), "fine");
  EXPECT_EQ(mistake("[calls]\ndefault_timeout = \"2h\""),
            "/etc/collet.toml:1: calls.default_timeout is longer than calls.timeout_max (1h)");
  EXPECT_EQ(mistake("\n[calls]\ntimeout_max = \"29s\""),
            "/etc/collet.toml:2: calls.default_timeout is longer than calls.timeout_max (29s)");
  EXPECT_EQ(
      mistake("\n[workers]\nrestart_first = \"6m\""),
      "/etc/collet.toml:2: workers.restart_first is longer than workers.restart_longest (5m)");
  EXPECT_EQ(
      mistake("[workers]\nrestart_longest = \"999ms\""),
      "/etc/collet.toml:1: workers.restart_first is longer than workers.restart_longest (999ms)");
}

TEST(Config, BrokenTomlIsNamedWithItsLine) {
  const auto message = mistake("listen = \"127.0.0.1:1\"\nauth = tru\n");
  EXPECT_THAT(message, testing::StartsWith("/etc/collet.toml:2: "));
  EXPECT_THAT(message, testing::EndsWith("[the file is TOML: https://toml.io/en/v1.0.0]"));
}

TEST_F(AppTest, ConfigFilesMustBeThereWhenNamed) {
  const auto missing = load_config(data_dir / "none.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().error.message, "the configuration file " +
                                               (data_dir / "none.toml").string() +
                                               " cannot be read: No such file or directory");
  EXPECT_FALSE(load_config(data_dir));  // a folder
  EXPECT_FALSE(load_config("/dev/zero"));
  EXPECT_TRUE(load_config("/dev/null"));
}

TEST_F(AppTest, TheDefaultConfigFileIsReadWhereItExists) {
  environment.variables = {{"XDG_CONFIG_HOME", data_dir.string()}};
  EXPECT_FALSE(load_default_config(environment)->data_dir);
  std::filesystem::create_directory(data_dir / "collet");
  write("collet/collet.toml", "data_dir = \"here\"");
  EXPECT_EQ(load_default_config(environment)->data_dir, data_dir / "collet" / "here");
}

// The documentation and the code name the same keys. -------------------------------------------

std::string read_source(const std::string& name) {
  std::ifstream stream(std::string(COLLET_SOURCE_DIR) + "/" + name);
  EXPECT_TRUE(stream) << name;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

TEST(ConfigDocumentation, DescribesEveryKeyOnceAndNoOther) {
  std::istringstream lines(read_source("docs/configuration.md"));
  std::vector<std::string> described;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### `") && line.ends_with("`")) {
      described.push_back(line.substr(5, line.size() - 6));
    }
  }
  EXPECT_THAT(described, testing::UnorderedElementsAreArray(config_keys()));
}

TEST(ConfigDocumentation, TheExampleHasEveryKeyAndIsRightOnceUncommented) {
  std::istringstream lines(read_source("collet.example.toml"));
  std::string uncommented;
  std::string table;
  std::vector<std::string> keys;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.starts_with("##")) continue;
    ASSERT_TRUE(line.starts_with("# ")) << line;
    line = line.substr(2);
    uncommented += line + "\n";
    if (line.starts_with("[")) {
      table = line.substr(1, line.size() - 2) + ".";
      if (table.starts_with("[")) table = table.substr(1, table.size() - 3) + ".";
      if (table.starts_with("plugin.")) {
        table.replace(table.find("\"collet.calc\""), 13, "\"<key>\"");
        if (const auto tool = table.find("\"evaluate\""); tool != std::string::npos) {
          table.replace(tool, 10, "\"<tool>\"");
        }
      }
    } else {
      keys.push_back(table + line.substr(0, line.find(' ')));
    }
  }
  EXPECT_THAT(keys, testing::UnorderedElementsAreArray(config_keys()));
  const auto config = parse_config(uncommented, "collet.example.toml");
  EXPECT_TRUE(config) << config.error().error.message;
}

std::string shown(Clock::duration duration) {
  return to_text(std::chrono::duration_cast<milliseconds>(duration));
}

TEST(ConfigDocumentation, TheExampleShowsTheRealDefaults) {
  const HostOptions options;
  const HttpOptions http;
  const process::ResourceLimits of_machine;
  const auto text = read_source("collet.example.toml");
  for (const auto& line :
       {"# listen = \"" + http.address + ":" + std::to_string(http.port) + "\"",
        "# log_level = \"" + options.log_level + "\"",
        "# body_bytes_max = " + std::to_string(http.body_bytes_max),
        "# connections_max = " + std::to_string(http.connections_max),
        "# path = \"" + options.node + "\"",
        "# npm = \"" + options.npm + "\"",
        "# initialize_timeout = \"" + to_text(options.initialize_timeout) + "\"",
        "# drain_grace = \"" + to_text(options.drain_grace) + "\"",
        "# shutdown_grace = \"" + to_text(options.shutdown_grace) + "\"",
        "# kill_grace = \"" + to_text(options.kill_grace) + "\"",
        "# deaf_after = \"" + to_text(options.deaf_after) + "\"",
        "# restart_first = \"" + shown(options.restarts.first) + "\"",
        "# restart_longest = \"" + shown(options.restarts.longest) + "\"",
        "# crashes_max = " + std::to_string(options.restarts.crashes_max),
        "# crash_window = \"" + shown(options.restarts.window) + "\"",
        "# failed_retry = \"" + shown(options.restarts.retry_after) + "\"",
        "# timeout = \"" + to_text(options.job_timeout) + "\"",
        "# concurrency = " + std::to_string(options.admission.concurrency),
        "# waiting_max = " + std::to_string(options.admission.waiting_max),
        "# line_bytes_max = \"" + std::to_string(options.worker_line_bytes_max >> 20) + "MiB\"",
        "# open_files_max = " + std::to_string(of_machine.open_files_max),
        "# core_bytes_max = " + std::to_string(of_machine.core_bytes_max),
        "# processes_max = " + std::to_string(of_machine.processes_max),
        "# company_id = \"" + options.tenancy.company_id + "\"",
        "# default_timeout = \"" + to_text(options.default_timeout) + "\"",
        "# timeout_max = \"" + to_text(options.timeout_max) + "\"",
        "# timeout = \"" + to_text(UpstreamSettings{}.timeout) + "\"",
        "# timeout = \"" + to_text(options.secrets.command_timeout) + "\""}) {
    EXPECT_THAT(text, testing::HasSubstr(line + "\n"));
  }
}

}  // namespace
}  // namespace collet::app
