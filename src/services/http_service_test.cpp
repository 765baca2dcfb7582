#include "services/http_service.hpp"

#include "http/fake_outbound.hpp"
#include "services/services_fixture.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class HttpServiceTest : public ServicesTest {
 protected:
  HttpServiceTest() { manifest.capabilities = {"http.outbound"}; }
  ~HttpServiceTest() override { outbound.stop(); }

  void make(OutboundHttpSettings settings = {},
            std::map<std::string, PluginServiceSettings> plugins = {}) {
    service.emplace(
        HttpServiceParts{.loop = loop, .background = background, .outbound = outbound, .log = log},
        settings, plugins);
    service->add_to(table);
  }
  /// Its answer is in `answer` once it is there.
  void fetch(std::string_view params = R"({"url":"http://a/"})") {
    answer.clear();
    const auto document = *json::Document::parse(std::string(params));
    table.request(
        host_call("http.fetch", document.root()),
        Reply<std::string>([this](Result<std::string> outcome) { answer = text(outcome); }));
  }
  const http::OutboundRequest& sent() const { return outbound.sent.back().request; }
  bool permits(const char* host, std::uint16_t port, const char* address) {
    fetch();
    const bool permitted = sent().permits({host, port}, *http::parse_ip(address));
    outbound.answer(200, "");
    return permitted;
  }
  std::vector<std::string> counted() const {
    std::vector<ServiceCount> all;
    service->counts().append_to(all);
    std::vector<std::string> lines;
    for (const auto& each : all) {
      lines.push_back(each.plugin_key + " " + std::string(each.outcome) + " " +
                      std::to_string(each.count));
    }
    return lines;
  }

  std::string answer;
  http::FakeOutbound outbound;
  InlineBackground background{loop};
  ServiceTable table{{}};
  std::optional<HttpService> service;
};

TEST_F(HttpServiceTest, SendsAndAnswers) {
  make();
  fetch(R"({"url":"https://a.test/x","init":{"method":"POST","headers":{"X":"1"},"body":"b"}})");
  ASSERT_EQ(outbound.sent.size(), 1u);
  EXPECT_EQ(sent().url, "https://a.test/x");
  EXPECT_EQ(sent().method, "POST");
  EXPECT_EQ(sent().body, "b");
  EXPECT_EQ(sent().caller, "u");
  EXPECT_EQ(sent().deadline.when(), loop.now() + std::chrono::seconds(30));
  EXPECT_EQ(sent().response_bytes_max, 16u << 20);
  outbound.answer(http::OutboundResponse{
      .status = 201, .reason = "Made", .headers = {{"a", "b"}}, .body = "c"});
  EXPECT_EQ(answer, R"({"status":201,"statusText":"Made","headers":{"a":"b"},"body":"c"})");
}

TEST_F(HttpServiceTest, LargeAnswersAreWrittenOffTheLoop) {
  make();
  fetch(R"({"url":"http://a/"})");
  outbound.answer(200, std::string(300'000, 'x'));
  EXPECT_EQ(answer, "");
  loop.run_ready();
  EXPECT_EQ(
      answer.size(),
      300'000 + std::string(R"({"status":200,"statusText":"Said","headers":{},"body":""})").size());
}

TEST_F(HttpServiceTest, NeedsItsCapability) {
  make();
  manifest.capabilities.clear();
  fetch();
  EXPECT_EQ(answer.substr(0, 6), "-32001");
  EXPECT_THAT(outbound.sent, IsEmpty());
}

TEST_F(HttpServiceTest, PublicAddressesArePermittedAndNoOthers) {
  make();
  EXPECT_TRUE(permits("a.test", 80, "8.8.8.8"));
  for (const auto* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00::1",
                              "::ffff:127.0.0.1", "64:ff9b::7f00:1"}) {
    EXPECT_FALSE(permits("a.test", 80, address)) << address;
  }
}

TEST_F(HttpServiceTest, TheOperatorAllowsMoreForAllAndForOne) {
  make({.allow = {"127.0.0.1:8080"}}, {{"acme.x", {.http_allow = {"*.internal.example"}}}});
  EXPECT_TRUE(permits("a.test", 8080, "127.0.0.1"));
  EXPECT_FALSE(permits("a.test", 8081, "127.0.0.1"));
  EXPECT_TRUE(permits("a.internal.example", 80, "10.0.0.1"));
  worker = {.plugin_id = "v", .plugin_key = "acme.y"};
  EXPECT_TRUE(permits("a.test", 8080, "127.0.0.1"));
  EXPECT_FALSE(permits("a.internal.example", 80, "10.0.0.1"));
}

TEST_F(HttpServiceTest, WhatIsAllowedByNameGoesByNoProxy) {
  make({.allow = {"127.0.0.1:8080", "*.internal.example", "10.0.0.0/8"}});
  fetch();
  const auto& route = sent().route;
  EXPECT_EQ(route({"127.0.0.1", 8080}), http::Route::direct);
  EXPECT_EQ(route({"10.1.1.1", 1}), http::Route::direct);
  EXPECT_EQ(route({"a.internal.example", 80}), http::Route::direct);
  EXPECT_EQ(route({"a.example", 80}), http::Route::by_proxy);
  EXPECT_EQ(route({"127.0.0.1", 80}), http::Route::by_proxy);
}

TEST_F(HttpServiceTest, OutcomesAreCountedAndRefusalsToldOnceAMinute) {
  make();
  const auto fetched = [&](Result<http::OutboundResponse> response) {
    fetch();
    outbound.answer(std::move(response));
  };
  for (const int status : {200, 204, 301, 404, 503})
    fetched(http::OutboundResponse{.status = status});
  for (int i = 0; i < 2; ++i) fetched(fail(ErrorCode::forbidden, "All resolved IPs for a are …"));
  fetched(fail(ErrorCode::timeout, "late"));
  fetched(fail(ErrorCode::worker_unavailable, "broken"));
  fetch("{}");
  EXPECT_THAT(counted(), ElementsAre("acme.x 2xx 2", "acme.x 3xx 1", "acme.x 4xx 1", "acme.x 5xx 1",
                                     "acme.x failed 1", "acme.x refused 3", "acme.x timeout 1"));
  EXPECT_THAT(log.alarms(), ElementsAre(HasSubstr("allow it with services.http.allow or plugin.")));
  loop.advance(std::chrono::minutes(1));
  fetched(fail(ErrorCode::forbidden, "All resolved IPs for a are …"));
  EXPECT_EQ(log.alarms().size(), 2u);
}

TEST_F(HttpServiceTest, TheEndWaitsForAnswersThatAreBeingWritten) {
  make();
  fetch(R"({"url":"http://a/"})");
  outbound.answer(200, std::string(300'000, 'x'));
  bool drained = false;
  service->drain(Reply<Done>([&](auto) {
    EXPECT_NE(answer, "");
    drained = true;
  }));
  EXPECT_FALSE(drained);
  loop.run_ready();
  EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace collet::services
