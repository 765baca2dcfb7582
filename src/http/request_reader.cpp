#include "http/request_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>
#include <optional>

#include "base/ascii.hpp"

namespace collet::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using Text = beast::string_view;

std::string_view view(Text text) {
  return {text.data(), text.size()};
}

/// Whether a header goes on on a second line (RFC 9112 §5.2: obsolete, and to be refused or
/// mended). Beast takes no more of a head than whole headers, so that no fold is cut.
bool has_fold(std::string_view head) {
  return head.find("\n ") != head.npos || head.find("\n\t") != head.npos;
}

/// The shortest that begins with the head of a chunk: a last one without trailers. Beast asserts
/// that there are so many bytes where it looks at the head of a last chunk again.
constexpr std::size_t k_chunk_bytes_min = 5;

/// How much of an announced body is reserved at once; a liar gets no more memory than this.
constexpr std::uint64_t k_body_reserve_max = 1u << 20;

Refusal malformed(std::string_view why) {
  return {400,
          {.code = ErrorCode::invalid_request,
           .message = fmt::format("the request is not valid HTTP/1.1: {}", why),
           .remedy = {}}};
}

}  // namespace

/// Beast knows the grammar and the framing; what is kept of a request, and which of the legal but
/// dangerous ones are refused, is decided here.
class RequestReader::Parser final : public beast::http::basic_parser<true> {
 public:
  explicit Parser(const ReaderLimits& limits) {
    body_limit(limits.body_bytes_max);
    // Beast's head limit starts anew with every piece of a head; `put` below counts instead.
    header_limit(std::numeric_limits<std::uint32_t>::max());
  }

  Request request;
  HeadFacts facts;
  bool head_done = false;
  bool folded = false;

  /// What is wrong with a head that Beast found well-formed.
  [[nodiscard]] std::optional<Refusal> check_head() {
    // Who takes the second line for a header of its own would see another request.
    if (folded) return malformed("a header goes on on a second line");
    if (hosts_ == 0) return malformed("it has no Host header");
    if (hosts_ > 1) return malformed("it has more than one Host header");
    if (lengths_ > 1) return malformed("it has more than one Content-Length header");
    if (encodings_ > 0) {
      if (lengths_ > 0) return malformed("it has both Content-Length and Transfer-Encoding");
      if (encodings_ > 1 || !chunked_only_) {
        return malformed("the only Transfer-Encoding that is understood is \"chunked\"");
      }
      if (facts.version == HttpVersion::http_1_0) {
        return malformed("Transfer-Encoding needs HTTP/1.1");
      }
    }
    if (!split_target()) {
      return malformed("the request target must be a path that starts with '/'");
    }
    facts.after = keep_alive() ? AfterAnswer::keep_alive : AfterAnswer::close;
    if (facts.version == HttpVersion::http_1_0) facts.expect = HeadFacts::Expect::nothing;
    facts.body = is_done() ? HeadFacts::Body::none : HeadFacts::Body::follows;
    return std::nullopt;
  }

 private:
  /// RFC 9112 §3.2: origin-form, absolute-form (whose authority takes the place of Host), "*".
  bool split_target() {
    std::string_view target = target_;
    constexpr std::string_view scheme = "http://";
    const bool absolute = equal_ignoring_case(target.substr(0, scheme.size()), scheme);
    if (absolute) {
      const auto authority = target.substr(scheme.size());
      const auto end = std::min(authority.find_first_of("/?"), authority.size());
      const auto host = std::ranges::find_if(request.headers, [](const Header& header) {
        return equal_ignoring_case(header.name, "Host");
      });
      host->value = authority.substr(0, end);
      target = authority.substr(end);
    }
    const auto question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    request.query = target.substr(std::min(question + 1, target.size()));
    if (absolute && request.path.empty()) request.path.push_back('/');
    return request.path.starts_with('/') || request.path == "*";
  }

  void on_request_impl(beast::http::verb, Text method, Text target, int version,
                       error_code&) override {
    request.method = view(method);
    target_ = view(target);
    facts.version = version == 10 ? HttpVersion::http_1_0 : HttpVersion::http_1_1;
    if (request.method == "HEAD") facts.method = HeadFacts::Method::head;
  }

  void on_field_impl(beast::http::field name, Text name_text, Text value, error_code&) override {
    using beast::http::field;
    if (head_done) return;  // a trailer (RFC 9110 §6.5.1: may be ignored, must not be merged)
    if (name == field::host) ++hosts_;
    if (name == field::content_length) {
      // A list of equal lengths may be taken for one (RFC 9110 §8.6); not everybody does.
      lengths_ += 1 + static_cast<unsigned>(std::ranges::count(view(value), ','));
    }
    if (name == field::transfer_encoding) {
      ++encodings_;
      chunked_only_ = equal_ignoring_case(view(value), "chunked");
    }
    if (name == field::expect && equal_ignoring_case(view(value), "100-continue")) {
      facts.expect = HeadFacts::Expect::continue_100;
    }
    request.headers.push_back({std::string(view(name_text)), std::string(view(value))});
  }

  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    if (length) request.body.reserve(std::min(*length, k_body_reserve_max));
  }
  std::size_t on_body_impl(Text bytes, error_code&) override {
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, error_code&) override {
    request.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code&) override {}
  void on_response_impl(int, Text, int, error_code&) override {}

  std::string target_;
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  unsigned encodings_ = 0;
  bool chunked_only_ = false;
};

struct RequestReader::State {
  ReaderLimits limits;
  std::optional<Parser> parser{};
  std::size_t head_bytes = 0;  ///< taken of the head so far
  std::size_t wanted = 0;      ///< fewer bytes than these are not worth parsing
  std::optional<Refusal> refusal{};

  [[nodiscard]] Refusal head_too_large() const {
    return {431,
            {.code = ErrorCode::invalid_request,
             .message = fmt::format("request line and headers pass the head limit of {} bytes",
                                    limits.head_bytes_max),
             .remedy = "send fewer or shorter headers"}};
  }
  [[nodiscard]] Refusal body_too_large() const {
    return {413,
            {.code = ErrorCode::payload_too_large,
             .message = fmt::format("the request body passes the limit of {} bytes",
                                    limits.body_bytes_max),
             .remedy = "send less, or raise the limit"}};
  }
  [[nodiscard]] Refusal refuse(const error_code& error) const {
    if (error == beast::http::error::body_limit) return body_too_large();
    if (error == beast::http::error::bad_transfer_encoding ||
        error == beast::http::error::bad_content_length) {
      return malformed(fmt::format("{} (both Content-Length and Transfer-Encoding, or a bad one)",
                                   error.message()));
    }
    if (error == beast::http::error::multiple_content_length) {
      return malformed("it has more than one Content-Length");
    }
    return malformed(error.message());
  }
};

RequestReader::RequestReader(ReaderLimits limits)
    : state_(std::make_unique<State>(State{.limits = limits})) {
  reset();
}
RequestReader::~RequestReader() = default;

void RequestReader::reset() {
  state_->parser.emplace(state_->limits);
  state_->head_bytes = 0;
  state_->wanted = 0;
  state_->refusal.reset();
}

RequestReader::Step RequestReader::put(std::string_view bytes) {
  auto& [limits, parser, head_bytes, wanted, refusal] = *state_;
  std::size_t taken = 0;
  const auto failed = [&](Refusal why) {
    refusal = std::move(why);
    return Step{Progress::failed, taken};
  };
  // Beast stops after each part (head, chunk head, chunk), so that it is asked again.
  while (true) {
    if (parser->head_done && parser->is_done()) return {Progress::complete, taken};
    if (taken == bytes.size() || bytes.size() - taken < wanted) return {Progress::need_more, taken};
    const auto body_bytes = parser->request.body.size();
    error_code error;
    const auto used = parser->put({bytes.data() + taken, bytes.size() - taken}, error);
    taken += used;
    const auto left = bytes.size() - taken;
    const bool starved = error == beast::http::error::need_more;
    wanted = starved && parser->head_done ? k_chunk_bytes_min : 0;
    if (!parser->head_done) {
      head_bytes += used;
      parser->folded |= has_fold(bytes.substr(taken - used, used));
      if (head_bytes > limits.head_bytes_max ||
          (starved && head_bytes + left >= limits.head_bytes_max)) {
        return failed(state_->head_too_large());
      }
    } else if ((starved && left >= limits.head_bytes_max) ||
               (parser->request.body.size() == body_bytes && used > limits.head_bytes_max)) {
      return failed(malformed("a chunk's head or the trailers are too long"));
    }
    if (starved) {
      if (used == 0 || left == 0) return {Progress::need_more, taken};
      continue;
    }
    if (error) return failed(state_->refuse(error));
    if (!parser->head_done && parser->is_header_done()) {
      parser->head_done = true;
      if (auto wrong = parser->check_head()) return failed(std::move(*wrong));
      return {Progress::head_complete, taken};
    }
  }
}

const Request& RequestReader::request() const {
  return state_->parser->request;
}
Request RequestReader::take() {
  return std::move(state_->parser->request);
}
const HeadFacts& RequestReader::facts() const {
  return state_->parser->facts;
}
const Refusal& RequestReader::refusal() const {
  return *state_->refusal;
}

}  // namespace collet::http
