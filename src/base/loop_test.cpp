#include "base/loop.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/timer_queue.hpp"
#include "base/virtual_loop.hpp"

namespace collet {
namespace {
using namespace std::chrono_literals;

TEST(TimerQueue, GivesTasksInTheOrderOfTimeThenOfAdding) {
  TimerQueue queue;
  std::string order;
  const TimePoint zero{};
  queue.add(zero + 2s, [&] { order += 'c'; });
  queue.add(zero + 1s, [&] { order += 'a'; });
  queue.add(zero + 1s, [&] { order += 'b'; });
  EXPECT_EQ(queue.next(), zero + 1s);
  EXPECT_FALSE(queue.take_due(zero + 1s - 1ns));
  while (auto task = queue.take_due(zero + 5s)) (*task)();
  EXPECT_EQ(order, "abc");
}

TEST(TimerQueue, ForgetsCancelledTimersWithoutWaitingForTheirTime) {
  TimerQueue queue;
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 10'000; ++i) ids.push_back(queue.add(TimePoint(1h), [] {}));
  for (const auto id : ids) queue.cancel(id);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(queue.next(), std::nullopt);
}

TEST(VirtualLoop, MovesTimeFromTimerToTimer) {
  VirtualLoop loop;
  const auto start = loop.now();
  std::vector<Clock::duration> seen;
  const auto first = loop.call_after(5ms, [&] { seen.push_back(loop.now() - start); });
  const auto second = loop.call_after(2ms, [&] { seen.push_back(loop.now() - start); });
  loop.advance(4ms);
  EXPECT_EQ(seen, (std::vector<Clock::duration>{2ms}));
  loop.advance(1ms);
  EXPECT_EQ(seen, (std::vector<Clock::duration>{2ms, 5ms}));
}

TEST(VirtualLoop, ACancelledTimerDoesNotRun) {
  VirtualLoop loop;
  bool ran = false;
  {
    const auto timer = loop.call_after(1ms, [&] { ran = true; });
  }
  loop.advance(1s);
  EXPECT_FALSE(ran);
}

// Runs an AsioLoop on a thread of its own for the length of a test.
class RunningLoop {
 public:
  ~RunningLoop() {
    loop.stop();
    thread_.join();
  }
  AsioLoop loop;

 private:
  std::thread thread_{[this] { loop.run(); }};
};

TEST(AsioLoop, RunsPostedTasksOnItsOwnThread) {
  RunningLoop running;
  std::promise<bool> on_loop;
  running.loop.post([&] { on_loop.set_value(running.loop.on_loop()); });
  EXPECT_TRUE(on_loop.get_future().get());
  EXPECT_FALSE(running.loop.on_loop());
}

TEST(AsioLoop, FiresTimersInOrderAndNeverEarly) {
  RunningLoop running;
  std::promise<std::string> done;
  std::string order;
  Timer late, early, cancelled;
  running.loop.post([&] {
    const auto start = running.loop.now();
    late = running.loop.call_after(20ms, [&, start] {
      EXPECT_GE(running.loop.now(), start + 20ms);
      order += "late";
      done.set_value(order);
    });
    early = running.loop.call_after(5ms, [&] { order += "early "; });
    cancelled = running.loop.call_after(1ms, [&] { order += "cancelled "; });
    cancelled.cancel();
  });
  EXPECT_EQ(done.get_future().get(), "early late");
}

TEST(AsioLoop, ATimerMayBeSetAgainFromItsOwnTask) {
  RunningLoop running;
  std::promise<void> done;
  Timer timer;
  int left = 3;
  std::function<void()> again = [&] {
    if (--left == 0) return done.set_value();
    timer = running.loop.call_after(1ms, again);
  };
  running.loop.post(again);
  done.get_future().get();
  EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace collet
