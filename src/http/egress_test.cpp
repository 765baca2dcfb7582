#include "http/egress.hpp"

#include <gtest/gtest.h>

#include <array>

namespace collet::http {
namespace {

IpAddress ip(const char* text) {
  const auto address = parse_ip(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(IpAddress{});
}

TEST(IsPublic, OfIpv4OnlyWhatIsReachable) {
  for (const auto* text :
       {"1.1.1.1",         "9.255.255.255",  "11.0.0.0",       "100.63.255.255", "100.128.0.0",
        "126.255.255.255", "128.0.0.0",      "168.63.129.15",  "168.63.129.17",  "169.253.255.255",
        "169.255.0.0",     "172.15.255.255", "172.32.0.0",     "192.0.1.0",      "192.0.3.0",
        "192.167.255.255", "192.169.0.0",    "198.17.255.255", "198.20.0.0",     "203.0.112.255",
        "203.0.114.0",     "223.255.255.255"}) {
    EXPECT_TRUE(is_public(ip(text))) << text;
  }
  for (const auto* text :
       {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255",
        "100.64.0.0",      "100.127.255.255", "100.100.100.200", "127.0.0.0",
        "127.255.255.255", "168.63.129.16",   "169.254.0.0",     "169.254.169.254",
        "169.254.255.255", "172.16.0.0",      "172.31.255.255",  "192.0.0.0",
        "192.0.0.192",     "192.0.0.255",     "192.0.2.1",       "192.88.99.1",
        "192.168.0.0",     "192.168.255.255", "198.18.0.0",      "198.19.255.255",
        "198.51.100.1",    "203.0.113.0",     "203.0.113.255",   "224.0.0.0",
        "239.255.255.255", "240.0.0.0",       "255.255.255.255"}) {
    EXPECT_FALSE(is_public(ip(text))) << text;
  }
}

TEST(IsPublic, OfIpv6OnlyWhatIsGivenOut) {
  for (const auto* text : {"2000::1", "2001:200::1", "2001:db7:ffff::1", "2001:db9::1",
                           "2606:4700:4700::1111", "3ffe::1", "3fff:1000::1"}) {
    EXPECT_TRUE(is_public(ip(text))) << text;
  }
  for (const auto* text : {"::",
                           "::1",
                           "::2",
                           "100::1",
                           "1fff::1",
                           "2001::1",
                           "2001:1ff:ffff::1",
                           "2001:db8::1",
                           "3fff::1",
                           "3fff:fff::1",
                           "4000::1",
                           "5f00::1",
                           "64:ff9b:1::1.1.1.1",
                           "fc00::1",
                           "fd00:ec2::254",
                           "fdff::1",
                           "fe80::1",
                           "febf::1",
                           "fec0::1",
                           "ff02::1",
                           "ffff::1"}) {
    EXPECT_FALSE(is_public(ip(text))) << text;
  }
}

// Each way in which an IPv4 address stands in an IPv6 one.
TEST(IsPublic, AnEmbeddedAddressCounts) {
  for (const auto* text : {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
                           "2a00::5efe:8.8.8.8", "2a00::200:5efe:8.8.8.8"}) {
    EXPECT_TRUE(is_public(ip(text))) << text;
  }
  for (const auto* text :
       {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::8.8.8.8", "64:ff9b::127.0.0.1",
        "64:ff9b::169.254.169.254", "64:ff9b::10.1.2.3", "2002:7f00:1::1",
        "2002:a00:1::", "2002:a9fe:a9fe::1", "2a00::5efe:10.0.0.1", "2a00::200:5efe:127.0.0.1"}) {
    EXPECT_FALSE(is_public(ip(text))) << text;
  }
}

AllowList list(std::vector<std::string> entries) {
  auto parsed = AllowList::parse(entries);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? *std::move(parsed) : AllowList();
}

TEST(AllowList, NamesAddressesWhateverLeadsThere) {
  const auto allowed =
      list({"127.0.0.1:8080", "10.0.0.0/8", "fd00::/8", "::1", "[fe80::1]:81", "192.168.1.5"});
  EXPECT_TRUE(allowed.names({"127.0.0.1", 8080}, ip("127.0.0.1")));
  EXPECT_TRUE(allowed.names({"any.example", 8080}, ip("127.0.0.1")));
  EXPECT_FALSE(allowed.names({"any.example", 8081}, ip("127.0.0.1")));
  EXPECT_FALSE(allowed.names({"127.0.0.1", 8080}, ip("127.0.0.2")));
  EXPECT_TRUE(allowed.names({"a", 1}, ip("10.255.255.255")));
  EXPECT_TRUE(allowed.names({"a", 1}, ip("::ffff:10.0.0.0")));
  EXPECT_FALSE(allowed.names({"a", 1}, ip("11.0.0.0")));
  EXPECT_TRUE(allowed.names({"a", 1}, ip("fdff::1")));
  EXPECT_FALSE(allowed.names({"a", 1}, ip("fc00::1")));
  EXPECT_TRUE(allowed.names({"a", 1}, ip("::1")));
  EXPECT_TRUE(allowed.names({"a", 81}, ip("fe80::1")));
  EXPECT_FALSE(allowed.names({"a", 80}, ip("fe80::1")));
  EXPECT_TRUE(allowed.names({"a", 80}, ip("192.168.1.5")));
  EXPECT_FALSE(allowed.names(Destination{"127.0.0.1", 8080}));
}

TEST(AllowList, PrefixesEndAtAnyBit) {
  const auto allowed = list({"172.16.0.0/12", "8.8.8.8/32", "fe80::/10"});
  EXPECT_TRUE(allowed.names({"a", 1}, ip("172.31.255.255")));
  EXPECT_FALSE(allowed.names({"a", 1}, ip("172.32.0.0")));
  EXPECT_TRUE(allowed.names({"a", 1}, ip("8.8.8.8")));
  EXPECT_FALSE(allowed.names({"a", 1}, ip("8.8.8.9")));
  EXPECT_TRUE(allowed.names({"a", 1}, ip("febf::1")));
  EXPECT_FALSE(allowed.names({"a", 1}, ip("fec0::1")));
  EXPECT_TRUE(list({"0.0.0.0/0"}).names({"a", 1}, ip("10.0.0.1")));
  EXPECT_FALSE(list({"0.0.0.0/0"}).names({"a", 1}, ip("::1")));
  EXPECT_TRUE(list({"::/0"}).names({"a", 1}, ip("10.0.0.1")));
}

TEST(AllowList, NamesHostsWhereverTheyLead) {
  const auto allowed = list({"*.internal.example", "API.example:8443", "localhost"});
  const auto anywhere = ip("10.0.0.1");
  EXPECT_TRUE(allowed.names({"a.internal.example", 80}, anywhere));
  EXPECT_TRUE(allowed.names(Destination{"a.b.internal.example", 443}));
  EXPECT_FALSE(allowed.names({"internal.example", 80}, anywhere));
  EXPECT_FALSE(allowed.names({"notinternal.example", 80}, anywhere));
  EXPECT_FALSE(allowed.names({"a.internal.example.evil.test", 80}, anywhere));
  EXPECT_TRUE(allowed.names({"api.example", 8443}, anywhere));
  EXPECT_FALSE(allowed.names({"api.example", 443}, anywhere));
  EXPECT_FALSE(allowed.names(Destination{"sub.api.example", 8443}));
  EXPECT_TRUE(allowed.names({"localhost", 1}, ip("127.0.0.1")));
  // The name is allowed, not the address that it has.
  EXPECT_FALSE(allowed.names({"evil.test", 1}, ip("127.0.0.1")));
}

TEST(AllowList, AnEmptyOneNamesNothing) {
  EXPECT_FALSE(AllowList().names({"a", 1}, ip("10.0.0.1")));
  EXPECT_FALSE(AllowList().names(Destination{"a", 1}));
}

TEST(AllowList, RefusesWhatNamesNothing) {
  for (const auto* entry :
       {"", "*", "*.", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "a/8", "10.0.0.0/8x", "10.0.0",
        "999.1.1.1", "a:0", "a:", "a:70000", "http://a", "a b", "[::1", "*.10.0.0.1", "a.*.b"}) {
    const auto parsed = AllowList::parse(std::array{std::string(entry)});
    ASSERT_FALSE(parsed) << entry;
    EXPECT_EQ(parsed.error().message,
              "has \"" + std::string(entry) +
                  "\", which is no address, block of addresses or name; write for example "
                  "\"127.0.0.1:8080\", \"10.0.0.0/8\", \"api.internal.example\" or "
                  "\"*.internal.example\"");
  }
}

}  // namespace
}  // namespace collet::http
