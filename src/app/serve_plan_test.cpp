#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/app_fixture.hpp"
#include "app/serve.hpp"

namespace collet::app {
namespace {

const Environment k_home{.variables = {{"HOME", "/home/ann"}, {"PATH", "/bin"}}};

/// "message [remedy]" of a refusal.
std::string refusal(const ServeCommand& command, const Config& config = {}) {
  const auto plan = plan_daemon(command, config, k_home);
  if (plan) return "planned";
  EXPECT_EQ(plan.error().exit_code, ExitCode::usage);
  return plan.error().error.message + " [" + plan.error().error.remedy + "]";
}

TEST(ServePlan, HasDefaults) {
  const auto plan = plan_daemon({}, {}, k_home);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->options.data_dir, "/home/ann/.local/share/collet");
  EXPECT_EQ(plan->options.http->address, "127.0.0.1");
  EXPECT_EQ(plan->options.http->port, 7420);
  EXPECT_EQ(plan->options.http->operator_token, std::nullopt);
  EXPECT_EQ(plan->options.log, HostLog::standard_error);
  EXPECT_EQ(plan->options.path, "/bin");
  EXPECT_EQ(plan->auth, Authentication::token);
  EXPECT_THAT(plan->warnings, testing::IsEmpty());
}

TEST(ServePlan, FlagsWinOverConfiguration) {
  const Config config{.listen = ListenAddress{"127.0.0.1", 1000},
                      .data_dir = "/of/config",
                      .log_level = "warn",
                      .allowed_hosts = {"a.example"},
                      .body_bytes_max = 2048,
                      .connections_max = 99,
                      .node = "/opt/node",
                      .worker_environment = {{"A", "1"}},
                      .default_timeout = std::chrono::seconds(5)};
  auto plan = plan_daemon({}, config, k_home);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->options.http->port, 1000);
  EXPECT_EQ(plan->options.data_dir, "/of/config");
  EXPECT_EQ(plan->options.log_level, "warn");
  EXPECT_THAT(plan->options.http->allowed_hosts, testing::ElementsAre("a.example"));
  EXPECT_EQ(plan->options.http->body_bytes_max, 2048u);
  EXPECT_EQ(plan->options.http->connections_max, 99u);
  EXPECT_EQ(plan->options.node, "/opt/node");
  EXPECT_THAT(plan->options.worker_environment, testing::ElementsAre(testing::Pair("A", "1")));
  EXPECT_EQ(plan->options.default_timeout, std::chrono::seconds(5));

  plan = plan_daemon({.data_dir = "/of/flag", .listen = "[::1]:2000", .log_level = "debug"}, config,
                     k_home);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->options.http->address, "::1");
  EXPECT_EQ(plan->options.http->port, 2000);
  EXPECT_EQ(plan->options.data_dir, "/of/flag");
  EXPECT_EQ(plan->options.log_level, "debug");
}

TEST(ServePlan, TheEnvironmentStandsBetween) {
  Environment environment = k_home;
  environment.variables["COLLET_DATA_DIR"] = "/of/environment";
  EXPECT_EQ(plan_daemon({}, {.data_dir = "/of/config"}, environment)->options.data_dir,
            "/of/environment");
  EXPECT_EQ(plan_daemon({.data_dir = "/of/flag"}, {}, environment)->options.data_dir, "/of/flag");
}

TEST(ServePlan, RefusesAnOpenDoorToTheNetwork) {
  const std::string message =
      "without authentication everybody who reaches 0.0.0.0 could run every tool "
      "[leave --no-auth (or `auth = false`) out, or listen on 127.0.0.1]";
  EXPECT_EQ(refusal({.listen = "0.0.0.0:7420", .auth = Authentication::none}), message);
  EXPECT_EQ(refusal({.listen = "0.0.0.0:7420"}, {.auth = Authentication::none}), message);
  EXPECT_EQ(refusal({.listen = "0.0.0.0:7420"}), "planned");
  EXPECT_EQ(refusal({.listen = "127.0.0.1:7420", .auth = Authentication::none}), "planned");
}

TEST(ServePlan, RefusesWhatIsNoAddress) {
  EXPECT_EQ(refusal({.listen = "7421"}),
            "\"7421\" is not an address to listen on "
            "[write an address and a port, such as 127.0.0.1:7420 or [::1]:7420]");
}

TEST(ServePlan, NeedsAFolder) {
  const auto plan = plan_daemon({}, {}, Environment{});
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().error.message,
            "there is no data folder: neither HOME nor XDG_DATA_HOME is set");
}

TEST(ServePlan, Warns) {
  Environment environment = k_home;
  environment.user = User::root;
  const auto plan = plan_daemon({.auth = Authentication::none}, {}, environment);
  ASSERT_TRUE(plan);
  EXPECT_THAT(
      plan->warnings,
      testing::ElementsAre("running as root: plugins run as root too; a user of its own is safer",
                           "authentication is off: every program and every user of this machine "
                           "can run every tool"));
}

TEST(ServePlan, WarnsOfEveryKeyThatNothingObeysYet) {
  const auto config = parse_config(R"(
[plugin."acme.x"]
instances = 2
concurrency = 3
timeout = "1s"
on_timeout = "kill"
validation = "warn"
fill_defaults = true
coerce = true
[plugin."acme.x".tools."do it"]
concurrency = 1
idempotent = false
output_schema = '{}'
validation = "off"
timeout = "1s"
)",
                                   "/etc/collet.toml");
  ASSERT_TRUE(config) << config.error().error.message;
  const auto plan = plan_daemon({}, *config, k_home);
  ASSERT_TRUE(plan);
  EXPECT_THAT(
      plan->warnings,
      testing::ElementsAre("plugin.\"acme.x\".tools.\"do it\".idempotent is kept, not obeyed yet"));
}

TEST(ServePlan, WarnsOfWebhooksThatEverybodyMaySend) {
  Config config;
  config.plugins["acme.x"].webhooks = WebhookAccess::open;
  config.plugins["acme.y"];
  const auto plan = plan_daemon({.listen = "0.0.0.0:1"}, config, k_home);
  ASSERT_TRUE(plan);
  EXPECT_THAT(
      plan->warnings,
      testing::ElementsAre("everybody who reaches 0.0.0.0 may send webhooks to the plugin acme.x"));
  EXPECT_EQ(plan->options.plugins.at("acme.x").webhooks, WebhookAccess::open);
}

TEST(ServePlan, TheTimeOfAJobIsTheFiles) {
  EXPECT_EQ(plan_daemon({}, {}, k_home)->options.job_timeout, std::chrono::minutes(15));
  Config config;
  config.job_timeout = std::chrono::hours(2);
  EXPECT_EQ(plan_daemon({}, config, k_home)->options.job_timeout, std::chrono::hours(2));
}

TEST(ServePlan, NpmGetsItsSettingsAndTheWayOutAndNothingElse) {
  Environment environment = k_home;
  environment.variables["npm_config_registry"] = "http://npm.example";
  environment.variables["https_proxy"] = "http://proxy.example";
  environment.variables["AWS_SECRET_ACCESS_KEY"] = "no";
  const auto plan = plan_daemon({}, {}, environment);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->options.npm_environment,
              testing::ElementsAre(testing::Pair("HOME", "/home/ann"),
                                   testing::Pair("https_proxy", "http://proxy.example"),
                                   testing::Pair("npm_config_registry", "http://npm.example")));
}

TEST(Greeting, SaysWhereAndHow) {
  ServePlan plan;
  plan.options.data_dir = "/home/ann/my data";
  EXPECT_EQ(
      greeting(plan, "http://127.0.0.1:7420"),
      "Collet 0.1.0 listens on http://127.0.0.1:7420\n"
      "\n"
      "  data folder  /home/ann/my data\n"
      "  token        /home/ann/my data/operator-token\n"
      "  try          curl -H \"Authorization: Bearer $(cat '/home/ann/my data/operator-token')\" "
      "http://127.0.0.1:7420/api/plugins/tools\n"
      "  install      collet plugin install <folder | npm package>\n"
      "  stop         Ctrl-C\n"
      "\n");
  plan.auth = Authentication::none;
  EXPECT_EQ(greeting(plan, "http://[::1]:1"),
            "Collet 0.1.0 listens on http://[::1]:1\n"
            "\n"
            "  data folder  /home/ann/my data\n"
            "  token        none is asked for\n"
            "  try          curl http://[::1]:1/api/plugins/tools\n"
            "  install      collet plugin install <folder | npm package>\n"
            "  stop         Ctrl-C\n"
            "\n");
}

TEST_F(AppTest, ServeReadsFlagsAndConfiguration) {
  write("my.toml", "listen = \"127.0.0.1:9\"\n");
  EXPECT_EQ(run({"serve", "--config", (data_dir / "my.toml").string(), "--no-auth"}), 0);
  ASSERT_EQ(served.size(), 1u);
  EXPECT_EQ(served[0].options.http->port, 9);
  EXPECT_EQ(served[0].auth, Authentication::none);
  EXPECT_EQ(served[0].options.data_dir, data_dir);
  EXPECT_EQ(terminal.err_text,
            "warning: authentication is off: every program and every user of this machine can run "
            "every tool\n");
}

TEST_F(AppTest, ServeStopsAtAMistakeInTheConfiguration) {
  write("my.toml", "lisen = \"127.0.0.1:9\"\n");
  const auto file = (data_dir / "my.toml").string();
  EXPECT_EQ(run({"serve", "--config", file}), 2);
  EXPECT_TRUE(served.empty());
  EXPECT_EQ(terminal.err_text, "error: " + file +
                                   ":1: there is no key lisen\n"
                                   "  hint: did you mean listen?\n");
}

}  // namespace
}  // namespace collet::app
