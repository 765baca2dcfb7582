#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/config.hpp"
#include "app/serve.hpp"

namespace collet::app {
namespace {
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

/// "message" of the mistake, or "fine".
std::string mistake(const std::string& text) {
  const auto config = parse_config(text, "/etc/collet.toml");
  return config ? "fine" : config.error().error.message;
}
Config read(std::string_view text) {
  const auto config = parse_config(text, "/etc/collet.toml");
  EXPECT_TRUE(config) << config.error().error.message;
  return config.value_or(Config{});
}

TEST(ServiceConfig, ReadsEveryKey) {
  const auto config = read(R"(
[services.http]
allow = ["127.0.0.1:8080", "*.internal.example", "10.0.0.0/8"]
proxy = "http://user:pass@proxy.example:3128"
ca_file = "own.pem"
response_bytes_max = "32MiB"
[services.upstream]
url = "https://up.example/rpc"
token = { type = "secret_ref", secretId = "upstream", version = 2 }
timeout = "5s"
[secrets.env]
allow = ["GITHUB_TOKEN"]
prefix = "COLLET_SECRET_"
[secrets.file]
path = "secrets.toml"
[secrets.command]
command = ["pass", "show", "{id}"]
timeout = "3s"
[plugin."acme.x"]
secrets = ["a", "*"]
[plugin."acme.x".http]
allow = ["[::1]:1"]
)");
  EXPECT_THAT(config.outbound_http.allow,
              ElementsAre("127.0.0.1:8080", "*.internal.example", "10.0.0.0/8"));
  EXPECT_EQ(config.outbound_http.proxy, "http://user:pass@proxy.example:3128");
  EXPECT_EQ(config.outbound_http.ca_file, "/etc/own.pem");
  EXPECT_EQ(config.response_bytes_max, 32u << 20);
  EXPECT_EQ(config.upstream.url, "https://up.example/rpc");
  EXPECT_EQ(std::get<SecretRef>(config.upstream.token), (SecretRef{"upstream", 2}));
  EXPECT_EQ(config.upstream_timeout, milliseconds(5000));
  EXPECT_THAT(config.secret_variables, ElementsAre("GITHUB_TOKEN"));
  EXPECT_EQ(config.secrets.environment_prefix, "COLLET_SECRET_");
  EXPECT_EQ(config.secrets.file, "/etc/secrets.toml");
  EXPECT_THAT(config.secrets.command, ElementsAre("pass", "show", "{id}"));
  EXPECT_EQ(config.secret_timeout, milliseconds(3000));
  const auto& plugin = config.plugins.at("acme.x").services;
  EXPECT_THAT(plugin.secrets, ElementsAre("a", "*"));
  EXPECT_THAT(plugin.http_allow, ElementsAre("[::1]:1"));
}

TEST(ServiceConfig, ATokenIsATextOrAReference) {
  const auto token = [](const std::string& value) {
    return mistake("[services.upstream]\nurl = \"http://u\"\ntoken = " + value);
  };
  EXPECT_EQ(token("\"t\""), "fine");
  EXPECT_EQ(token(R"({ type = "secret_ref", secretId = "x" })"), "fine");
  EXPECT_EQ(token(R"({ type = "secret_ref", secretId = "x", version = "latest" })"), "fine");
  for (const auto* value :
       {"\"\"", "1", "{}", R"({ secretId = "x" })", R"({ type = "secret_ref" })",
        R"({ type = "secret_ref", secretId = "../x" })",
        R"({ type = "secret_ref", secretId = "x", version = 0 })",
        R"({ type = "secret_ref", secretId = "x", more = 1 })"}) {
    EXPECT_EQ(token(value),
              "/etc/collet.toml:3: services.upstream.token must be a text, or { type = "
              "\"secret_ref\", secretId = \"…\" } with a version or without")
        << value;
  }
}

TEST(ServiceConfig, WrongValuesSayWhatTheyMustBe) {
  EXPECT_THAT(mistake("[services.http]\nallow = [\"a b\"]"),
              HasSubstr("services.http.allow has \"a b\", which is no address"));
  EXPECT_THAT(mistake("[plugin.\"a.b\".http]\nallow = [\"*\"]"),
              HasSubstr("plugin.\"a.b\".http.allow has \"*\", which is no address"));
  const auto proxy = mistake("[services.http]\nproxy = \"proxy.example:hunter2\"");
  EXPECT_THAT(proxy, HasSubstr("services.http.proxy must be the URL of a proxy"));
  EXPECT_THAT(proxy, testing::Not(HasSubstr("hunter2")));
  EXPECT_THAT(mistake("[services.upstream]\nurl = \"ftp://x\""),
              HasSubstr("services.upstream.url must be a URL such as"));
  EXPECT_THAT(mistake("[secrets.command]\ncommand = \"pass show {id}\""),
              HasSubstr("secrets.command.command must be a list of a program and its arguments"));
  EXPECT_THAT(mistake("[secrets.command]\ncommand = [\"pass\"]"),
              HasSubstr("with {id} in one of them"));
  EXPECT_THAT(mistake("[plugin.\"a.b\"]\nsecrets = [\"a b\"]"),
              HasSubstr("plugin.\"a.b\".secrets must be a list of names of secrets"));
}

TEST(ServiceConfig, SizesHaveLimitsOnBothSides) {
  const auto size = [](const std::string& value) {
    return mistake("[services.http]\nresponse_bytes_max = " + value);
  };
  EXPECT_EQ(size("65536"), "fine");
  EXPECT_EQ(size("\"64MiB\""), "fine");
  for (const auto* value : {"65535", "67108865", "-1", "\"none\"", "true"}) {
    EXPECT_THAT(size(value), HasSubstr("from 65536 to 67108864")) << value;
  }
}

TEST(ServiceConfig, UnknownKeysAndTablesNameTheClosest) {
  const auto config = parse_config("[services.htp]\n", "/etc/collet.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().error.message, "/etc/collet.toml:1: there is no key services.htp");
  EXPECT_EQ(config.error().error.remedy, "did you mean services.http?");
  EXPECT_EQ(mistake("[services.http]\nallowed = []"),
            "/etc/collet.toml:2: there is no key services.http.allowed");
  EXPECT_EQ(mistake("[secret.env]\n"), "/etc/collet.toml:1: there is no key secret");
  EXPECT_EQ(mistake("services = 1"), "/etc/collet.toml:1: services must be a table");
  EXPECT_EQ(mistake("[services]\nhttp = 1"), "/etc/collet.toml:2: services.http must be a table");
}

TEST(ServiceConfig, AnUpstreamHasAUrl) {
  EXPECT_EQ(mistake("[services.upstream]\ntoken = \"t\""),
            "/etc/collet.toml:1: services.upstream has no url, so that nobody is asked");
}

TEST(ServiceConfig, TheDaemonGetsTheVariablesThatAreNamedAndNoOthers) {
  const auto config =
      read("[secrets.env]\nallow = [\"GITHUB_TOKEN\", \"MISSING\"]\nprefix = \"S_\"");
  Environment environment;
  environment.variables = {{"HOME", "/home/ann"}, {"GITHUB_TOKEN", "g"}, {"S_X", "x"}, {"T", "t"}};
  const auto plan = plan_daemon({}, config, environment);
  ASSERT_TRUE(plan);
  EXPECT_THAT(plan->options.secrets.environment,
              ElementsAre(Pair("GITHUB_TOKEN", "g"), Pair("S_X", "x")));
  EXPECT_EQ(plan->options.secrets.environment_prefix, "S_");
  EXPECT_FALSE(plan->options.upstream);
}

TEST(ServiceConfig, WithoutAPrefixNoVariableHasOne) {
  Environment environment;
  environment.variables = {{"HOME", "/home/ann"}, {"T", "t"}};
  const auto plan = plan_daemon({}, read(""), environment);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->options.secrets.environment.empty());
}

}  // namespace
}  // namespace collet::app
