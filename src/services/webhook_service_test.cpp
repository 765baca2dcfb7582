#include "services/webhook_service.hpp"

#include "services/fake_workers.hpp"
#include "services/large_work.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class WebhookServiceTest : public ServicesTest {
 protected:
  WebhookServiceTest() {
    webhooks.attach(workers);
    loop.run_ready();
  }
  ~WebhookServiceTest() override {
    for (; !workers.calls.empty(); loop.run_ready()) workers.answer();
  }

  /// "handled", what the plugin failed of, or why it was not told; empty while it is not answered.
  std::shared_ptr<std::string> send(Webhook webhook) {
    webhook.plugin_id = "u";
    webhook.endpoint_key = "push";
    auto answer = std::make_shared<std::string>();
    webhooks.receive(std::move(webhook), Reply<WebhookOutcome>([answer](auto outcome) {
                       if (!outcome) {
                         *answer = "refused: " + outcome.error().message;
                       } else {
                         *answer = outcome->handled ? "handled" : outcome->handled.error().message;
                       }
                     }));
    loop.run_ready();
    return answer;
  }
  /// Newest first.
  std::vector<WebhookDelivery> recorded() {
    std::vector<WebhookDelivery> found;
    store->webhooks().list({.plugin_id = "u", .limit = 500},
                           Reply<std::vector<WebhookDelivery>>([&](auto list) { found = *list; }));
    loop.run_ready();
    return found;
  }

  FakeWorkers workers;
  CountingBackground background{loop};
  const TimePoint begin = loop.now();
  WebhookService webhooks{
      {.loop = loop,
       .store = store->webhooks(),
       .background = background,
       .entropy = *entropy,
       .wall_clock = [this] { return WallTime{} + (loop.now() - begin); },
       .log = log},
      {.open_plugins = {"acme.x"}, .pending_per_plugin_max = 2, .error_bytes_max = 10}};
};

TEST_F(WebhookServiceTest, ThePluginIsToldOnceItIsRecorded) {
  const auto answer = send({.headers = {{"X-Sig", "1"}}, .body = "a=b"});
  ASSERT_EQ(workers.calls.size(), 1u);
  EXPECT_EQ(workers.calls[0].plugin_id, "u");
  EXPECT_EQ(workers.last().method, "handleWebhook");
  EXPECT_EQ(workers.last().company_id, "");
  EXPECT_EQ(workers.last().deadline.when(), loop.now() + 30s);
  auto delivery = recorded().at(0);
  EXPECT_EQ(workers.last().params_json,
            R"({"endpointKey":"push","headers":{"x-sig":"1"},"rawBody":"a=b","requestId":")" +
                delivery.id + "\"}");
  EXPECT_EQ(delivery.status, DeliveryStatus::pending);
  EXPECT_EQ(delivery.endpoint_key, "push");
  EXPECT_EQ(delivery.body_bytes, 3);
  EXPECT_EQ(*answer, "");

  loop.advance(70ms);
  workers.answer();
  loop.run_ready();
  EXPECT_EQ(*answer, "handled");
  delivery = recorded().at(0);
  EXPECT_EQ(delivery.status, DeliveryStatus::success);
  EXPECT_EQ(delivery.duration, 70ms);
  EXPECT_EQ(delivery.finished_at, WallTime{} + 70ms);
}

TEST_F(WebhookServiceTest, ALargeBodyIsReadOffTheLoop) {
  const auto body = [](std::size_t bytes) { return "\"" + std::string(bytes - 2, 'x') + "\""; };
  const std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Type", "application/json"}};
  send({.headers = headers, .body = body(k_on_loop_bytes_max)});
  EXPECT_EQ(background.runs, 0);
  send({.headers = headers, .body = body(k_on_loop_bytes_max + 1)});
  EXPECT_EQ(background.runs, 1);
  ASSERT_EQ(workers.calls.size(), 2u);
  EXPECT_THAT(workers.last().params_json,
              HasSubstr("\"parsedBody\":" + body(k_on_loop_bytes_max + 1)));
  EXPECT_EQ(recorded().at(0).body_bytes + recorded().at(1).body_bytes,
            2 * static_cast<std::int64_t>(k_on_loop_bytes_max) + 1);
}

TEST_F(WebhookServiceTest, DrainWaitsForALargeBody) {
  webhooks.receive(
      {.plugin_id = "u", .endpoint_key = "push", .body = std::string(k_on_loop_bytes_max + 1, 'x')},
      Reply<WebhookOutcome>([](auto) {}));
  bool drained = false;
  webhooks.drain(Reply<Done>([&](Result<Done>) { drained = true; }));
  loop.run_ready();
  EXPECT_FALSE(drained);
  ASSERT_EQ(workers.calls.size(), 1u);
  workers.answer();
  loop.run_ready();
  EXPECT_TRUE(drained);
}

TEST_F(WebhookServiceTest, WhatAPluginFailsOfIsToldAndKeptInAFewWords) {
  const auto answer = send({.body = "x"});
  workers.answer(fail(ErrorCode::tool_error, "bad signature"));
  loop.run_ready();
  EXPECT_EQ(*answer, "bad signature");
  EXPECT_EQ(recorded().at(0).status, DeliveryStatus::failed);
  EXPECT_EQ(recorded().at(0).error, "bad signat");
}

TEST_F(WebhookServiceTest, MoreThanItsLimitAreRefused) {
  send({.body = "1"});
  send({.body = "2"});
  EXPECT_EQ(*send({.body = "3"}),
            "refused: 2 webhooks of this plugin are under way, which is the limit");
  workers.answer();
  loop.run_ready();
  EXPECT_EQ(*send({.body = "4"}), "");
  EXPECT_EQ(recorded().size(), 3u);
}

TEST_F(WebhookServiceTest, OneThatCannotBeRecordedDoesNotReachThePlugin) {
  store->plugins().remove("u", Reply<Done>([](auto) {}));
  EXPECT_EQ(*send({.body = "x"}), "refused: no plugin in the store has the id u");
  EXPECT_TRUE(workers.calls.empty());
}

TEST_F(WebhookServiceTest, DeliveriesToAnEarlierHostAreEnded) {
  store->webhooks().begin({.id = "1", .plugin_id = "u", .endpoint_key = "push"},
                          Reply<Done>([](auto) {}));
  webhooks.attach(workers);
  EXPECT_EQ(recorded().at(0).error, "the host ended before the plugin answered");
}

TEST_F(WebhookServiceTest, DrainWaitsForWhatIsUnderWayAndTakesNothing) {
  const auto answer = send({.body = "x"});
  bool drained = false;
  webhooks.drain(Reply<Done>([&](Result<Done>) { drained = true; }));
  EXPECT_EQ(*send({.body = "y"}), "refused: the host is stopping");
  EXPECT_FALSE(drained);
  workers.answer(fail(ErrorCode::shutting_down, "ends"));
  loop.run_ready();
  EXPECT_EQ(*answer, "ends");
  EXPECT_TRUE(drained);
}

TEST_F(WebhookServiceTest, OpenIsWhatTheOperatorSays) {
  EXPECT_TRUE(webhooks.is_open("acme.x"));
  EXPECT_FALSE(webhooks.is_open("acme.y"));
}

TEST(HandleWebhookParams, HeadersAreInLowerCaseAndJoined) {
  EXPECT_EQ(
      handle_webhook_params(
          {.endpoint_key = "e", .headers = {{"B", "1"}, {"a", "2"}, {"b", "3"}}, .body = ""}, "r"),
      R"({"endpointKey":"e","headers":{"a":"2","b":"1, 3"},"rawBody":"","requestId":"r"})");
}

TEST(HandleWebhookParams, JsonIsParsedAndTheTextKept) {
  const auto params = [](std::string type, std::string body) {
    return handle_webhook_params(
        {.headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)}, "r");
  };
  const std::string spaced = "{ \"n\" : 1.0,\n\"n\":\"\\ud800\" }";
  for (const auto* type :
       {"application/json", "Application/JSON; charset=utf-8", "application/vnd.github+json"}) {
    EXPECT_THAT(params(type, spaced),
                HasSubstr(R"("rawBody":"{ \"n\" : 1.0,\n\"n\":\"\\ud800\" }",)"
                          R"("parsedBody":{"n":1.0,"n":"\ud800"})"));
  }
  EXPECT_THAT(params("text/plain", spaced), Not(HasSubstr("parsedBody")));
  EXPECT_THAT(params("application/json", "{nonsense"), Not(HasSubstr("parsedBody")));
  EXPECT_THAT(params("application/json", ""), Not(HasSubstr("parsedBody")));
  const auto deep = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_THAT(params("application/json", deep(1000)), HasSubstr("parsedBody"));
  EXPECT_THAT(params("application/json", deep(1001)), Not(HasSubstr("parsedBody")));
}

TEST(WebhookDeclared, OnlyEndpointsOfTheManifest) {
  constexpr std::string_view manifest =
      R"({"webhooks":[{"endpointKey":"a","displayName":"A"},{"endpointKey":"b c","displayName":"B"}]})";
  EXPECT_TRUE(WebhookService::declares(manifest, "a"));
  EXPECT_TRUE(WebhookService::declares(manifest, "b c"));
  EXPECT_FALSE(WebhookService::declares(manifest, "A"));
  EXPECT_FALSE(WebhookService::declares("{}", "a"));
}

}  // namespace
}  // namespace collet::services
