#include "services/job_times.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/zone_rules_for_tests.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;

class JobTimesTest : public testing::Test {
 protected:
  void add(std::string key, std::string_view schedule, std::string_view now) {
    times.add({"u", std::move(key)}, *CronSchedule::parse(schedule), utc(now));
  }
  /// "key at time" of what is due now.
  std::vector<std::string> due(WallTime now) {
    std::vector<std::string> found;
    for (const auto& each : times.take_due(now))
      found.push_back(each.name.job_key + " at " + utc_text(each.at));
    return found;
  }
  std::vector<std::string> due(std::string_view now) { return due(utc(now)); }

  JobTimes times{utc_rules()};
};

TEST_F(JobTimesTest, EachTimeIsGivenOutOnce) {
  add("j", "*/5 * * * *", "2026-05-01T12:00");
  EXPECT_EQ(utc_text(*times.next()), "2026-05-01T12:05");
  EXPECT_THAT(due(utc("2026-05-01T12:05") - 1ns), ElementsAre());
  EXPECT_THAT(due("2026-05-01T12:05"), ElementsAre("j at 2026-05-01T12:05"));
  EXPECT_THAT(due("2026-05-01T12:05"), ElementsAre());
  EXPECT_THAT(due("2026-05-01T12:09"), ElementsAre());
  EXPECT_THAT(due("2026-05-01T12:10"), ElementsAre("j at 2026-05-01T12:10"));
}

TEST_F(JobTimesTest, NothingIsMadeUpForWhatWasBeforeItWasAdded) {
  add("j", "0 12 * * *", "2026-05-01T12:00");
  EXPECT_THAT(due("2026-05-01T12:30"), ElementsAre());
}

TEST_F(JobTimesTest, AJumpAheadGivesOutOneOfTheTimesThatItPassedOver) {
  add("often", "*/5 * * * *", "2026-05-01T12:00");
  add("daily", "0 2 * * *", "2026-05-01T12:00");
  EXPECT_THAT(due("2026-05-02T08:01"),
              ElementsAre("daily at 2026-05-02T02:00", "often at 2026-05-01T12:05"));
  EXPECT_EQ(utc_text(*times.next({"u", "daily"})), "2026-05-03T02:00");
  EXPECT_EQ(utc_text(*times.next({"u", "often"})), "2026-05-02T08:05");
}

TEST_F(JobTimesTest, AClockPutBackGivesOutNoTimeAgain) {
  add("often", "*/5 * * * *", "2026-05-01T11:56");
  add("daily", "0 12 * * *", "2026-05-01T11:56");
  EXPECT_EQ(due("2026-05-01T12:00").size(), 2u);
  // An hour back: the one of every hour goes on, the other had its turn.
  EXPECT_THAT(due("2026-05-01T11:00"), ElementsAre());
  EXPECT_THAT(due("2026-05-01T11:05"), ElementsAre("often at 2026-05-01T11:05"));
  EXPECT_THAT(due("2026-05-01T12:00"), ElementsAre("often at 2026-05-01T11:10"));
  EXPECT_THAT(due("2026-05-02T12:00"),
              ElementsAre("daily at 2026-05-02T12:00", "often at 2026-05-01T12:05"));
}

TEST_F(JobTimesTest, AClockThatIsCorrectedByLessThanAMinuteRepeatsNothing) {
  add("often", "* * * * *", "2026-05-01T11:59");
  EXPECT_EQ(due("2026-05-01T12:00").size(), 1u);
  EXPECT_THAT(due(utc("2026-05-01T12:00") - 1min + 1ns), ElementsAre());
  EXPECT_THAT(due("2026-05-01T12:00"), ElementsAre());
  EXPECT_THAT(due("2026-05-01T12:01"), ElementsAre("often at 2026-05-01T12:01"));
  EXPECT_THAT(due(utc("2026-05-01T12:01") - 1min), ElementsAre());
  EXPECT_THAT(due("2026-05-01T12:01"), ElementsAre("often at 2026-05-01T12:01"));
}

TEST_F(JobTimesTest, AClockPutBackByThreeHoursWasWrong) {
  add("daily", "0 12 * * *", "2030-05-01T11:00");
  EXPECT_EQ(due("2030-05-01T12:00").size(), 1u);
  EXPECT_THAT(due(utc("2030-05-01T09:00") + 1ns), ElementsAre());
  EXPECT_EQ(utc_text(*times.next()), "2030-05-02T12:00");
  EXPECT_THAT(due("2026-05-01T06:00"), ElementsAre());
  EXPECT_EQ(utc_text(*times.next()), "2026-05-01T12:00");
  EXPECT_THAT(due("2026-05-01T12:00"), ElementsAre("daily at 2026-05-01T12:00"));
  EXPECT_THAT(due("2026-05-01T09:00"), ElementsAre());
  EXPECT_EQ(utc_text(*times.next()), "2026-05-01T12:00");
}

TEST_F(JobTimesTest, AJobThatIsAddedAgainKeepsItsTimeUnlessItsScheduleChanged) {
  add("j", "0 12 * * *", "2026-05-01T11:00");
  add("j", "0 12 * * *", "2026-05-01T12:30");
  EXPECT_EQ(utc_text(*times.next()), "2026-05-01T12:00");
  add("j", "30 12 * * *", "2026-05-01T12:30");
  EXPECT_EQ(utc_text(*times.next()), "2026-05-02T12:30");
}

TEST_F(JobTimesTest, AJobThatIsRemovedIsNotDue) {
  add("j", "* * * * *", "2026-05-01T11:00");
  times.remove({"u", "j"});
  EXPECT_THAT(due("2026-05-01T12:00"), ElementsAre());
  EXPECT_FALSE(times.next());
  EXPECT_FALSE(times.next({"u", "j"}));
}

}  // namespace
}  // namespace collet::services
