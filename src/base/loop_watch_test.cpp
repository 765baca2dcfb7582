#include "base/loop_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/asio_loop.hpp"
#include "base/virtual_loop.hpp"

namespace collet {
namespace {

using namespace std::chrono_literals;

TEST(LoopWatch, SeesNoGapWhereTheLoopComesRound) {
  VirtualLoop loop;
  RecordingLogger log;
  const LoopWatch watch(loop, log);
  loop.advance(10s);
  EXPECT_EQ(watch.seen().longest, 0s);
  EXPECT_EQ(watch.seen().too_long, 0u);
  EXPECT_THAT(log.alarms(), testing::IsEmpty());
}

/// Keeps its thread busy, as what blocks would: waiting without a wait.
void stand_still(Clock::duration duration) {
  for (const auto until = Clock::now() + duration; Clock::now() < until;) {
  }
}

TEST(LoopWatch, TellsOfATaskThatHoldsUpTheLoop) {
  AsioLoop loop;
  RecordingLogger log;
  LoopGaps seen;
  loop.post([&] {
    auto watch = std::make_shared<LoopWatch>(loop, log);
    loop.post([&, watch] {
      stand_still(400ms);
      // Behind the timer that is due by now.
      auto later = std::make_shared<Timer>();
      *later = loop.call_after(100ms, [&, watch, later] {
        seen = watch->seen();
        loop.stop();
      });
    });
  });
  loop.run();
  // The thread may have waited for a processor meanwhile, which does not count.
  EXPECT_GT(seen.longest, 20ms);
  EXPECT_LT(seen.longest, 10s);
  EXPECT_EQ(seen.too_long > 0, seen.longest > LoopWatch::gap_max - 25ms);
  EXPECT_EQ(log.alarms().size(), seen.too_long);
}

}  // namespace
}  // namespace collet
