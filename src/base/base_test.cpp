#include <gtest/gtest.h>

#include "base/entropy.hpp"
#include "base/logger.hpp"
#include "base/wall_clock.hpp"

namespace collet {
namespace {

TEST(Entropy, MakesVersionFourUuids) {
  const auto entropy = make_seeded_entropy(1);
  const auto uuid = make_uuid(*entropy);
  EXPECT_TRUE(is_uuid(uuid)) << uuid;
  EXPECT_EQ(uuid[14], '4');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  EXPECT_NE(uuid, make_uuid(*entropy));
}

TEST(Entropy, TokensAre256Bits) {
  const auto entropy = make_system_entropy();
  EXPECT_EQ(make_token(*entropy).size(), 64u);
  EXPECT_NE(make_token(*entropy), make_token(*entropy));
}

TEST(Uuid, IsRecognisedInAnyCase) {
  EXPECT_TRUE(is_uuid("0B5F3A52-9c1e-4f7a-8a51-0123456789AB"));
  EXPECT_FALSE(is_uuid("0b5f3a52-9c1e-4f7a-8a51-0123456789a"));
  EXPECT_FALSE(is_uuid("0b5f3a52-9c1e-4f7a-8a51-0123456789ag"));
  EXPECT_FALSE(is_uuid("0b5f3a5209c1e-4f7a-8a51-0123456789ab"));
  EXPECT_FALSE(is_uuid(""));
}

TEST(WallClock, WritesIso8601WithMilliseconds) {
  using namespace std::chrono;
  EXPECT_EQ(to_iso8601(WallTime(milliseconds(1'795'155'749'038))), "2026-11-20T06:22:29.038Z");
  EXPECT_EQ(to_iso8601(WallTime(milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(WallClock, ReadsWhatItWritesAndItsRelatives) {
  using namespace std::chrono;
  const WallTime time(milliseconds(1'795'155'749'038));
  EXPECT_EQ(from_iso8601(to_iso8601(time)), time);
  EXPECT_EQ(from_iso8601("2026-11-20T06:22:29.038999Z"), time);
  EXPECT_EQ(from_iso8601("2026-11-20T07:22:29.038+01:00"), time);
  EXPECT_EQ(from_iso8601("2026-11-20T06:22:29Z"), time - milliseconds(38));
  for (const auto* text :
       {"", "yesterday", "2026-11-20", "2026-13-20T06:22:29Z", "2026-11-31T06:22:29Z",
        "2026-11-20T24:00:00Z", "2026-11-20T06:22:29", "2026-11-20T06:22:29.Z",
        "2026-11-20T06:22:29+1:00", "2026-11-20T06:22:29Zx"}) {
    EXPECT_EQ(from_iso8601(text), std::nullopt) << text;
  }
}

TEST(WallClock, CountsMillisecondsSince1970) {
  const auto time = from_iso8601("2026-11-20T06:22:29.038Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(to_epoch_ms(*time), 1'795'155'749'038);
  EXPECT_EQ(from_epoch_ms(1'795'155'749'038), *time);
  EXPECT_EQ(to_epoch_ms(WallTime(std::chrono::microseconds(-1))), -1) << "rounded down";
}

TEST(Logger, NothingInAValueMovesATerminal) {
  RecordingLogger log;
  log.warn("noise", {{"line", "\x1b[2J\x07 \x7f\xc2\x9b \t\xc3\xbc"}});
  EXPECT_EQ(
      log.alarms(),
      (std::vector<std::string>{"warn noise line=\"\\x1b[2J\\x07 \\x7f\\xc2\\x9b \\t\xc3\xbc\""}));
}

TEST(Logger, KeepsAnEventOnOneLine) {
  RecordingLogger log;
  log.info("not an alarm");
  log.warn("worker exited", {{"plugin", "acme.x"}, {"stderr", "two\n\"lines\""}, {"empty", ""}});
  EXPECT_EQ(log.alarms(),
            (std::vector<std::string>{
                R"(warn worker exited plugin=acme.x stderr="two\n\"lines\"" empty="")"}));
}

}  // namespace
}  // namespace collet
