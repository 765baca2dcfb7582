// Both sides of every time limit of ServerOptions. The limits are made small; nothing sleeps: what
// must end is awaited, what must not end is given a few limits of loop time.
#include <gmock/gmock.h>

#include "http/server_fixture.hpp"

namespace collet::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view k_get_a = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ServerTest, ASlowHeadIsAnswered408AndClosed) {
  start({.head_timeout = 60ms});
  auto client = this->client();
  client.send("GET /a HTTP/1.1\r\n");
  EXPECT_EQ(client.read_all(),
            "HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\n"
            "Content-Length: 75\r\nConnection: close\r\n\r\n"
            "{\"error\":\"the request's head did not arrive within 60 ms\",\"code\":\"timeout\"}");
  EXPECT_EQ(counters().heads_late, 1u);
}

TEST_F(ServerTest, DrippingAHeadDoesNotHelp) {
  start({.head_timeout = 100ms});
  auto client = this->client();
  client.send("GET /a HTTP/1.1\r\n");
  while (counters().heads_late == 0) {
    client.send("X: y\r\n");
    thread_.pass(10ms);
  }
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, AHeadInTimeIsServedHoweverSlowTheHandler) {
  hold_requests();
  start({.head_timeout = 300ms,
         .body_timeout = 300ms,
         .idle_timeout = 300ms,
         .write_timeout = 300ms});
  auto client = this->client();
  client.send("GET /a HTTP/1.1\r\n");
  thread_.call([] { return true; });
  client.send("Host: localhost\r\n\r\n");
  ASSERT_TRUE(await_held(1));
  thread_.pass(700ms);
  held_[0].second.send(text("late but welcome"));
  EXPECT_THAT(client.read_answer(), EndsWith("late but welcome"));
}

TEST_F(ServerTest, TwoHundredSlowHeadsAreAllCut) {
  start({.head_timeout = 200ms});
  std::vector<RawClient> slow;
  for (int i = 0; i < 200; ++i) {
    slow.emplace_back(port_);
    slow.back().send("GET /a HTTP/1.1\r\nX: ");
  }
  auto healthy = client();
  healthy.send(k_get_a);
  EXPECT_THAT(healthy.read_answer(), StartsWith("HTTP/1.1 200 OK"));
  EXPECT_TRUE(await_counter(&ServerCounters::heads_late, 200));
  for (auto& client : slow) EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, ASlowBodyIsAnswered408AndClosed) {
  start({.body_timeout = 60ms});
  auto client = this->client();
  client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nh");
  const auto answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(answer, HasSubstr("the request's body did not arrive within 60 ms"));
  EXPECT_EQ(counters().bodies_late, 1u);
  EXPECT_EQ(counters().requests, 0u);
}

TEST_F(ServerTest, AnIdleConnectionIsClosedInSilence) {
  start({.idle_timeout = 60ms});
  auto fresh = client();
  EXPECT_EQ(fresh.read_all(), "");
  auto used = client();
  used.send(k_get_a);
  EXPECT_THAT(used.read_all(), EndsWith("GET /a "));
  EXPECT_EQ(counters().idle_closed, 2u);
}

TEST_F(ServerTest, EveryRequestStartsTheIdleTimeAnew) {
  start({.idle_timeout = 1000ms});
  auto client = this->client();
  for (int i = 0; i < 5; ++i) {
    client.send(k_get_a);
    ASSERT_THAT(client.read_answer(), EndsWith("GET /a ")) << i;
    thread_.pass(300ms);
  }
}

TEST_F(ServerTest, AnAnswerThatNobodyReadsIsGivenUp) {
  const std::string large(16u << 20, 'x');
  handler_.function = [&large](Request, Responder responder) { responder.send(text(large)); };
  start({.write_timeout = 60ms});
  RawClient client(port_, 4096);
  client.send(k_get_a);
  EXPECT_TRUE(await_counter(&ServerCounters::writes_stalled, 1));
  EXPECT_TRUE(await_connections(0));
  thread_.call([this] { EXPECT_EQ(server_->requests_open(), 0u); });
}

TEST_F(ServerTest, AStreamThatNobodyReadsIsGivenUp) {
  std::unique_ptr<Stream> stream;
  std::stop_token closed;
  handler_.function = [&](Request request, Responder responder) {
    closed = request.closed;
    stream = responder.stream({.body = std::string(8u << 20, 'x')});
  };
  start({.stream_bytes_max = 64u << 20, .write_timeout = 60ms});
  RawClient client(port_, 4096);
  client.send(k_get_a);
  EXPECT_TRUE(await_counter(&ServerCounters::writes_stalled, 1));
  EXPECT_TRUE(thread_.call([&] { return closed.stop_requested(); }));
  thread_.call([&] { stream.reset(); });
}

TEST_F(ServerTest, AStreamMayBeSilentForLong) {
  std::unique_ptr<Stream> stream;
  handler_.function = [&](Request, Responder responder) {
    stream = responder.stream({.content_type = "text/event-stream"});
  };
  start({.head_timeout = 300ms,
         .body_timeout = 300ms,
         .idle_timeout = 300ms,
         .write_timeout = 300ms});
  auto client = this->client();
  client.send(k_get_a);
  client.read_until("\r\n\r\n");
  thread_.pass(700ms);
  EXPECT_TRUE(thread_.call([&] { return stream->write("hello"); }));
  EXPECT_EQ(client.read_until("hello\r\n"), "5\r\nhello\r\n");
  thread_.call([&] { stream.reset(); });
}

TEST_F(ServerTest, AClientThatNeverClosesDoesNotLinger) {
  start({.linger_timeout = 60ms});
  auto client = this->client();
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("GET /a "));
  EXPECT_TRUE(await_connections(0));  // although `client` is open
}

}  // namespace
}  // namespace collet::http
