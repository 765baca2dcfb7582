// A real server on loopback for the tests of this room: its loop runs on a thread of its own, and
// clients write literal bytes.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/asio_loop.hpp"
#include "base/logger.hpp"
#include "http/server.hpp"

namespace collet::http {

/// No test waits longer than this for something that must happen.
constexpr std::chrono::seconds k_test_patience{20};

class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() { stop(); }
  void stop() {
    if (!thread_.joinable()) return;
    loop_.stop();
    thread_.join();
  }
  [[nodiscard]] AsioLoop& loop() { return loop_; }

  /// Runs `work` on the loop and waits for what it returns.
  template <class Work>
  auto call(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    loop_.post([&task] { task(); });
    return result.get();
  }
  /// Waits until `condition`, asked on the loop, holds.
  template <class Condition>
  [[nodiscard]] bool await(Condition condition) {
    const auto end = Clock::now() + k_test_patience;
    while (!call(condition)) {
      if (Clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }
  /// Waits until the loop has had a timer of `duration`.
  void pass(Clock::duration duration) {
    std::promise<void> passed;
    auto timer =
        call([&] { return loop_.call_after(duration, [&passed] { passed.set_value(); }); });
    passed.get_future().wait();
    call([&timer] { timer.cancel(); });
  }

 private:
  AsioLoop loop_;
  std::thread thread_;
};

/// A client that sends and reads literal bytes.
class RawClient {
 public:
  RawClient() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{.tv_sec = k_test_patience.count(), .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  explicit RawClient(std::uint16_t port) : RawClient() { connect(port); }
  /// One whose kernel takes about `receive_buffer` bytes that it does not read.
  RawClient(std::uint16_t port, int receive_buffer) : RawClient() {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    connect(port);
  }
  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    static_assert(sizeof generic == sizeof address);
    std::memcpy(&generic, &address, sizeof address);
    connected_ = ::connect(socket_, &generic, sizeof generic) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        connected_(other.connected_),
        unread_(std::move(other.unread_)) {}
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient() { close(); }

  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0) return;  // the answer tells
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  void half_close() { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  /// Closes with RST instead of FIN.
  void reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  /// Reads up to and including `end`; what came so far where the connection ends before.
  std::string read_until(std::string_view end) {
    std::size_t found = 0;
    while ((found = unread_.find(end)) == std::string::npos && fill()) continue;
    return take(found == std::string::npos ? unread_.size() : found + end.size());
  }
  /// One answer with its Content-Length body (none to HEAD: then use `read_until`).
  std::string read_answer() {
    auto answer = read_until("\r\n\r\n");
    constexpr std::string_view length = "Content-Length: ";
    const auto at = answer.find(length);
    if (at == std::string::npos) return answer;
    const auto size = std::stoul(answer.substr(at + length.size()));
    while (unread_.size() < size && fill()) continue;
    return answer + take(std::min<std::size_t>(size, unread_.size()));
  }
  /// Everything until the server closes; with "(reset)" or "(timeout)" at the end where it did not
  /// close properly.
  std::string read_all() {
    while (fill()) continue;
    auto all = take(unread_.size());
    if (error_ == ECONNRESET) all += "(reset)";
    if (error_ == EAGAIN) all += "(timeout)";
    return all;
  }

 private:
  bool fill() {
    char buffer[16384];
    const auto count = ::recv(socket_, buffer, sizeof buffer, 0);
    error_ = count < 0 ? errno : 0;
    if (count > 0) unread_.append(buffer, static_cast<std::size_t>(count));
    return count > 0;
  }
  std::string take(std::size_t count) {
    auto taken = unread_.substr(0, count);
    unread_.erase(0, count);
    return taken;
  }

  int socket_;
  bool connected_ = false;
  std::string unread_;
  int error_ = 0;
};

class FunctionHandler final : public Handler {
 public:
  std::function<std::optional<Response>(const Request&)> admission;  ///< admits where it is empty
  std::function<void(Request, Responder)> function;
  std::optional<Response> admit(const Request& head) override {
    return admission ? admission(head) : std::nullopt;
  }
  bool is_vital(const Request& head) const override { return head.path == "/vital"; }
  void handle(Request request, Responder responder) override {
    function(std::move(request), std::move(responder));
  }
};

/// By default the handler answers "<method> <path> <body>" as text.
class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    handler_.function = [](Request request, Responder responder) {
      responder.send({.content_type = "text/plain",
                      .body = request.method + " " + request.path + " " + request.body});
    };
  }
  ~ServerTest() override { end_server(); }

  void start(ServerOptions options = {}) {
    auto listening = thread_.call([&] { return Server::listen(loop(), options, handler_, log_); });
    ASSERT_TRUE(listening) << listening.error().message;
    server_ = std::move(*listening);
    port_ = server_->port();
    thread_.call([this] { server_->start_accepting(); });
  }
  void end_server() {
    thread_.call([this] {
      server_.reset();
      return true;
    });
  }
  [[nodiscard]] AsioLoop& loop() { return thread_.loop(); }
  [[nodiscard]] RawClient client() { return RawClient(port_); }
  [[nodiscard]] ServerCounters counters() {
    return thread_.call([this] { return server_->counters(); });
  }
  [[nodiscard]] bool await_counter(std::uint64_t ServerCounters::*counter, std::uint64_t value) {
    return thread_.await([&] { return server_->counters().*counter == value; });
  }
  [[nodiscard]] bool await_connections(std::size_t count) {
    return thread_.await([&] { return server_->connections_open() == count; });
  }
  [[nodiscard]] std::vector<std::string> alarms() {
    return thread_.call([this] { return log_.alarms(); });
  }
  /// The handler keeps its requests until the test answers them.
  void hold_requests() {
    handler_.function = [this](Request request, Responder responder) {
      held_.emplace_back(std::move(request), std::move(responder));
    };
  }
  [[nodiscard]] bool await_held(std::size_t count) {
    return thread_.await([&] { return held_.size() == count; });
  }

  RecordingLogger log_;
  FunctionHandler handler_;
  std::vector<std::pair<Request, Responder>> held_;
  LoopThread thread_;
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
};

inline Response text(std::string body) {
  return {.content_type = "text/plain", .body = std::move(body)};
}

}  // namespace collet::http
