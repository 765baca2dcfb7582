#include "base/background_pool.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/asio_loop.hpp"

namespace collet {
namespace {

// What work of several lanes leaves behind, in the order in which it was done.
class Trace {
 public:
  Task says(std::string text) {
    return [this, text = std::move(text)] {
      const std::lock_guard lock(mutex_);
      lines_.push_back(text);
      threads_.insert(std::this_thread::get_id());
    };
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  std::size_t threads() {
    const std::lock_guard lock(mutex_);
    return threads_.size();
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
  std::set<std::thread::id> threads_;
};

// Work that goes on once the test says so, and tells that it has begun.
struct Gate {
  std::promise<void> begun;
  std::promise<void> open;
  Task work() {
    return [this] {
      begun.set_value();
      open.get_future().wait();
    };
  }
};

TEST(BackgroundPool, ALaneWorksInOrderOffTheLoopAndAnswersOnIt) {
  AsioLoop loop;
  Trace trace;
  const auto pool = make_background_pool(loop, {.threads_max = 4});
  const auto lane = pool->lane();
  const auto here = std::this_thread::get_id();
  std::vector<int> answered;
  for (int i = 0; i < 100; ++i) {
    lane->run(
        [&, i] {
          EXPECT_NE(std::this_thread::get_id(), here);
          trace.says(std::to_string(i))();
        },
        [&, i] {
          EXPECT_TRUE(loop.on_loop());
          answered.push_back(i);
          if (i == 99) loop.stop();
        });
  }
  loop.run();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(answered[i], i);
    EXPECT_EQ(trace.lines()[i], std::to_string(i));
  }
}

TEST(BackgroundPool, ALaneThatIsStuckHoldsUpNoOther) {
  AsioLoop loop;
  Gate gate;
  const auto pool = make_background_pool(loop, {.threads_max = 2});
  const auto stuck = pool->lane();
  const auto other = pool->lane();
  stuck->run(gate.work(), [] {});
  gate.begun.get_future().wait();
  other->run([] {}, [&] { loop.stop(); });
  loop.run();
  gate.open.set_value();
}

TEST(BackgroundPool, LanesTakeTurnsWhereThreadsAreFew) {
  AsioLoop loop;
  Trace trace;
  Gate gate;
  {
    const auto pool = make_background_pool(loop, {.threads_max = 1});
    const auto many = pool->lane();
    const auto few = pool->lane();
    many->run(gate.work(), [] {});
    for (const auto* name : {"many 1", "many 2", "many 3"}) many->run(trace.says(name), [] {});
    few->run(trace.says("few 1"), [] {});
    gate.open.set_value();
  }
  EXPECT_EQ(trace.lines(), (std::vector<std::string>{"few 1", "many 1", "many 2", "many 3"}));
  EXPECT_EQ(trace.threads(), 1u);
}

TEST(BackgroundPool, UsesNoMoreThreadsThanItMay) {
  AsioLoop loop;
  Trace trace;
  {
    const auto pool = make_background_pool(loop, {.threads_max = 3});
    for (int i = 0; i < 200; ++i) pool->lane()->run(trace.says("done"), [] {});
  }
  EXPECT_EQ(trace.lines().size(), 200u);
  EXPECT_LE(trace.threads(), 3u);
}

std::size_t threads_of_this_program() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

TEST(BackgroundPool, ThreadsThatHaveNothingToDoEndAndOthersStartAgain) {
  AsioLoop loop;
  const auto pool =
      make_background_pool(loop, {.threads_max = 2, .idle_max = std::chrono::milliseconds(1)});
  const auto before = threads_of_this_program();
  for (int i = 0; i < 3; ++i) {
    std::promise<void> done;
    pool->lane()->run([&] { done.set_value(); }, [] {});
    done.get_future().wait();
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (threads_of_this_program() > before && std::chrono::steady_clock::now() < patience)
      std::this_thread::yield();
    EXPECT_EQ(threads_of_this_program(), before);
  }
}

}  // namespace
}  // namespace collet
