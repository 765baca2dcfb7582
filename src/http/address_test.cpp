#include "http/address.hpp"

#include <gtest/gtest.h>

namespace collet::http {
namespace {

using namespace std::string_view_literals;

bool loopback(std::string_view authority) {
  const auto parsed = parse_authority(authority);
  return parsed && is_loopback(*parsed);
}

TEST(Address, ReadsIpLiteralsInTheirOneSpelling) {
  EXPECT_EQ(parse_ip("127.0.0.1"),
            (IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}));
  EXPECT_EQ(parse_ip("::ffff:127.0.0.1"), parse_ip("127.0.0.1"));
  EXPECT_EQ(parse_ip("::1"), (IpAddress{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}));
  for (const auto text : {""sv, "localhost"sv, "127.1"sv, "2130706433"sv, "0x7f.0.0.1"sv,
                          "127.0.0.1 "sv, "[::1]"sv, "fe80::1%lo"sv, "127.0.0.1\0"sv}) {
    EXPECT_FALSE(parse_ip(text)) << text;
  }
}

TEST(Address, KnowsLoopback) {
  for (const auto* text : {"127.0.0.1", "127.255.0.9:80", "[::1]", "[::ffff:127.0.0.1]:1",
                           "localhost", "LOCALHOST.:7420"}) {
    EXPECT_TRUE(loopback(text)) << text;
  }
  for (const auto* text : {"0.0.0.0", "[::]", "192.168.1.2", "128.0.0.1", "[::ffff:10.0.0.1]",
                           "[2001:db8::1]", "example.com", "127.0.0.1.example.com", "a.localhost",
                           "127.1", "127.0.0.1@example.com", "example.com@127.0.0.1", ""}) {
    EXPECT_FALSE(loopback(text)) << text;
  }
  EXPECT_TRUE(is_unspecified(*parse_ip("0.0.0.0")));
  EXPECT_TRUE(is_unspecified(*parse_ip("::")));
  EXPECT_FALSE(is_unspecified(*parse_ip("::1")));
}

TEST(Address, ReadsAuthorities) {
  EXPECT_EQ(parse_authority("Example.ORG.:80"), (Authority{"example.org", 80}));
  EXPECT_EQ(parse_authority("my_host"), (Authority{"my_host"}));
  EXPECT_EQ(parse_authority("localhost:"), (Authority{"localhost"}));
  EXPECT_EQ(parse_authority("[FD00::5]:65535"), (Authority{"fd00::5", 65535, parse_ip("fd00::5")}));
  EXPECT_EQ(parse_authority("10.0.0.1:0"), (Authority{"10.0.0.1", 0, parse_ip("10.0.0.1")}));
}

TEST(Address, SaysWhatIsWrongWithAnAuthority) {
  const auto wrong = [](std::string_view text) {
    const auto parsed = parse_authority(text);
    return parsed ? "nothing"sv : parsed.error();
  };
  for (const auto* text : {"", ":80", ".", "[]", "user@localhost", "a:b@localhost"}) {
    EXPECT_EQ(wrong(text), "it must name a host, without user or password") << text;
  }
  EXPECT_EQ(wrong("[::1"), "a ']' is missing");
  for (const auto* text : {"a b", "a/b", "[localhost]", "[127.0.0.1]", "[::1]x", "[fe80::1%lo]"}) {
    EXPECT_EQ(wrong(text), "its host is malformed") << text;
  }
  for (const auto* text : {"a:x", "a:65536", "a:-1", "a:1:2", "a: 1"}) {
    EXPECT_EQ(wrong(text), "its port must be a number up to 65535") << text;
  }
}

TEST(Address, WritesHostAndPort) {
  EXPECT_EQ(host_and_port("127.0.0.1", 7420), "127.0.0.1:7420");
  EXPECT_EQ(host_and_port("::1", 80), "[::1]:80");
}

TEST(Address, ReadsUrls) {
  const auto url = parse_http_url("HTTP://Localhost:80?q=/@#x");
  ASSERT_TRUE(url) << url.error().message;
  EXPECT_EQ(url->authority, (Authority{"localhost", 80}));
  EXPECT_EQ(url->authority_text, "Localhost:80");
  EXPECT_EQ(url->path, "/?q=/@");
  const auto bad = parse_http_url("https://localhost");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message,
            "\"https://localhost\" is not a usable URL: it must begin with http://");
  EXPECT_EQ(bad.error().remedy, "write it as http://host:port/path");
  for (const auto* text : {"http://", "http:///p", "http://a:0/", "http://a:/", "http://a b/",
                           "http://u@a/", "http://127.0.0.1:1@example.com/"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
}

}  // namespace
}  // namespace collet::http
