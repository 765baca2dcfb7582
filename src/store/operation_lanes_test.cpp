#include "store/operation_lanes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace collet {
namespace {
using testing::ElementsAre;

// An operation that does nothing and is known by its name.
class Named final : public Operation {
 public:
  Named(std::string_view called, std::size_t bytes)
      : Operation(TransactionKind::write, bytes), name(called) {}
  void run() override {}
  void fail(const Error&) override {}
  [[nodiscard]] const Error* failure() const override { return nullptr; }
  void answer() override {}

  const std::string name;
};

class OperationLanesTest : public testing::Test {
 protected:
  void add(const std::string& plugin_id, const std::string& name, std::size_t bytes = 1) {
    lanes.add(plugin_id, std::make_unique<Named>(name, bytes));
  }
  void add_many(const std::string& plugin_id, std::size_t count, std::size_t bytes = 1) {
    for (std::size_t number = 0; number < count; ++number) add(plugin_id, plugin_id, bytes);
  }
  std::vector<std::string> take() {
    std::vector<std::string> names;
    for (const auto& operation : lanes.take_group()) {
      names.push_back(dynamic_cast<const Named&>(*operation).name);
    }
    return names;
  }
  /// "<name> <how many of it in a row>" of a group.
  std::vector<std::string> take_runs() {
    std::vector<std::string> runs;
    std::size_t length = 0;
    const auto names = take();
    for (std::size_t at = 0; at < names.size(); ++at) {
      ++length;
      if (at + 1 < names.size() && names[at + 1] == names[at]) continue;
      runs.push_back(names[at] + " " + std::to_string(std::exchange(length, 0)));
    }
    return runs;
  }
  std::string refusal(const std::string& plugin_id, std::size_t bytes) {
    const auto room = lanes.check_room(plugin_id, Named("x", bytes));
    return room ? "" : room.error().message;
  }

  OperationLanes lanes{{.queued_operations_max = 2'000, .queued_bytes_max = 64u << 20}};
};

TEST_F(OperationLanesTest, KeepTheOrderOfEachPlugin) {
  add("a", "a1"), add("b", "b1"), add("a", "a2");
  EXPECT_THAT(take(), ElementsAre("a1", "a2", "b1"));
  EXPECT_TRUE(lanes.empty());
  EXPECT_THAT(take(), ElementsAre());
}

TEST_F(OperationLanesTest, TakeTurns) {
  add_many("a", 40);
  add_many("b", 20);
  add("c", "c");
  EXPECT_THAT(take_runs(), ElementsAre("a 16", "b 16", "c 1", "a 16", "b 4", "a 8"));
}

TEST_F(OperationLanesTest, WhoComesWhileAPluginHasManyIsInTheNextGroup) {
  add_many("a", 1'500);
  EXPECT_THAT(take_runs(), ElementsAre("a 1024"));
  add("b", "b");
  EXPECT_THAT(take_runs(), ElementsAre("b 1", "a 476"));
}

TEST_F(OperationLanesTest, AGroupGoesOnWhereTheLastOneEnded) {
  for (int plugin = 100; plugin < 200; ++plugin) add_many(std::to_string(plugin), 17);
  EXPECT_EQ(take_runs().back(), "163 16");
  EXPECT_EQ(take_runs().front(), "164 16");
}

TEST_F(OperationLanesTest, AGroupBeginsWithATurnOfTheHost) {
  add_many("a", 40);
  for (int i = 0; i < 17; ++i) add("", "host");
  EXPECT_THAT(take_runs(), ElementsAre("host 16", "a 16", "host 1", "a 24"));
}

TEST_F(OperationLanesTest, WhatIsLastWaitsForAll) {
  add_many("a", 1'024);
  lanes.add_last(std::make_unique<Named>("last", 0));
  add("b", "b");
  EXPECT_THAT(take_runs(), ElementsAre("a 16", "b 1", "a 1007"));
  EXPECT_FALSE(lanes.empty());
  add("", "host");
  EXPECT_THAT(take_runs(), ElementsAre("host 1", "a 1", "last 1"));
  EXPECT_TRUE(lanes.empty());
}

TEST_F(OperationLanesTest, AGroupHoldsOnlySoManyBytes) {
  add_many("a", 12, OperationLanes::turn_bytes_max);
  add_many("b", 2, OperationLanes::turn_bytes_max);
  EXPECT_THAT(take_runs(), ElementsAre("a 1", "b 1", "a 1", "b 1", "a 4"));
  EXPECT_THAT(take_runs(), ElementsAre("a 6"));
}

TEST_F(OperationLanesTest, LargeOnesMakeATurnShorter) {
  add_many("a", 3, OperationLanes::turn_bytes_max - 1);
  add_many("b", 2, OperationLanes::turn_bytes_max);
  EXPECT_THAT(take_runs(), ElementsAre("a 2", "b 1", "a 1", "b 1"));
}

TEST_F(OperationLanesTest, OneThatIsFullLeavesTheOthersTheirRoom) {
  add_many("a", 1'999);
  EXPECT_EQ(refusal("a", 1), "");
  add("a", "a");
  EXPECT_EQ(refusal("a", 1),
            "the store is behind: 2000 operations of this plugin wait for the disk, the limit is "
            "2000");
  EXPECT_EQ(refusal("b", 64u << 20), "");
  EXPECT_EQ(refusal("b", (64u << 20) + 1),
            "the store is behind: 0 bytes of this plugin wait for the disk and 67108865 more would "
            "pass the limit of 67108864");
  EXPECT_EQ(refusal("", (64u << 20) + 1).substr(0, 44),
            "the store is behind: 0 bytes of the host wai");
  EXPECT_EQ(take().size(), OperationLanes::group_operations_max);
  EXPECT_EQ(refusal("a", 1), "") << "taken is no longer waiting";
}

TEST_F(OperationLanesTest, WhereAllTogetherHoldTooMuchEachMayHaveOneWaiting) {
  constexpr auto large = std::size_t{60} << 20;
  for (const auto* plugin : {"a", "b", "c", "d"}) add(plugin, plugin, large);
  EXPECT_EQ(refusal("a", 1u << 20), "");
  add("e", "e", 10u << 20);
  EXPECT_EQ(refusal("e", 6u << 20), "");
  EXPECT_EQ(
      refusal("e", (6u << 20) + 1),
      "the store is behind: 262144000 bytes of all plugins wait for the disk and 6291457 more "
      "would pass the limit of 268435456");
  EXPECT_EQ(refusal("f", 60u << 20), "") << "the first of its lane";
}

}  // namespace
}  // namespace collet
