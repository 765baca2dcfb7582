#include "services/event_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace collet::services {
namespace {
using testing::ElementsAre;

class EventQueueTest : public testing::Test {
 protected:
  std::size_t push(std::string name, std::size_t bytes = 1) {
    return queue().push(std::make_shared<const Event>(
        Event{.type = std::move(name), .params_json = std::string(bytes, 'x')}));
  }
  /// Sends as many as may go now, and says which.
  std::vector<std::string> send() {
    std::vector<std::string> names;
    while (const auto event = queue().next()) {
      names.push_back(event->type);
      numbers.push_back(queue().send_next());
    }
    return names;
  }
  EventQueue& queue() {
    if (!queue_) queue_.emplace(limits);
    return *queue_;
  }

  EventLimits limits;
  std::vector<EventQueue::Number> numbers;  // of what was sent

 private:
  std::optional<EventQueue> queue_;
};

TEST_F(EventQueueTest, SendsInTheOrderOfComing) {
  push("a");
  push("b");
  EXPECT_THAT(send(), ElementsAre("a", "b"));
  EXPECT_EQ(queue().in_flight(), 2u);
  queue().answered(numbers[0]);
  EXPECT_FALSE(queue().is_in_flight(numbers[0]));
  EXPECT_EQ(queue().size(), 1u);
}

TEST_F(EventQueueTest, TheOldestFallOutWhereThereAreTooMany) {
  limits.queued_events_max = 3;
  EXPECT_EQ(push("a") + push("b") + push("c"), 0u);
  EXPECT_EQ(push("d"), 1u);
  EXPECT_THAT(send(), ElementsAre("b", "c", "d"));
}

TEST_F(EventQueueTest, TheOldestFallOutWhereTheyAreTooLarge) {
  limits.queued_bytes_max = 100;
  EXPECT_EQ(push("a", 40) + push("b", 60), 0u);
  EXPECT_EQ(push("c", 61), 2u);
  EXPECT_THAT(send(), ElementsAre("c"));
}

TEST_F(EventQueueTest, WhatIsInFlightDoesNotFallOut) {
  limits.queued_events_max = 2;
  push("a");
  send();
  EXPECT_EQ(push("b"), 0u);
  EXPECT_EQ(push("c"), 1u) << "b";
  EXPECT_THAT(send(), ElementsAre("c"));
  EXPECT_EQ(push("d"), 1u) << "itself, for two are in flight";
  EXPECT_THAT(send(), ElementsAre());
  queue().answered(numbers[0]);
  EXPECT_EQ(push("e"), 0u);
}

TEST_F(EventQueueTest, SoManyAreInFlightAtMost) {
  limits.in_flight_max = 2;
  for (const auto* name : {"a", "b", "c"}) push(name);
  EXPECT_THAT(send(), ElementsAre("a", "b"));
  queue().answered(numbers[1]);
  EXPECT_THAT(send(), ElementsAre("c"));
}

TEST_F(EventQueueTest, WhatIsSetAsideComesBackInItsPlace) {
  for (const auto* name : {"a", "b", "c"}) push(name);
  queue().set_next_aside();
  EXPECT_EQ(queue().next()->type, "b");
  queue().set_next_aside();
  queue().recall();
  EXPECT_THAT(send(), ElementsAre("a", "b", "c"));
}

TEST_F(EventQueueTest, WhatIsSetAsideFallsOutInItsTurn) {
  limits.queued_events_max = 2;
  push("a");
  queue().set_next_aside();
  push("b");
  EXPECT_EQ(push("c"), 1u);
  queue().recall();
  EXPECT_THAT(send(), ElementsAre("b", "c"));
}

TEST_F(EventQueueTest, AfterADeathEachGoesAloneUntilItIsAnswered) {
  for (const auto* name : {"a", "b", "c"}) push(name);
  limits.in_flight_max = 2;
  ASSERT_THAT(send(), ElementsAre("a", "b"));
  for (const auto number : numbers)
    EXPECT_EQ(queue().return_after_death(number), EventQueue::Fate::waits);
  EXPECT_THAT(send(), ElementsAre("a"));
  queue().answered(numbers[0]);
  EXPECT_THAT(send(), ElementsAre("b")) << "c would go beside one on trial";
  queue().answered(numbers[1]);
  EXPECT_THAT(send(), ElementsAre("c"));
}

TEST_F(EventQueueTest, OneDeathTooManyDropsIt) {
  limits.deaths_max = 2;
  push("deadly");
  push("b");
  send();
  EXPECT_EQ(queue().return_after_death(numbers[0]), EventQueue::Fate::waits);
  queue().return_unheard(numbers[1]);
  EXPECT_THAT(send(), ElementsAre("deadly"));
  EXPECT_EQ(queue().return_after_death(numbers[0]), EventQueue::Fate::dropped);
  EXPECT_THAT(send(), ElementsAre("b"));
  EXPECT_EQ(queue().size(), 1u);
}

TEST_F(EventQueueTest, NothingIsLeftOfWhatWasCleared) {
  limits.queued_bytes_max = 10;
  push("a", 10);
  send();
  queue().clear();
  EXPECT_EQ(queue().size(), 0u);
  EXPECT_FALSE(queue().is_in_flight(numbers[0]));
  EXPECT_EQ(push("b", 10), 0u) << "its bytes are gone, too";
}

}  // namespace
}  // namespace collet::services
