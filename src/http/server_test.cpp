#include "http/server.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "http/server_fixture.hpp"

namespace collet::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view k_get_a = "GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST_F(ServerTest, AnswersInOnePieceAndKeepsTheConnection) {
  start();
  auto client = this->client();
  client.send("GET /a?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_answer(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\nGET /a ");
  client.send("POST /b HTTP/1.1\r\nHost: 127.0.0.1:7420\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_EQ(client.read_answer(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nPOST /b hi");
  EXPECT_EQ(counters().accepted, 1u);
  EXPECT_EQ(counters().requests, 2u);
}

TEST_F(ServerTest, HandsTheWholeRequestOver) {
  hold_requests();
  start();
  auto client = this->client();
  client.send(
      "PUT /p%20q?a=b&c HTTP/1.1\r\nHost: localhost\r\nX-One:  two \r\nTransfer-Encoding: "
      "chunked\r\n\r\n3;note=x\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n");
  ASSERT_TRUE(await_held(1));
  const auto& request = held_[0].first;
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.path, "/p%20q");
  EXPECT_EQ(request.query, "a=b&c");
  EXPECT_EQ(request.body, "abc0123456789");
  EXPECT_EQ(request.header("x-one"), "two");
  EXPECT_EQ(request.header("X-Trailer"), std::nullopt);
  thread_.call([this] {
    EXPECT_EQ(server_->requests_open(), 1u);
    held_[0].second.send(text("ok"));
    EXPECT_EQ(server_->requests_open(), 0u);
    held_.clear();
  });
  EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\nok"));
}

TEST_F(ServerTest, ClosesWhereTheClientWantsIt) {
  start();
  auto client = this->client();
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_all(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n"
            "Connection: close\r\n\r\nGET /a ");
}

TEST_F(ServerTest, ClosesAfterHttp10UnlessKeepAliveIsAsked) {
  start();
  auto once = client();
  once.send("GET /a HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(once.read_all(), HasSubstr("Connection: close\r\n"));

  auto twice = client();
  for (int i = 0; i < 2; ++i) {
    twice.send("GET /a HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(twice.read_answer(), HasSubstr("Connection: keep-alive\r\n"));
  }
}

TEST_F(ServerTest, HeadAnswersLikeGetWithoutTheBody) {
  start();
  auto client = this->client();
  client.send("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\n\r\n");
  client.send(k_get_a);
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, A204HasNeitherBodyNorLength) {
  handler_.function = [](Request, Responder responder) {
    responder.send({.status = 204, .body = "never sent"});
  };
  start();
  auto client = this->client();
  client.send(k_get_a);
  client.send(k_get_a);
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_F(ServerTest, SaysContinueOnlyToWhoWaitsForIt) {
  start();
  auto waits = client();
  waits.send(
      "POST /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(waits.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  waits.send("hi");
  EXPECT_THAT(waits.read_answer(), EndsWith("POST /a hi"));

  auto does_not_wait = client();
  does_not_wait.send(
      "POST /a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_THAT(does_not_wait.read_answer(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(ServerTest, IgnoresEmptyLinesBeforeARequest) {
  start();
  auto client = this->client();
  client.send("\r\n\r\n" + std::string(k_get_a) + "\r\n" + std::string(k_get_a));
  EXPECT_THAT(client.read_answer(), EndsWith("GET /a "));
  EXPECT_THAT(client.read_answer(), EndsWith("GET /a "));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrderWhicheverIsReadyFirst) {
  hold_requests();
  start();
  auto client = this->client();
  client.send(std::string(k_get_a) + "GET /b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_TRUE(await_held(1));
  EXPECT_EQ(held_[0].first.path, "/a");
  held_[0].second.send(text("first"));  // from this thread, which is not the loop's
  ASSERT_TRUE(await_held(2));
  held_[1].second.send(text("second"));
  EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\nfirst"));
  EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\nsecond"));
}

TEST_F(ServerTest, AnswersAThousandPipelinedRequests) {
  start();
  auto client = this->client();
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }
  client.send(all);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_THAT(client.read_answer(), EndsWith("GET /" + std::to_string(i) + " "));
  }
}

TEST_F(ServerTest, EverySplitOfAPipelinedStreamGivesTheSameAnswers) {
  start();
  const std::string stream =
      "POST /one HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
      "POST /two HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nwor\r\n2\r\nld\r\n0\r\n\r\n";
  auto client = this->client();
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    client.send(std::string_view(stream).substr(0, split));
    for (int turn = 0; turn < 2; ++turn) thread_.call([] { return true; });  // lets it be read
    client.send(std::string_view(stream).substr(split));
    ASSERT_THAT(client.read_answer(), EndsWith("\r\n\r\nPOST /one hello")) << "split at " << split;
    ASSERT_THAT(client.read_answer(), EndsWith("\r\n\r\nPOST /two world")) << "split at " << split;
  }
  EXPECT_EQ(counters().accepted, 1u);
}

TEST_F(ServerTest, SendsALargeAnswerToASlowReaderWhole) {
  const std::string large(8u << 20, 'x');
  handler_.function = [&large](Request, Responder responder) { responder.send(text(large)); };
  start();
  RawClient client(port_, 4096);
  client.send(std::string(k_get_a) + std::string(k_get_a));
  EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\n" + large));
  EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\n" + large));
}

TEST_F(ServerTest, TakesALargeBody) {
  handler_.function = [](Request request, Responder responder) {
    responder.send(text(std::to_string(request.body.size())));
  };
  start();
  auto client = this->client();
  const std::string large(10u << 20, 'x');  // the default limit
  client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
              std::to_string(large.size()) + "\r\n\r\n" + large);
  EXPECT_THAT(client.read_answer(), EndsWith("\r\n\r\n10485760"));
}

// --- Who refuses what

TEST_F(ServerTest, RefusesAStrangeHostBeforeTheHandlerSeesIt) {
  start();
  auto client = this->client();
  client.send("POST /a HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 1000\r\n\r\n");
  const auto answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_THAT(answer, HasSubstr("\"code\":\"forbidden\""));
  EXPECT_THAT(answer, HasSubstr("add \\\"evil.example\\\" to allowed_hosts"));
  EXPECT_EQ(counters().requests, 0u);
}

TEST_F(ServerTest, RefusesAStrangeOriginAndTakesAnAllowedOne) {
  start({.allowed_origins = {"https://console.example"}});
  auto refused = client();
  refused.send("GET /a HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n");
  EXPECT_THAT(refused.read_all(), HasSubstr("add \\\"https://evil.example\\\" to allowed_origins"));
  auto allowed = client();
  allowed.send("GET /a HTTP/1.1\r\nHost: localhost\r\nOrigin: https://console.example\r\n\r\n");
  EXPECT_THAT(allowed.read_answer(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(ServerTest, RefusesMalformedRequestsAndCloses) {
  start();
  for (const std::string_view bytes : {
           "GET\r\n\r\n",
           "GET /a HTTP/1.1\r\n\r\n",                                        // no Host
           "GET /a HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",  // two
           "GET /a HTTP/2.0\r\nHost: localhost\r\n\r\n",
           "GET a HTTP/1.1\r\nHost: localhost\r\n\r\n",
           "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03",  // TLS
       }) {
    auto client = this->client();
    client.send(bytes);
    const auto answer = client.read_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << bytes;
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << bytes;
    EXPECT_THAT(answer, HasSubstr("\"code\":\"invalid_request\"}")) << bytes;
  }
  EXPECT_EQ(counters().requests, 0u);
  EXPECT_EQ(counters().refused, 7u);
}

TEST_F(ServerTest, ASmuggledRequestIsNotServed) {
  start();
  auto client = this->client();
  client.send(
      "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
      "\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = client.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(answer, testing::Not(HasSubstr("200 OK")));
}

// --- Clients that go away

TEST_F(ServerTest, TellsTheHandlerThatTheClientWentAway) {
  hold_requests();
  start();
  auto closes = client();
  closes.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  EXPECT_FALSE(held_[0].first.closed.stop_requested());
  closes.close();
  EXPECT_TRUE(thread_.await([this] { return held_[0].first.closed.stop_requested(); }));

  auto resets = client();
  resets.send(k_get_a);
  ASSERT_TRUE(await_held(2));
  resets.reset();
  EXPECT_TRUE(thread_.await([this] { return held_[1].first.closed.stop_requested(); }));
  EXPECT_EQ(counters().clients_gone, 2u);

  for (auto& [request, responder] : held_) responder.send(text("too late"));
  EXPECT_TRUE(await_connections(0));
  thread_.call([this] { EXPECT_EQ(server_->requests_open(), 0u); });
}

TEST_F(ServerTest, NoticesAClientThatGoesAwayBehindPipelinedRequests) {
  hold_requests();
  start();
  auto client = this->client();
  client.send(std::string(k_get_a) + std::string(k_get_a));
  ASSERT_TRUE(await_held(1));
  client.close();
  EXPECT_TRUE(thread_.await([this] { return held_[0].first.closed.stop_requested(); }));
  held_[0].second.send(text("too late"));
  EXPECT_TRUE(await_connections(0));
  EXPECT_EQ(counters().requests, 1u);  // the second one has nobody to answer to
}

TEST_F(ServerTest, AnAnsweredRequestIsNeverClosed) {
  hold_requests();
  start();
  auto client = this->client();
  client.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  held_[0].second.send(text("done"));
  client.read_answer();
  client.close();
  ASSERT_TRUE(await_connections(0));
  EXPECT_FALSE(held_[0].first.closed.stop_requested());
}

TEST_F(ServerTest, AHalfClosedClientGetsTheAnswerThatComes) {
  hold_requests();
  start();
  auto client = this->client();
  client.send(k_get_a);
  client.half_close();
  ASSERT_TRUE(await_held(1));
  ASSERT_TRUE(thread_.await([this] { return held_[0].first.closed.stop_requested(); }));
  held_[0].second.send(text("still"));
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\nstill"));
}

TEST_F(ServerTest, ACallbackOfTheTokenMayAnswer) {
  std::unique_ptr<std::stop_callback<std::function<void()>>> on_closed;
  handler_.function = [&](Request request, Responder responder) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    on_closed = std::make_unique<std::stop_callback<std::function<void()>>>(
        request.closed, [shared] { shared->send(text("cancelled")); });
  };
  start();
  auto client = this->client();
  client.send(k_get_a);
  client.half_close();
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\ncancelled"));
  EXPECT_TRUE(await_connections(0));
  thread_.call([&] { on_closed.reset(); });
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

TEST_F(ServerTest, ChurnLeavesNothingBehind) {
  // A third of the requests is answered at once, a third later, a third never.
  std::size_t turn = 0;
  handler_.function = [&](Request request, Responder responder) {
    if (++turn % 3 == 0) return responder.send(text("now"));
    if (turn % 3 == 1) held_.emplace_back(std::move(request), std::move(responder));
  };
  start();
  const auto before = open_descriptors();
  const std::string stream =
      std::string(k_get_a) +
      "POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello" +
      std::string(k_get_a);
  for (std::size_t i = 0; i < 1500; ++i) {
    auto client = this->client();
    client.send(std::string_view(stream).substr(0, i % (stream.size() + 1)));
    switch (i % 4) {
      case 0:
        client.close();
        break;
      case 1:
        client.reset();
        break;
      case 2:
        client.half_close();
        break;
      default:
        break;  // closed by its destructor
    }
    if (i % 100 == 0) thread_.call([this] { held_.clear(); });
  }
  thread_.call([this] { held_.clear(); });
  EXPECT_TRUE(thread_.await([this] {
    held_.clear();
    return server_->counters().accepted == 1500 && server_->connections_open() == 0;
  }));
  thread_.call([this] { EXPECT_EQ(server_->requests_open(), 0u); });
  EXPECT_EQ(open_descriptors(), before);
}

// --- Responders

TEST_F(ServerTest, ADroppedResponderAnswers500AndIsLogged) {
  handler_.function = [](Request, Responder) {};
  start();
  auto client = this->client();
  client.send(k_get_a);
  EXPECT_EQ(client.read_answer(),
            "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
            "Content-Length: 132\r\n\r\n"
            "{\"error\":\"the request was dropped without an answer\",\"code\":\"internal_error\","
            "\"remedy\":\"this is a bug of the host; its log has more\"}");
  EXPECT_EQ(counters().responders_dropped, 1u);
  EXPECT_EQ(alarms(), std::vector<std::string>{"error a request was dropped without an answer"});
  client.send(k_get_a);  // the connection stays usable
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 500"));
}

TEST_F(ServerTest, AResponderDroppedOnAnotherThreadAnswersToo) {
  hold_requests();
  start();
  auto client = this->client();
  client.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  held_.clear();
  EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 500"));
}

TEST_F(ServerTest, ResponderOfAnEndedServerIsHarmless) {
  hold_requests();
  start();
  auto client = this->client();
  auto idle = this->client();
  client.send(k_get_a);
  ASSERT_TRUE(await_held(1));
  end_server();
  EXPECT_EQ(client.read_all(), "");
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_TRUE(held_[0].first.closed.stop_requested());
  thread_.call([this] { held_[0].second.send(text("late")); });
}

TEST_F(ServerTest, ResponderOfAnEndedLoopIsHarmless) {
  FunctionHandler handler;
  std::vector<std::pair<Request, Responder>> held;
  auto thread = std::make_unique<LoopThread>();
  handler.function = [&](Request request, Responder responder) {
    held.emplace_back(std::move(request), std::move(responder));
  };
  auto server =
      thread->call([&] { return std::move(*Server::listen(thread->loop(), {}, handler, log_)); });
  thread->call([&] { server->start_accepting(); });
  RawClient one(server->port());
  RawClient two(server->port());
  one.send(k_get_a);
  two.send(k_get_a);
  ASSERT_TRUE(thread->await([&] { return held.size() == 2; }));
  thread->stop();
  server.reset();
  held[0].second.send(text("late"));
  thread.reset();
  held.clear();
  EXPECT_EQ(one.read_all(), "");
}

// --- Streams

TEST_F(ServerTest, StreamsInChunks) {
  std::unique_ptr<Stream> stream;
  handler_.function = [&stream](Request, Responder responder) {
    stream = responder.stream({.content_type = "text/event-stream", .body = "one"});
  };
  start();
  auto client = this->client();
  client.send(k_get_a);
  EXPECT_EQ(client.read_until("one\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
            "\r\n3\r\none\r\n");
  thread_.call([&stream, this] {
    EXPECT_EQ(server_->requests_open(), 1u);
    EXPECT_TRUE(stream->write("0123456789abcdef"));
    EXPECT_TRUE(stream->write(""));  // an empty chunk would be the end
    stream->end();
    EXPECT_FALSE(stream->write("late"));
    EXPECT_EQ(server_->requests_open(), 0u);
  });
  EXPECT_EQ(client.read_until("\r\n0\r\n\r\n"), "10\r\n0123456789abcdef\r\n0\r\n\r\n");
  client.send(k_get_a);  // the connection is free again
  EXPECT_THAT(client.read_until("one\r\n"), StartsWith("HTTP/1.1 200 OK\r\n"));
  thread_.call([&stream] { stream.reset(); });
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(ServerTest, StreamsToHttp10UntilTheClose) {
  handler_.function = [](Request, Responder responder) {
    auto stream = responder.stream({.content_type = "text/plain", .body = "one"});
    EXPECT_TRUE(stream->write("two"));
  };
  start();
  auto client = this->client();
  client.send("GET /a HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(client.read_all(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nonetwo");
}

TEST_F(ServerTest, AStreamToHeadHasNoBody) {
  handler_.function = [](Request, Responder responder) {
    auto stream = responder.stream({.content_type = "text/plain", .body = "one"});
    EXPECT_TRUE(stream->write("two"));
  };
  start();
  auto client = this->client();
  client.send("HEAD /a HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.send("GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"));
}

TEST_F(ServerTest, AStreamEndsWithItsClient) {
  std::unique_ptr<Stream> stream;
  std::stop_token closed;
  handler_.function = [&](Request request, Responder responder) {
    closed = request.closed;
    stream = responder.stream({.content_type = "text/event-stream"});
  };
  start();
  auto client = this->client();
  client.send(k_get_a);
  client.read_until("\r\n\r\n");
  client.close();
  EXPECT_TRUE(thread_.await([&] { return closed.stop_requested(); }));
  thread_.call([&] {
    EXPECT_FALSE(stream->write("nobody reads this"));
    EXPECT_EQ(server_->requests_open(), 0u);
    stream.reset();
  });
}

TEST_F(ServerTest, AStreamOutlivesItsServer) {
  std::unique_ptr<Stream> stream;
  handler_.function = [&](Request, Responder responder) {
    stream = responder.stream({.content_type = "text/event-stream"});
  };
  start();
  auto client = this->client();
  client.send(k_get_a);
  client.read_until("\r\n\r\n");
  end_server();
  EXPECT_EQ(client.read_all(), "");
  thread_.call([&] {
    EXPECT_FALSE(stream->write("late"));
    stream.reset();
  });
}

// --- Listening and stopping

TEST_F(ServerTest, StopAcceptingClosesIdleConnectionsAndFinishesTheOthers) {
  hold_requests();
  start();
  auto busy = client();
  auto idle = client();
  busy.send(std::string(k_get_a) + std::string(k_get_a));
  ASSERT_TRUE(await_held(1));
  ASSERT_TRUE(await_connections(2));
  thread_.call([this] { server_->stop_accepting(); });
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(client().connected());
  held_[0].second.send(text("finished"));
  const auto answer = busy.read_all();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nfinished"));
  busy.close();
  EXPECT_TRUE(await_connections(0));
}

TEST_F(ServerTest, NamesWhoHoldsThePort) {
  start();
  std::string name;
  std::getline(std::ifstream("/proc/self/comm"), name);
  const auto second =
      thread_.call([this] { return Server::listen(loop(), {.port = port_}, handler_, log_); });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::invalid_request);
  EXPECT_EQ(second.error().message, "port " + std::to_string(port_) + " on 127.0.0.1 is taken by " +
                                        name + " (pid " + std::to_string(::getpid()) + ")");
  EXPECT_EQ(second.error().remedy,
            "stop it, or choose another with --listen 127.0.0.1:" + std::to_string(port_ + 1));
}

TEST_F(ServerTest, ClientsWaitUntilItAccepts) {
  auto server =
      thread_.call([this] { return std::move(*Server::listen(loop(), {}, handler_, log_)); });
  RawClient early(server->port());
  early.send(k_get_a);
  EXPECT_EQ(thread_.call([&] { return server->connections_open(); }), 0u);
  thread_.call([&] { server->start_accepting(); });
  EXPECT_TRUE(early.read_answer().starts_with("HTTP/1.1 200 "));
  thread_.call([&] { server.reset(); });
}

TEST_F(ServerTest, ExplainsWhyItCannotListen) {
  const auto listen = [this](std::string address) {
    const auto server =
        thread_.call([&] { return Server::listen(loop(), {.address = address}, handler_, log_); });
    return server ? std::string("listens") : server.error().message;
  };
  EXPECT_EQ(listen("localhost"), "\"localhost\" is not an IPv4 or IPv6 address");
  EXPECT_EQ(listen("192.0.2.1"), "192.0.2.1 is no address of this machine");
  EXPECT_EQ(listen("127.0.0.2"), "listens");
}

TEST_F(ServerTest, IsFreeOfThePortAfterItsEnd) {
  start();
  auto client = this->client();
  client.send(k_get_a);
  client.read_answer();
  const auto port = port_;
  end_server();
  start({.port = port});
  EXPECT_EQ(port_, port);
}

}  // namespace
}  // namespace collet::http
