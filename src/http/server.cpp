#include "http/server.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/asio_loop.hpp"
#include "base/descriptors.hpp"
#include "base/file_descriptor.hpp"
#include "base/logger.hpp"
#include "base/rarely.hpp"
#include "http/accept_pause.hpp"
#include "http/address.hpp"
#include "http/port_owner.hpp"
#include "http/seats.hpp"
#include "http/session.hpp"

namespace collet::http {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

// Those just accepted have their first turn before more come: of too many at once, the ones that
// say nothing have to go, and nobody has said anything yet.
constexpr int k_accepts_per_turn_max = 64;
// Most calls are over within a second.
constexpr std::chrono::seconds k_retry_after{1};

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
        port_(acceptor_.local_endpoint().port()),
        seats_(options.connections_max, options.spare_connections_max),
        pause_(the_loop) {}

  ~ListeningServer() override {
    ending_ = true;
    gate->shut();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    for (const auto& session : seats_.all()) session->close();
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }
  [[nodiscard]] std::size_t requests_open() const override { return open_requests; }
  [[nodiscard]] std::size_t connections_open() const override { return seats_.size(); }
  [[nodiscard]] std::size_t connections_max() const override { return options.connections_max; }
  [[nodiscard]] const ServerCounters& counters() const override { return counts; }

  void start_accepting() override {
    accepting_ = true;
    keep_reserve();
    wait_for_connections();
  }

  void stop_accepting() override {
    stopping_ = true;
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& session : seats_.all()) session->drain();
  }

 private:
  void session_closed(Session& session) override {
    seats_.remove(session);
    if (ending_) return;
    keep_reserve();
    pause_.cut_short();
    wait_for_connections();
  }
  void session_quiet() override { wait_for_connections(); }
  [[nodiscard]] bool stopping() const override { return stopping_; }

  [[nodiscard]] Error why_no_room() const override {
    if (lack_ != 0) return too_many_open_files("no more connections can be served", lack_);
    return {.code = ErrorCode::overloaded,
            .message = fmt::format("the host serves {} connections at a time, and all are at work",
                                   options.connections_max),
            .remedy =
                "try again in a moment, or raise http.connections_max and the limit of open "
                "files (ulimit -n)",
            .retry_after = k_retry_after};
  }

  void wait_for_connections() {
    if (!accepting_ || waiting_ || pause_.is_under_way() || stopping_) return;
    if (!seats_.find(TimePoint::max())) return;
    waiting_ = true;
    acceptor_.async_wait(Acceptor::wait_read, [this, alive = std::weak_ptr<void>(alive_)](
                                                  boost::system::error_code error) {
      if (alive.expired()) return;
      waiting_ = false;
      if (!error && !stopping_) accept_all();
    });
  }

  void accept_all() {
    const auto turn = loop.now();
    for (int i = 0; i < k_accepts_per_turn_max; ++i) {
      auto seat = seats_.find(turn);
      if (!seat) break;
      const int descriptor = accept_one();
      if (descriptor >= 0) {
        no_lack();
        accepted(descriptor, *std::move(seat));
        continue;
      }
      const int why = errno;
      if (why == EAGAIN || why == EWOULDBLOCK) break;
      ++counts.accept_errors;
      // What concerns only that one client is passed over; anything else would come again at
      // once.
      if (why == ECONNABORTED || why == EPROTO || why == EINTR) continue;
      if (is_out_of_descriptors(why)) {
        if (const auto quiet = seats_.quietest_before(turn)) {
          evict(*quiet);
          continue;
        }
        lack(why);
        if (accept_by_reserve()) break;  // it has its turn first
      }
      return pause(why);
    }
    wait_for_connections();
  }

  [[nodiscard]] int accept_one() {
    return ::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  }

  void accepted(int descriptor, Seat seat) {
    ++counts.accepted;
    if (seat.taken_from) evict(*seat.taken_from);
    if (seat.place == Place::spare && lack_ == 0 && no_place_.is_time(loop.now())) {
      log.warn("all connections are at work; those beyond are refused",
               {{"connections_max", std::to_string(options.connections_max)},
                {"remedy", "raise http.connections_max and the limit of open files (ulimit -n)"}});
    }
    auto session = Session::open(*this, descriptor, seat.place);
    if (!session) return;
    seats_.add(session);
    session->start();
    if (!sweeping_) sweep_later();
  }

  void evict(Session& session) {
    if (counts.quiet_evicted++ == 0) {
      log.warn("connections are at their limit; those that wait longest are closed for new ones",
               {{"connections", std::to_string(seats_.size())}});
    }
    session.close();
  }

  // Where descriptors are wanting.

  /// Opened when it is not needed, so that there is one to accept with when there is none.
  void keep_reserve() {
    if (!reserve_) reserve_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC));
  }

  /// Whether one more connection could be let in, in a spare place.
  [[nodiscard]] bool accept_by_reserve() {
    if (!reserve_) return false;
    reserve_.close();
    const int descriptor = accept_one();
    if (descriptor < 0) {
      keep_reserve();
      return false;
    }
    accepted(descriptor, {.place = Place::spare});
    return true;
  }

  void pause(int why) {
    if (!is_out_of_descriptors(why) && other_error_.is_time(loop.now())) {
      log.warn("connections cannot be accepted for now",
               {{"reason", std::generic_category().message(why)}});
    }
    pause_.begin([this] {
      keep_reserve();
      if (!stopping_) accept_all();
    });
  }

  void lack(int why) {
    lack_ = why;
    if (!no_descriptor_.is_time(loop.now())) return;
    lack_is_told_ = true;
    const auto error = too_many_open_files("connections cannot be accepted", why);
    log.warn(error.message,
             {{"connections", std::to_string(seats_.size())}, {"remedy", error.remedy}});
  }
  void no_lack() {
    pause_.forget();
    lack_ = 0;
    if (std::exchange(lack_is_told_, false)) log.info("connections are accepted again");
  }

  void sweep_later() {
    sweeping_ = true;
    sweep_timer_ = loop.call_after(sweep_interval(options), [this] {
      sweeping_ = false;
      const auto now = loop.now();
      for (const auto& session : seats_.all()) session->check_time(now);
      if (!seats_.empty()) sweep_later();
    });
  }

  Acceptor acceptor_;
  bool accepting_ = false;
  const std::uint16_t port_;
  Seats seats_;
  FileDescriptor reserve_;
  AcceptPause pause_;
  int lack_ = 0;  ///< the errno of why the last connection got no descriptor; 0 where it got one
  bool lack_is_told_ = false;
  Rarely no_place_;
  Rarely no_descriptor_;
  Rarely other_error_;
  Timer sweep_timer_;
  bool waiting_ = false;
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
  return fail_by_system(ErrorCode::invalid_request, fmt::format("cannot listen on {}", where),
                        error.value(),
                        "choose another address with --listen, e.g. --listen 127.0.0.1:7420");
}

}  // namespace

std::size_t connections_allowed(std::size_t wanted, std::uint64_t open_files) {
  return std::max<std::size_t>(std::min<std::uint64_t>(wanted, open_files / 2), 1);
}

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
  options.connections_max = connections_allowed(options.connections_max, open_files_max());
  options.spare_connections_max = std::min(options.spare_connections_max,
                                           std::max<std::size_t>(options.connections_max / 8, 1));
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
