#include "http/resolver.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "http/server_fixture.hpp"

namespace collet::http {
namespace {

class ResolverTest : public testing::Test {
 protected:
  Result<std::vector<IpAddress>> resolve(std::string host) {
    std::promise<Result<std::vector<IpAddress>>> answer;
    thread_.call([&] {
      resolver_->resolve({.caller = "caller", .host = std::move(host)},
                         Reply<std::vector<IpAddress>>([&](Result<std::vector<IpAddress>> outcome) {
                           EXPECT_TRUE(thread_.loop().on_loop());
                           answer.set_value(std::move(outcome));
                         }));
    });
    return answer.get_future().get();
  }
  ~ResolverTest() override {
    thread_.call([this] { resolver_.reset(); });
  }

  LoopThread thread_;
  std::unique_ptr<Resolver> resolver_ = make_system_resolver(thread_.loop());
};

TEST_F(ResolverTest, FindsTheAddressesOfAName) {
  const auto found = resolve("localhost");
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_TRUE(std::ranges::all_of(*found, [](const auto& each) { return is_loopback(each); }));
  EXPECT_FALSE(found->empty());
}

TEST_F(ResolverTest, SaysWhyThereAreNone) {
  // No name server is asked: a label has 63 bytes at most.
  const auto found = resolve(std::string(64, 'x') + ".invalid");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::worker_unavailable);
  EXPECT_FALSE(found.error().message.empty());
}

/// Lookups of "slow" take until the test lets them end. Outlives the test with the threads.
class Lookups {
 public:
  Result<std::vector<IpAddress>> look_up(const std::string& host) {
    std::unique_lock lock(mutex_);
    ++begun_;
    changed_.notify_all();
    if (host == "slow") changed_.wait(lock, [this] { return may_end_; });
    return std::vector<IpAddress>{*parse_ip("::1")};
  }
  void wait_until_begun(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_ == count; });
  }
  void let_end() {
    const std::lock_guard lock(mutex_);
    may_end_ = true;
    changed_.notify_all();
  }
  std::size_t begun() {
    const std::lock_guard lock(mutex_);
    return begun_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t begun_ = 0;
  bool may_end_ = false;
};

class SlowResolverTest : public ResolverTest {
 protected:
  static constexpr ResolverLimits k_limits{.running_max = 2, .waiting_max = 3};

  SlowResolverTest() {
    thread_.call([this] {
      resolver_ = make_resolver(
          thread_.loop(),
          [lookups = lookups_](const std::string& host) { return lookups->look_up(host); },
          k_limits);
    });
  }
  ~SlowResolverTest() override {
    thread_.call([this] { resolver_.reset(); });
    lookups_->let_end();
  }

  /// Its answer, "found" or a failure's code, is appended to `answers_`.
  void ask(Lookup lookup) {
    thread_.call([&] {
      resolver_->resolve(
          std::move(lookup), Reply<std::vector<IpAddress>>([this](const auto& outcome) {
            answers_.emplace_back(outcome ? "found" : describe(outcome.error().code).name);
          }));
    });
  }
  void ask_for_slow_ones(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) ask({.caller = "caller", .host = "slow"});
  }
  [[nodiscard]] bool await_answers(std::size_t count) {
    return thread_.await([&] { return answers_.size() == count; });
  }
  std::vector<std::string> answers() {
    return thread_.call([this] { return answers_; });
  }

  const std::shared_ptr<Lookups> lookups_ = std::make_shared<Lookups>();

 private:
  std::vector<std::string> answers_;  // of the loop's thread
};

TEST_F(SlowResolverTest, SoManyOfACallerRunAtOnceAndDelayNoOther) {
  ask_for_slow_ones(k_limits.running_max + k_limits.waiting_max);
  lookups_->wait_until_begun(k_limits.running_max);
  ask({.caller = "other", .host = "quick"});
  EXPECT_TRUE(await_answers(1));
  EXPECT_THAT(answers(), testing::ElementsAre("found"));
  EXPECT_EQ(lookups_->begun(), k_limits.running_max + 1);
  lookups_->let_end();
  EXPECT_TRUE(await_answers(1 + k_limits.running_max + k_limits.waiting_max));
}

TEST_F(SlowResolverTest, SoManyOfACallerWait) {
  ask_for_slow_ones(k_limits.running_max + k_limits.waiting_max);
  EXPECT_THAT(answers(), testing::IsEmpty());
  ask_for_slow_ones(1);
  EXPECT_THAT(answers(), testing::ElementsAre("overloaded"));
}

TEST_F(SlowResolverTest, WhatNobodyWaitsForAnyMoreNeitherBeginsNorTakesAPlace) {
  ask_for_slow_ones(k_limits.running_max);
  for (std::size_t i = 0; i < 2 * k_limits.waiting_max; ++i) {
    ask({.caller = "caller", .host = "late", .deadline = Deadline::at(Clock::now())});
  }
  EXPECT_THAT(answers(), testing::AllOf(testing::SizeIs(2 * k_limits.waiting_max),
                                        testing::Each(std::string("timeout"))));
  lookups_->wait_until_begun(k_limits.running_max);
  EXPECT_EQ(lookups_->begun(), k_limits.running_max);
}

TEST_F(SlowResolverTest, AWaitingLookupGoesWhenItsTimeIsOver) {
  ask_for_slow_ones(k_limits.running_max);
  const auto soon = Clock::now() + std::chrono::milliseconds(20);
  ask({.caller = "caller", .host = "late", .deadline = Deadline::at(soon)});
  EXPECT_TRUE(thread_.await([&] { return Clock::now() >= soon; }));
  lookups_->wait_until_begun(k_limits.running_max);
  lookups_->let_end();
  EXPECT_TRUE(await_answers(k_limits.running_max + 1));
  EXPECT_THAT(answers(), testing::Contains("timeout"));
  EXPECT_EQ(lookups_->begun(), k_limits.running_max);
}

TEST_F(ResolverTest, WhoeverWaitsAtItsEndIsAnswered) {
  std::atomic<std::size_t> answered = 0;
  thread_.call([&] {
    for (std::size_t i = 0; i < 2 * limits::services::lookups_running_max; ++i) {
      resolver_->resolve({.caller = "caller", .host = "localhost"},
                         Reply<std::vector<IpAddress>>([&](const auto&) { ++answered; }));
    }
    resolver_.reset();
    EXPECT_EQ(answered, 2 * limits::services::lookups_running_max);
  });
}

}  // namespace
}  // namespace collet::http
