#include "store/state_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {

class StateStoreTest : public testing::Test {
 protected:
  explicit StateStoreTest(const StoreLimits& limits = {})
      : store_(*make_memory_store(loop_, limits)) {
    store_->plugins().insert(test::sample_record("a"), Reply<PluginRecord>([](auto row) {
                               ASSERT_TRUE(row) << row.error().message;
                             }));
    store_->plugins().insert(test::sample_record("b"), Reply<PluginRecord>([](auto row) {
                               ASSERT_TRUE(row) << row.error().message;
                             }));
    loop_.run_ready();
  }

  static StateKey key(std::string name, std::optional<std::string> scope_id = std::nullopt) {
    return {.plugin_id = "id-a",
            .scope_kind = "instance",
            .scope_id = std::move(scope_id),
            .name_space = "default",
            .key = std::move(name)};
  }
  /// "done", or why not.
  std::string set(StateKey where, std::string json) {
    std::string answer;
    store_->state().set(std::move(where), std::move(json), Reply<Done>([&](Result<Done> outcome) {
                          answer = outcome ? "done"
                                           : std::string(describe(outcome.error().code).name) +
                                                 ": " + outcome.error().message;
                        }));
    loop_.run_ready();
    return answer;
  }
  std::string get(StateKey where) {
    std::string answer;
    store_->state().get(std::move(where), Reply<std::optional<std::string>>([&](auto outcome) {
                          answer = outcome ? outcome->value_or("nothing") : outcome.error().message;
                        }));
    loop_.run_ready();
    return answer;
  }
  std::string remove(StateKey where) {
    std::string answer;
    store_->state().remove(std::move(where), Reply<Done>([&](Result<Done> outcome) {
                             answer = outcome ? "done" : outcome.error().message;
                           }));
    loop_.run_ready();
    return answer;
  }

  VirtualLoop loop_;
  std::unique_ptr<Store> store_;
};

TEST_F(StateStoreTest, KeepsTheBytesOfAValue) {
  const std::string json = R"({"b":1.0,"a":1234567890123456789012345,"s":"\ud800\u0000"})";
  EXPECT_EQ(get(key("k")), "nothing");
  EXPECT_EQ(set(key("k"), json), "done");
  EXPECT_EQ(get(key("k")), json);
  EXPECT_EQ(set(key("k"), "null"), "done");
  EXPECT_EQ(get(key("k")), "null");
  EXPECT_EQ(remove(key("k")), "done");
  EXPECT_EQ(get(key("k")), "nothing");
  EXPECT_EQ(remove(key("k")), "done");
}

TEST_F(StateStoreTest, EveryPartOfAKeyCounts) {
  auto other_kind = key("k");
  other_kind.scope_kind = "company";
  auto other_space = key("k");
  other_space.name_space = "";
  auto other_plugin = key("k");
  other_plugin.plugin_id = "id-b";
  auto other_company = key("k");
  other_company.company_id = "acme";
  const std::array keys{key("k"),   key("k", ""), key("k", "x"), key("K"),
                        other_kind, other_space,  other_plugin,  other_company};
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(set(keys[i], std::to_string(i)), "done");
  for (std::size_t i = 0; i < keys.size(); ++i) EXPECT_EQ(get(keys[i]), std::to_string(i));
  EXPECT_EQ(remove(key("k", "")), "done");
  EXPECT_EQ(get(key("k", "")), "nothing");
  EXPECT_EQ(get(key("k")), "0");
}

TEST_F(StateStoreTest, APluginThatIsNotThereHasNoState) {
  auto where = key("k");
  where.plugin_id = "nobody";
  EXPECT_EQ(set(where, "1"), "plugin_not_found: no plugin in the store has the id nobody");
  EXPECT_EQ(get(where), "nothing");
}

TEST_F(StateStoreTest, StateGoesWithItsPlugin) {
  EXPECT_EQ(set(key("k"), "1"), "done");
  for (const bool again : {false, true}) {
    store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
    store_->plugins().insert(test::sample_record("a"),
                             Reply<PluginRecord>([](auto row) { EXPECT_TRUE(row); }));
    EXPECT_EQ(get(key("k")), "nothing");
    EXPECT_EQ(set(key("k"), again ? "2" : "1"), "done");
  }
}

class StateLimitTest : public StateStoreTest {
 protected:
  StateLimitTest() : StateStoreTest({.state_bytes_max = 1'324}) {}
};

TEST_F(StateLimitTest, APluginsStateHasALimitThatDeletingMakesRoomIn) {
  const std::string quarter(100, '1');
  for (const auto* name : {"1", "2", "3"}) EXPECT_EQ(set(key(name), quarter), "done");
  // Four times 200 bytes, and twice 16 for the names.
  EXPECT_EQ(set(key("4"), quarter.substr(4)), "done");
  constexpr auto too_large =
      "payload_too_large: the plugin's state would pass its limit of 1324 bytes";
  EXPECT_EQ(set(key(""), "1"), too_large);
  EXPECT_EQ(get(key("")), "nothing");
  EXPECT_EQ(set(key("4"), "1"), "done");
  EXPECT_EQ(set(key("5"), "2"), too_large);
  EXPECT_EQ(remove(key("1")), "done");
  EXPECT_EQ(set(key("5"), "2"), "done");
  EXPECT_EQ(set(key("4"), quarter), "done");
  auto other = key("k");
  other.plugin_id = "id-b";
  EXPECT_EQ(set(other, quarter), "done");
}

TEST_F(StateLimitTest, NamesCountAgainstTheLimitWhicheverTheyAre) {
  for (const auto part : {&StateKey::scope_kind, &StateKey::name_space, &StateKey::key}) {
    auto where = key("k");
    where.*part = std::string(1'000, 'n');
    EXPECT_THAT(set(where, "1"), testing::StartsWith("payload_too_large"));
  }
  EXPECT_THAT(set(key("k", std::string(1'000, 'n')), "1"),
              testing::StartsWith("payload_too_large"));
  // 200 bytes, twice 16 and 545, and one.
  EXPECT_EQ(set(key("k", std::string(545, 'n')), "1"), "done");
  EXPECT_EQ(set(key("k", std::string(545, 'n')), "12"), "done");
  EXPECT_THAT(set(key("k", std::string(545, 'n')), "123"), testing::StartsWith("payload"));
}

}  // namespace
}  // namespace collet
