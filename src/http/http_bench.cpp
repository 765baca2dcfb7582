// How fast the server is, as a ratio to a bare Beast answer of the same size, in one run:
//   http_bench [connections] [seconds] [answer bytes]
// Both servers run in turn on a thread of their own, under the same load: each connection sends a
// request, waits for the whole answer, sends the next. The servers alternate, and the medians of
// the rounds are compared, because other work on the machine moves single rounds.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/logger.hpp"
#include "http/server.hpp"

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using collet::Clock;

constexpr int k_rounds = 5;

// --- A bare Beast answer, written as its examples are

class BareSession : public std::enable_shared_from_this<BareSession> {
 public:
  BareSession(tcp::socket socket, const std::string& body)
      : socket_(std::move(socket)), body_(body) {}

  void read() {
    request_ = {};
    beast::http::async_read(socket_, buffer_, request_,
                            [self = shared_from_this()](beast::error_code error, std::size_t) {
                              if (!error) self->write();
                            });
  }

 private:
  void write() {
    response_.emplace(beast::http::status::ok, request_.version());
    response_->set(beast::http::field::content_type, "application/json");
    response_->keep_alive(request_.keep_alive());
    response_->body() = body_;
    response_->prepare_payload();
    beast::http::async_write(socket_, *response_,
                             [self = shared_from_this()](beast::error_code error, std::size_t) {
                               if (!error) self->read();
                             });
  }

  tcp::socket socket_;
  const std::string& body_;
  beast::flat_buffer buffer_;
  beast::http::request<beast::http::string_body> request_;
  std::optional<beast::http::response<beast::http::string_body>> response_;
};

class BareServer {
 public:
  explicit BareServer(std::string body)
      : body_(std::move(body)),
        acceptor_(context_, {asio::ip::address_v4::loopback(), 0}),
        port_(acceptor_.local_endpoint().port()) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~BareServer() {
    context_.stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  void accept() {
    acceptor_.async_accept([this](beast::error_code error, tcp::socket socket) {
      if (error) return;
      socket.set_option(tcp::no_delay(true));
      std::make_shared<BareSession>(std::move(socket), body_)->read();
      accept();
    });
  }

  const std::string body_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  const std::uint16_t port_;
  std::thread thread_;
};

// --- Ours, with a handler that does nothing

class ColletServer final : collet::http::Handler {
 public:
  explicit ColletServer(std::string body) : body_(std::move(body)) {
    thread_ = std::thread([this] { loop_.run(); });
    on_loop([this] {
      auto server = collet::http::Server::listen(loop_, {}, *this, *log_);
      if (!server) std::abort();
      server_ = std::move(*server);
      server_->start_accepting();
    });
  }
  ~ColletServer() override {
    on_loop([this] { server_.reset(); });
    loop_.stop();
    thread_.join();
  }
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

 private:
  void handle(collet::http::Request, collet::http::Responder responder) override {
    responder.send({.body = body_});
  }
  template <class Work>
  void on_loop(Work work) {
    std::promise<void> done;
    loop_.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  const std::string body_;
  collet::AsioLoop loop_;
  std::unique_ptr<collet::Logger> log_ = collet::make_null_logger();
  std::unique_ptr<collet::http::Server> server_;
  std::thread thread_;
};

// --- The load

struct Figures {
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
};

struct Connection {
  int socket = -1;
  std::size_t wanted = 0;  ///< bytes of a whole answer; 0 until the first one came
  std::size_t got = 0;
  Clock::time_point sent{};
};

constexpr std::string_view k_request =
    "POST /api/plugins/tools/execute HTTP/1.1\r\nHost: 127.0.0.1:7420\r\n"
    "Content-Type: application/json\r\nContent-Length: 41\r\n\r\n"
    "{\"tool\":\"acme.echo:echo\",\"parameters\":{}}";

void send_request(Connection& connection) {
  connection.got = 0;
  connection.sent = Clock::now();
  if (::send(connection.socket, k_request.data(), k_request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(k_request.size())) {
    std::abort();
  }
}

Figures load(std::uint16_t port, int connections, std::size_t body_bytes, double seconds) {
  const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<Connection> all(static_cast<std::size_t>(connections));
  for (std::size_t i = 0; i < all.size(); ++i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    std::memcpy(&generic, &address, sizeof address);
    all[i].socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(all[i].socket, &generic, sizeof generic) != 0) std::abort();
    const int on = 1;
    ::setsockopt(all[i].socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].socket, &event);
  }
  std::vector<float> latencies;
  latencies.reserve(1u << 21);
  std::vector<char> buffer(body_bytes + 65536);
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (auto& connection : all) send_request(connection);
  auto now = begin;
  std::array<epoll_event, 64> events{};
  while (now < end) {
    const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 1000);
    now = Clock::now();
    for (int i = 0; i < ready; ++i) {
      auto& connection = all[events[static_cast<std::size_t>(i)].data.u64];
      const auto count = ::recv(connection.socket, buffer.data(), buffer.size(), 0);
      if (count <= 0) std::abort();
      if (connection.wanted == 0) {
        const auto head =
            std::string_view(buffer.data(), static_cast<std::size_t>(count)).find("\r\n\r\n");
        if (head == std::string_view::npos) std::abort();
        connection.wanted = head + 4 + body_bytes;
      }
      connection.got += static_cast<std::size_t>(count);
      if (connection.got < connection.wanted) continue;
      now = Clock::now();
      latencies.push_back(std::chrono::duration<float, std::micro>(now - connection.sent).count());
      send_request(connection);
    }
  }
  const auto took = std::chrono::duration<double>(now - begin).count();
  for (auto& connection : all) ::close(connection.socket);
  ::close(epoll);
  std::ranges::sort(latencies);
  if (latencies.empty()) std::abort();
  return {static_cast<double>(latencies.size()) / took,
          static_cast<double>(latencies[latencies.size() / 2]),
          static_cast<double>(latencies[latencies.size() * 99 / 100])};
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

struct Series {
  std::vector<double> per_second, p50_us, p99_us;
  void add(const Figures& figures) {
    per_second.push_back(figures.per_second);
    p50_us.push_back(figures.p50_us);
    p99_us.push_back(figures.p99_us);
  }
  void print(const char* name) const {
    std::printf("  %-11s %9.0f answers/s   p50 %7.1f us   p99 %7.1f us\n", name, median(per_second),
                median(p50_us), median(p99_us));
  }
};

void compare(int connections, std::size_t body_bytes, double seconds) {
  const std::string body(body_bytes, 'x');
  Series bare, ours;
  for (int round = 0; round < k_rounds; ++round) {
    {
      const BareServer server(body);
      bare.add(load(server.port(), connections, body_bytes, seconds / k_rounds));
    }
    {
      const ColletServer server(body);
      ours.add(load(server.port(), connections, body_bytes, seconds / k_rounds));
    }
  }
  std::printf("%d connection(s), %zu byte answers\n", connections, body_bytes);
  bare.print("bare Beast");
  ours.print("collet");
  std::printf("  throughput %.2f x bare, p50 %.2f x bare\n",
              median(ours.per_second) / median(bare.per_second),
              median(ours.p50_us) / median(bare.p50_us));
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
  const auto bytes = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 200);
  if (argc > 1) {
    compare(std::atoi(argv[1]), bytes, seconds);
  } else {
    compare(1, bytes, seconds);
    compare(32, bytes, seconds);
  }
  return 0;
}
