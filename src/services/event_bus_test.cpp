#include "services/event_bus.hpp"

#include "services/event_fixture.hpp"

namespace collet::services {
namespace {
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class EventBusTest : public EventBusFixture {};

TEST_F(EventBusTest, EverySubscriberHearsOnce) {
  running("a", {"t.*", "t.x"});
  running("b", {"t.x"});
  running("c", {"other"});
  publish({"t.x"});
  EXPECT_THAT(unanswered("a"), ElementsAre("t.x")) << "once, although two patterns match";
  EXPECT_THAT(unanswered("b"), ElementsAre("t.x"));
  EXPECT_THAT(unanswered("c"), IsEmpty());
  const auto& request = workers.calls[0].request;
  EXPECT_EQ(request.method, "onEvent");
  EXPECT_EQ(request.company_id, "default");
  EXPECT_EQ(request.deadline.when(), loop.now() + limits.answer_timeout);
  acknowledge("a", "t.x");
  EXPECT_EQ(counts("a").delivered, 1u);
  EXPECT_EQ(counts("b").delivered, 0u);
}

TEST_F(EventBusTest, TheSameSubscriptionTwiceIsOne) {
  limits.subscriptions_max = 2;
  const auto worker = running("a", {"t", "t"});
  EXPECT_EQ(bus().diagnostics(worker.plugin_id).subscriptions, 1u);
  subscribe(worker, {.pattern = "t", .filter = {.company_id = "c"}});
  const auto refused = bus().subscribe(worker, {.pattern = "u"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "a worker may have 2 subscriptions; a pattern that ends in \".*\" stands for many");
  EXPECT_TRUE(bus().subscribe(worker, {.pattern = "t"})) << "which it has";
}

TEST_F(EventBusTest, AWorkerHearsNothingBeforeItHasStarted) {
  const auto worker = process("a");
  subscribe(worker, {.pattern = "t"});
  publish({"t"});
  EXPECT_THAT(unanswered("a"), IsEmpty());
  bus().started(worker);
  EXPECT_THAT(unanswered("a"), IsEmpty()) << "what else it is told at its start comes first";
  loop.run_ready();
  EXPECT_THAT(unanswered("a"), ElementsAre("t"));
}

TEST_F(EventBusTest, SeveralProcessesHearOnceAndOneAfterTheOther) {
  running("a", {"t", "u"}, 0);
  running("a", {"t", "u", "v"}, 1);
  publish({"t", "u", "v", "t"});
  EXPECT_THAT(unanswered("a"), ElementsAre("t", "u")) << "v is for the other one only";
  EXPECT_EQ(workers.calls[1].request.instance, 0u);
  acknowledge("a", "t");
  EXPECT_THAT(unanswered("a"), ElementsAre("u")) << "which has its turn after u";
  acknowledge("a", "u");
  EXPECT_THAT(unanswered("a"), ElementsAre("v", "t"));
  EXPECT_EQ(workers.calls[0].request.instance, 1u);
  EXPECT_EQ(workers.calls[1].request.instance, 1u) << "stays where it is";
  die(process("a", 1));
  EXPECT_THAT(unanswered("a"), ElementsAre("t")) << "v waits for one who wants it";
  EXPECT_EQ(workers.calls[0].request.instance, 0u);
}

TEST_F(EventBusTest, WhatADeadWorkerHadIsSentAgainInOrder) {
  const auto worker = running("a", {"t.*"});
  publish({"t.1", "t.2", "t.3"});
  acknowledge("a", "t.2");
  die(worker);
  EXPECT_THAT(unanswered("a"), IsEmpty());
  publish({"t.4"});
  loop.advance(limits.resubscribe_within - milliseconds(1));
  running("a", {"t.*"});
  EXPECT_THAT(unanswered("a"), ElementsAre("t.1")) << "alone: it may be what the worker died of";
  acknowledge("a", "t.1");
  acknowledge("a", "t.3");
  EXPECT_THAT(unanswered("a"), ElementsAre("t.4")) << "which came between the two processes";
  EXPECT_EQ(counts("a").returned, 2u);
  EXPECT_EQ(counts("a").unheard, 0u);
}

TEST_F(EventBusTest, NothingIsKeptForOneWhoDoesNotComeBackInTime) {
  const auto worker = running("a", {"t"});
  publish({"t"});
  die(worker);
  loop.advance(limits.resubscribe_within);
  EXPECT_EQ(counts("a").unheard, 1u);
  EXPECT_EQ(bus().diagnostics(worker.plugin_id).waiting, 0u);
  EXPECT_THAT(log.alarms(),
              ElementsAre("warn events for a plugin were lost plugin=a why=\"no process "
                          "of it subscribed again in time\" so_far=1"));
  publish({"t"});
  running("a", {"t"});
  EXPECT_THAT(unanswered("a"), IsEmpty());
}

TEST_F(EventBusTest, ASubscriptionEndsWithItsProcess) {
  die(running("a", {"t", "u"}));
  running("a", {"u"});
  publish({"t", "u"});
  EXPECT_THAT(unanswered("a"), ElementsAre("u"));
  loop.advance(limits.resubscribe_within);
  EXPECT_EQ(counts("a").unheard, 1u) << "t, which was kept for one that might come yet";
}

TEST_F(EventBusTest, ASubscriptionThatComesLateFindsWhatWasKept) {
  die(running("a", {"t"}));
  publish({"t"});
  const auto worker = running("a", {});
  EXPECT_THAT(unanswered("a"), IsEmpty());
  subscribe(worker, {.pattern = "t"});
  loop.run_ready();
  EXPECT_THAT(unanswered("a"), ElementsAre("t"));
}

TEST_F(EventBusTest, AnEventThatIsFatalIsDroppedAndTakesNoOtherAlong) {
  auto worker = running("a", {"t.*"});
  publish({"t.1", "t.deadly", "t.3"});
  for (std::uint32_t death = 0; death < limits.deaths_max; ++death) {
    die(worker);
    worker = running("a", {"t.*"});
    if (death == 0) acknowledge("a", "t.1");
    if (death + 1 == limits.deaths_max) break;
    EXPECT_THAT(unanswered("a"), ElementsAre("t.deadly"));
  }
  EXPECT_THAT(unanswered("a"), ElementsAre("t.3"));
  EXPECT_EQ(counts("a").deadly, 1u);
  acknowledge("a", "t.3");
  EXPECT_EQ(counts("a").delivered, 2u);
}

TEST_F(EventBusTest, StopsAreNoDeaths) {
  auto worker = running("a", {"t"});
  publish({"t"});
  for (std::uint32_t stop = 0; stop < 2 * limits.deaths_max; ++stop) {
    die(worker, ErrorCode::worker_unavailable);
    worker = running("a", {"t"});
  }
  EXPECT_THAT(unanswered("a"), ElementsAre("t"));
}

TEST_F(EventBusTest, AWorkerThatIsGoingGetsNoMore) {
  const auto worker = running("a", {"t.*"});
  workers.refusal = Error{.code = ErrorCode::worker_unavailable, .message = "it stops"};
  publish({"t.1"});
  workers.refusal.reset();
  publish({"t.2"});
  EXPECT_THAT(unanswered("a"), IsEmpty());
  die(worker);
  running("a", {"t.*"});
  EXPECT_THAT(unanswered("a"), ElementsAre("t.1", "t.2"));
}

TEST_F(EventBusTest, AWorkerThatDoesNotReadItsInputIsTriedAgainLater) {
  running("a", {"t"});
  workers.refusal = Error{.code = ErrorCode::overloaded, .message = "too much unread"};
  publish({"t"});
  workers.refusal.reset();
  loop.advance(limits.retry_after - milliseconds(1));
  EXPECT_THAT(unanswered("a"), IsEmpty());
  loop.advance(milliseconds(1));
  EXPECT_THAT(unanswered("a"), ElementsAre("t"));
}

TEST_F(EventBusTest, AnAnswerThatIsAnErrorIsAnAnswer) {
  running("a", {"t"});
  publish({"t"});
  answer("a", "t", fail(ErrorCode::tool_error, "Unknown method: onEvent"));
  EXPECT_EQ(counts("a").refused, 1u);
  EXPECT_THAT(unanswered("a"), IsEmpty());
  EXPECT_THAT(log.alarms(), ElementsAre("warn a plugin answered an event with an error plugin=a "
                                        "error=\"Unknown method: onEvent\""));
}

TEST_F(EventBusTest, ADeafWorkerIsNotWaitedForAndItsQueueIsBounded) {
  limits.in_flight_max = 2;
  limits.queued_events_max = 100;
  running("a", {"t"});
  running("b", {"t"});
  for (int i = 0; i < 10'000; ++i) {
    publish({"t"});
    acknowledge("b", "t");
  }
  EXPECT_EQ(counts("b").delivered, 10'000u) << "nobody waits for another";
  const auto seen = bus().diagnostics(process("a").plugin_id);
  EXPECT_EQ(seen.in_flight, 2u);
  EXPECT_EQ(seen.waiting, 98u);
  EXPECT_EQ(seen.counts.fell_out, 9'900u);
  EXPECT_THAT(log.alarms(), SizeIs(1)) << "not ten thousand lines";
  answer("a", "t", fail(ErrorCode::timeout, "it did not answer"));
  EXPECT_EQ(counts("a").unanswered, 2u);
  EXPECT_THAT(unanswered("a"), SizeIs(2)) << "the next two";
}

TEST_F(EventBusTest, LossesAreSaidAgainAfterAMinute) {
  limits.queued_events_max = 1;
  limits.in_flight_max = 1;
  running("a", {"t"});
  publish({"t", "t", "t"});
  loop.advance(Rarely::interval - milliseconds(1));
  publish({"t"});
  EXPECT_THAT(log.alarms(), SizeIs(1));
  loop.advance(milliseconds(1));
  publish({"t"});
  EXPECT_THAT(log.alarms(), SizeIs(2));
}

TEST_F(EventBusTest, NothingIsKeptForAPluginThatIsNotMeantToRun) {
  const auto worker = running("a", {"t"});
  publish({"t"});
  bus().retire(worker.plugin_id);
  publish({"t"});
  acknowledge("a", "t");
  EXPECT_EQ(counts("a").delivered, 0u) << "an answer to what is forgotten says nothing";
  die(worker);
  publish({"t"});
  EXPECT_EQ(bus().diagnostics(worker.plugin_id).waiting, 0u);
  running("a", {"t"});
  EXPECT_THAT(unanswered("a"), IsEmpty());
  publish({"t"});
  EXPECT_THAT(unanswered("a"), ElementsAre("t")) << "it was enabled again";
  EXPECT_THAT(log.alarms(), IsEmpty());
}

TEST_F(EventBusTest, AnUninstalledPluginIsForgottenWithItsLastProcess) {
  const auto worker = running("a", {"t"});
  bus().emit(worker, event("t"));
  bus().forget(worker.plugin_id);
  EXPECT_THAT(bus().diagnostics(), SizeIs(1));
  die(worker);
  EXPECT_THAT(bus().diagnostics(), IsEmpty());
  EXPECT_EQ(counts("a"), EventCounts{});
}

TEST_F(EventBusTest, OwnEventsAreHeardAndCounted) {
  const auto worker = running("a", {"t"});
  bus().emit(worker, event("t"));
  EXPECT_THAT(unanswered("a"), IsEmpty()) << "not inside the call that emits";
  loop.run_ready();
  EXPECT_THAT(unanswered("a"), ElementsAre("t"));
  EXPECT_EQ(counts("a").emitted, 1u);
}

// ---- several tenants

class EventBusOfManyTest : public EventBusFixture {
 protected:
  EventBusOfManyTest() {
    policy.tenancy = Tenancy::multi;
    policy.is_configured_for = [this](std::string_view plugin, std::string_view company) {
      return plugin == "a-uuid" && company == configured;
    };
  }
  /// Which of these companies' events a subscription gets; "" is an event of none.
  std::vector<std::string> heard(Subscription subscription) {
    const auto worker = process("a");
    subscribe(worker, std::move(subscription));
    bus().started(worker);
    for (const auto* company : {"red", "blue", ""}) bus().publish(event("t", company));
    loop.run_ready();
    std::vector<std::string> companies;
    for (const auto& sent : workers.calls) companies.push_back(sent.request.company_id);
    return companies;
  }
  std::string configured;
};

TEST_F(EventBusOfManyTest, WhoSubscribedForNobodyHearsOfNobody) {
  EXPECT_THAT(heard({.pattern = "t"}), ElementsAre(""));
}

TEST_F(EventBusOfManyTest, WhoSubscribedForNobodyHearsOfWhoConfiguredIt) {
  configured = "blue";
  EXPECT_THAT(heard({.pattern = "t"}), ElementsAre("blue", ""));
}

TEST_F(EventBusOfManyTest, WhoSubscribedForOneHearsOfHim) {
  configured = "blue";
  EXPECT_THAT(heard({.pattern = "t", .company_id = "red"}), ElementsAre("red", ""));
}

TEST_F(EventBusOfManyTest, NeitherADeathNorAnotherProcessOpensAWayAcross) {
  const auto worker = process("a");
  subscribe(worker, {.pattern = "t", .company_id = "red"});
  bus().started(worker);
  bus().publish(event("t", "red"));
  bus().publish(event("t", "blue"));
  loop.run_ready();
  die(worker);
  running("a", {"t"});  // for nobody
  running("a", {}, 1);
  subscribe(process("a", 1), {.pattern = "t", .company_id = "blue"});  // for another
  loop.run_ready();
  EXPECT_THAT(workers.calls, IsEmpty());
  loop.advance(limits.resubscribe_within);
  EXPECT_EQ(counts("a").unheard, 1u);
}

}  // namespace
}  // namespace collet::services
