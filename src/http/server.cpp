#include "http/server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "base/asio_loop.hpp"
#include "base/logger.hpp"
#include "http/address.hpp"
#include "http/port_owner.hpp"
#include "http/session.hpp"

namespace collet::http {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

constexpr std::chrono::milliseconds k_accept_pause_min{10};
constexpr std::chrono::milliseconds k_accept_pause_max{1000};
// Those just accepted have their first turn before more come: of too many at once, the ones that
// say nothing have to go, and nobody has said anything yet.
constexpr int k_accepts_per_turn_max = 64;

/// How often late sessions are looked for: a quarter of the shortest time limit, because one sweep
/// costs less than a timer for each operation.
Clock::duration sweep_interval(const ServerOptions& options) {
  const auto shortest = std::min({options.head_timeout, options.body_timeout, options.idle_timeout,
                                  options.write_timeout, options.linger_timeout});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(5),
                                               std::chrono::seconds(1));
}

class ListeningServer final : public Server, private SessionHost {
 public:
  ListeningServer(AsioLoop& the_loop, Logger& the_log, Handler& the_handler,
                  ServerOptions the_options, Acceptor acceptor)
      : SessionHost(the_loop, the_log, the_handler, std::move(the_options)),
        acceptor_(std::move(acceptor)),
        port_(acceptor_.local_endpoint().port()) {}

  ~ListeningServer() override {
    ending_ = true;
    gate->shut();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& session : snapshot()) session->close();
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::size_t requests_open() const override { return open_requests; }
  [[nodiscard]] std::size_t connections_open() const override { return sessions_.size(); }
  [[nodiscard]] const ServerCounters& counters() const override { return counts; }

  void start_accepting() override {
    accepting_ = true;
    wait_for_connections();
  }

  void stop_accepting() override {
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    accept_pause_timer_.cancel();
    for (const auto& session : snapshot()) session->drain();
  }

 private:
  void session_closed(Session& session) override {
    sessions_.erase(&session);
    if (!ending_) wait_for_connections();
  }
  void session_idle() override {
    if (sessions_.size() >= options.connections_max) wait_for_connections();
  }
  [[nodiscard]] bool stopping() const override { return stopping_; }

  /// The session that has been quiet for longest, or null where all are at work.
  [[nodiscard]] std::shared_ptr<Session> quietest() const {
    std::shared_ptr<Session> found;
    auto since = TimePoint::max();
    for (const auto& [address, session] : sessions_) {
      const auto quiet = session->quiet_since();
      if (quiet && *quiet < since) {
        since = *quiet;
        found = session;
      }
    }
    return found;
  }

  /// Whether there is room for one more connection, or can be made: whoever only waits gives way to
  /// who comes, so that silent connections cannot keep others out.
  [[nodiscard]] bool has_room() const {
    return sessions_.size() < options.connections_max || quietest() != nullptr;
  }
  void make_room() {
    if (sessions_.size() >= options.connections_max) evict_quietest();
  }
  bool evict_quietest() {
    const auto session = quietest();
    if (!session) return false;
    if (counts.quiet_evicted++ == 0) {
      log.warn("connections are at their limit; those that wait longest are closed for new ones",
               {{"connections", std::to_string(sessions_.size())}});
    }
    session->close();
    sessions_.erase(session.get());
    return true;
  }

  /// Sessions leave `sessions_` while they are walked.
  [[nodiscard]] std::vector<std::shared_ptr<Session>> snapshot() const {
    std::vector<std::shared_ptr<Session>> all;
    all.reserve(sessions_.size());
    for (const auto& [address, session] : sessions_) all.push_back(session);
    return all;
  }

  void wait_for_connections() {
    if (!accepting_ || waiting_ || pausing_ || stopping_ || !has_room()) return;
    waiting_ = true;
    acceptor_.async_wait(Acceptor::wait_read, [this, alive = std::weak_ptr<void>(alive_)](
                                                  boost::system::error_code error) {
      if (alive.expired()) return;
      waiting_ = false;
      if (!error && !stopping_) accept_all();
    });
  }

  void accept_all() {
    for (int i = 0; i < k_accepts_per_turn_max && has_room(); ++i) {
      const int descriptor =
          ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor < 0) {
        const int why = errno;
        if (why == EAGAIN || why == EWOULDBLOCK) break;
        ++counts.accept_errors;
        // What concerns only that one client is passed over; anything else would come again at
        // once.
        if (why == ECONNABORTED || why == EPROTO || why == EINTR) continue;
        if ((why == EMFILE || why == ENFILE) && evict_quietest()) continue;
        return pause(why);
      }
      accepted(descriptor);
    }
    wait_for_connections();
  }

  void accepted(int descriptor) {
    ++counts.accepted;
    make_room();
    if (accept_pause_ != k_accept_pause_min) {
      accept_pause_ = k_accept_pause_min;
      log.info("connections are accepted again");
    }
    auto session = Session::open(*this, descriptor);
    if (!session) return;
    sessions_.emplace(session.get(), session);
    session->start();
    if (!sweeping_) sweep_later();
  }

  /// Without a pause the loop would spin: the listening socket stays readable.
  void pause(int why) {
    if (accept_pause_ == k_accept_pause_min) {
      log.warn("connections cannot be accepted for now",
               {{"reason", std::strerror(why)},
                {"connections", std::to_string(sessions_.size())},
                {"remedy", "raise the limit of open files (ulimit -n), or lower connections_max"}});
    }
    pausing_ = true;
    accept_pause_timer_ = loop.call_after(accept_pause_, [this] {
      pausing_ = false;
      if (!stopping_) accept_all();
    });
    accept_pause_ = std::min(2 * accept_pause_, k_accept_pause_max);
  }

  void sweep_later() {
    sweeping_ = true;
    sweep_timer_ = loop.call_after(sweep_interval(options), [this] {
      sweeping_ = false;
      const auto now = loop.now();
      for (const auto& session : snapshot()) session->check_time(now);
      if (!sessions_.empty()) sweep_later();
    });
  }

  Acceptor acceptor_;
  bool accepting_ = false;
  const std::uint16_t port_;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;
  Timer sweep_timer_;
  Timer accept_pause_timer_;
  std::chrono::milliseconds accept_pause_ = k_accept_pause_min;
  bool waiting_ = false;
  bool pausing_ = false;
  bool stopping_ = false;
  bool ending_ = false;
  bool sweeping_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<char>();
};

std::unexpected<Error> cannot_listen(const ServerOptions& options,
                                     const boost::system::error_code& error) {
  const auto where = host_and_port(options.address, options.port);
  if (error == asio::error::address_in_use) {
    const std::uint16_t other = options.port < 65535 ? options.port + 1 : options.port - 1;
    const auto owner = port_owner(options.port);
    return fail(ErrorCode::invalid_request,
                fmt::format("port {} on {} is taken by {}", options.port, options.address,
                            owner.value_or("another process")),
                fmt::format("stop it, or choose another with --listen {}",
                            host_and_port(options.address, other)));
  }
  if (error == asio::error::access_denied) {
    return fail(ErrorCode::invalid_request, fmt::format("no permission to listen on {}", where),
                fmt::format("choose a port from 1024 on with --listen {}",
                            host_and_port(options.address, 7420)));
  }
  if (error == boost::system::errc::address_not_available) {
    return fail(ErrorCode::invalid_request,
                fmt::format("{} is no address of this machine", options.address),
                "choose one of its own with --listen, e.g. --listen 127.0.0.1:7420");
  }
  return fail(ErrorCode::invalid_request,
              fmt::format("cannot listen on {}: {}", where, error.message()),
              "choose another address with --listen, e.g. --listen 127.0.0.1:7420");
}

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(AsioLoop& loop, ServerOptions options,
                                               Handler& handler, Logger& log) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options.address, error);
  if (error) {
    return fail(ErrorCode::invalid_request,
                fmt::format("\"{}\" is not an IPv4 or IPv6 address", options.address),
                "give one with --listen, e.g. --listen 127.0.0.1:7420");
  }
  options.bodies_bytes_max = std::max(options.bodies_bytes_max, options.body_bytes_max);
  const asio::ip::tcp::endpoint endpoint(address, options.port);
  Acceptor acceptor(loop.context());
  acceptor.open(endpoint.protocol(), error);
  // A restarted server may take its port over from connections that are just ending (TIME_WAIT).
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error && address.is_v6() && address.is_unspecified()) {
    acceptor.set_option(asio::ip::v6_only(false), error);  // :: is every address, IPv4 too
  }
  if (!error) acceptor.non_blocking(true, error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return cannot_listen(options, error);
  return std::make_unique<ListeningServer>(loop, log, handler, std::move(options),
                                           std::move(acceptor));
}

}  // namespace collet::http
