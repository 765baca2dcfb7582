#include "http/message.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>

#include "base/ascii.hpp"
#include "json/writer.hpp"

namespace collet::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Plus { literal, space };

std::optional<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

/// What a second answer gets.
class ClosedStream final : public Stream {
 public:
  bool write(std::string) override { return false; }
  void end() override {}
};

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
  const auto found = std::ranges::find_if(
      headers, [name](const Header& header) { return equal_ignoring_case(header.name, name); });
  if (found == headers.end()) return std::nullopt;
  return found->value;
}

Response error_response(const Error& error) {
  const auto& row = describe(error.code);
  json::Writer body;
  body.begin_object().member("error", error.message).member("code", row.name);
  if (!error.remedy.empty()) body.member("remedy", error.remedy);
  if (!error.violations.empty()) {
    body.key("violations");
    write_violations(body, error.violations);
  }
  Response response{.status = row.http_status};
  if (error.retry_after) {
    body.member("retryAfterMs", std::int64_t{error.retry_after->count()});
    const auto whole = std::chrono::ceil<std::chrono::seconds>(*error.retry_after).count();
    response.headers.push_back({"Retry-After", std::to_string(std::max<std::int64_t>(whole, 1))});
  }
  response.body = std::move(body.end_object()).take();
  return response;
}

void write_violations(json::Writer& writer, std::span<const Violation> violations) {
  writer.begin_array();
  for (const auto& violation : violations) {
    writer.begin_object()
        .member("instancePointer", violation.instance_pointer)
        .member("schemaPointer", violation.schema_pointer)
        .member("keyword", violation.keyword)
        .member("message", violation.message)
        .end_object();
  }
  writer.end_array();
}

std::optional<std::string> percent_decode(std::string_view text) {
  return decode(text, Plus::literal);
}

std::vector<std::string> query_values(std::string_view query, std::string_view name) {
  std::vector<std::string> values;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (decode(pair.substr(0, equals), Plus::space) != name) continue;
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())), Plus::space);
    if (value) values.push_back(std::move(*value));
  }
  return values;
}

void Responder::Channel::abandon() {
  send(error_response({.code = ErrorCode::internal_error,
                       .message = "the request was dropped without an answer",
                       .remedy = "this is a bug of the host; its log has more"}));
}

Responder::~Responder() {
  if (channel_) channel_->abandon();
}

void Responder::send(Response response) {
  assert(channel_ && "a request is answered once");
  if (const auto channel = std::exchange(channel_, nullptr)) channel->send(std::move(response));
}

std::unique_ptr<Stream> Responder::stream(Response head) {
  assert(channel_ && "a request is answered once");
  const auto channel = std::exchange(channel_, nullptr);
  return channel ? channel->stream(std::move(head)) : std::make_unique<ClosedStream>();
}

}  // namespace collet::http
