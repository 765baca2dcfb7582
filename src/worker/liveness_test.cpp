#include "worker/liveness.hpp"

#include <gtest/gtest.h>

namespace collet::worker {
namespace {
using namespace std::chrono_literals;
using Verdict = Liveness::Verdict;

constexpr Liveness::Sight k_idle;
constexpr Liveness::Sight k_stopped{.is_stopped = true};
constexpr Liveness::Sight k_calls_open{.is_idle = false};
constexpr Liveness::Sight k_excused{.is_idle = false, .is_excused = true};

class LivenessTest : public testing::Test {
 protected:
  Verdict look(const Liveness::Sight& sight = k_idle) {
    const auto verdict = liveness.look(now, sight);
    if (verdict == Verdict::ask) liveness.asked(now);
    return verdict;
  }
  Verdict look_after(Clock::duration time, const Liveness::Sight& sight = k_idle) {
    now += time;
    return look(sight);
  }

  const LivenessPolicy policy;
  TimePoint now{1h};
  Liveness liveness{policy, now};
};

TEST_F(LivenessTest, AnIdleWorkerIsAskedEveryThirtySeconds) {
  EXPECT_EQ(look_after(30s - 1ns), Verdict::fine);
  EXPECT_EQ(look_after(1ns), Verdict::ask);
  EXPECT_EQ(look_after(1s), Verdict::fine) << "once";
  liveness.answered_health(now);
  EXPECT_EQ(look_after(30s - 1ns), Verdict::fine);
  EXPECT_EQ(look_after(1ns), Verdict::ask);
}

TEST_F(LivenessTest, NobodyIsAskedWhileCallsAreOpenAndNoneIsLate) {
  EXPECT_EQ(look_after(10min, k_calls_open), Verdict::fine);
  EXPECT_EQ(look_after(1s, k_idle), Verdict::ask);
}

TEST_F(LivenessTest, OneThatAnsweredHealthBeforeAndDoesNotIsDeafAtTheSecondLook) {
  EXPECT_EQ(look_after(30s), Verdict::ask);
  liveness.answered_health(now);
  EXPECT_EQ(look_after(30s), Verdict::ask);
  EXPECT_EQ(look_after(30s - 1ns), Verdict::fine);
  EXPECT_EQ(look_after(1ns), Verdict::fine) << "its answer may lie in the pipe";
  EXPECT_EQ(look_after(1s), Verdict::deaf);
}

TEST_F(LivenessTest, AnAnswerBetweenTheTwoLooksIsInTime) {
  EXPECT_EQ(look_after(30s), Verdict::ask);
  liveness.answered_health(now);
  EXPECT_EQ(look_after(30s), Verdict::ask);
  EXPECT_EQ(look_after(10min), Verdict::fine);
  liveness.answered_health(now);
  EXPECT_EQ(look_after(1s), Verdict::fine);
}

TEST_F(LivenessTest, OneThatNeverAnsweredHealthMayNotKnowIt) {
  EXPECT_EQ(look_after(30s), Verdict::ask);
  EXPECT_EQ(look_after(12h), Verdict::fine);
  EXPECT_EQ(look_after(12h), Verdict::fine);
}

TEST_F(LivenessTest, AMissedDeadlineIsAskedAboutAtOnce) {
  liveness.missed_deadline();
  EXPECT_EQ(look_after(1s), Verdict::ask);
  EXPECT_EQ(look_after(30s), Verdict::fine);
  EXPECT_EQ(look_after(1s), Verdict::deaf) << "also where it never answered health";
  EXPECT_TRUE(liveness.has_missed_deadline());
}

TEST_F(LivenessTest, AnOldQuestionSaysNothingOfALaterMiss) {
  EXPECT_EQ(look_after(30s), Verdict::ask);  // which it does not know
  now += 10min;
  liveness.missed_deadline();
  EXPECT_EQ(look_after(1s), Verdict::ask) << "afresh";
  EXPECT_EQ(look_after(30s - 1ns), Verdict::fine);
  EXPECT_EQ(look_after(1s), Verdict::fine);
  EXPECT_EQ(look_after(1s), Verdict::deaf);
}

TEST_F(LivenessTest, MoreMissesDoNotPutItOff) {
  liveness.missed_deadline();
  EXPECT_EQ(look_after(1s), Verdict::ask);
  for (int i = 0; i < 30; ++i) {
    liveness.missed_deadline();
    EXPECT_EQ(look_after(1s, k_calls_open), Verdict::fine) << i;
  }
  EXPECT_EQ(look_after(1s, k_calls_open), Verdict::deaf) << "though newer calls are open";
}

TEST_F(LivenessTest, AnOlderCallThatMayStillBeAnsweredExcusesIt) {
  liveness.missed_deadline();
  EXPECT_EQ(look_after(1s, k_excused), Verdict::ask);
  EXPECT_EQ(look_after(10min, k_excused), Verdict::fine);
  EXPECT_EQ(look_after(1s, k_excused), Verdict::fine);
  EXPECT_EQ(look_after(30s, k_idle), Verdict::fine) << "and from its end on it has its time";
  EXPECT_EQ(look_after(1s, k_idle), Verdict::deaf);
}

TEST_F(LivenessTest, AnAnswerToACallShowsThatItListens) {
  liveness.missed_deadline();
  EXPECT_EQ(look_after(1s), Verdict::ask);
  now += 1s;
  liveness.answered(now);
  EXPECT_FALSE(liveness.has_missed_deadline());
  EXPECT_EQ(look_after(30s - 1ns), Verdict::fine);
  EXPECT_EQ(look_after(1ns), Verdict::ask) << "thirty seconds after its last answer";
}

TEST_F(LivenessTest, AStoppedProcessIsFoundAtTheSecondLook) {
  EXPECT_EQ(look(k_stopped), Verdict::fine);
  EXPECT_EQ(look(k_stopped), Verdict::stopped);
}

TEST_F(LivenessTest, AStoppedProcessIsFoundInACallToo) {
  constexpr Liveness::Sight k_stopped_in_call{
      .is_stopped = true, .is_idle = false, .is_excused = true};
  EXPECT_EQ(look(k_stopped_in_call), Verdict::fine);
  EXPECT_EQ(look(k_stopped_in_call), Verdict::stopped);
}

TEST_F(LivenessTest, OneThatGoesOnIsFine) {
  EXPECT_EQ(look(k_stopped), Verdict::fine);
  EXPECT_EQ(look(), Verdict::fine);
  EXPECT_EQ(look(k_stopped), Verdict::fine);
}

}  // namespace
}  // namespace collet::worker
