#include "http/outbound.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <set>

#include "http/resolver.hpp"
#include "http/server_fixture.hpp"

namespace collet::http {
namespace {
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// Answers from a table; a name's answers in turn, the last one for ever.
class TableResolver final : public Resolver {
 public:
  void resolve(Lookup lookup, Reply<std::vector<IpAddress>> reply) override {
    const auto& host = lookup.host;
    asked.push_back(host);
    last_deadline = lookup.deadline;
    if (silent.contains(host)) return held.push_back(std::move(reply));
    auto& answers = table[host];
    if (answers.empty()) return reply(fail(ErrorCode::worker_unavailable, "no such name"));
    auto addresses = answers.front();
    if (answers.size() > 1) answers.erase(answers.begin());
    reply(std::move(addresses));
  }

  std::map<std::string, std::vector<std::vector<IpAddress>>> table;
  std::set<std::string> silent;
  std::vector<std::string> asked;
  Deadline last_deadline = Deadline::never();
  std::vector<Reply<std::vector<IpAddress>>> held;
};

/// A server that says literal bytes, one text a connection, and keeps what it was sent.
class LiteralServer {
 public:
  explicit LiteralServer(std::vector<std::string> answers, const char* address = "127.0.0.1",
                         std::uint16_t port = 0)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = ::inet_addr(address);
    const int on = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr generic{};
    std::memcpy(&generic, &name, sizeof name);
    socklen_t size = sizeof generic;
    EXPECT_EQ(::bind(socket_, &generic, size), 0) << std::strerror(errno);
    EXPECT_EQ(::listen(socket_, 16), 0);
    ::getsockname(socket_, &generic, &size);
    std::memcpy(&name, &generic, sizeof name);
    port_ = ntohs(name.sin_port);
    thread_ = std::thread([this, answers = std::move(answers)] { serve(answers); });
  }
  ~LiteralServer() {
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(socket_);
  }
  LiteralServer(const LiteralServer&) = delete;
  LiteralServer& operator=(const LiteralServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const { return connections_; }
  /// What came on the connection of that number, once it is over.
  [[nodiscard]] std::string heard(std::size_t number) {
    return heard_.at(number).get_future().get();
  }

 private:
  void serve(const std::vector<std::string>& answers) {
    for (const auto& answer : answers) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      ++connections_;
      auto& heard = heard_.at(connections_ - 1);
      std::string text;
      char buffer[4096];
      while (!is_complete(text)) {
        const auto count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
      }
      ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
      ::close(connection);
      heard.set_value(text);
    }
  }
  static bool is_complete(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const auto at = text.find("Content-Length: ");
    const auto size = at == std::string::npos ? 0 : std::stoul(text.substr(at + 16));
    return text.size() >= end + 4 + size;
  }

  int socket_;
  std::uint16_t port_ = 0;
  std::atomic<std::size_t> connections_ = 0;
  std::array<std::promise<std::string>, 8> heard_;
  std::thread thread_;
};

class OutboundTest : public ServerTest {
 protected:
  ~OutboundTest() override {
    thread_.call([this] {
      outbound_.reset();
      resolver_.held.clear();
    });
  }

  void make(OutboundOptions options = {}) {
    thread_.call([&] { outbound_ = make_outbound(loop(), resolver_, std::move(options)); });
  }
  /// To this server, unless a test changes it.
  OutboundRequest get(std::string path = "/") {
    return {.url = "http://127.0.0.1:" + std::to_string(port_) + path,
            .response_bytes_max = 1000,
            .permits = [](const Destination&, const IpAddress&) { return true; }};
  }
  Result<OutboundResponse> fetch(OutboundRequest request) {
    if (!outbound_) make();
    std::promise<Result<OutboundResponse>> answer;
    thread_.call([&] {
      outbound_->send(std::move(request),
                      Reply<OutboundResponse>([&](Result<OutboundResponse> outcome) {
                        answer.set_value(std::move(outcome));
                      }));
    });
    return answer.get_future().get();
  }
  /// "200 OK: body", or "forbidden: message".
  std::string say(OutboundRequest request) {
    const auto answer = fetch(std::move(request));
    if (!answer) {
      return std::string(describe(answer.error().code).name) + ": " + answer.error().message;
    }
    return std::to_string(answer->status) + " " + answer->reason + ": " + answer->body;
  }
  /// Of the answers of a server of literal bytes.
  std::string say_literally(std::string answer) {
    LiteralServer server({std::move(answer)});
    port_ = server.port();
    return say(get());
  }
  static IpAddress ip(const char* text) { return *parse_ip(text); }

  TableResolver resolver_;
  std::unique_ptr<Outbound> outbound_;
  std::unique_ptr<Server> other_;
};

TEST_F(OutboundTest, SendsWhatItIsTold) {
  LiteralServer server({"HTTP/1.1 201 Made it\r\nX-A: 1\r\nContent-Length: 2\r\nx-a: 2\r\n\r\nok"});
  port_ = server.port();
  auto request = get("/path?q=1");
  request.method = "PATCH";
  request.headers = {{"X-Empty", ""}, {"X-Some", "a b"}, {"Content-Type", "text/x"}};
  request.body = std::string("a\0b", 3);
  make({.user_agent = "test/1"});
  const auto answer = fetch(std::move(request));
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->reason, "Made it");
  EXPECT_EQ(answer->body, "ok");
  std::vector<std::string> headers;
  for (const auto& header : answer->headers) headers.push_back(header.name + "=" + header.value);
  EXPECT_THAT(headers, ElementsAre("x-a=1", "content-length=2", "x-a=2"));
  const auto heard = server.heard(0);
  EXPECT_THAT(heard, StartsWith("PATCH /path?q=1 HTTP/1.1\r\n"));
  EXPECT_THAT(heard, HasSubstr("\r\nUser-Agent: test/1\r\n"));
  EXPECT_THAT(heard, HasSubstr("\r\nX-Empty:\r\n"));
  EXPECT_THAT(heard, HasSubstr("\r\nX-Some: a b\r\n"));
  EXPECT_THAT(heard, HasSubstr("\r\nContent-Type: text/x\r\n"));
  EXPECT_THAT(heard, HasSubstr("\r\nContent-Length: 3\r\n"));
  EXPECT_THAT(heard, testing::EndsWith(std::string("\r\n\r\na\0b", 7)));
}

TEST_F(OutboundTest, SendsEveryMethodWithAndWithoutBody) {
  start();
  for (const auto* method : {"GET", "PUT", "DELETE", "OPTIONS", "POST", "PATCH", "PROPFIND"}) {
    for (const auto& body : {std::optional<std::string>(), std::optional<std::string>("b")}) {
      auto request = get();
      request.method = method;
      request.body = body;
      EXPECT_EQ(say(std::move(request)),
                "200 OK: " + std::string(method) + " / " + body.value_or(""));
    }
  }
  auto head = get();
  head.method = "HEAD";
  EXPECT_EQ(say(std::move(head)), "200 OK: ");
}

TEST_F(OutboundTest, ConnectionsAreUsedAgainForWhatMayBeSentTwiceAndClosedWhenIdle) {
  start();
  make({.idle_timeout = std::chrono::milliseconds(50)});
  EXPECT_EQ(say(get()), "200 OK: GET / ");
  EXPECT_EQ(say(get()), "200 OK: GET / ");
  EXPECT_EQ(counters().accepted, 1u);
  auto post = get();
  post.method = "POST";
  EXPECT_EQ(say(std::move(post)), "200 OK: POST / ");
  EXPECT_EQ(counters().accepted, 2u);
  EXPECT_TRUE(await_connections(0));
  EXPECT_EQ(say(get()), "200 OK: GET / ");
}

TEST_F(OutboundTest, OnlySoManyConnectionsWaitForANextRequest) {
  const auto connections_left = [&](long idle_connections_max) {
    make({.idle_connections_max = idle_connections_max, .idle_timeout = std::chrono::hours(1)});
    EXPECT_EQ(say(get()), "200 OK: GET / ");
    const auto port = std::exchange(port_, other_->port());
    EXPECT_EQ(say(get()), "200 OK: GET / ");
    port_ = port;
    return thread_.await([&] {
      return server_->connections_open() + other_->connections_open() ==
             static_cast<std::size_t>(idle_connections_max);
    });
  };
  start();
  auto listening = thread_.call([&] { return Server::listen(loop(), {}, handler_, log_); });
  ASSERT_TRUE(listening);
  other_ = std::move(*listening);
  thread_.call([&] { other_->start_accepting(); });
  EXPECT_TRUE(connections_left(1));
  EXPECT_TRUE(connections_left(2));
  thread_.call([&] { other_.reset(); });
}

TEST_F(OutboundTest, ReadsAnswersOfEveryForm) {
  EXPECT_EQ(say_literally("HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx"), "200 : x");
  EXPECT_EQ(say_literally("HTTP/1.0 200 OK\r\n\r\nto the end"), "200 OK: to the end");
  EXPECT_EQ(say_literally("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                          "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            "404 Not Found: ");
  EXPECT_EQ(say_literally("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "3\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n"),
            "200 OK: abc");
  // {"a":1}, by gzip
  const std::string zipped(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\xaf\xac\x1b\x56"
      "\x07\x00\x00\x00",
      27);
  EXPECT_EQ(say_literally(
                "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 27\r\n\r\n" + zipped),
            "200 OK: {\"a\":1}");
  EXPECT_THAT(say_literally("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"),
              StartsWith("worker_unavailable: the request to 127.0.0.1 failed: "));
  EXPECT_THAT(say_literally("SSH-2.0-x\r\n\r\n"),
              StartsWith("worker_unavailable: the request to 127.0.0.1 failed: "));
}

TEST_F(OutboundTest, HeadersAreThoseOfTheLastAnswerAndUnfolded) {
  LiteralServer server(
      {"HTTP/1.1 103 Early Hints\r\nA: early\r\n\r\n"
       "HTTP/1.1 200 OK\r\nB:  one\r\n two \r\nEmpty:\r\nContent-Length: 0\r\n\r\n"});
  port_ = server.port();
  const auto answer = fetch(get());
  ASSERT_TRUE(answer) << answer.error().message;
  std::vector<std::string> headers;
  for (const auto& header : answer->headers) headers.push_back(header.name + "=" + header.value);
  EXPECT_THAT(headers, ElementsAre("b=one two", "empty=", "content-length=0"));
}

TEST_F(OutboundTest, TheBodyHasALimitAlsoWhenItIsUnpacked) {
  handler_.function = [](Request request, Responder responder) {
    responder.send(text(std::string(std::stoul(request.path.substr(1)), 'x')));
  };
  start();
  EXPECT_EQ(say(get("/1000")), "200 OK: " + std::string(1000, 'x'));
  EXPECT_EQ(say(get("/1001")),
            "payload_too_large: the response from 127.0.0.1 passes the limit of 1000 bytes");
  // 1100 times "x", by gzip.
  const std::string bomb(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\xa8\x18\x05\xa3\x60\x14\x8c\x02\xca\x01\x00\xa7"
      "\x38"
      "\xdd\xcf\x4c\x04\x00\x00",
      30);
  EXPECT_EQ(say_literally("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + bomb),
            "payload_too_large: the response from 127.0.0.1 passes the limit of 1000 bytes");
}

TEST_F(OutboundTest, HeadersHaveALimitTogether) {
  make({.header_bytes_max = 200});
  // The status line and the end count too.
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: ";
  const auto sized = [&](std::size_t size) {
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(say_literally(sized(200)), "200 OK: ");
  EXPECT_EQ(say_literally(sized(201)),
            "payload_too_large: the headers of the response from 127.0.0.1 pass the limit of 200 "
            "bytes");
}

TEST_F(OutboundTest, TheDeadlineCountsFromTheStart) {
  hold_requests();
  start();
  make();
  auto request = get();
  request.deadline = Deadline::after(Clock::now(), std::chrono::milliseconds(50));
  const auto said = say(std::move(request));
  EXPECT_THAT(said,
              testing::MatchesRegex("timeout: the request to 127.0.0.1 timed out after [0-9]+ms"));
  thread_.call([this] { held_.clear(); });
}

TEST_F(OutboundTest, NamesAreLookedUpOnceForEachRequestAndPinned) {
  start({.allowed_hosts = {"a.test"}});
  resolver_.table["a.test"] = {{ip("127.0.0.1")}};
  auto request = get();
  request.url = "http://A.test:" + std::to_string(port_) + "/";
  EXPECT_EQ(say(request), "200 OK: GET / ");
  EXPECT_EQ(say(request), "200 OK: GET / ");
  EXPECT_THAT(resolver_.asked, ElementsAre("a.test", "a.test"));
}

TEST_F(OutboundTest, SaysWhyANameLeadsNowhere) {
  make({.resolve_timeout = std::chrono::milliseconds(20)});
  auto request = get();
  request.url = "http://none.test/";
  EXPECT_EQ(say(request), "worker_unavailable: DNS resolution failed for none.test: no such name");
  resolver_.silent = {"slow.test"};
  request.url = "http://slow.test/";
  EXPECT_EQ(say(request), "timeout: DNS resolution failed for slow.test: no answer within 20ms");
  // An answer that comes later is nobody's.
  thread_.call([this] {
    for (auto& reply : resolver_.held) reply(std::vector<IpAddress>{ip("127.0.0.1")});
    resolver_.held.clear();
  });
}

TEST_F(OutboundTest, ALookupIsWantedForAsLongAsItsRequestWaits) {
  make({.resolve_timeout = std::chrono::hours(1)});
  auto request = get();
  request.url = "http://none.test/";
  const auto before = Clock::now();
  say(request);
  EXPECT_GE(resolver_.last_deadline.when(), before + std::chrono::hours(1));
  EXPECT_LE(resolver_.last_deadline.when(), Clock::now() + std::chrono::hours(1));
  request.deadline = Deadline::at(before + std::chrono::minutes(1));
  say(request);
  EXPECT_EQ(resolver_.last_deadline, request.deadline);
}

TEST_F(OutboundTest, OnlyPermittedAddressesOfANameAreUsed) {
  start({.allowed_hosts = {"a.test"}});
  resolver_.table["a.test"] = {{ip("127.0.0.2"), ip("127.0.0.1")}};
  auto request = get();
  request.url = "http://a.test:" + std::to_string(port_) + "/";
  request.permits = [](const Destination& to, const IpAddress& address) {
    EXPECT_EQ(to.host, "a.test");
    return address == *parse_ip("127.0.0.1");
  };
  EXPECT_EQ(say(request), "200 OK: GET / ");
  resolver_.table["a.test"] = {{ip("127.0.0.2"), ip("127.0.0.3")}};
  EXPECT_EQ(say(request), "forbidden: All resolved IPs for a.test are in private/reserved ranges");
  request.url = "http://127.0.0.2:" + std::to_string(port_) + "/";
  request.permits = [](const Destination&, const IpAddress&) { return false; };
  EXPECT_EQ(say(request),
            "forbidden: All resolved IPs for 127.0.0.2 are in private/reserved ranges");
}

// 127.0.0.1 plays a public address, 127.0.0.2 one that is not. The name has the first when it is
// looked at, and would have the second when it is connected to.
TEST_F(OutboundTest, ANameThatChangesItsAddressGetsNowhere) {
  start({.allowed_hosts = {"rebinds.test"}});
  const LiteralServer inside({"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"}, "127.0.0.2",
                             port_);
  resolver_.table["rebinds.test"] = {{ip("127.0.0.1")}, {ip("127.0.0.2")}};
  auto request = get();
  request.url = "http://rebinds.test:" + std::to_string(port_) + "/";
  request.permits = [](const Destination&, const IpAddress& address) {
    return address == *parse_ip("127.0.0.1");
  };
  EXPECT_EQ(say(request), "200 OK: GET / ");
  EXPECT_EQ(say(request),
            "forbidden: All resolved IPs for rebinds.test are in private/reserved ranges");
  EXPECT_EQ(inside.connections(), 0u);
}

TEST_F(OutboundTest, TheAddressIsCheckedAgainWhenItIsConnectedTo) {
  start();
  int asked = 0;
  auto request = get();
  request.permits = [&](const Destination&, const IpAddress& address) {
    EXPECT_EQ(address, *parse_ip("127.0.0.1"));
    return ++asked == 1;  // the answer to the first look does not hold for the second
  };
  EXPECT_EQ(say(request),
            "forbidden: All resolved IPs for 127.0.0.1 are in private/reserved ranges");
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(counters().accepted, 0u);
}

TEST_F(OutboundTest, AConnectionOfAnotherRequestIsOnlyUsedWhereItsAddressIsPermitted) {
  start({.allowed_hosts = {"a.test"}});
  resolver_.table["a.test"] = {{ip("127.0.0.1")}, {ip("127.0.0.2")}};
  auto request = get();
  request.url = "http://a.test:" + std::to_string(port_) + "/";
  EXPECT_EQ(say(request), "200 OK: GET / ");
  // The name leads elsewhere by now, where this one may go; the open connection does not.
  request.permits = [](const Destination&, const IpAddress& address) {
    return address == *parse_ip("127.0.0.2");
  };
  EXPECT_EQ(say(request), "forbidden: All resolved IPs for a.test are in private/reserved ranges");
}

TEST_F(OutboundTest, RedirectsAreAnswersUnlessTheyAreToBeFollowed) {
  handler_.function = [](Request request, Responder responder) {
    if (request.path == "/to") return responder.send(text(request.method + " " + request.body));
    responder.send({.status = std::stoi(request.path.substr(1)),
                    .content_type = "text/plain",
                    .body = "moved",
                    .headers = {{"Location", "/to"}}});
  };
  start();
  EXPECT_EQ(say(get("/302")), "302 : moved");
  const auto follow = [&](std::string path, std::string method) {
    auto request = get(std::move(path));
    request.method = std::move(method);
    if (request.method != "GET") request.body = "b";
    request.redirects = Redirects::follow;
    return say(std::move(request));
  };
  EXPECT_EQ(follow("/302", "GET"), "200 OK: GET ");
  EXPECT_EQ(follow("/301", "POST"), "200 OK: GET ");
  EXPECT_EQ(follow("/302", "PUT"), "200 OK: PUT b");
  EXPECT_EQ(follow("/303", "PUT"), "200 OK: GET ");
  EXPECT_EQ(follow("/307", "POST"), "200 OK: POST b");
  EXPECT_EQ(follow("/308", "DELETE"), "200 OK: DELETE b");
  EXPECT_EQ(follow("/304", "GET"), "304 Not Modified: ");
}

TEST_F(OutboundTest, ARedirectIsCheckedAsTheFirstRequestWas) {
  handler_.function = [](Request request, Responder responder) {
    responder.send({.status = 302,
                    .content_type = "text/plain",
                    .body = {},
                    .headers = {{"Location", request.query}}});
  };
  start();
  const LiteralServer inside({"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret"}, "127.0.0.2",
                             port_);
  resolver_.table["inside.test"] = {{ip("127.0.0.2")}};
  const auto follow = [&](const std::string& location) {
    auto request = get("/?" + location);
    request.redirects = Redirects::follow;
    request.permits = [](const Destination&, const IpAddress& address) {
      return address == *parse_ip("127.0.0.1");
    };
    return say(std::move(request));
  };
  const auto port = ":" + std::to_string(port_);
  EXPECT_EQ(follow("http://127.0.0.2" + port + "/"),
            "forbidden: All resolved IPs for 127.0.0.2 are in private/reserved ranges");
  EXPECT_EQ(follow("//inside.test" + port + "/"),
            "forbidden: All resolved IPs for inside.test are in private/reserved ranges");
  EXPECT_EQ(follow("file:///etc/passwd"),
            "invalid_request: Disallowed protocol \"file:\" — only http: and https: are permitted");
  EXPECT_EQ(follow("http://:1/"), "invalid_request: Invalid URL: http://:1/");
  EXPECT_EQ(inside.connections(), 0u);
}

TEST_F(OutboundTest, RedirectsEndAtTheirNumber) {
  int left = 0;
  handler_.function = [&](Request, Responder responder) {
    if (left-- == 0) return responder.send(text("there"));
    responder.send(
        {.status = 307, .content_type = "text/plain", .body = {}, .headers = {{"Location", "/"}}});
  };
  start();
  auto request = get();
  request.redirects = Redirects::follow;
  left = Outbound::redirects_max;
  EXPECT_EQ(say(request), "200 OK: there");
  left = Outbound::redirects_max + 1;
  EXPECT_EQ(say(request),
            "worker_unavailable: the request to 127.0.0.1 was redirected more than 20 times");
}

TEST_F(OutboundTest, CredentialsStayWithTheirOrigin) {
  LiteralServer other({"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"});
  LiteralServer first({"HTTP/1.1 307 Go\r\nContent-Length: 0\r\nLocation: /again\r\n\r\n",
                       "HTTP/1.1 307 Go\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:" +
                           std::to_string(other.port()) + "/\r\n\r\n"});
  port_ = first.port();
  auto request = get();
  request.redirects = Redirects::follow;
  request.headers = {{"authorization", "Bearer t"}, {"Cookie", "c=1"}, {"X-Kept", "k"}};
  EXPECT_EQ(say(std::move(request)), "200 OK: ");
  for (const std::size_t hop : {0, 1}) {
    const auto heard = first.heard(hop);
    EXPECT_THAT(heard, HasSubstr("authorization: Bearer t\r\n"));
    EXPECT_THAT(heard, HasSubstr("Cookie: c=1\r\n"));
  }
  const auto heard = other.heard(0);
  EXPECT_THAT(heard, HasSubstr("X-Kept: k\r\n"));
  EXPECT_THAT(heard, testing::Not(HasSubstr("Bearer")));
  EXPECT_THAT(heard, testing::Not(HasSubstr("c=1")));
}

TEST_F(OutboundTest, TheProxyIsTheOperatorsAndNotTheEnvironments) {
  LiteralServer proxy({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy",
                       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy"});
  make({.proxy = "http://127.0.0.1:" + std::to_string(proxy.port())});
  auto request = get();
  request.url = "http://a.test/x";
  request.permits = [](const Destination&, const IpAddress& address) {
    return address == *parse_ip("8.8.8.8");
  };
  // Unknown here: the proxy may know it.
  EXPECT_EQ(say(request), "200 OK: proxy");
  EXPECT_THAT(proxy.heard(0), StartsWith("GET http://a.test/x HTTP/1.1\r\nHost: a.test\r\n"));
  resolver_.table["a.test"] = {{ip("8.8.8.8")}};
  EXPECT_EQ(say(request), "200 OK: proxy");
  resolver_.table["a.test"] = {{ip("10.0.0.1")}};
  EXPECT_EQ(say(request), "forbidden: All resolved IPs for a.test are in private/reserved ranges");
  request.url = "http://10.0.0.1/";
  EXPECT_EQ(say(request),
            "forbidden: All resolved IPs for 10.0.0.1 are in private/reserved ranges");

  start();
  auto direct = get();
  direct.route = [](const Destination&) { return Route::direct; };
  EXPECT_EQ(say(direct), "200 OK: GET / ");
  EXPECT_EQ(proxy.connections(), 2u);
}

TEST_F(OutboundTest, WhatIsUnderWayWhenItStopsIsAnsweredAndWhatComesLater) {
  hold_requests();
  start();
  make();
  resolver_.silent = {"slow.test"};
  std::vector<std::string> answers;
  const auto note = [&] {
    return Reply<OutboundResponse>([&](Result<OutboundResponse> outcome) {
      answers.push_back(outcome ? "answered" : outcome.error().message);
    });
  };
  thread_.call([&] {
    outbound_->send(get(), note());
    auto request = get();
    request.url = "http://slow.test/";
    outbound_->send(std::move(request), note());
  });
  ASSERT_TRUE(await_held(1));
  thread_.call([&] {
    outbound_->stop();
    outbound_->send(get(), note());
  });
  EXPECT_THAT(answers, ElementsAre("the host is stopping; the request was given up",
                                   "the host is stopping; the request was given up",
                                   "the host is stopping; the request was given up"));
  thread_.call([this] { held_.clear(); });
}

}  // namespace
}  // namespace collet::http
