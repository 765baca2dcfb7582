// Both sides of every size and number of ServerOptions.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <memory>
#include <vector>

#include "base/descriptors.hpp"
#include "base/no_descriptors.hpp"
#include "http/server_fixture.hpp"

namespace collet::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view k_get_a = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::string post(std::string headers, std::string body) {
  return "POST /a HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
}

/// A request whose head has exactly `bytes` bytes.
std::string head_of(std::size_t bytes) {
  const std::string begin = "GET /a HTTP/1.1\r\nHost: localhost\r\nX: ";
  return begin + std::string(bytes - begin.size() - 4, 'x') + "\r\n\r\n";
}

TEST_F(ServerTest, HeadAtTheLimitAndOnePastIt) {
  start({.head_bytes_max = 1000});
  auto at = client();
  at.send(head_of(1000));
  EXPECT_THAT(at.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
  at.send(head_of(1000) + head_of(1000));  // each head has the whole limit
  EXPECT_THAT(at.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(at.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));

  auto past = client();
  past.send(head_of(1001));
  EXPECT_EQ(past.read_all(),
            "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: application/json\r\n"
            "Content-Length: 136\r\nConnection: close\r\n\r\n"
            "{\"error\":\"request line and headers pass the head limit of 1000 bytes\","
            "\"code\":\"invalid_request\",\"remedy\":\"send fewer or shorter headers\"}");
}

TEST_F(ServerTest, AnEndlessHeadOfManyPiecesIsStopped) {
  start({.head_bytes_max = 1000});
  auto client = this->client();
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\n");
  for (int i = 0; i < 200; ++i) {
    client.send("X: 0123456789\r\n");
    thread_.call([] { return true; });
  }
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, HeadAtTheDefaultLimit) {
  start();
  auto at = client();
  at.send(head_of(64u << 10));
  EXPECT_THAT(at.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
  auto past = client();
  past.send(head_of((64u << 10) + 1));
  EXPECT_THAT(past.read_all(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, AnnouncedBodyAtTheLimitAndOnePastIt) {
  start({.body_bytes_max = 10});
  auto client = this->client();
  client.send(post("Content-Length: 10\r\n", "0123456789"));
  EXPECT_THAT(client.read_answer(), EndsWith("POST /a 0123456789"));
  client.send(post("Content-Length: 11\r\n", ""));  // refused before a byte of it is sent
  EXPECT_EQ(client.read_all(),
            "HTTP/1.1 413 Content Too Large\r\nContent-Type: application/json\r\n"
            "Content-Length: 125\r\nConnection: close\r\n\r\n"
            "{\"error\":\"the request body passes the limit of 10 bytes\","
            "\"code\":\"payload_too_large\",\"remedy\":\"send less, or raise the limit\"}");
}

TEST_F(ServerTest, ChunkedBodyAtTheLimitAndOnePastIt) {
  start({.body_bytes_max = 10});
  auto client = this->client();
  client.send(post("Transfer-Encoding: chunked\r\n", "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"));
  EXPECT_THAT(client.read_answer(), EndsWith("POST /a 0123456789"));
  client.send(post("Transfer-Encoding: chunked\r\n", "5\r\n01234\r\n6\r\n"));
  EXPECT_THAT(client.read_all(), HasSubstr("\"code\":\"payload_too_large\""));
}

TEST_F(ServerTest, AllBodiesTogetherAtTheLimitAndOnePastIt) {
  hold_requests();
  start({.body_bytes_max = 10, .bodies_bytes_max = 15});
  auto one = client();
  one.send(post("Content-Length: 10\r\n", "0123456789"));
  ASSERT_TRUE(await_held(1));
  auto two = client();
  two.send(post("Transfer-Encoding: chunked\r\n", "5\r\n01234\r\n0\r\n\r\n"));
  ASSERT_TRUE(await_held(2));  // 15 bytes are kept

  auto past = client();
  past.send(post("Content-Length: 2\r\n", "0"));  // its body is not even complete
  EXPECT_EQ(
      past.read_all(),
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
      "Content-Length: 188\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
      "{\"error\":\"the bodies of all requests under way pass the limit of 15 bytes together\","
      "\"code\":\"overloaded\",\"remedy\":\"send it again later, or fewer large requests at "
      "once\",\"retryAfterMs\":1000}");
  auto without = client();
  without.send(k_get_a);
  ASSERT_TRUE(await_held(3)) << "a request without body needs none of it";

  thread_.call([this] { held_[0].second.send(text("ok")); });
  EXPECT_THAT(one.read_answer(), EndsWith("ok"));
  one.send(post("Content-Length: 10\r\n", "0123456789"));
  EXPECT_TRUE(await_held(4)) << "an answered request gives its part back";
}

TEST_F(ServerTest, OneBodyAloneAlwaysFits) {
  start({.body_bytes_max = 10, .bodies_bytes_max = 1});
  auto client = this->client();
  client.send(post("Content-Length: 10\r\n", "0123456789"));
  EXPECT_THAT(client.read_answer(), EndsWith("POST /a 0123456789"));
}

TEST_F(ServerTest, ABodyThatNeverEndsGivesItsPartBackWithItsConnection) {
  start({.body_bytes_max = 10, .bodies_bytes_max = 10});
  auto gone = client();
  gone.send(post("Expect: 100-continue\r\nContent-Length: 10\r\n", ""));
  gone.read_until("100 Continue\r\n\r\n");
  gone.send("012345678");
  gone.reset();
  ASSERT_TRUE(await_connections(0));
  auto next = client();
  next.send(post("Content-Length: 10\r\n", "0123456789"));
  EXPECT_THAT(next.read_answer(), EndsWith("POST /a 0123456789"));
}

TEST_F(ServerTest, WhoIsNotAdmittedCannotSendABody) {
  handler_.admission = [](const Request& head) -> std::optional<Response> {
    EXPECT_EQ(head.body, "");
    if (head.header("X-Pass")) return std::nullopt;
    return Response{.status = 401, .content_type = "text/plain", .body = "no"};
  };
  start();
  auto stranger = client();
  stranger.send(post("Expect: 100-continue\r\nContent-Length: 10000000\r\n", ""));
  EXPECT_EQ(stranger.read_all(),
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"
            "Connection: close\r\n\r\nno");
  auto chunky = client();
  chunky.send(post("Transfer-Encoding: chunked\r\n", "5\r\n01234\r\n"));
  EXPECT_THAT(chunky.read_all(), StartsWith("HTTP/1.1 401 "));
  EXPECT_EQ(counters().requests, 0u);
  EXPECT_EQ(counters().refused, 2u);

  auto client = this->client();
  client.send(k_get_a);  // no body follows: the connection stays
  EXPECT_EQ(client.read_answer(),
            "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nno");
  client.send(post("X-Pass: 1\r\nContent-Length: 2\r\n", "hi"));
  EXPECT_THAT(client.read_answer(), EndsWith("POST /a hi"));
}

TEST_F(ServerTest, AnswersContinueWith413WhereTheBodyIsTooLarge) {
  start({.body_bytes_max = 10});
  auto client = this->client();
  client.send(post("Expect: 100-continue\r\nContent-Length: 11\r\n", ""));
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
}

TEST_F(ServerTest, AClientThatSendsOnStillReadsItsRefusal) {
  start({.body_bytes_max = 10});
  auto client = this->client();
  const std::string large(4u << 20, 'x');
  client.send(post("Content-Length: 4194304\r\n", large));
  const auto answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(answer, EndsWith("}"));  // not "(reset)"
}

TEST_F(ServerTest, AnEndlessChunkHeadIsStopped) {
  start({.head_bytes_max = 1000});
  auto client = this->client();
  client.send(post("Transfer-Encoding: chunked\r\n", "1;" + std::string(2000, 'x')));
  EXPECT_THAT(client.read_all(), HasSubstr("a chunk's head or the trailers are too long"));
}

TEST_F(ServerTest, EndlessTrailersAreStopped) {
  start({.head_bytes_max = 1000});
  auto client = this->client();
  client.send(post("Transfer-Encoding: chunked\r\n", "0\r\nX: " + std::string(2000, 'x')));
  EXPECT_THAT(client.read_all(), HasSubstr("a chunk's head or the trailers are too long"));
}

TEST(ConnectionsAllowed, AreNeverMoreThanHalfOfTheOpenFiles) {
  EXPECT_EQ(connections_allowed(1024, 2048), 1024u);
  EXPECT_EQ(connections_allowed(1024, 2047), 1023u);
  EXPECT_EQ(connections_allowed(1024, 256), 128u);
  EXPECT_EQ(connections_allowed(100, 256), 100u);
  EXPECT_EQ(connections_allowed(1024, 1), 1u);
  EXPECT_EQ(connections_allowed(1024, ~std::uint64_t{0}), 1024u) << "RLIM_INFINITY";
}

TEST_F(ServerTest, ConnectionsAreLimitedByTheOpenFiles) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{.rlim_cur = 200, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  start();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(thread_.call([this] { return server_->load().connections_max; }), 100u);
}

TEST_F(ServerTest, ConnectionsAtTheLimitAndOnePastItWhileAllAreAtWork) {
  hold_requests();
  start({.connections_max = 2});
  auto one = client();
  auto two = client();
  one.send(k_get_a);
  two.send(k_get_a);
  ASSERT_TRUE(await_held(2));
  auto three = client();
  three.send(k_get_a);
  EXPECT_EQ(three.read_all(),
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
            "Content-Length: 216\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
            "{\"error\":\"the host serves 2 connections at a time, and all are at work\","
            "\"code\":\"overloaded\",\"remedy\":\"try again in a moment, or raise "
            "http.connections_max and the limit of open files (ulimit -n)\","
            "\"retryAfterMs\":1000}");
  EXPECT_EQ(counters().no_room, 1u);
  EXPECT_THAT(alarms(), testing::ElementsAre(HasSubstr("all connections are at work")));

  thread_.call([this] { held_[0].second.send(text("ok")); });
  EXPECT_THAT(one.read_answer(), EndsWith("ok"));
  auto four = client();
  four.send(k_get_a);
  ASSERT_TRUE(await_held(3)) << "whose answer is sent gives way";
  thread_.call([this] {
    held_[1].second.send(text("ok"));
    held_[2].second.send(text("ok"));
  });
  EXPECT_THAT(two.read_answer(), EndsWith("ok"));
  EXPECT_THAT(four.read_answer(), EndsWith("ok"));
  EXPECT_EQ(counters().no_room, 1u);
}

TEST_F(ServerTest, BeyondTheLimitTheVitalRequestsAreServedAndTheConnectionCloses) {
  hold_requests();
  start({.connections_max = 1});
  auto at_work = client();
  at_work.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  auto probe = client();
  probe.send("GET /vital HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(await_held(2));
  thread_.call([this] { held_[1].second.send(text("well")); });
  const auto answer = probe.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, EndsWith("well"));
  EXPECT_EQ(counters().no_room, 0u);
}

TEST_F(ServerTest, SilentConnectionsCannotTakeTheSparePlaces) {
  hold_requests();
  start({.connections_max = 1, .spare_connections_max = 1});
  auto at_work = client();
  at_work.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  auto silent = client();
  ASSERT_TRUE(await_connections(2));
  auto probe = client();
  probe.send("GET /vital HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(await_held(2));
  EXPECT_EQ(silent.read_all(), "");
}

TEST_F(ServerTest, WhoDoesNotCloseBehindItsRefusalGivesWay) {
  hold_requests();
  start({.connections_max = 1, .spare_connections_max = 1});
  auto at_work = client();
  at_work.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  std::vector<RawClient> refused;  // and open, longer than they are waited for
  for (int i = 0; i < 5; ++i) {
    refused.push_back(client());
    refused.back().send(k_get_a);
    EXPECT_THAT(refused.back().read_answer(), StartsWith("HTTP/1.1 503 "));
  }
}

TEST_F(ServerTest, SilentConnectionsGiveWayToNewOnes) {
  start({.connections_max = 2});
  auto silent = client();
  auto slow = client();
  slow.send("GET /a HT");
  std::vector<RawClient> callers;
  for (int i = 0; i < 5; ++i) {
    callers.push_back(client());
    callers.back().send(k_get_a);
    EXPECT_THAT(callers.back().read_answer(), StartsWith("HTTP/1.1 200 OK"));
  }
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_EQ(counters().quiet_evicted, 5u);
  EXPECT_THAT(alarms(), testing::ElementsAre(HasSubstr("connections are at their limit")));
}

TEST_F(ServerTest, PipelinedRequestsWaitInTheKernelWhereTheBufferIsFull) {
  hold_requests();
  start({.head_bytes_max = 1000});
  auto client = this->client();
  client.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  std::string many;
  constexpr int count = 2000;  // 72 KB, more than the buffer
  for (int i = 0; i < count; ++i) many += k_get_a;
  client.send(many);
  handler_.function = [](Request, Responder responder) { responder.send(text("ok")); };
  thread_.call([this] { held_[0].second.send(text("ok")); });
  for (int i = 0; i < count + 1; ++i) ASSERT_THAT(client.read_answer(), EndsWith("\r\n\r\nok"));
}

TEST_F(ServerTest, AStreamIsCutWhereItsReaderIsTooSlow) {
  std::unique_ptr<Stream> stream;
  std::stop_token closed;
  handler_.function = [&](Request request, Responder responder) {
    closed = request.closed;
    stream = responder.stream({.content_type = "text/event-stream"});
  };
  start({.stream_bytes_max = 100'000});
  RawClient slow(port_, 4096);
  slow.send(k_get_a);
  slow.read_until("\r\n\r\n");
  std::size_t written = 0;
  thread_.call([&] {
    const std::string piece(50'000, 'x');
    while (stream->write(piece)) written += piece.size();
    stream.reset();
  });
  // The kernel's buffers take some megabytes beyond the limit.
  EXPECT_GT(written, 100'000u);
  EXPECT_LT(written, 64u << 20);
  EXPECT_TRUE(closed.stop_requested());
  EXPECT_EQ(counters().streams_cut, 1u);
  EXPECT_EQ(alarms(), std::vector<std::string>{"warn a client reads its stream too slowly and "
                                               "was cut off stream_bytes_max=100000"});
  EXPECT_TRUE(await_connections(0));
}

TEST_F(ServerTest, AStreamWhoseReaderKeepsUpIsNotCut) {
  std::unique_ptr<Stream> stream;
  handler_.function = [&](Request, Responder responder) {
    stream = responder.stream({.content_type = "text/event-stream"});
  };
  start({.stream_bytes_max = 100'000});
  auto client = this->client();
  client.send(k_get_a);
  client.read_until("\r\n\r\n");
  const std::string piece(49'999, 'x');
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(thread_.call([&] { return stream->write(piece + "!"); }));
    ASSERT_EQ(client.read_until("!\r\n"), "c350\r\n" + piece + "!\r\n");
  }
  thread_.call([&] { stream.reset(); });
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

/// All that happens without descriptors happens once before, because UBSan needs some where it sees
/// a type for the first time.
class WithoutDescriptors : public ServerTest {
 protected:
  void SetUp() override {
    hold_requests();
    start();
    busy_ = std::make_unique<RawClient>(port_);
    busy_->send(k_get_a);
    await_and_answer(0);
    EXPECT_THAT(busy_->read_answer(), EndsWith("ok"));
    thread_.call([this] { log_.debug("warm"); });
    EXPECT_EQ(counters().accept_errors, 0u);
    EXPECT_TRUE(await_errors(0));
    busy_->send(k_get_a);  // at work, so that it does not give way
    EXPECT_TRUE(await_held(2));
  }

  [[nodiscard]] bool await_errors(std::uint64_t count) {
    return thread_.await([this, count] { return server_->counters().accept_errors >= count; });
  }
  void await_and_answer(std::size_t index) {
    ASSERT_TRUE(await_held(index + 1));
    thread_.call([this, index] { held_[index].second.send(text("ok")); });
  }

  std::unique_ptr<RawClient> busy_;
};

TEST_F(WithoutDescriptors, TheReserveTellsHowTheHostIsAndRefusesTheRest) {
  RawClient caller;  // has its descriptor already
  RawClient probe;
  std::string refusal;
  std::string health;
  rlim_t limit = 0;
  {
    const NoDescriptors none;
    limit = open_files_max();
    caller.connect(port_);
    caller.send(k_get_a);
    refusal = caller.read_all();
    probe.connect(port_);
    probe.send("GET /vital HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await_and_answer(2);
    health = probe.read_all();
  }
  EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(refusal, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(
      refusal,
      HasSubstr("{\"error\":\"no more connections can be served: the host has too many open "
                "files (its limit is " +
                std::to_string(limit) +
                ")\",\"code\":\"overloaded\",\"remedy\":\"raise "
                "the limit (ulimit -n, or LimitNOFILE= of its service), or run fewer "
                "plugins\",\"retryAfterMs\":1000}"));
  EXPECT_THAT(health, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(health, EndsWith("ok"));
  thread_.call([this] { held_[1].second.send(text("ok")); });
  EXPECT_THAT(busy_->read_answer(), EndsWith("ok")) << "who is connected stays so";
  std::size_t told = 0;
  for (const auto& alarm : alarms()) {
    told +=
        alarm.starts_with("warn connections cannot be accepted: the host has too many open files");
  }
  EXPECT_EQ(told, 1u) << "once, however long it lasts";
}

TEST_F(WithoutDescriptors, ItPausesWhileTheReserveIsInUseAndRecovers) {
  RawClient probe;
  RawClient caller;
  Clock::duration took{};
  bool went_on = false;
  {
    const NoDescriptors none;
    probe.connect(port_);
    probe.send("GET /vital HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(await_held(3));  // it has the reserve
    const auto errors = counters().accept_errors;
    const auto begin = Clock::now();
    caller.connect(port_);
    caller.send(k_get_a);
    // The tries come 10, 20 and 40 ms apart, where a spinning loop makes thousands of them.
    went_on = await_errors(errors + 4);
    took = Clock::now() - begin;
  }
  EXPECT_TRUE(went_on);
  EXPECT_GE(took, std::chrono::milliseconds(60));
  await_and_answer(3);
  EXPECT_THAT(caller.read_answer(), EndsWith("ok"));
  thread_.call([this] { held_[2].second.send(text("ok")); });
  EXPECT_THAT(probe.read_all(), EndsWith("ok"));
  auto next = client();
  next.send(k_get_a);
  await_and_answer(4);
  EXPECT_THAT(next.read_answer(), EndsWith("ok"));
}

TEST_F(WithoutDescriptors, AConnectionThatOnlyWaitsGivesWay) {
  auto idle = client();
  ASSERT_TRUE(await_connections(2));
  RawClient caller;
  std::string end_of_idle;
  {
    const NoDescriptors none;
    caller.connect(port_);
    caller.send(k_get_a);
    end_of_idle = idle.read_all();
    await_and_answer(2);
  }
  EXPECT_EQ(end_of_idle, "");
  EXPECT_THAT(caller.read_answer(), EndsWith("ok")) << "in its place, which serves anything";
}

}  // namespace
}  // namespace collet::http
