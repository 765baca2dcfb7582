#include "http/client.hpp"

#include <gmock/gmock.h>

#include "http/server_fixture.hpp"

namespace collet::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// A listener that accepts one connection, reads a request's head, and writes literal bytes.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::string answer) : answer_(std::move(answer)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    std::memcpy(&generic, &address, sizeof address);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listener_, &generic, sizeof generic);
    ::listen(listener_, 1);
    socklen_t size = sizeof generic;
    ::getsockname(listener_, &generic, &size);
    std::memcpy(&address, &generic, sizeof address);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  void serve() {
    const int peer = ::accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    char buffer[4096];
    if (::recv(peer, buffer, sizeof buffer, 0) > 0) {
      ::send(peer, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
    ::shutdown(peer, SHUT_WR);
    while (::recv(peer, buffer, sizeof buffer, 0) > 0) continue;
    ::close(peer);
  }

  const std::string answer_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class ClientTest : public ServerTest {
 protected:
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
};

TEST_F(ClientTest, FetchesAnAnswer) {
  handler_.function = [](Request request, Responder responder) {
    responder.send({.status = 201,
                    .content_type = "text/plain",
                    .body = request.method + " " + request.path + "?" + request.query + " " +
                            std::string(request.header("X-A").value_or("-")) + " " + request.body,
                    .headers = {{"X-B", "2"}}});
  };
  start();
  const auto got = fetch({.url = url("/p?q=1#fragment"), .headers = {{"X-A", "1"}}});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->content_type, "text/plain");
  EXPECT_EQ(got->body, "GET /p?q=1 1 ");
  EXPECT_TRUE(std::ranges::any_of(got->headers, [](const Header& header) {
    return header.name == "X-B" && header.value == "2";
  }));

  const std::string large(5u << 20, 'x');
  const auto posted = fetch({.method = "POST", .url = url("/p"), .body = large});
  ASSERT_TRUE(posted);
  EXPECT_EQ(posted->body, "POST /p? - " + large);
}

TEST_F(ClientTest, KnowsNamesAndIpv6) {
  start({.address = "::"});
  for (const auto* host : {"localhost", "127.0.0.1", "[::1]"}) {
    const auto got = fetch({.url = "http://" + std::string(host) + ":" + std::to_string(port_)});
    ASSERT_TRUE(got) << host << ": " << got.error().message;
    EXPECT_EQ(got->body, "GET / ") << host;
  }
}

TEST_F(ClientTest, TakesAHeadAnswerWithoutBody) {
  start();
  const auto got = fetch({.method = "HEAD", .url = url("/p"), .answer_timeout = 10s});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "");
}

TEST_F(ClientTest, ReadsARefusalThatComesBeforeTheBodyIsSent) {
  start({.body_bytes_max = 10});
  const auto got = fetch({.method = "POST", .url = url("/p"), .body = std::string(8u << 20, 'x')});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(got->status, 413);
}

TEST_F(ClientTest, GivesTheLinesOfAStreamAsTheyCome) {
  std::unique_ptr<Stream> stream;
  handler_.function = [&stream](Request, Responder responder) {
    stream = responder.stream({.content_type = "text/event-stream", .body = "data: 1\r\nda"});
  };
  start();
  std::vector<std::string> lines;
  const auto got = fetch({.url = url("/events"), .on_line = [&](std::string_view line) {
                            lines.emplace_back(line);
                            // The rest is sent only after the first line was seen.
                            if (lines.size() == 1) {
                              thread_.call([&stream] {
                                stream->write("ta: 2\n\nlast");
                                stream.reset();
                              });
                            }
                          }});
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(lines, (std::vector<std::string>{"data: 1", "data: 2", "", "last"}));
  EXPECT_EQ(got->body, "");
}

TEST_F(ClientTest, AnAnswerThatIsNoStreamHasABodyAlthoughLinesAreWanted) {
  start();
  const auto got = fetch({.url = url("/p"), .on_line = [](std::string_view) { FAIL(); }});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->body, "GET /p ");
}

TEST_F(ClientTest, TellsThatNobodyListens) {
  start();
  const auto gone = url("/p");
  const auto authority = gone.substr(7, gone.size() - 9);
  end_server();
  const auto got = fetch({.url = gone});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::worker_unavailable);
  EXPECT_EQ(got.error().message, "cannot connect to " + authority + ": Connection refused");
  EXPECT_EQ(got.error().remedy, "is the daemon running? Start it with: collet serve");
}

TEST_F(ClientTest, GivesUpAtItsTimeout) {
  hold_requests();
  start();
  const auto got = fetch({.url = url("/p"), .answer_timeout = 50ms});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::timeout);
  EXPECT_THAT(got.error().message, HasSubstr("did not answer within 50 ms"));
  // The server learns of it.
  EXPECT_TRUE(thread_.await(
      [this] { return held_.size() == 1 && held_[0].first.closed.stop_requested(); }));
}

TEST(Client, GivesUpConnectingAtItsTimeout) {
  // A listener whose backlog of one is taken: the kernel answers no further SYN.
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr generic{};
  std::memcpy(&generic, &address, sizeof address);
  ASSERT_EQ(::bind(listener, &generic, sizeof generic), 0);
  ASSERT_EQ(::listen(listener, 0), 0);
  socklen_t size = sizeof generic;
  ASSERT_EQ(::getsockname(listener, &generic, &size), 0);
  std::memcpy(&address, &generic, sizeof address);
  const auto port = ntohs(address.sin_port);
  const RawClient first(port);
  ASSERT_TRUE(first.connected());

  const auto authority = "127.0.0.1:" + std::to_string(port);
  const auto got = fetch({.url = "http://" + authority, .connect_timeout = 100ms});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::timeout);
  EXPECT_EQ(got.error().message, authority + " did not accept the connection within 100 ms");
  ::close(listener);
}

TEST(Client, RefusesBadUrls) {
  for (const auto* url : {"", "localhost:7420", "https://localhost", "http://", "http://:80",
                          "http://h:0", "http://h:65536", "http://h:", "http://h:x", "http://a b/",
                          "http://u@h/", "http://[::1", "http://[::1]x", "http://h/\r\nX: y"}) {
    const auto got = fetch({.url = url});
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().code, ErrorCode::invalid_request) << url;
  }
}

TEST(Client, RefusesHeadersWithLineBreaks) {
  const auto got = fetch({.url = "http://127.0.0.1:1/", .headers = {{"X", "a\r\nY: b"}}});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "the header \"X\" has a line break in it");
}

TEST(Client, ReadsEveryFraming) {
  const auto body_of = [](std::string answer) {
    const ScriptedServer server(std::move(answer));
    const auto got = fetch({.url = server.url(), .answer_timeout = 10s});
    return got ? got->body : "error: " + got.error().message;
  };
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "hi");
  EXPECT_EQ(
      body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"),
      "hi");
  EXPECT_EQ(body_of("HTTP/1.0 200 OK\r\n\r\nhi"), "hi");  // until the close
  EXPECT_EQ(body_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
            "hi");
}

TEST(Client, TellsABrokenAnswer) {
  const auto error_of = [](std::string answer) {
    const ScriptedServer server(std::move(answer));
    const auto got = fetch({.url = server.url(), .answer_timeout = 10s});
    EXPECT_FALSE(got);
    EXPECT_EQ(got.error().code, ErrorCode::worker_unavailable);
    return got.error().message.substr(got.error().message.find(' ') + 1);
  };
  EXPECT_EQ(error_of(""), "closed the connection before its answer was complete");
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"),
            "closed the connection before its answer was complete");
  EXPECT_EQ(error_of("SSH-2.0-OpenSSH_9.2\r\n"), "does not speak HTTP: bad version");
}

}  // namespace
}  // namespace collet::http
