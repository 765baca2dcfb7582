#include "tool/fair_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace collet::tool {
namespace {

using testing::ElementsAre;

bool everywhere(std::size_t) {
  return true;
}

Deadline due(int seconds) {
  return Deadline::at(TimePoint(std::chrono::seconds(seconds)));
}

/// A queue that numbers calls itself and knows who made them.
class FairQueueTest : public testing::Test {
 protected:
  FairQueue::Number add(FairQueue::Call call) {
    const auto number = ++last_;
    caller_[number] = call.caller;
    queue.add(number, std::move(call));
    return number;
  }
  void add_many(const std::string& caller, int count, std::uint32_t weight = 1) {
    for (int i = 0; i < count; ++i) add({.caller = caller, .weight = weight});
  }
  /// The callers of the next calls, which are started.
  std::string start(int count) {
    std::string callers;
    for (int i = 0; i < count; ++i) {
      const auto number = queue.next(everywhere);
      if (!number) return callers + "-";
      callers += caller_.at(*number);
      queue.start(*number);
    }
    return callers;
  }

  FairQueue queue;

 private:
  FairQueue::Number last_ = 0;
  std::map<FairQueue::Number, std::string> caller_;
};

TEST_F(FairQueueTest, CallersTakeTurnsHoweverMuchOneCalls) {
  add_many("a", 100);
  add_many("b", 2);
  add_many("c", 1);
  EXPECT_EQ(start(7), "abcabaa");
}

TEST_F(FairQueueTest, WhoComesLaterNeitherWaitsForTheOthersPastNorIsPaidForItsOwn) {
  add_many("a", 100);
  EXPECT_EQ(start(50), std::string(50, 'a'));
  add_many("b", 10);
  EXPECT_EQ(start(6), "ababab");
}

TEST_F(FairQueueTest, WhoComesBackWithOneCallAtATimeGetsNoMoreThanItsShare) {
  add_many("a", 1000);
  std::map<char, int> turns;
  for (int i = 0; i < 200; ++i) {
    add_many("b", 1);
    ++turns[start(1)[0]];
    while (queue.size() > 1000) ++turns[start(1)[0]];
  }
  EXPECT_NEAR(turns['a'], turns['b'], 2);
}

TEST_F(FairQueueTest, NewCallersForEverStarveNobody) {
  add_many("a", 100);
  add_many("b", 100);
  EXPECT_EQ(start(2), "ab");
  int seen = 0;
  for (int i = 0; i < 300; ++i) {
    add({.caller = "new" + std::to_string(i)});
    const auto caller = start(1);
    seen += caller == "a" || caller == "b" ? 1 : 0;
  }
  EXPECT_GE(seen, 20);  // each of the new ones has one turn, and some thirty come to wait
}

TEST_F(FairQueueTest, AWeightIsAShare) {
  add_many("a", 100, 4);
  add_many("b", 100, 1);
  std::map<char, int> turns;
  for (const char caller : start(100)) ++turns[caller];
  EXPECT_EQ(turns['a'], 80);
  EXPECT_EQ(turns['b'], 20);
}

TEST_F(FairQueueTest, OneCallersCallsGoByTheirDeadlines) {
  const auto late = add({.caller = "a", .deadline = due(9)});
  const auto never = add({.caller = "a"});
  const auto soon = add({.caller = "a", .tool = 1, .deadline = due(3)});
  const auto same = add({.caller = "a", .deadline = due(9)});
  std::vector<FairQueue::Number> order;
  while (const auto next = queue.next(everywhere)) {
    order.push_back(*next);
    queue.start(*next);
  }
  EXPECT_THAT(order, ElementsAre(soon, late, same, never));
  EXPECT_TRUE(queue.empty());
}

TEST_F(FairQueueTest, AFullToolHoldsUpItsOwnCallsOnly) {
  const auto full = add({.caller = "a", .tool = 0, .deadline = due(1)});
  const auto other = add({.caller = "a", .tool = 1, .deadline = due(2)});
  const auto third = add({.caller = "b", .tool = 0});
  const auto has_room = [](std::size_t tool) { return tool == 1; };
  EXPECT_EQ(queue.next(has_room), other);
  queue.start(other);
  EXPECT_EQ(queue.next(has_room), std::nullopt);
  EXPECT_EQ(queue.next(everywhere), third);  // "a" had its turn
  queue.start(third);
  EXPECT_EQ(queue.next(everywhere), full);
}

TEST_F(FairQueueTest, WhomAFullToolHeldUpDoesNotMakeOthersWaitForWhatItMissed) {
  const auto in_x = [this](std::string caller) { add({.caller = std::move(caller), .tool = 1}); };
  const auto only_y = [](std::size_t tool) { return tool == 0; };
  for (int i = 0; i < 100; ++i) in_x("b");
  for (int i = 0; i < 200; ++i) {
    add({.caller = "a"});
    queue.start(*queue.next(only_y));
  }
  in_x("d");
  EXPECT_EQ(start(2), "bd");
}

TEST_F(FairQueueTest, ARemovedCallCostsItsCallerNothing) {
  const auto first = add({.caller = "a"});
  add_many("a", 1);
  add_many("b", 1);
  queue.remove(first);
  EXPECT_EQ(start(3), "ab-");
}

TEST_F(FairQueueTest, PlacesAreCounted) {
  add({.caller = "a", .places = 3});
  const auto two = add({.caller = "b", .places = 2});
  EXPECT_EQ(queue.places(), 5u);
  queue.remove(two);
  EXPECT_EQ(queue.places(), 3u);
  start(1);
  EXPECT_EQ(queue.places(), 0u);
}

TEST_F(FairQueueTest, AFullQueueTakesFromWhoHasMostTheCallThatIsDueLast) {
  add({.caller = "a", .deadline = due(1)});
  const auto last = add({.caller = "a", .deadline = due(9)});
  add({.caller = "a", .tool = 1, .deadline = due(5)});
  add({.caller = "b"});
  EXPECT_EQ(queue.displaced_by({.caller = "c"}, 4), last);
  EXPECT_EQ(queue.displaced_by({.caller = "b"}, 4), last);          // two are its share
  EXPECT_EQ(queue.displaced_by({.caller = "a"}, 4), std::nullopt);  // has more than its own
  EXPECT_EQ(queue.displaced_by({.caller = "c", .places = 2}, 4), std::nullopt);  // too large
  EXPECT_EQ(queue.displaced_by({.caller = "c", .weight = 4, .places = 2}, 4), last);
}

TEST_F(FairQueueTest, ACallerAloneHasAllPlaces) {
  add_many("a", 4);
  EXPECT_EQ(queue.displaced_by({.caller = "a"}, 4), std::nullopt);
}

TEST_F(FairQueueTest, SaysHowManyGoBeforeANewCall) {
  add_many("a", 100);
  EXPECT_EQ(queue.ahead_of("a", 1), 100u);
  EXPECT_EQ(queue.ahead_of("b", 1), 1u);
  add_many("b", 3);
  EXPECT_EQ(queue.ahead_of("b", 1), 7u);  // its own three, and as many of a's, and one more
  EXPECT_EQ(queue.ahead_of("c", 1), 2u);
  EXPECT_EQ(queue.ahead_of("c", 2), 2u);  // a turn is a whole one
  for (int i = 0; i < 10; ++i) add({.caller = "one " + std::to_string(i)});
  EXPECT_EQ(queue.ahead_of("b", 1), 17u) << "who has one call has one turn";
}

/// The same calls in a queue that keeps a list and looks at everything.
TEST_F(FairQueueTest, EveryCallStartsOnceAndNoCallerFallsBehind) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t bound) { return random() % bound; };
    FairQueue each;
    std::map<FairQueue::Number, FairQueue::Call> waiting;
    std::map<std::string, double> started;
    FairQueue::Number number = 0;
    for (int step = 0; step < 500; ++step) {
      const auto choice = below(10);
      if (choice < 5 || waiting.empty()) {
        const FairQueue::Call call{.caller = std::string(1, static_cast<char>('a' + below(5))),
                                   .tool = below(3),
                                   .deadline = due(static_cast<int>(below(100))),
                                   .places = 1 + below(4)};
        waiting.emplace(++number, call);
        each.add(number, call);
      } else if (choice < 7) {
        const auto gone =
            std::next(waiting.begin(), below(static_cast<std::uint32_t>(waiting.size())));
        each.remove(gone->first);
        waiting.erase(gone);
      } else {
        const auto closed = below(4);  // 3: all tools have room
        const auto has_room = [&](std::size_t tool) { return tool != closed; };
        const auto next = each.next(has_room);
        const bool somebody = std::ranges::any_of(
            waiting, [&](const auto& call) { return has_room(call.second.tool); });
        ASSERT_EQ(next.has_value(), somebody) << "seed " << seed << " step " << step;
        if (!next) continue;
        const auto& call = waiting.at(*next);
        ASSERT_TRUE(has_room(call.tool));
        for (const auto& [other, theirs] : waiting) {
          if (theirs.caller == call.caller && has_room(theirs.tool)) {
            ASSERT_LE(std::pair(call.deadline, *next), std::pair(theirs.deadline, other));
          }
        }
        each.start(*next);
        waiting.erase(*next);
      }
      std::size_t places = 0;
      for (const auto& [id, call] : waiting) places += call.places;
      ASSERT_EQ(each.places(), places);
      ASSERT_EQ(each.size(), waiting.size());
    }
  }
}

}  // namespace
}  // namespace collet::tool
