#include "services/cron.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "services/zone_rules_for_tests.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;

/// The next `count` times after `after`, in UTC.
std::vector<std::string> times(std::string_view schedule, std::string_view after, int count,
                               const ZoneRules& zone = utc_rules()) {
  const auto cron = CronSchedule::parse(schedule);
  EXPECT_TRUE(cron) << cron.error().message;
  if (!cron) return {};
  std::vector<std::string> found;
  auto time = utc(after);
  while (count-- > 0) found.push_back(utc_text(time = cron->next(time, zone)));
  return found;
}

std::string problem(std::string_view schedule) {
  const auto cron = CronSchedule::parse(schedule);
  return cron ? "none" : cron.error().message;
}

TEST(Cron, EveryMinute) {
  EXPECT_THAT(times("* * * * *", "2026-12-31T23:58", 3),
              ElementsAre("2026-12-31T23:59", "2027-01-01T00:00", "2027-01-01T00:01"));
}

TEST(Cron, TheFirstTimeIsLaterThanTheMomentAskedFor) {
  const auto noon = *CronSchedule::parse("0 12 * * *");
  const auto zone = utc_rules();
  EXPECT_EQ(utc_text(noon.next(utc("2026-05-01T12:00") - std::chrono::nanoseconds(1), zone)),
            "2026-05-01T12:00");
  EXPECT_EQ(utc_text(noon.next(utc("2026-05-01T12:00"), zone)), "2026-05-02T12:00");
}

TEST(Cron, ListsRangesAndSteps) {
  EXPECT_THAT(
      times("5,10-12,*/30 7 * * *", "2026-05-01T00:00", 7),
      ElementsAre("2026-05-01T07:00", "2026-05-01T07:05", "2026-05-01T07:10", "2026-05-01T07:11",
                  "2026-05-01T07:12", "2026-05-01T07:30", "2026-05-02T07:00"));
  EXPECT_THAT(
      times("50/4 1-5/3 * * *", "2026-05-01T00:00", 4),
      ElementsAre("2026-05-01T01:50", "2026-05-01T01:54", "2026-05-01T01:58", "2026-05-01T04:50"));
  EXPECT_THAT(times(" 0\t9  1 */6 * ", "2026-05-01T00:00", 3),
              ElementsAre("2026-07-01T09:00", "2027-01-01T09:00", "2027-07-01T09:00"));
}

TEST(Cron, SundayIsBothZeroAndSevenButOfRangesOnlyWhereItIsNamed) {
  // 3 May 2026 is a Sunday.
  for (const auto* sunday : {"0 0 * * 0", "0 0 * * 7"}) {
    EXPECT_THAT(times(sunday, "2026-05-01T00:00", 2),
                ElementsAre("2026-05-03T00:00", "2026-05-10T00:00"));
  }
  EXPECT_THAT(times("0 0 * * 6-7", "2026-05-01T00:00", 3),
              ElementsAre("2026-05-02T00:00", "2026-05-03T00:00", "2026-05-09T00:00"));
  EXPECT_THAT(times("0 0 * * 1/3", "2026-05-01T00:00", 3),
              ElementsAre("2026-05-04T00:00", "2026-05-07T00:00", "2026-05-11T00:00"));
}

TEST(Cron, ADayHasToFitBothFieldsForDays) {
  // The first Monday of a month.
  EXPECT_THAT(times("0 9 1-7 * 1", "2026-05-01T00:00", 3),
              ElementsAre("2026-05-04T09:00", "2026-06-01T09:00", "2026-07-06T09:00"));
}

TEST(Cron, LeapDaysAreFoundHoweverFar) {
  EXPECT_THAT(times("0 0 29 2 *", "2026-05-01T00:00", 2),
              ElementsAre("2028-02-29T00:00", "2032-02-29T00:00"));
  EXPECT_THAT(times("0 0 29 2 1", "2096-03-01T00:00", 1), ElementsAre("2112-02-29T00:00"));
}

TEST(Cron, WhatNoDayFitsIsFound) {
  EXPECT_EQ(problem("0 0 30 2 *"),
            "\"0 0 30 2 *\" is never due: no month that it names has a day that it names");
  EXPECT_THAT(problem("0 0 31 2,4,6,9,11 *"), testing::HasSubstr("is never due"));
  EXPECT_EQ(problem("0 0 31 2,4,5 *"), "none");
  EXPECT_EQ(problem("0 0 29 2 *"), "none");
}

TEST(Cron, SaysWhatIsWrong) {
  EXPECT_EQ(problem(""), "\"\" is no schedule: it has 0 fields, not 5");
  EXPECT_EQ(problem("* * * *"), "\"* * * *\" is no schedule: it has 4 fields, not 5");
  EXPECT_EQ(problem("* * * * * *"), "\"* * * * * *\" is no schedule: it has 6 fields, not 5");
  EXPECT_EQ(problem("60 * * * *"),
            "\"60\" is no minute of a schedule: it has to be *, n or n-m, from 0 to 59, with or "
            "without /step");
  for (const auto* odd :
       {"1, * * * *", "-1 * * * *", "1- * * * *", "1-2-3 * * * *", "*/0 * * * *", "*/ * * * *",
        "*-3 * * * *", "5-3 * * * *", "99999999999 * * * *", "1.5 * * * *", "x * * * *"}) {
    EXPECT_THAT(problem(odd), testing::HasSubstr("is no minute of a schedule")) << odd;
  }
  for (const auto& [schedule, name] :
       {std::pair{"* 24 * * *", "hour"}, std::pair{"* * 0 * *", "day of the month"},
        std::pair{"* * 32 * *", "day of the month"}, std::pair{"* * * 13 *", "month"},
        std::pair{"* * * * 8", "day of the week"}, std::pair{"* * * * MON", "day of the week"}}) {
    EXPECT_THAT(problem(schedule), testing::HasSubstr("is no " + std::string(name) + " of"));
  }
  EXPECT_EQ(problem("59 23 31 12 7"), "none");
  EXPECT_EQ(problem("*/1000000 0 1 1 0"), "none");
}

// ---- local time

TEST(Cron, TimesAreLocal) {
  EXPECT_THAT(times("0 9 * * *", "2026-03-27T12:00", 3, berlin()),
              ElementsAre("2026-03-28T08:00", "2026-03-29T07:00", "2026-03-30T07:00"));
  const auto far_west = summer_time(std::chrono::hours(-11), WallTime{}, WallTime{});
  EXPECT_THAT(times("30 23 31 12 *", "2026-05-01T00:00", 1, far_west),
              ElementsAre("2027-01-01T10:30"));
}

TEST(Cron, ATimeThatClocksJumpOverIsDueWhenTheyHaveJumped) {
  // 2:00 to 3:00 on 29 March is 1:00 in UTC.
  EXPECT_THAT(
      times("30 2 * * *", "2026-03-28T00:00", 4, berlin()),
      ElementsAre("2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30", "2026-03-31T00:30"));
  // However many of its times are jumped over, and also where it is due then anyway.
  EXPECT_THAT(times("*/10 2,3 29 3 *", "2026-03-28T00:00", 3, berlin()),
              ElementsAre("2026-03-29T01:00", "2026-03-29T01:10", "2026-03-29T01:20"));
}

TEST(Cron, ATimeThatComesTwiceIsDueOnce) {
  // 3:00 to 2:00 on 25 October is 1:00 in UTC; 2:30 is 0:30 and 1:30.
  EXPECT_THAT(times("30 2 * * *", "2026-10-24T12:00", 3, berlin()),
              ElementsAre("2026-10-25T00:30", "2026-10-26T01:30", "2026-10-27T01:30"));
  EXPECT_THAT(times("*/20 2-3 25 10 *", "2026-10-24T12:00", 5, berlin()),
              ElementsAre("2026-10-25T00:00", "2026-10-25T00:20", "2026-10-25T00:40",
                          "2026-10-25T02:00", "2026-10-25T02:20"));
}

TEST(Cron, AScheduleOfEveryHourGoesOnWithTheTimeThatPasses) {
  EXPECT_THAT(
      times("*/30 * * * *", "2026-03-29T00:29", 4, berlin()),
      ElementsAre("2026-03-29T00:30", "2026-03-29T01:00", "2026-03-29T01:30", "2026-03-29T02:00"));
  EXPECT_THAT(times("*/30 * * * *", "2026-10-25T00:00", 5, berlin()),
              ElementsAre("2026-10-25T00:30", "2026-10-25T01:00", "2026-10-25T01:30",
                          "2026-10-25T02:00", "2026-10-25T02:30"));
  EXPECT_THAT(
      times("15 * * * *", "2026-10-25T00:00", 4, berlin()),
      ElementsAre("2026-10-25T00:15", "2026-10-25T01:15", "2026-10-25T02:15", "2026-10-25T03:15"));
}

TEST(Cron, ClocksThatChangeAtMidnight) {
  // 24:00 of 4 April becomes 1:00 of 5 April; 1:00 of 4 October becomes 0:00.
  const auto zone =
      summer_time(std::chrono::hours(-4), utc("2026-04-05T04:00"), utc("2026-10-04T04:00"));
  EXPECT_THAT(times("30 0 * * *", "2026-04-04T03:00", 3, zone),
              ElementsAre("2026-04-04T04:30", "2026-04-05T04:00", "2026-04-06T03:30"));
  EXPECT_THAT(times("30 0 * * *", "2026-10-03T12:00", 2, zone),
              ElementsAre("2026-10-04T03:30", "2026-10-05T04:30"));
  // 0:00 of 4 October becomes 23:00 of 3 October.
  const auto back =
      summer_time(std::chrono::hours(-4), utc("2026-04-05T04:00"), utc("2026-10-04T03:00"));
  EXPECT_THAT(times("30 23 * * *", "2026-10-03T12:00", 2, back),
              ElementsAre("2026-10-04T02:30", "2026-10-05T03:30"));
  EXPECT_THAT(times("30 * * * *", "2026-10-04T02:00", 3, back),
              ElementsAre("2026-10-04T02:30", "2026-10-04T03:30", "2026-10-04T04:30"));
}

// Minute by minute over the changes of a year: what it finds is what clocks show.
TEST(Cron, AgreesWithAClockThatIsWatched) {
  const auto zone = berlin();
  const auto cron = *CronSchedule::parse("*/7 * * * 0,6");
  for (const auto* begin : {"2026-03-27T20:00", "2026-10-23T20:00"}) {
    auto next = cron.next(utc(begin), zone);
    for (int passed = 1; passed <= 4 * 24 * 60; ++passed) {
      const auto now = utc(begin) + std::chrono::minutes(passed);
      const auto shown = now + zone(now);
      const auto date = std::chrono::floor<std::chrono::days>(shown);
      const auto minute =
          std::chrono::floor<std::chrono::minutes>(shown - date) % std::chrono::hours(1);
      const auto weekday = std::chrono::weekday(date).c_encoding();
      const bool is_due = minute.count() % 7 == 0 && (weekday == 0 || weekday == 6);
      ASSERT_EQ(next == now, is_due) << utc_text(now);
      if (is_due) next = cron.next(now, zone);
    }
  }
}

}  // namespace
}  // namespace collet::services
