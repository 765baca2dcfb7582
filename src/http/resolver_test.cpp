#include "http/resolver.hpp"

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
      resolver_->resolve("caller", std::move(host),
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

TEST_F(ResolverTest, SoManyOfACallerRunAtOnceAndDelayNoOther) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t running = 0;
  bool may_end = false;
  const auto slow = [&](const std::string& host) -> Result<std::vector<IpAddress>> {
    if (host == "quick") return std::vector<IpAddress>{*parse_ip("::1")};
    std::unique_lock lock(mutex);
    ++running;
    changed.notify_all();
    changed.wait(lock, [&] { return may_end; });
    return std::vector<IpAddress>{*parse_ip("::1")};
  };
  std::atomic<std::size_t> found = 0;
  const auto count = [&] {
    return Reply<std::vector<IpAddress>>([&](const auto& outcome) {
      if (outcome) ++found;
    });
  };
  constexpr std::size_t waiting = 3;
  thread_.call([&] {
    resolver_ = make_resolver(thread_.loop(), slow);
    for (std::size_t i = 0; i < k_lookups_of_caller_max + waiting; ++i) {
      resolver_->resolve("caller", "slow", count());
    }
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return running == k_lookups_of_caller_max; });
  }
  thread_.call([&] { resolver_->resolve("other", "quick", count()); });
  EXPECT_TRUE(thread_.await([&] { return found == 1; }));
  {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(running, k_lookups_of_caller_max);
    may_end = true;
    changed.notify_all();
  }
  EXPECT_TRUE(thread_.await([&] { return found == 1 + k_lookups_of_caller_max + waiting; }));
}

TEST_F(ResolverTest, WhoeverWaitsAtItsEndIsAnswered) {
  std::atomic<std::size_t> answered = 0;
  thread_.call([&] {
    for (std::size_t i = 0; i < 2 * k_lookups_of_caller_max; ++i) {
      resolver_->resolve("caller", "localhost",
                         Reply<std::vector<IpAddress>>([&](const auto&) { ++answered; }));
    }
    resolver_.reset();
    EXPECT_EQ(answered, 2 * k_lookups_of_caller_max);
  });
}

}  // namespace
}  // namespace collet::http
