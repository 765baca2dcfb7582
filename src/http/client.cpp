#include "http/client.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>

#include "base/file_descriptor.hpp"
#include "collet/deadline.hpp"
#include "collet/limits.hpp"
#include "http/address.hpp"

namespace collet::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using Text = beast::string_view;

constexpr std::size_t k_answer_head_bytes_max = 256u << 10;
constexpr std::size_t k_line_bytes_max = 64u << 20;
constexpr std::size_t k_read_bytes = 64u << 10;

// --- The socket

std::unexpected<Error> broken(const HttpUrl& target, int error) {
  return fail(
      ErrorCode::worker_unavailable,
      fmt::format("the connection to {} broke: {}", target.authority_text, std::strerror(error)));
}

/// Whether the socket got ready for `events` before the deadline.
bool wait_until_ready(int descriptor, short events, Deadline deadline) {
  while (true) {
    int patience = -1;
    if (!deadline.is_never()) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline.remaining(Clock::now()));
      patience =
          static_cast<int>(std::min<std::int64_t>(left.count(), std::numeric_limits<int>::max()));
    }
    pollfd entry{.fd = descriptor, .events = events, .revents = 0};
    const int ready = ::poll(&entry, 1, patience);
    if (ready > 0) return true;
    if (ready == 0 && deadline.expired(Clock::now())) return false;
  }
}

/// 0, or the errno of the failure; ETIMEDOUT at the deadline.
int connect_to(int descriptor, const addrinfo& address, Deadline deadline) {
  if (::connect(descriptor, address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!wait_until_ready(descriptor, POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

Result<FileDescriptor> connect(const HttpUrl& target, std::chrono::milliseconds timeout) {
  const addrinfo hints{.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV,
                       .ai_family = AF_UNSPEC,
                       .ai_socktype = SOCK_STREAM,
                       .ai_protocol = 0,
                       .ai_addrlen = 0,
                       .ai_addr = nullptr,
                       .ai_canonname = nullptr,
                       .ai_next = nullptr};
  addrinfo* found = nullptr;
  const auto& host = target.authority.host;
  const auto port = std::to_string(target.authority.port.value_or(80));
  const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) {
    return fail(
        ErrorCode::worker_unavailable,
        fmt::format("the host name \"{}\" cannot be resolved: {}", host, ::gai_strerror(failed)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> addresses(found, ::freeaddrinfo);

  const auto deadline = Deadline::after(Clock::now(), timeout);
  int error = 0;
  for (const auto* address = addresses.get(); address; address = address->ai_next) {
    FileDescriptor descriptor(
        ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor) {
      error = errno;
      continue;
    }
    error = connect_to(descriptor.get(), *address, deadline);
    if (error == 0) {
      const int on = 1;
      ::setsockopt(descriptor.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      return descriptor;
    }
  }
  if (error == ETIMEDOUT) {
    return fail(ErrorCode::timeout, fmt::format("{} did not accept the connection within {} ms",
                                                target.authority_text, timeout.count()));
  }
  return fail(ErrorCode::worker_unavailable,
              fmt::format("cannot connect to {}: {}", target.authority_text, std::strerror(error)),
              "is the daemon running? Start it with: collet serve");
}

// --- The answer

/// Splits what comes into lines, whose ends (LF or CR LF) are dropped.
class LineSplitter {
 public:
  explicit LineSplitter(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}

  /// False where a line gets too long.
  [[nodiscard]] bool add(std::string_view bytes) {
    while (true) {
      const auto end = bytes.find('\n');
      if (end == std::string_view::npos) break;
      partial_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      finish();
    }
    partial_ += bytes;
    return partial_.size() <= k_line_bytes_max;
  }
  /// The last line may lack its end.
  void finish_last() {
    if (!partial_.empty()) finish();
  }

 private:
  void finish() {
    const auto line = std::exchange(partial_, {});
    on_line_(std::string_view(line).substr(0, line.size() - (line.ends_with('\r') ? 1 : 0)));
  }

  const std::function<void(std::string_view)>& on_line_;
  std::string partial_;
};

class ResponseParser final : public beast::http::basic_parser<false> {
 public:
  explicit ResponseParser(const ClientRequest& request) : lines_(request.on_line) {
    body_limit(limits::http::answer_body_bytes_max);
    header_limit(k_answer_head_bytes_max);
    eager(true);
    if (request.method == "HEAD") skip(true);
    wants_lines_ = static_cast<bool>(request.on_line);
  }

  Response response{.status = 0, .content_type = {}, .body = {}};

  [[nodiscard]] bool is_interim() const { return response.status / 100 == 1; }

 private:
  void on_response_impl(int status, Text, int, error_code&) override { response.status = status; }
  void on_field_impl(beast::http::field name, Text name_text, Text value,
                     error_code& error) override {
    if (head_done_) return;  // trailers
    head_bytes_ += name_text.size() + value.size();
    if (head_bytes_ > k_answer_head_bytes_max) error = beast::http::error::header_limit;
    if (name == beast::http::field::content_type) response.content_type = std::string(value);
    response.headers.push_back({std::string(name_text), std::string(value)});
  }
  void on_header_impl(error_code&) override {
    head_done_ = true;
    streamed_ = wants_lines_ && response.content_type.starts_with("text/event-stream");
    if (streamed_) body_limit(boost::none);  // it may go on for ever; its lines are limited
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(Text bytes, error_code& error) override { return keep(bytes, error); }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, error_code& error) override {
    return keep(bytes, error);
  }
  void on_finish_impl(error_code&) override {
    if (streamed_) lines_.finish_last();
  }
  void on_request_impl(beast::http::verb, Text, Text, int, error_code&) override {}

  std::size_t keep(Text bytes, error_code& error) {
    if (!streamed_) {
      response.body.append(bytes.data(), bytes.size());
    } else if (!lines_.add({bytes.data(), bytes.size()})) {
      error = beast::http::error::body_limit;
    }
    return bytes.size();
  }

  LineSplitter lines_;
  std::size_t head_bytes_ = 0;
  bool wants_lines_ = false;
  bool head_done_ = false;
  bool streamed_ = false;
};

std::string serialise(const ClientRequest& request, const HttpUrl& target) {
  auto bytes = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", request.method,
                           target.path, target.authority_text);
  for (const auto& header : request.headers) {
    bytes += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    bytes += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  bytes += "\r\n";
  bytes += request.body;
  return bytes;
}

Result<Done> check_headers(const ClientRequest& request) {
  constexpr std::string_view unsafe("\r\n\0", 3);
  for (const auto& header : request.headers) {
    if (header.name.find_first_of(unsafe) != std::string::npos ||
        header.value.find_first_of(unsafe) != std::string::npos) {
      return fail(ErrorCode::invalid_request,
                  fmt::format("the header \"{}\" has a line break in it", header.name));
    }
  }
  return Done{};
}

/// One request on its way: sends while the peer takes bytes and reads whatever comes, because an
/// answer such as 413 may come before the request is sent whole.
class Conversation {
 public:
  Conversation(const ClientRequest& request, const HttpUrl& target,
               const FileDescriptor& descriptor)
      : request_(request), target_(target), socket_(descriptor.get()) {}

  Result<Response> run() {
    const auto deadline = request_.answer_timeout
                              ? Deadline::after(Clock::now(), *request_.answer_timeout)
                              : Deadline::never();
    const auto outgoing = serialise(request_, target_);
    std::string_view unsent = outgoing;
    parser_.emplace(request_);
    while (!parser_->is_done()) {
      const short events = static_cast<short>(unsent.empty() ? POLLIN : POLLIN | POLLOUT);
      if (!wait_until_ready(socket_, events, deadline)) {
        return fail(ErrorCode::timeout,
                    fmt::format("{} did not answer within {} ms", target_.authority_text,
                                request_.answer_timeout->count()));
      }
      send_some(unsent);
      if (const auto read = read_some(); !read) return std::unexpected(read.error());
    }
    return std::move(parser_->response);
  }

 private:
  void send_some(std::string_view& unsent) {
    if (unsent.empty()) return;
    const auto count = ::send(socket_, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      unsent.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      unsent = {};  // reading tells why, or even has the answer
    }
  }

  Result<Done> read_some() {
    input_.resize(filled_ + k_read_bytes);
    const auto count = ::recv(socket_, input_.data() + filled_, k_read_bytes, 0);
    if (count < 0) {
      if (errno == EAGAIN || errno == EINTR) return Done{};
      return broken(target_, errno);
    }
    filled_ += static_cast<std::size_t>(count);
    return count == 0 ? at_end() : parse();
  }

  Result<Done> at_end() {
    error_code error;
    if (parser_->got_some()) parser_->put_eof(error);
    if (!parser_->is_done()) {
      return fail(ErrorCode::worker_unavailable,
                  fmt::format("{} closed the connection before its answer was complete",
                              target_.authority_text));
    }
    return Done{};
  }

  Result<Done> parse() {
    std::size_t taken = 0;
    while (taken < filled_ && !parser_->is_done()) {
      error_code error;
      const auto used = parser_->put({input_.data() + taken, filled_ - taken}, error);
      taken += used;
      if (error == beast::http::error::need_more) {
        if (used == 0) break;
        continue;
      }
      if (error == beast::http::error::body_limit) {
        return fail(ErrorCode::payload_too_large,
                    fmt::format("the answer of {} passes the limit of {} bytes",
                                target_.authority_text, limits::http::answer_body_bytes_max));
      }
      if (error) {
        return fail(
            ErrorCode::worker_unavailable,
            fmt::format("{} does not speak HTTP: {}", target_.authority_text, error.message()));
      }
      if (parser_->is_done() && parser_->is_interim()) parser_.emplace(request_);  // 100 Continue
    }
    filled_ -= taken;
    std::memmove(input_.data(), input_.data() + taken, filled_);
    return Done{};
  }

  const ClientRequest& request_;
  const HttpUrl& target_;
  const int socket_;
  std::optional<ResponseParser> parser_;
  std::string input_;
  std::size_t filled_ = 0;  ///< of input_
};

}  // namespace

Result<Response> fetch(const ClientRequest& request) {
  const auto target = parse_http_url(request.url);
  if (!target) return std::unexpected(target.error());
  if (const auto headers = check_headers(request); !headers) {
    return std::unexpected(headers.error());
  }
  const auto descriptor = connect(*target, request.connect_timeout);
  if (!descriptor) return std::unexpected(descriptor.error());
  return Conversation(request, *target, *descriptor).run();
}

}  // namespace collet::http
