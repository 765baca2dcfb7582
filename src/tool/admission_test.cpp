#include "tool/admission.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/virtual_loop.hpp"

namespace collet::tool {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<const RegisteredTool> tool_of(std::string name,
                                              std::optional<std::uint32_t> concurrency = {},
                                              PluginSettings settings = {}) {
  auto tool = std::make_shared<RegisteredTool>();
  tool->plugin_id = "acme";
  tool->name = name;
  tool->namespaced_name = "acme:" + name;
  tool->settings.concurrency = concurrency;
  tool->plugin_settings = settings;
  return tool;
}

class AdmissionTest : public testing::Test {
 protected:
  struct Asked {
    std::string name;
    std::optional<Result<Turn>> outcome{};
  };

  static ToolCall call_of(std::string caller, Deadline deadline, std::stop_token stop = {}) {
    ToolCall call;
    call.context.agent_id = std::move(caller);
    call.deadline = deadline;
    call.cancellation = std::move(stop);
    return call;
  }
  /// Asks as the dispatcher does; `name` is what `order` tells when the turn comes.
  Asked& ask(std::string name, std::string caller = "ann", Clock::duration allowed = 1h,
             std::stop_token stop = {}, std::shared_ptr<const RegisteredTool> tool = nullptr) {
    if (!tool) tool = two;
    auto& asked = asks.emplace_back(std::move(name));
    if (auto turn = admission->try_enter(*tool)) {
      begun(asked);
      asked.outcome.emplace(*std::move(turn));
      return asked;
    }
    admission->wait(tool, call_of(std::move(caller), Deadline::after(loop.now(), allowed), stop),
                    Reply<Turn>([this, &asked](Result<Turn> turn) {
                      if (turn) begun(asked);
                      asked.outcome.emplace(std::move(turn));
                    }));
    return asked;
  }
  static void end(Asked& asked) { asked.outcome->value().give_back(); }
  /// Ends the call that began first of those that run.
  void end_first() {
    auto& first = *running.front();
    running.pop_front();
    end(first);
  }
  void begun(Asked& asked) {
    order.push_back(asked.name);
    running.push_back(&asked);
  }
  /// Makes what a call takes known: `count` calls of `took`.
  void teach(Clock::duration took, int count = 16) {
    for (int i = 0; i < count; ++i) {
      auto turn = admission->try_enter(*two);
      ASSERT_TRUE(turn);
      loop.advance(took);
    }
  }
  AdmissionDiagnostics seen() { return admission->diagnostics("acme"); }

  VirtualLoop loop;
  AdmissionOptions options{.concurrency = 2, .waiting_max = 8};
  std::shared_ptr<const RegisteredTool> two = tool_of("two");
  std::deque<Asked> asks;
  std::vector<std::string> order;
  std::deque<Asked*> running;
  std::unique_ptr<Admission> admission = std::make_unique<Admission>(loop, options);
};

TEST_F(AdmissionTest, AsManyRunAsMayAndTheNextStartsWhenOneEnds) {
  auto& a = ask("a");
  auto& b = ask("b");
  ask("c");
  auto& d = ask("d");
  EXPECT_THAT(order, ElementsAre("a", "b"));
  EXPECT_EQ(seen().running, 2u);
  EXPECT_EQ(seen().waiting, 2u);
  end(b);
  EXPECT_THAT(order, ElementsAre("a", "b", "c"));
  end(a);
  EXPECT_THAT(order, ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(seen().running, 2u);
  EXPECT_EQ(seen().waiting, 0u);
  EXPECT_EQ(seen().had_to_wait, 2u);
  end(d);
  asks.clear();  // a turn ends with its owner
  EXPECT_EQ(seen().running, 0u);
}

TEST_F(AdmissionTest, APluginsOwnLimitCountsForEachOfItsInstances) {
  const auto tool = tool_of("t", {}, {.instances = 3, .concurrency = 1});
  for (const auto* name : {"a", "b", "c", "d"}) ask(name, "ann", 1h, {}, tool);
  EXPECT_THAT(order, ElementsAre("a", "b", "c"));
  EXPECT_EQ(seen().running_max, 3u);
}

TEST_F(AdmissionTest, AToolsLimitHoldsUpThatToolOnly) {
  const auto one = tool_of("one", 1);
  auto& a = ask("a", "ann", 1h, {}, one);
  ask("b", "ann", 1h, {}, one);
  ask("c");
  EXPECT_THAT(order, ElementsAre("a", "c"));
  end(a);
  EXPECT_THAT(order, ElementsAre("a", "c", "b"));
}

TEST_F(AdmissionTest, AToolsFullQueueRefusesNoCallOfAnother) {
  options.concurrency = 10;
  admission = std::make_unique<Admission>(loop, options);
  const auto one = tool_of("one", 1);
  for (int i = 0; i < 9; ++i) ask("x", "ann", 1h, {}, one);
  EXPECT_EQ(seen().waiting, 8u);
  EXPECT_TRUE(admission->foresee(*two, call_of("ann", Deadline::after(loop.now(), 1ms))));
  const auto& y = ask("y");
  EXPECT_TRUE(y.outcome && *y.outcome);
  EXPECT_EQ(seen().waiting, 8u);
  EXPECT_EQ(seen().refused, 0u);
}

TEST_F(AdmissionTest, WhatNobodyWorkedOnTeachesNothing) {
  teach(1s);
  for (int i = 0; i < 100; ++i) admission->try_enter(*two)->give_back(Turn::Lesson::none);
  ask("a");
  ask("b");
  EXPECT_TRUE(ask("late", "ann", 100ms).outcome);
}

TEST_F(AdmissionTest, NobodyOvertakesWhoWaits) {
  auto& a = ask("a");
  ask("b");
  ask("c");
  // What c's turn needs is free only inside this; whoever comes meanwhile is behind c.
  end(a);
  ask("d");
  EXPECT_THAT(order, ElementsAre("a", "b", "c"));
}

TEST_F(AdmissionTest, OneCallerAtAHundredTimesTheLoadDoesNotStarveTheOthers) {
  options.waiting_max = 1000;
  admission = std::make_unique<Admission>(loop, options);
  for (int i = 0; i < 500; ++i) ask("A", "flood");
  for (int i = 0; i < 5; ++i) ask("b", "bob");
  ask("c", "cid");
  order.clear();
  for (int i = 0; i < 12; ++i) end_first();
  EXPECT_THAT(std::vector(order.begin(), order.begin() + 4), ElementsAre("A", "b", "c", "A"));
  EXPECT_EQ(std::ranges::count(order, "b"), 5);
}

TEST_F(AdmissionTest, AWaitEndsAtItsDeadline) {
  ask("a");
  ask("b");
  auto& c = ask("c", "ann", 500ms);
  loop.advance(499ms);
  EXPECT_FALSE(c.outcome);
  loop.advance(1ms);
  ASSERT_TRUE(c.outcome && !*c.outcome);
  EXPECT_EQ(c.outcome->error().code, ErrorCode::timeout);
  EXPECT_EQ(c.outcome->error().message,
            "\"acme:two\" waited 500 ms for its turn: 2 of its calls were in flight, which is the "
            "limit");
  EXPECT_EQ(seen().expired, 1u);
  EXPECT_EQ(seen().waiting, 0u);
  end(asks[0]);
  EXPECT_THAT(order, ElementsAre("a", "b"));
}

TEST_F(AdmissionTest, AWaitEndsWhereTheCallerCancels) {
  ask("a");
  ask("b");
  std::stop_source stop;
  auto& c = ask("c", "ann", 1h, stop.get_token());
  stop.request_stop();
  loop.run_ready();
  ASSERT_TRUE(c.outcome && !*c.outcome);
  EXPECT_EQ(c.outcome->error().code, ErrorCode::cancelled);
  EXPECT_EQ(seen().waiting, 0u);
}

TEST_F(AdmissionTest, AStopThatComesWithTheTurnChangesNothing) {
  auto& a = ask("a");
  ask("b");
  std::stop_source stop;
  auto& c = ask("c", "ann", 1h, stop.get_token());
  stop.request_stop();
  end(a);  // before the loop hears of the stop
  loop.run_ready();
  ASSERT_TRUE(c.outcome && *c.outcome);
}

TEST_F(AdmissionTest, AFullQueueRefusesWhoHasMostOfIt) {
  for (int i = 0; i < 10; ++i) ask("a", "ann");
  auto& refused = ask("r", "ann");
  ASSERT_TRUE(refused.outcome && !*refused.outcome);
  EXPECT_EQ(refused.outcome->error().code, ErrorCode::overloaded);
  EXPECT_EQ(refused.outcome->error().message,
            "the queue of plugin \"acme\" is full: 8 calls wait for their turn");
  EXPECT_EQ(refused.outcome->error().retry_after, 1s);
  EXPECT_EQ(refused.outcome->error().overload, Overload::queue_full);
  // Somebody else has a place, and one of hers goes: the last.
  auto& b = ask("b", "bob");
  EXPECT_FALSE(b.outcome);
  ASSERT_TRUE(asks[9].outcome && !*asks[9].outcome);
  EXPECT_EQ(asks[9].outcome->error().code, ErrorCode::overloaded);
  EXPECT_EQ(seen().waiting, 8u);
  EXPECT_EQ(seen().refused, 2u);
}

TEST_F(AdmissionTest, LargeParametersTakeMorePlaces) {
  ask("a");
  ask("b");
  auto call = call_of("ann", Deadline::never());
  std::deque<bool> answers;
  const auto with = [&](std::size_t bytes) {
    call.parameters = *Json::parse("\"" + std::string(bytes - 2, 'x') + "\"");
    auto& answered = answers.emplace_back(false);
    admission->wait(two, call, Reply<Turn>([&](const Result<Turn>&) { answered = true; }));
    return bool{answered};
  };
  EXPECT_TRUE(with(8 * 16'384));       // nine places
  EXPECT_FALSE(with(8 * 16'384 - 1));  // eight: all there are
  EXPECT_TRUE(with(2));
  admission.reset();
}

TEST_F(AdmissionTest, RefusesWhatCannotKeepItsDeadline) {
  teach(1s);
  ask("a");
  ask("b");
  ask("c");
  // A second a call, two at a time: behind one that waits a turn comes after about a second.
  auto& late = ask("l", "ann", 999ms);
  ASSERT_TRUE(late.outcome && !*late.outcome);
  EXPECT_EQ(late.outcome->error().code, ErrorCode::overloaded);
  EXPECT_EQ(late.outcome->error().message,
            "\"acme:two\" would wait about 1.0 s for its turn, and its deadline is in 1.0 s");
  EXPECT_EQ(late.outcome->error().overload, Overload::turn_too_late);
  EXPECT_EQ(late.outcome->error().retry_after, 1s);
  EXPECT_FALSE(ask("d", "ann", 1s).outcome);
  const auto foreseen = admission->foresee(*two, call_of("ann", Deadline::after(loop.now(), 1s)));
  ASSERT_FALSE(foreseen);
  EXPECT_THAT(foreseen.error().message, HasSubstr("about 1.5 s"));
}

TEST_F(AdmissionTest, RefusesNobodyForWhatAFewCallsTook) {
  teach(1h, 15);
  ask("a");
  ask("b");
  EXPECT_FALSE(ask("c", "ann", 1ms).outcome);
}

TEST_F(AdmissionTest, ForeseesNothingWhereThereIsRoom) {
  teach(1h);
  ask("a");
  EXPECT_TRUE(admission->foresee(*two, call_of("ann", Deadline::after(loop.now(), 1ms))));
}

TEST_F(AdmissionTest, ATurnThatEndsInsideItsStartDoesNotNest) {
  options = {.concurrency = 1, .waiting_max = 10'000};
  admission = std::make_unique<Admission>(loop, options);
  auto first = admission->try_enter(*two);
  int depth = 0;
  int deepest = 0;
  int begun = 0;
  for (int i = 0; i < 10'000; ++i) {
    admission->wait(two, call_of("ann", Deadline::never()), Reply<Turn>([&](Result<Turn> turn) {
                      deepest = std::max(deepest, ++depth);
                      ++begun;
                      turn->give_back();
                      --depth;
                    }));
  }
  first->give_back();
  EXPECT_EQ(begun, 10'000);
  EXPECT_EQ(deepest, 1);
}

TEST_F(AdmissionTest, WhoWaitsAtTheEndIsTold) {
  auto& a = ask("a");
  ask("b");
  auto& c = ask("c");
  admission.reset();
  ASSERT_TRUE(c.outcome && !*c.outcome);
  EXPECT_EQ(c.outcome->error().code, ErrorCode::shutting_down);
  end(a);  // a turn may outlive it
}

TEST_F(AdmissionTest, APluginNobodyCalledHasNothing) {
  EXPECT_EQ(admission->diagnostics("other").running_max, 0u);
}

TEST(AdmissionThreads, EveryCallOfManyThreadsHasItsTurnAndNoLimitIsPassed) {
  AsioLoop loop;
  const auto tool = tool_of("t", 3);
  constexpr int k_threads = 4;
  constexpr int k_calls = 2000;
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  std::thread on_loop([&] { loop.run(); });
  {
    auto admission = std::make_unique<Admission>(loop, AdmissionOptions{.waiting_max = 1'000'000});
    const auto run = [&](Turn turn) {
      const int now = ++running;
      for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
      }
      --running;
      turn.give_back();
      if (++done == k_threads * k_calls) done.notify_all();
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < k_threads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < k_calls; ++i) {
          if (auto turn = admission->try_enter(*tool)) {
            run(*std::move(turn));
            continue;
          }
          ToolCall call;
          call.context.agent_id = std::to_string(t);
          call.deadline = Deadline::never();
          admission->wait(tool, call, Reply<Turn>([&](Result<Turn> turn) {
                            ASSERT_TRUE(turn);
                            run(*std::move(turn));
                          }));
        }
      });
    }
    for (auto& thread : threads) thread.join();
    for (int seen = done; seen != k_threads * k_calls; seen = done) done.wait(seen);
    EXPECT_LE(most, 3);
    EXPECT_EQ(admission->diagnostics("acme").running, 0u);
    EXPECT_EQ(admission->diagnostics("acme").waiting, 0u);
    loop.stop();
    on_loop.join();
  }
}

}  // namespace
}  // namespace collet::tool
