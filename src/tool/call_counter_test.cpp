#include "tool/call_counter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace collet::tool {
namespace {

using namespace std::chrono_literals;

TEST(CallCounter, CountsByPluginOutcomeAndTime) {
  CallCounter counter;
  EXPECT_TRUE(counter.all().empty());
  counter.count("b", {}, 1ms);
  counter.count("b", {}, 1001us);
  counter.count("b", ErrorCode::timeout, 1h);
  counter.count("a", {}, 0s);
  const auto all = counter.all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].plugin_key, "a");
  const auto& b = all[1];
  EXPECT_EQ(b.plugin_key, "b");
  EXPECT_EQ(b.results, 2u);
  EXPECT_EQ(b.errors[static_cast<std::size_t>(ErrorCode::timeout)], 1u);
  EXPECT_EQ(b.errors[static_cast<std::size_t>(ErrorCode::cancelled)], 0u);
  // A bound belongs to its own bucket, as in Prometheus.
  EXPECT_DOUBLE_EQ(CallCounts::seconds_bounds[0], 0.001);
  EXPECT_EQ(b.took[0], 1u);
  EXPECT_EQ(b.took[1], 1u);
  EXPECT_EQ(b.took.back(), 1u);
  EXPECT_NEAR(b.seconds, 3600.002, 1e-4);
}

}  // namespace
}  // namespace collet::tool
