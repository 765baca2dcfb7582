#include "app/duration.hpp"

#include <gtest/gtest.h>

namespace collet::app {
namespace {

using std::chrono::milliseconds;

TEST(Duration, ReadsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("500ms"), milliseconds(500));
  EXPECT_EQ(parse_duration("10s"), milliseconds(10'000));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120'000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("365d"), std::chrono::hours(365 * 24));
}

TEST(Duration, RefusesEverythingElse) {
  for (const auto* text : {"", "10", "s", "0s", "-1s", "1.5s", "10 s", "10S", "10sec", " 10s",
                           "366d", "99999999999999999999s"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, WritesTheLargestExactUnit) {
  EXPECT_EQ(to_text(milliseconds(500)), "500ms");
  EXPECT_EQ(to_text(milliseconds(90'000)), "90s");
  EXPECT_EQ(to_text(milliseconds(120'000)), "2m");
  EXPECT_EQ(to_text(std::chrono::hours(48)), "2d");
}

}  // namespace
}  // namespace collet::app
