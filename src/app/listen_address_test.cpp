#include "app/listen_address.hpp"

#include <gtest/gtest.h>

namespace collet::app {
namespace {

TEST(ListenAddress, ReadsAddressAndPort) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:7420"), (ListenAddress{"127.0.0.1", 7420}));
  EXPECT_EQ(parse_listen_address("0.0.0.0:0"), (ListenAddress{"0.0.0.0", 0}));
  EXPECT_EQ(parse_listen_address("[::1]:65535"), (ListenAddress{"::1", 65535}));
  EXPECT_EQ(parse_listen_address("localhost:80"), (ListenAddress{"127.0.0.1", 80}));
}

TEST(ListenAddress, RefusesEverythingElse) {
  for (const auto* text : {"", "7420", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x",
                           "::1:7420", "[::1:7420", "example.com:80", ":7420", "127.0.0.1:-1"}) {
    const auto listen = parse_listen_address(text);
    ASSERT_FALSE(listen) << text;
    EXPECT_EQ(listen.error().message,
              "\"" + std::string(text) + "\" is not an address to listen on");
  }
}

TEST(ListenAddress, KnowsLoopback) {
  for (const auto* address : {"127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback({address, 1})) << address;
  }
  for (const auto* address : {"0.0.0.0", "::", "192.168.1.2", "::ffff:10.0.0.1", ""}) {
    EXPECT_FALSE(is_loopback({address, 1})) << address;
  }
}

TEST(ListenAddress, BecomesAUrl) {
  EXPECT_EQ(to_url({"127.0.0.1", 7420}), "http://127.0.0.1:7420");
  EXPECT_EQ(to_url({"::1", 80}), "http://[::1]:80");
}

}  // namespace
}  // namespace collet::app
