#include "http/guard.hpp"

#include <gtest/gtest.h>

namespace collet::http {
namespace {

/// "allowed", or the code of the refusal.
std::string judge(const GuardOptions& options, std::vector<Header> headers) {
  Request request;
  request.headers = std::move(headers);
  const auto result = check_origin(options, request);
  return result ? "allowed" : std::string(describe(result.error().code).name);
}
std::string host(const GuardOptions& options, std::string value) {
  return judge(options, {{"Host", std::move(value)}});
}
std::string origin(const GuardOptions& options, std::string value) {
  return judge(options, {{"Host", "localhost:7420"}, {"Origin", std::move(value)}});
}

const GuardOptions k_loopback{.address = "127.0.0.1"};

TEST(Guard, LoopbackHostsAreAllowed) {
  for (const auto* name :
       {"localhost", "localhost:7420", "LocalHost", "localhost.", "localhost.:7420", "a.localhost",
        "a.b.LOCALHOST.", "127.0.0.1", "127.0.0.1:1", "127.255.255.254", "[::1]", "[::1]:7420",
        "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "localhost:"}) {
    EXPECT_EQ(host(k_loopback, name), "allowed") << name;
  }
}

TEST(Guard, OtherHostsAreRefused) {
  for (const auto* name : {"evil.example", "localhost.evil.example", "xlocalhost",
                           "127.0.0.1.evil.example", "128.0.0.1", "10.0.0.1", "0.0.0.0", "[::]",
                           "[::2]", "[fe80::1]", "127.1", "2130706433", "0x7f.0.0.1"}) {
    EXPECT_EQ(host(k_loopback, name), "forbidden") << name;
  }
}

TEST(Guard, MalformedHostsAreInvalid) {
  for (const auto* name :
       {"", ":80", ".", "a b", "user@localhost", "localhost:x", "localhost:65536", "localhost:1:2",
        "[::1", "[localhost]", "[127.0.0.1]", "[::1]x", "::1", "localhost/", "lo\tcal", "[]"}) {
    EXPECT_EQ(host(k_loopback, name), "invalid_request") << name;
  }
  EXPECT_EQ(judge(k_loopback, {}), "invalid_request");
}

TEST(Guard, TheListeningAddressIsAllowed) {
  const GuardOptions options{.address = "192.168.1.5"};
  EXPECT_EQ(host(options, "192.168.1.5:7420"), "allowed");
  EXPECT_EQ(host(options, "192.168.1.6:7420"), "forbidden");
  EXPECT_EQ(host({.address = "fd00::5"}, "[FD00:0::5]:7420"), "allowed");
  EXPECT_EQ(host({.address = "fd00::5"}, "[fd00::6]"), "forbidden");
}

TEST(Guard, OnEveryAddressAnyIpLiteralIsAllowedButNoName) {
  for (const auto* address : {"0.0.0.0", "::"}) {
    const GuardOptions options{.address = address};
    EXPECT_EQ(host(options, "10.1.2.3:7420"), "allowed");
    EXPECT_EQ(host(options, "[fd00::6]:7420"), "allowed");
    EXPECT_EQ(host(options, "evil.example"), "forbidden");
    EXPECT_EQ(host(options, "10.1.2.3.evil.example"), "forbidden");
  }
}

TEST(Guard, ConfiguredHostsAreAllowedInAnySpelling) {
  const GuardOptions options{.address = "127.0.0.1",
                             .allowed_hosts = {"Tools.Example.org", "10.0.0.9"}};
  EXPECT_EQ(host(options, "tools.example.org:7420"), "allowed");
  EXPECT_EQ(host(options, "TOOLS.example.ORG."), "allowed");
  EXPECT_EQ(host(options, "10.0.0.9"), "allowed");
  EXPECT_EQ(host(options, "other.example.org"), "forbidden");
  EXPECT_EQ(host(options, "x.tools.example.org"), "forbidden");
}

TEST(Guard, LoopbackOriginsAreAllowed) {
  for (const auto* from : {"http://localhost", "http://localhost:3000", "https://LOCALHOST:3000",
                           "http://127.0.0.1:1", "http://[::1]:3000", "http://app.localhost"}) {
    EXPECT_EQ(origin(k_loopback, from), "allowed") << from;
  }
}

TEST(Guard, OtherOriginsAreRefused) {
  for (const auto* from :
       {"null", "NULL", "", "https://evil.example", "http://localhost.evil.example", "localhost",
        "file://", "chrome-extension://localhost", "http://localhost@evil.example", "http://",
        "http://10.0.0.1", "http://localhost, http://evil.example"}) {
    EXPECT_EQ(origin(k_loopback, from), "forbidden") << from;
  }
}

TEST(Guard, NullIsRefusedEvenWhereItIsListed) {
  EXPECT_EQ(origin({.address = "127.0.0.1", .allowed_origins = {"null"}}, "null"), "forbidden");
}

TEST(Guard, ConfiguredOriginsAreAllowedExactly) {
  const GuardOptions options{.address = "127.0.0.1",
                             .allowed_origins = {"https://Console.example", "app://collet"}};
  EXPECT_EQ(origin(options, "https://console.example"), "allowed");
  EXPECT_EQ(origin(options, "app://collet"), "allowed");
  EXPECT_EQ(origin(options, "http://console.example"), "forbidden");
  EXPECT_EQ(origin(options, "https://console.example:8443"), "forbidden");
}

TEST(Guard, TheOriginOfTheServerItselfIsAllowed) {
  const GuardOptions options{.address = "0.0.0.0", .allowed_hosts = {"tools.example"}};
  const auto both = [&](std::string host_value, std::string from) {
    return judge(options, {{"Host", std::move(host_value)}, {"Origin", std::move(from)}});
  };
  EXPECT_EQ(both("10.0.0.1:7420", "http://10.0.0.1:7420"), "allowed");
  EXPECT_EQ(both("10.0.0.1:7420", "http://10.0.0.1:8080"), "forbidden");
  EXPECT_EQ(both("10.0.0.1:7420", "http://10.0.0.2:7420"), "forbidden");
  EXPECT_EQ(both("tools.example", "https://tools.example"), "allowed");
  EXPECT_EQ(both("tools.example:443", "https://tools.example"), "allowed");
  EXPECT_EQ(both("evil.example", "http://evil.example"), "forbidden");
}

TEST(Guard, RefusalsNameTheSettingThatAllows) {
  Request request;
  request.headers = {{"Host", "Evil.example:80"}};
  auto refused = check_origin(k_loopback, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "the host name \"evil.example\" is not allowed: it could be a web page that was made "
            "to reach this server (DNS rebinding)");
  EXPECT_EQ(refused.error().remedy, "use localhost, or add \"evil.example\" to allowed_hosts");

  request.headers = {{"Host", "localhost"}, {"Origin", "https://evil.example"}};
  refused = check_origin(k_loopback, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "requests of web pages from \"https://evil.example\" are not allowed");
  EXPECT_EQ(refused.error().remedy, "add \"https://evil.example\" to allowed_origins");

  request.headers = {{"Host", "localhost"}, {"Origin", "null"}};
  refused = check_origin(k_loopback, request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().remedy, "an opaque origin cannot be allowed; serve the page over http");
}

}  // namespace
}  // namespace collet::http
