#include "store/config_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;

class ConfigStoreTest : public testing::Test {
 protected:
  ConfigStoreTest() {
    insert("a");
    insert("b");
  }

  void insert(const std::string& name) {
    store_->plugins().insert(test::sample_record(name), Reply<PluginRecord>([](auto row) {
                               ASSERT_TRUE(row) << row.error().message;
                             }));
    loop_.run_ready();
  }
  static PluginConfigRecord config(std::string id, std::string plugin, std::string company,
                                   std::string json = "{}", WallTime at = test::k_noon) {
    return {.id = std::move(id),
            .plugin_id = std::move(plugin),
            .company_id = std::move(company),
            .config_json = std::move(json),
            .created_at = at,
            .updated_at = at};
  }
  /// One row in a line: "<id> <plugin>/<company> <json> +<created> +<updated>", milliseconds after
  /// noon.
  static std::string line(const PluginConfigRecord& row) {
    const auto after_noon = [](WallTime time) {
      return " +" + std::to_string(to_epoch_ms(time) - to_epoch_ms(test::k_noon));
    };
    return row.id + " " + row.plugin_id + "/" + row.company_id + " " + row.config_json +
           after_noon(row.created_at) + after_noon(row.updated_at);
  }
  std::string put(PluginConfigRecord record) {
    std::string answer;
    store_->configs().put(std::move(record), Reply<PluginConfigRecord>([&](auto row) {
                            answer = row ? line(*row)
                                         : std::string(describe(row.error().code).name) + ": " +
                                               row.error().message;
                          }));
    loop_.run_ready();
    return answer;
  }
  std::vector<std::string> list() {
    std::vector<std::string> lines;
    store_->configs().list(Reply<std::vector<PluginConfigRecord>>([&](auto rows) {
      ASSERT_TRUE(rows) << rows.error().message;
      for (const auto& row : *rows) lines.push_back(line(row));
    }));
    loop_.run_ready();
    return lines;
  }

  VirtualLoop loop_;
  std::unique_ptr<Store> store_ = *make_memory_store(loop_);
};

TEST_F(ConfigStoreTest, KeepsOneForEachPluginAndCompanyByteForByte) {
  const std::string json = R"({"b":1.0,"a":1234567890123456789012345,"s":"\ud800"})";
  EXPECT_EQ(put(config("1", "id-a", "acme", json)), "1 id-a/acme " + json + " +0 +0");
  EXPECT_EQ(put(config("2", "id-a", "globex")), "2 id-a/globex {} +0 +0");
  EXPECT_EQ(put(config("3", "id-b", "acme")), "3 id-b/acme {} +0 +0");
  EXPECT_THAT(list(), ElementsAre("1 id-a/acme " + json + " +0 +0", "2 id-a/globex {} +0 +0",
                                  "3 id-b/acme {} +0 +0"));
}

TEST_F(ConfigStoreTest, ANewTextKeepsTheRowAndWhenItWasMade) {
  put(config("1", "id-a", "acme"));
  EXPECT_EQ(put(config("2", "id-a", "acme", R"({"a":1})", test::k_noon + 5ms)),
            R"(1 id-a/acme {"a":1} +0 +5)");
  EXPECT_THAT(list(), ElementsAre(R"(1 id-a/acme {"a":1} +0 +5)"));
}

TEST_F(ConfigStoreTest, ListsTheEldestFirst) {
  put(config("1", "id-a", "acme", "{}", test::k_noon + 2ms));
  put(config("2", "id-a", "globex", "{}", test::k_noon + 1ms));
  put(config("3", "id-a", "initech", "{}", test::k_noon + 2ms));
  put(config("4", "id-a", "globex", "{}", test::k_noon + 3ms));
  EXPECT_THAT(list(), ElementsAre("2 id-a/globex {} +1 +3", "1 id-a/acme {} +2 +2",
                                  "3 id-a/initech {} +2 +2"));
}

TEST_F(ConfigStoreTest, APluginThatIsNotThereIsNotConfigured) {
  EXPECT_EQ(put(config("1", "nobody", "acme")),
            "plugin_not_found: no plugin in the store has the id nobody");
  EXPECT_THAT(list(), ElementsAre());
}

TEST_F(ConfigStoreTest, ConfigurationsGoWithTheirPlugin) {
  put(config("1", "id-a", "acme"));
  put(config("2", "id-b", "acme"));
  store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
  loop_.run_ready();
  EXPECT_THAT(list(), ElementsAre("2 id-b/acme {} +0 +0"));
}

}  // namespace
}  // namespace collet
