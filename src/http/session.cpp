#include "http/session.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/asio_loop.hpp"
#include "base/logger.hpp"
#include "http/request_reader.hpp"

namespace collet::http {
namespace {

namespace asio = boost::asio;
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// Enough for nearly every request, so that one read gets it.
constexpr std::size_t k_input_bytes = 8u << 10;
/// For bodies; given back when the connection falls idle.
constexpr std::size_t k_input_bytes_body = 64u << 10;
/// Most calls are over within a second, and their bodies with them.
constexpr std::chrono::milliseconds k_retry_after{1000};

/// The bytes that were read and not used yet. While a read is under way its space stays where it
/// is.
class InputBuffer {
 public:
  [[nodiscard]] std::string_view unread() const { return {bytes_.data() + begin_, end_ - begin_}; }
  void take(std::size_t count) { begin_ += count; }
  void take_all() { begin_ = end_; }

  /// Space to read into; empty where `bytes_max` bytes are unread. A read begins where it is not.
  [[nodiscard]] asio::mutable_buffer space(std::size_t wanted, std::size_t bytes_max) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ == bytes_.size() && begin_ > 0) {
      std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    auto size = std::max(bytes_.size(), std::min(wanted, bytes_max));
    if (end_ == size) size = std::min(2 * size, bytes_max);
    if (size > bytes_.size()) bytes_.resize(size);
    reading_ = end_ < bytes_.size();
    return asio::buffer(bytes_.data() + end_, bytes_.size() - end_);
  }
  /// The read ended with `count` bytes.
  void added(std::size_t count) {
    end_ += count;
    reading_ = false;
  }
  [[nodiscard]] bool reading() const { return reading_; }
  /// Gives large memory back where nothing is unread.
  void shrink() {
    if (reading_ || begin_ != end_ || bytes_.size() <= k_input_bytes) return;
    std::vector<char>().swap(bytes_);
    begin_ = end_ = 0;
  }

 private:
  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool reading_ = false;
};

/// The bytes that are to be sent: a head and a body that is moved, not copied, then whatever is
/// appended while they are on their way.
class OutputQueue {
 public:
  [[nodiscard]] bool empty() const { return unsent() == 0; }
  [[nodiscard]] std::size_t unsent() const {
    return head_.size() + body_.size() - sent_ + next_.size();
  }
  /// Where bytes that come after all others are appended.
  [[nodiscard]] std::string& tail() { return sent_ == 0 && body_.empty() ? head_ : next_; }
  void push_body(std::string body) {
    if (sent_ == 0 && body_.empty() && next_.empty()) {
      body_ = std::move(body);
    } else {
      next_ += body;
    }
  }
  [[nodiscard]] std::array<iovec, 3> pieces() {
    const auto piece = [](std::string& bytes, std::size_t skip) {
      return iovec{bytes.data() + skip, bytes.size() - skip};
    };
    const auto head_sent = std::min(sent_, head_.size());
    return {piece(head_, head_sent), piece(body_, sent_ - head_sent), piece(next_, 0)};
  }
  void sent(std::size_t count) {
    const auto front = std::min(count, head_.size() + body_.size() - sent_);
    sent_ += front;
    if (sent_ < head_.size() + body_.size()) return;
    head_.clear();
    body_.clear();
    sent_ = count - front;
    if (sent_ == next_.size()) {
      next_.clear();
      sent_ = 0;
    } else {
      head_.swap(next_);
    }
  }
  void shrink() {
    constexpr std::size_t keep = 4u << 10;
    for (auto* bytes : {&head_, &body_, &next_}) {
      if (bytes->capacity() > keep) std::string().swap(*bytes);
    }
  }

 private:
  std::string head_;
  std::string body_;
  std::string next_;
  std::size_t sent_ = 0;  ///< of head_ and body_
};

class TcpSession;

/// How an answer finds its connection. One serves all requests of a connection one after the other,
/// which is safe because a Responder answers once and a Stream is inert after its end.
class Exchange final : public Responder::Channel, public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(TcpSession& session, Logger& log, std::shared_ptr<LoopGate> gate)
      : session_(&session), log_(log), gate_(std::move(gate)) {}

  void send(Response response) override;
  std::unique_ptr<Stream> stream(Response head) override;
  void abandon() override;

  void detach() { session_ = nullptr; }
  [[nodiscard]] TcpSession* session() const { return session_; }

 private:
  void on_loop(Task task);

  TcpSession* session_;  ///< null once the connection is closed; the loop's thread only
  Logger& log_;          ///< used while `session_` is there
  const std::shared_ptr<LoopGate> gate_;
  const std::thread::id loop_thread_ = std::this_thread::get_id();
};

class SessionStream final : public Stream {
 public:
  explicit SessionStream(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~SessionStream() override { end(); }
  bool write(std::string bytes) override;
  void end() override;

 private:
  std::shared_ptr<Exchange> exchange_;  ///< null after the end
};

class TcpSession final : public Session, public std::enable_shared_from_this<TcpSession> {
 public:
  TcpSession(SessionHost& host, int descriptor, Place place)
      : host_(&host),
        place_(place),
        socket_(host.loop.context(), asio::ip::tcp::v4(),
                descriptor),  // the family is not looked at
        reader_({host.options.head_bytes_max, host.options.body_bytes_max}) {
    // An answer is one write; nothing is gained by holding its last piece back.
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  Place place() const override { return place_; }

  void start() override {
    wait_for(Phase::idle, host_->options.idle_timeout);
    read();
  }

  void close() override {
    if (phase_ == Phase::closed) return;
    const auto self = shared_from_this();
    const bool owed = phase_ == Phase::handling || phase_ == Phase::streaming;
    phase_ = Phase::closed;
    boost::system::error_code ignored;
    socket_.close(ignored);
    if (exchange_) exchange_->detach();
    exchange_.reset();
    auto* const host = std::exchange(host_, nullptr);
    if (counted_) --host->open_requests;
    host->bodies_bytes -= std::exchange(body_bytes_, 0);
    if (owed && !closed_.stop_requested()) ++host->counts.clients_gone;
    host->session_closed(*this);
    if (owed) tell_closed();
  }

  void drain() override {
    after_ = AfterAnswer::close;
    if (phase_ == Phase::idle) close();
  }

  std::optional<TimePoint> quiet_since() const override {
    const bool quiet = phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::lingering;
    return quiet ? std::optional(since_) : std::nullopt;
  }

  void check_time(TimePoint now) override {
    if (now < due_) return;
    auto& counts = host_->counts;
    switch (phase_) {
      case Phase::idle:
        ++counts.idle_closed;
        return close();
      case Phase::head:
        ++counts.heads_late;
        return refuse(late("the request's head", host_->options.head_timeout));
      case Phase::body:
        ++counts.bodies_late;
        return refuse(late("the request's body", host_->options.body_timeout));
      case Phase::answering:
      case Phase::streaming:
        ++counts.writes_stalled;
        return close();
      case Phase::lingering:
        return close();
      case Phase::handling:  // the deadline of a call is not the connection's business
      case Phase::closed:
        return;
    }
  }

  // What an Exchange calls.

  void answer(Response response) {
    if (phase_ != Phase::handling) return;
    const auto self = shared_from_this();
    begin_answer(response, Framing::content_length);
    phase_ = Phase::answering;
    if (sends_body(response)) output_.push_body(std::move(response.body));
    flush();
  }

  void begin_stream(Response head) {
    if (phase_ != Phase::handling) return;
    const auto self = shared_from_this();
    if (at_end_) return close();
    framing_ = facts_.version == HttpVersion::http_1_0 ? Framing::until_close : Framing::chunked;
    if (framing_ == Framing::until_close) after_ = AfterAnswer::close;
    begin_answer(head, framing_);
    silent_ = !sends_body(head);
    phase_ = Phase::streaming;
    append_piece(head.body);
    flush();
  }

  bool stream_write(std::string_view bytes) {
    if (phase_ != Phase::streaming) return false;
    const auto self = shared_from_this();
    append_piece(bytes);
    flush();
    if (phase_ == Phase::streaming && output_.unsent() > host_->options.stream_bytes_max) {
      ++host_->counts.streams_cut;
      host_->log.warn("a client reads its stream too slowly and was cut off",
                      {{"stream_bytes_max", std::to_string(host_->options.stream_bytes_max)}});
      close();
    }
    return phase_ == Phase::streaming;
  }

  void end_stream() {
    if (phase_ != Phase::streaming) return;
    const auto self = shared_from_this();
    if (framing_ == Framing::chunked && !silent_) output_.tail() += k_last_chunk;
    phase_ = Phase::answering;
    flush();
  }

  void note_abandoned() { ++host_->counts.responders_dropped; }

 private:
  enum class Phase : std::uint8_t {
    idle,       ///< between requests
    head,       ///< a head has begun
    body,       ///< the head is complete
    handling,   ///< the handler owes the answer
    streaming,  ///< the answer has begun and its end is owed
    answering,  ///< the answer is complete and being sent
    lingering,  ///< the last answer is sent; what the client still sends is thrown away
    closed,
  };

  /// Callbacks of the token may answer, and so close this session.
  void tell_closed() {
    auto source = closed_;  // an answer puts another one in its place
    source.request_stop();
  }

  void wait_for(Phase phase, Clock::duration at_most) {
    const auto now = host_->loop.now();
    // A head that comes in single bytes does not make its sender busier than one who waits.
    if (phase != Phase::head) since_ = now;
    phase_ = phase;
    due_ = Deadline::after(now, at_most).when();
    if (phase == Phase::idle || phase == Phase::lingering) host_->session_quiet();
  }

  // Reading.

  void read() {
    if (input_.reading() || at_end_ || phase_ == Phase::closed) return;
    const auto space =
        input_.space(phase_ == Phase::body ? k_input_bytes_body : k_input_bytes,
                     std::max(host_->options.head_bytes_max, k_input_bytes) + k_input_bytes);
    if (space.size() == 0) return;  // pipelined requests wait in the kernel
    socket_.async_read_some(
        space, [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
          self->input_.added(count);
          if (self->phase_ != Phase::closed) self->on_read(error);
        });
  }

  void on_read(boost::system::error_code error) {
    if (error == asio::error::eof) return on_end();
    if (error) return close();
    switch (phase_) {
      case Phase::idle:
      case Phase::head:
      case Phase::body:
        return serve();
      case Phase::lingering:
        input_.take_all();
        return read();
      default:
        return read();  // keeps watching the client while it is owed an answer
    }
  }

  void on_end() {
    at_end_ = true;
    after_ = AfterAnswer::close;
    switch (phase_) {
      case Phase::handling:
        ++host_->counts.clients_gone;
        return tell_closed();
      case Phase::answering:
        return;  // goes on as long as the client takes bytes
      default:
        return close();
    }
  }

  /// Serves what is in the buffer, until bytes or an answer are wanting.
  void serve() {
    serving_ = true;
    while (may_serve()) {
      if (phase_ == Phase::idle) {
        skip_empty_lines();
        if (input_.unread().empty()) break;
        wait_for(Phase::head, host_->options.head_timeout);
      }
      const auto step = reader_.put(input_.unread());
      input_.take(step.taken);
      if (step.progress != RequestReader::Progress::failed && !body_fits()) {
        refuse(too_many_bodies());
      } else if (step.progress == RequestReader::Progress::need_more) {
        break;
      } else if (step.progress == RequestReader::Progress::failed) {
        facts_ = reader_.facts();
        refuse(reader_.refusal());
      } else if (step.progress == RequestReader::Progress::head_complete) {
        accept_head();
      } else {
        hand_over();
      }
    }
    serving_ = false;
    if (phase_ != Phase::closed) read();
  }

  [[nodiscard]] bool may_serve() const {
    return phase_ == Phase::idle || phase_ == Phase::head || phase_ == Phase::body;
  }

  /// RFC 9112 §2.2: empty lines before a request are ignored.
  void skip_empty_lines() {
    const auto unread = input_.unread();
    input_.take(std::min(unread.find_first_not_of("\r\n"), unread.size()));
  }

  void accept_head() {
    facts_ = reader_.facts();
    if (facts_.after == AfterAnswer::close || host_->stopping()) after_ = AfterAnswer::close;
    if (const auto allowed = check_origin(host_->guard, reader_.request()); !allowed) {
      return refuse({describe(allowed.error().code).http_status, allowed.error()});
    }
    if (place_ == Place::spare) {
      after_ = AfterAnswer::close;
      if (!host_->handler.is_vital(reader_.request())) {
        ++host_->counts.no_room;
        return refuse({describe(ErrorCode::overloaded).http_status, host_->why_no_room()});
      }
    }
    if (auto refusal = host_->handler.admit(reader_.request())) {
      // Without a body the place of the next request is known.
      if (facts_.body == HeadFacts::Body::follows) after_ = AfterAnswer::close;
      return refuse(std::move(*refusal));
    }
    wait_for(Phase::body, host_->options.body_timeout);
    if (facts_.expect == HeadFacts::Expect::continue_100 && input_.unread().empty()) {
      output_.tail() += "HTTP/1.1 100 Continue\r\n\r\n";
      flush();
    }
  }

  /// Counts what is kept of the body now. False where all bodies together get too large.
  [[nodiscard]] bool body_fits() {
    const auto kept = reader_.request().body.size();
    host_->bodies_bytes += kept - std::exchange(body_bytes_, kept);
    return host_->bodies_bytes <= host_->options.bodies_bytes_max;
  }

  void hand_over() {
    auto request = reader_.take();
    closed_ = std::stop_source();
    request.closed = closed_.get_token();
    phase_ = Phase::handling;
    due_ = TimePoint::max();
    counted_ = true;
    ++host_->open_requests;
    ++host_->counts.requests;
    if (!exchange_ || exchange_.use_count() > 1) {
      // A used Responder or Stream may still be held somewhere; it keeps the old one.
      if (exchange_) exchange_->detach();
      exchange_ = std::make_shared<Exchange>(*this, host_->log, host_->gate);
    }
    host_->handler.handle(std::move(request), Responder(exchange_));
  }

  // Answering.

  [[nodiscard]] bool sends_body(const Response& response) const {
    return facts_.method != HeadFacts::Method::head && status_has_body(response.status);
  }

  void begin_answer(const Response& response, Framing framing) {
    if (host_->stopping()) after_ = AfterAnswer::close;
    append_head(output_.tail(), response, framing, after_, facts_.version);
  }

  void append_piece(std::string_view bytes) {
    if (silent_) return;
    if (framing_ == Framing::chunked) {
      append_chunk(output_.tail(), bytes);
    } else {
      output_.tail() += bytes;
    }
  }

  /// Answers by itself and closes: after a refusal the place of the next request is not known.
  void refuse(const Refusal& refusal) {
    after_ = AfterAnswer::close;
    auto response = error_response(refusal.error);
    response.status = refusal.status;
    refuse(std::move(response));
  }

  void refuse(Response response) {
    ++host_->counts.refused;
    const auto self = shared_from_this();
    forget_request();
    phase_ = Phase::answering;
    begin_answer(response, Framing::content_length);
    if (sends_body(response)) output_.push_body(std::move(response.body));
    flush();
  }

  /// Gives the memory of the request back: its answer may take long to send.
  void forget_request() {
    reader_.reset();
    host_->bodies_bytes -= std::exchange(body_bytes_, 0);
  }

  [[nodiscard]] Refusal too_many_bodies() const {
    Error error{.code = ErrorCode::overloaded,
                .message = fmt::format(
                    "the bodies of all requests under way pass the limit of {} bytes together",
                    host_->options.bodies_bytes_max),
                .remedy = "send it again later, or fewer large requests at once"};
    error.retry_after = k_retry_after;
    return {describe(error.code).http_status, std::move(error)};
  }

  static Refusal late(std::string_view what, std::chrono::milliseconds limit) {
    return {408,
            {.code = ErrorCode::timeout,
             .message = fmt::format("{} did not arrive within {} ms", what, limit.count()),
             .remedy = {}}};
  }

  /// Sends what the kernel takes; comes back by itself for the rest.
  void flush() {
    if (waiting_to_write_) return;
    while (!output_.empty()) {
      auto pieces = output_.pieces();
      msghdr message{};
      message.msg_iov = pieces.data();
      message.msg_iovlen = pieces.size();
      const auto count = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count >= 0) {
        output_.sent(static_cast<std::size_t>(count));
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        return wait_to_write();
      } else if (errno != EINTR) {
        return close();
      }
    }
    if (phase_ == Phase::answering) return answered();
    if (phase_ == Phase::streaming) {
      due_ = TimePoint::max();  // it is the handler's turn
      output_.shrink();
    }
  }

  void wait_to_write() {
    if (phase_ == Phase::answering || phase_ == Phase::streaming) {
      wait_for(phase_, host_->options.write_timeout);
    }
    waiting_to_write_ = true;
    socket_.async_wait(Socket::wait_write,
                       [self = shared_from_this()](boost::system::error_code error) {
                         self->waiting_to_write_ = false;
                         if (self->phase_ == Phase::closed) return;
                         error ? self->close() : self->flush();
                       });
  }

  void answered() {
    if (std::exchange(counted_, false)) --host_->open_requests;
    closed_ = std::stop_source(std::nostopstate);
    silent_ = false;
    forget_request();
    if (after_ == AfterAnswer::close) return linger();
    output_.shrink();
    input_.shrink();
    wait_for(Phase::idle, host_->options.idle_timeout);
    if (serving_) return;  // goes on by itself
    if (input_.unread().empty()) return read();
    // The caller may be a handler in the midst of something: its next request comes later.
    host_->loop.post([self = shared_from_this()] {
      if (self->may_serve()) self->serve();
    });
  }

  void linger() {
    if (at_end_) return close();
    boost::system::error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return close();
    input_.take_all();
    wait_for(Phase::lingering, host_->options.linger_timeout);
    if (!serving_) read();
  }

  SessionHost* host_;  ///< null once closed
  const Place place_;
  Socket socket_;
  RequestReader reader_;
  InputBuffer input_;
  OutputQueue output_;
  std::shared_ptr<Exchange> exchange_;
  std::stop_source closed_{std::nostopstate};
  TimePoint since_;  ///< when the phase began; of a head, when the wait for it began
  TimePoint due_ = TimePoint::max();  ///< by when the phase must be over, or make progress
  HeadFacts facts_;
  AfterAnswer after_ = AfterAnswer::keep_alive;
  Framing framing_ = Framing::content_length;  ///< of a stream
  Phase phase_ = Phase::idle;
  std::size_t body_bytes_ = 0;  ///< the part in the host's `bodies_bytes`
  bool silent_ = false;         ///< a stream that sends no body, e.g. to HEAD
  bool counted_ = false;        ///< in `requests_open`
  bool waiting_to_write_ = false;
  bool at_end_ = false;  ///< the client sends no more
  bool serving_ = false;
};

void Exchange::on_loop(Task task) {
  if (std::this_thread::get_id() == loop_thread_) {
    task();
  } else {
    gate_->post(std::move(task));
  }
}

void Exchange::send(Response response) {
  if (std::this_thread::get_id() == loop_thread_) {
    if (session_) session_->answer(std::move(response));
    return;
  }
  gate_->post([self = shared_from_this(), response = std::move(response)]() mutable {
    if (self->session_) self->session_->answer(std::move(response));
  });
}

std::unique_ptr<Stream> Exchange::stream(Response head) {
  if (session_) session_->begin_stream(std::move(head));
  return std::make_unique<SessionStream>(shared_from_this());
}

void Exchange::abandon() {
  on_loop([self = shared_from_this()] {
    if (!self->session_) return;
    self->session_->note_abandoned();
    self->log_.error("a request was dropped without an answer");
    self->Channel::abandon();
  });
}

bool SessionStream::write(std::string bytes) {
  auto* const session = exchange_ ? exchange_->session() : nullptr;
  return session && session->stream_write(bytes);
}

void SessionStream::end() {
  const auto exchange = std::exchange(exchange_, nullptr);
  if (exchange && exchange->session()) exchange->session()->end_stream();
}

}  // namespace

void LoopGate::post(Task task) {
  const Lock lock(mutex_);
  if (loop_) loop_->post(std::move(task));
}

void LoopGate::shut() {
  const Lock lock(mutex_);
  loop_ = nullptr;
}

SessionHost::SessionHost(AsioLoop& the_loop, Logger& the_log, Handler& the_handler,
                         ServerOptions the_options)
    : loop(the_loop),
      log(the_log),
      handler(the_handler),
      options(std::move(the_options)),
      guard{options.address, options.allowed_hosts, options.allowed_origins},
      gate(std::make_shared<LoopGate>(the_loop)) {}

std::shared_ptr<Session> Session::open(SessionHost& host, int descriptor, Place place) {
  try {
    return std::make_shared<TcpSession>(host, descriptor, place);
  } catch (const boost::system::system_error&) {  // epoll takes no more
    ::close(descriptor);
    return nullptr;
  }
}

}  // namespace collet::http
