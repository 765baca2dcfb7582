#include "http/seats.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace collet::http {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint k_turn{1h};
constexpr TimePoint k_next_turn = k_turn + 1ms;

class FakeSession final : public Session {
 public:
  FakeSession(Place place, std::optional<TimePoint> quiet_since)
      : place_(place), quiet_since_(quiet_since) {}
  void start() override {}
  void close() override {}
  void drain() override {}
  [[nodiscard]] Place place() const override { return place_; }
  [[nodiscard]] std::optional<TimePoint> quiet_since() const override { return quiet_since_; }
  void check_time(TimePoint) override {}

 private:
  Place place_;
  std::optional<TimePoint> quiet_since_;
};

/// Two ordinary places and one spare.
class SeatsTest : public testing::Test {
 protected:
  std::shared_ptr<Session> at_work(Place place) { return add(place, std::nullopt); }
  std::shared_ptr<Session> quiet(Place place, TimePoint since) { return add(place, since); }

  Seats seats_{2, 1};

 private:
  std::shared_ptr<Session> add(Place place, std::optional<TimePoint> quiet_since) {
    auto session = std::make_shared<FakeSession>(place, quiet_since);
    seats_.add(session);
    return session;
  }
};

TEST_F(SeatsTest, OrdinaryPlacesComeFirst) {
  at_work(Place::ordinary);
  auto seat = seats_.find(k_turn);
  ASSERT_TRUE(seat);
  EXPECT_EQ(seat->place, Place::ordinary);
  EXPECT_EQ(seat->taken_from, nullptr);
  at_work(Place::ordinary);
  seat = seats_.find(k_turn);
  ASSERT_TRUE(seat);
  EXPECT_EQ(seat->place, Place::spare);
  EXPECT_EQ(seat->taken_from, nullptr);
  at_work(Place::spare);
  EXPECT_FALSE(seats_.find(k_turn));
}

TEST_F(SeatsTest, WhoHasWaitedForLongestGivesWay) {
  quiet(Place::ordinary, k_turn - 1s);
  const auto first = quiet(Place::ordinary, k_turn - 2s);
  quiet(Place::spare, k_turn - 3s);
  const auto seat = seats_.find(k_turn);
  ASSERT_TRUE(seat);
  EXPECT_EQ(seat->place, Place::ordinary) << "before any spare place";
  EXPECT_EQ(seat->taken_from, first);
}

TEST_F(SeatsTest, InSparePlacesToo) {
  at_work(Place::ordinary);
  at_work(Place::ordinary);
  const auto waiting = quiet(Place::spare, k_turn - 1s);
  const auto seat = seats_.find(k_turn);
  ASSERT_TRUE(seat);
  EXPECT_EQ(seat->place, Place::spare);
  EXPECT_EQ(seat->taken_from, waiting);
}

TEST_F(SeatsTest, WhoCameInThisTurnHasItsTurnFirst) {
  at_work(Place::ordinary);
  const auto fresh = quiet(Place::ordinary, k_turn);
  EXPECT_FALSE(seats_.find(k_turn)) << "and no spare place is taken for it";
  EXPECT_EQ(seats_.quietest_before(k_turn), nullptr);
  const auto seat = seats_.find(k_next_turn);
  ASSERT_TRUE(seat);
  EXPECT_EQ(seat->taken_from, fresh);
  EXPECT_EQ(seats_.quietest_before(k_next_turn), fresh);
}

TEST_F(SeatsTest, WhoLeavesMakesRoomOnce) {
  const auto leaving = at_work(Place::ordinary);
  at_work(Place::ordinary);
  at_work(Place::spare);
  seats_.remove(*leaving);
  seats_.remove(*leaving);
  EXPECT_EQ(seats_.size(), 2u);
  ASSERT_TRUE(seats_.find(k_turn));
  EXPECT_EQ(seats_.find(k_turn)->place, Place::ordinary);
  at_work(Place::ordinary);
  EXPECT_FALSE(seats_.find(k_turn));
}

TEST_F(SeatsTest, OneBeyondTheSparePlacesIsNoRoomForAnother) {
  at_work(Place::ordinary);
  at_work(Place::ordinary);
  const auto by_the_reserve = at_work(Place::spare);
  at_work(Place::spare);
  seats_.remove(*by_the_reserve);
  EXPECT_FALSE(seats_.find(k_turn));
}

}  // namespace
}  // namespace collet::http
