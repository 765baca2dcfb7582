#include "base/background_pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
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
  const auto pool = make_background_pool(loop, {.threads_max = 1});
  const auto many = pool->lane();
  const auto few = pool->lane();
  many->run(gate.work(), [] {});
  for (const auto* name : {"many 1", "many 2"}) many->run(trace.says(name), [] {});
  many->run(trace.says("many 3"), [&] { loop.stop(); });
  few->run(trace.says("few 1"), [] {});
  gate.open.set_value();
  loop.run();
  EXPECT_EQ(trace.lines(), (std::vector<std::string>{"few 1", "many 1", "many 2", "many 3"}));
  EXPECT_EQ(trace.threads(), 1u);
}

TEST(BackgroundPool, UsesNoMoreThreadsThanItMay) {
  AsioLoop loop;
  Trace trace;
  int done = 0;
  const auto pool = make_background_pool(loop, {.threads_max = 3});
  for (int i = 0; i < 200; ++i) {
    pool->lane()->run(trace.says("done"), [&] {
      if (++done == 200) loop.stop();
    });
  }
  loop.run();
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

// Answers in the order in which they come.
class Answers {
 public:
  explicit Answers(AsioLoop& loop) : loop_(loop) {}
  Reply<Done> called(
      std::string name, Task then = [] {}) {
    return Reply<Done>(
        [this, name = std::move(name), then = std::move(then)](Result<Done> outcome) mutable {
          texts_.push_back(name + (outcome ? ": done" : ": " + outcome.error().message));
          then();
          if (texts_.size() == expected_) loop_.stop();
        });
  }
  /// All of them, when there are `count`.
  const std::vector<std::string>& await(std::size_t count) {
    expected_ = count;
    if (texts_.size() < count) loop_.run();
    return texts_;
  }

 private:
  AsioLoop& loop_;
  std::size_t expected_ = 0;
  std::vector<std::string> texts_;
};

TEST(BackgroundPool, WhatHasNotBegunWhenItEndsIsAnsweredAndDoesNotRun) {
  AsioLoop loop;
  Trace trace;
  Gate gate;
  Answers answers(loop);
  auto pool = make_background_pool(loop, {.threads_max = 1});
  const auto lane = pool->lane();
  const auto other = pool->lane();
  const auto says = [&](
                        const std::string& name, Task first = [] {}) {
    return [says = trace.says(name), first = std::move(first)]() mutable -> Result<Done> {
      first();
      says();
      return Done{};
    };
  };
  off_loop<Done>(*lane, says("begun", gate.work()), answers.called("begun"));
  off_loop<Done>(*lane, says("waits"), answers.called("waits"));
  // By this answer the pool ends already, and only then what has begun goes on.
  off_loop<Done>(*other, says("ready"), answers.called("ready", [&] { gate.open.set_value(); }));
  gate.begun.get_future().wait();
  std::thread ends([&] {
    pool.reset();
    off_loop<Done>(*lane, says("late"), answers.called("late"));
  });
  EXPECT_EQ(answers.await(4),
            (std::vector<std::string>{"ready: the host stops", "begun: done",
                                      "waits: the host stops", "late: the host stops"}));
  ends.join();
  EXPECT_EQ(trace.lines(), std::vector<std::string>{"begun"});
}

// A machine that has no thread for this program, until it is told to.
struct NoThreads {
  std::atomic<int> refusals{0};
  int refused_max;
  BackgroundPoolOptions options() {
    return {
        .threads_max = 2, .retry = std::chrono::milliseconds(1), .start_thread = [this](Task task) {
          if (refusals >= refused_max) return std::thread(std::move(task));
          ++refusals;
          throw std::system_error(std::make_error_code(std::errc::resource_unavailable_try_again));
        }};
  }
};

TEST(BackgroundPool, WithoutAnyThreadWorkWaitsUntilThereIsOne) {
  AsioLoop loop;
  NoThreads machine{.refused_max = 3};
  Answers answers(loop);
  const auto pool = make_background_pool(loop, machine.options());
  const auto lane = pool->lane();
  const auto work = []() -> Result<Done> { return Done{}; };
  off_loop<Done>(*lane, work, answers.called("first"));
  off_loop<Done>(*lane, work, answers.called("second"));
  EXPECT_EQ(answers.await(2), (std::vector<std::string>{"first: done", "second: done"}));
  EXPECT_EQ(machine.refusals, 3);
}

TEST(BackgroundPool, WithFewerThreadsThanItMayThoseThatThereAreDoAll) {
  AsioLoop loop;
  bool is_first = true;
  Answers answers(loop);
  Gate gate;
  const auto pool = make_background_pool(loop, {.threads_max = 2, .start_thread = [&](Task task) {
                                                  if (std::exchange(is_first, false))
                                                    return std::thread(std::move(task));
                                                  throw std::system_error(std::make_error_code(
                                                      std::errc::resource_unavailable_try_again));
                                                }});
  const auto busy = pool->lane();
  const auto other = pool->lane();
  off_loop<Done>(
      *busy,
      [work = gate.work()]() mutable -> Result<Done> {
        work();
        return Done{};
      },
      answers.called("busy"));
  gate.begun.get_future().wait();
  off_loop<Done>(
      *other, []() -> Result<Done> { return Done{}; }, answers.called("other"));
  gate.open.set_value();
  EXPECT_EQ(answers.await(2), (std::vector<std::string>{"busy: done", "other: done"}));
}

TEST(BackgroundPool, WithoutAThreadItEndsAllTheSame) {
  AsioLoop loop;
  NoThreads machine{.refused_max = 1'000'000};
  Answers answers(loop);
  auto pool = make_background_pool(loop, machine.options());
  off_loop<Done>(
      *pool->lane(), []() -> Result<Done> { return Done{}; }, answers.called("it"));
  pool.reset();
  EXPECT_EQ(answers.await(1), std::vector<std::string>{"it: the host stops"});
}

}  // namespace
}  // namespace collet
