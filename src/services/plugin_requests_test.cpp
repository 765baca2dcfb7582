#include "services/plugin_requests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/fake_outbound.hpp"

namespace collet::services {
namespace {
using testing::ElementsAre;

class PluginRequestsTest : public testing::Test {
 protected:
  void send(std::string plugin, std::string url, std::size_t body_bytes = 0) {
    requests.send(
        {.caller = std::move(plugin), .url = url, .body = std::string(body_bytes, 'x')},
        Reply<http::OutboundResponse>([this, url](auto response) {
          answers.push_back(url + " " + (response ? response->body : response.error().message));
        }));
  }
  std::vector<std::string> sent() const {
    std::vector<std::string> urls;
    for (const auto& each : outbound.sent) urls.push_back(each.request.url);
    return urls;
  }

  http::FakeOutbound outbound;
  PluginRequests requests{outbound, {.running_max = 2, .waiting_max = 2, .waiting_bytes_max = 10}};
  std::vector<std::string> answers;
};

TEST_F(PluginRequestsTest, EachPluginHasSoManyUnderWay) {
  for (const auto* url : {"1", "2", "3", "4"}) send("a", url);
  send("b", "5");
  EXPECT_THAT(sent(), ElementsAre("1", "2", "5"));
  outbound.answer(200, "x");
  EXPECT_THAT(sent(), ElementsAre("2", "5", "3"));
  for (int i = 0; i < 4; ++i) outbound.answer(200, "y");
  EXPECT_THAT(answers, ElementsAre("1 x", "2 y", "5 y", "3 y", "4 y"));
  send("a", "6");
  EXPECT_THAT(sent(), ElementsAre("6"));
  outbound.answer(200, "z");
}

TEST_F(PluginRequestsTest, AndSoManyThatWait) {
  for (const auto* url : {"1", "2", "3", "4", "5"}) send("a", url);
  EXPECT_THAT(answers,
              ElementsAre("5 2 requests of this plugin are under way and 2 wait, which is the "
                          "limit; wait for some of the answers before you send more"));
  outbound.answer(200, "x");
  send("a", "6");
  EXPECT_EQ(answers.size(), 2u);
  outbound.stop();
  EXPECT_EQ(answers.size(), 6u);
}

TEST_F(PluginRequestsTest, AndSoManyBytesThatWait) {
  send("a", "1", 100);
  send("a", "2", 100);
  send("a", "3", 4);
  send("a", "4", 5);
  EXPECT_THAT(answers,
              ElementsAre("4 requests of this plugin with 5 bytes wait, and this one has 6: the "
                          "limit is 10 bytes; wait for some of the answers before you send more"));
  send("a", "5", 4);
  EXPECT_EQ(answers.size(), 1u);
  // What was sent takes no room any more.
  outbound.answer(200, "x");
  send("a", "6", 4);
  EXPECT_EQ(answers.size(), 2u);
  outbound.stop();
  EXPECT_EQ(answers.size(), 6u);
}

TEST_F(PluginRequestsTest, ThoseThatWaitAreAnsweredToo) {
  for (const auto* url : {"1", "2", "3", "4"}) send("a", url);
  outbound.stop();
  EXPECT_THAT(answers, ElementsAre("1 the host is stopping", "3 the host is stopping",
                                   "4 the host is stopping", "2 the host is stopping"));
}

}  // namespace
}  // namespace collet::services
