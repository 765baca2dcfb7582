#include "store/commit_queue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <vector>

#include "base/asio_loop.hpp"

namespace collet {
namespace {

constexpr std::size_t k_queued_max = 200;

// The store's thread runs; the loop, which is this thread's, only where a test says so.
class CommitQueueTest : public testing::Test {
 protected:
  CommitQueueTest() {
    EXPECT_TRUE(database->execute("CREATE TABLE t (x TEXT)", "make a table"));
    queue = std::make_unique<CommitQueue>(
        *database, loop, *log,
        StoreLimits{.queued_operations_max = k_queued_max, .answer_bytes_max = 1'000});
  }

  void read(std::string text) {
    queue->of_host().read<std::string>(
        [this, text = std::move(text)]() -> Result<std::string> {
          ++begun;
          Query row(echo, text);
          if (auto step = row.step(); !step) return std::unexpected(step.error());
          return row.text(0);
        },
        Reply<std::string>([this](Result<std::string> outcome) {
          most_held = std::max(most_held, begun - std::ssize(answers));
          answers.push_back(outcome ? outcome->substr(0, 1) : outcome.error().message);
        }));
  }
  void write() {
    queue->of_host().write<Done>(
        0, [this] { return Query(insert).run(); }, Reply<Done>([this](Result<Done> outcome) {
          answers.emplace_back(outcome ? "written" : outcome.error().message);
        }));
  }
  void run_until_answered(std::size_t count) {
    std::function<void()> look = [&] { answers.size() < count ? loop.post(look) : loop.stop(); };
    loop.post(look);
    loop.run();
  }

  const std::unique_ptr<Database> database = *Database::open_in_memory();
  Statement echo{*database, "SELECT ?", "say it again"};
  Statement insert{*database, "INSERT INTO t VALUES ('')", "insert a row"};
  const std::unique_ptr<Logger> log = make_null_logger();
  AsioLoop loop;
  std::unique_ptr<CommitQueue> queue;
  std::atomic<std::ptrdiff_t> begun = 0;
  std::ptrdiff_t most_held = 0;
  std::vector<std::string> answers;
};

TEST_F(CommitQueueTest, OnlySoMuchIsReadBeforeItIsTaken) {
  for (int i = 0; i < 100; ++i) read(std::string(400, 'x'));
  write();
  run_until_answered(101);
  EXPECT_EQ(std::ranges::count(answers, "x"), 100);
  EXPECT_EQ(answers.back(), "written");
  // Two may wait when the next begin, three of which pass the limit.
  EXPECT_LE(most_held, 5);
}

TEST_F(CommitQueueTest, OneThatIsLargerThanThatIsReadAlone) {
  for (int i = 0; i < 3; ++i) read(std::string(5'000, 'y'));
  run_until_answered(3);
  EXPECT_THAT(answers, testing::ElementsAre("y", "y", "y"));
  EXPECT_EQ(most_held, 1);
}

// Its destructor waits for the store's thread, on the loop's: nobody takes anything meanwhile.
TEST_F(CommitQueueTest, AtTheEndWhatNobodyTakesIsNotRead) {
  for (int i = 0; i < 10; ++i) read(std::string(400, 'x'));
  write();
  queue.reset();
  run_until_answered(11);
  const auto read_before = std::ranges::count(answers, "x");
  EXPECT_GE(read_before, 3);
  EXPECT_LE(read_before, 5);
  EXPECT_EQ(std::ranges::count(answers, "written"), 1);
  EXPECT_EQ(std::ranges::count(answers, "the store closes, and more was read than anybody takes"),
            10 - read_before);
}

TEST_F(CommitQueueTest, APluginThatAsksForMoreThanThereIsRoomForRefusesOnlyItself) {
  const auto ask = [&](
                       const std::string& plugin_id, std::function<void()> first = [] {}) {
    queue->of(plugin_id).write<Done>(
        0,
        [this, first] {
          first();
          return Query(insert).run();
        },
        Reply<Done>([this, plugin_id](Result<Done> outcome) {
          answers.push_back(plugin_id + (outcome ? " written" : " refused"));
        }));
  };
  std::latch is_held(1), may_go_on(1);
  ask("greedy", [&] {
    is_held.count_down();
    may_go_on.wait();
  });
  is_held.wait();
  for (std::size_t i = 0; i < k_queued_max + 3; ++i) ask("greedy");
  ask("modest");
  may_go_on.count_down();
  run_until_answered(k_queued_max + 5);
  EXPECT_EQ(std::ranges::count(answers, "greedy refused"), 3);
  EXPECT_EQ(std::ranges::count(answers, "modest written"), 1);
  const auto modest = std::ranges::find(answers, "modest written");
  EXPECT_LE(modest - answers.begin(),
            1 + 3 + 2 * std::ptrdiff_t{OperationLanes::turn_operations_max})
      << "it waits for a turn of the other";
}

// For who ends a host: nobody hears of anything after that.
TEST_F(CommitQueueTest, HasSettledWhenAllIsAnswered) {
  constexpr auto count = 10 * Answers::per_turn_max;
  for (std::size_t i = 0; i < count; ++i) {
    queue->of("a").write<Done>(
        0, [this] { return Query(insert).run(); },
        Reply<Done>([this](Result<Done>) { answers.emplace_back("a"); }));
  }
  queue->settle(Reply<Done>([this](Result<Done>) { answers.emplace_back("settled"); }));
  run_until_answered(count + 1);
  EXPECT_EQ(answers.back(), "settled");
}

}  // namespace
}  // namespace collet
