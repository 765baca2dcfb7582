#include "store/webhook_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/virtual_loop.hpp"
#include "store/sqlite_store.hpp"
#include "store/store_test_support.hpp"

namespace collet {
namespace {
using namespace std::chrono_literals;
using test::k_noon;
using testing::ElementsAre;

class WebhookStoreTest : public testing::Test {
 protected:
  WebhookStoreTest() {
    for (const auto* name : {"a", "b"}) {
      store_->plugins().insert(test::sample_record(name),
                               Reply<PluginRecord>([](auto row) { ASSERT_TRUE(row); }));
    }
    loop_.run_ready();
  }

  static WebhookDelivery delivery(std::string id, std::string plugin = "id-a") {
    return {.id = std::move(id),
            .plugin_id = std::move(plugin),
            .endpoint_key = "push",
            .body_bytes = 12,
            .received_at = k_noon};
  }
  /// "done", or why not.
  template <class Ask>
  std::string outcome(Ask ask) {
    std::string answer;
    ask(Reply<Done>([&](Result<Done> done) {
      answer = done ? "done" : std::string(describe(done.error().code).name);
    }));
    loop_.run_ready();
    return answer;
  }
  std::string begin(WebhookDelivery given) {
    return outcome(
        [&](auto reply) { store_->webhooks().begin(std::move(given), std::move(reply)); });
  }
  std::vector<WebhookDelivery> deliveries(std::string plugin = "id-a", std::size_t limit = 500) {
    std::vector<WebhookDelivery> found;
    store_->webhooks().list({.plugin_id = std::move(plugin), .limit = limit},
                            Reply<std::vector<WebhookDelivery>>([&](auto list) {
                              ASSERT_TRUE(list) << list.error().message;
                              found = *list;
                            }));
    loop_.run_ready();
    return found;
  }
  /// Newest first, as "id status".
  std::vector<std::string> said(std::string plugin = "id-a", std::size_t limit = 500) {
    std::vector<std::string> lines;
    for (const auto& each : deliveries(std::move(plugin), limit))
      lines.push_back(each.id + " " + std::string(to_string(each.status)));
    return lines;
  }

  VirtualLoop loop_;
  std::unique_ptr<Store> store_ = *make_memory_store(loop_, {.deliveries_per_plugin_max = 3});
};

TEST_F(WebhookStoreTest, KeepsWhatBecameOfADelivery) {
  auto one = delivery("1");
  EXPECT_EQ(begin(one), "done");
  auto kept = deliveries().at(0);
  EXPECT_EQ(kept.plugin_id, "id-a");
  EXPECT_EQ(kept.endpoint_key, "push");
  EXPECT_EQ(kept.status, DeliveryStatus::pending);
  EXPECT_EQ(kept.body_bytes, 12);
  EXPECT_EQ(kept.received_at, k_noon);
  EXPECT_EQ(kept.finished_at, std::nullopt);
  EXPECT_EQ(kept.error, std::nullopt);

  one.status = DeliveryStatus::failed;
  one.error = "bad signature";
  one.finished_at = k_noon + 1s;
  one.duration = 999ms;
  EXPECT_EQ(outcome([&](auto reply) { store_->webhooks().finish(one, std::move(reply)); }), "done");
  kept = deliveries().at(0);
  EXPECT_EQ(kept.status, DeliveryStatus::failed);
  EXPECT_EQ(kept.error, "bad signature");
  EXPECT_EQ(kept.finished_at, k_noon + 1s);
  EXPECT_EQ(kept.duration, 999ms);
}

TEST_F(WebhookStoreTest, OfEachPluginTheLastAreKeptNewestFirst) {
  for (const auto* id : {"1", "2", "3", "4"}) begin(delivery(id));
  begin(delivery("other", "id-b"));
  EXPECT_THAT(said(), ElementsAre("4 pending", "3 pending", "2 pending"));
  EXPECT_THAT(said("id-a", 1), ElementsAre("4 pending"));
  EXPECT_THAT(said("id-b"), ElementsAre("other pending"));
  EXPECT_EQ(begin(delivery("5", "nobody")), "plugin_not_found");
}

TEST_F(WebhookStoreTest, DeliveriesToAHostThatIsGoneAreEnded) {
  auto fine = delivery("1");
  begin(fine);
  fine.status = DeliveryStatus::success;
  outcome([&](auto reply) { store_->webhooks().finish(fine, std::move(reply)); });
  begin(delivery("2"));
  outcome([&](auto reply) {
    store_->webhooks().end_unfinished("the host ended", k_noon + 1h, std::move(reply));
  });
  EXPECT_THAT(said(), ElementsAre("2 failed", "1 success"));
  EXPECT_EQ(deliveries().at(0).error, "the host ended");
}

TEST_F(WebhookStoreTest, DeliveriesGoWithTheirPlugin) {
  begin(delivery("1"));
  store_->plugins().remove("id-a", Reply<Done>([](auto done) { EXPECT_TRUE(done); }));
  EXPECT_THAT(said(), ElementsAre());
}

}  // namespace
}  // namespace collet
