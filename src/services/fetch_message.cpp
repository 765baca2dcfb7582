#include "services/fetch_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "json/utf8.hpp"
#include "json/writer.hpp"
#include "services/params.hpp"

namespace collet::services {
namespace {

constexpr std::string_view k_http_white_space = " \t\n\r";  // as fetch has it, of headers
constexpr std::string_view k_replacement = "\xEF\xBF\xBD";  // U+FFFD

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view more = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [more](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           more.find(c) != more.npos;
  });
}

bool is_the_senders_own(std::string_view header) {
  constexpr std::array<std::string_view, 8> names{
      "connection", "content-length",    "expect", "keep-alive", "te",
      "trailer",    "transfer-encoding", "upgrade"};
  const auto name = ascii_lower(header);
  return name.starts_with("proxy-") || std::ranges::find(names, name) != names.end();
}

// A header's bytes: a character each, up to U+00FF (a ByteString of the Web's). Nothing where there
// is another.
std::optional<std::string> to_latin1(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const auto length = json::utf8::read(text).length;
    if (lead < 0x80) {
      bytes += text.front();
    } else if (length == 2 && lead <= 0xC3) {
      bytes += static_cast<char>((lead & 0x03) << 6 | (static_cast<unsigned char>(text[1]) & 0x3F));
    } else {
      return std::nullopt;
    }
    text.remove_prefix(length);
  }
  return bytes;
}

std::string from_latin1(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) json::utf8::append(text, static_cast<unsigned char>(byte));
  return text;
}

// As the Web's TextDecoder reads UTF-8.
std::string decoded(std::string_view bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto [form, length] = json::utf8::read(bytes);
    switch (form) {
      case json::utf8::Form::valid:
        text += bytes.substr(0, length);
        break;
      case json::utf8::Form::surrogate:  // each of its bytes is a mistake
        text.append(k_replacement).append(k_replacement).append(k_replacement);
        break;
      case json::utf8::Form::invalid:
        text += k_replacement;
        break;
    }
    bytes.remove_prefix(length);
  }
  return text;
}

bool has_no_body(int status) {
  constexpr std::array statuses{101, 103, 204, 205, 304};
  return std::ranges::find(statuses, status) != statuses.end();
}

/// Reads the parts of one call.
class Reader {
 public:
  Reader(const Params& params, const FetchLimits& limits) : params_(params), limits_(limits) {}

  Result<http::OutboundRequest> read() {
    auto url = params_.text("url");
    if (!url) return std::unexpected(std::move(url.error()));
    if (url->size() > limits_.url_bytes_max)
      return too_large("url", url->size(), limits_.url_bytes_max);
    request_.url = *std::move(url);
    const auto init = params_.find("init");
    if (!init || init->is_null()) return std::move(request_);
    if (!init->is_object()) return params_.wrong("init", "has to be an object, or absent");
    auto done = read_method(*init);
    if (done) done = read_body(*init);
    if (done) done = read_headers(*init);
    if (!done) return std::unexpected(std::move(done.error()));
    const auto redirect = init->find("redirect");
    if (redirect && redirect->equals("follow")) request_.redirects = http::Redirects::follow;
    return std::move(request_);
  }

 private:
  static std::optional<json::Value> member(json::Value init, std::string_view name) {
    const auto value = init.find(name);
    return value && !value->is_null() ? value : std::nullopt;
  }

  std::unexpected<Error> too_large(std::string_view name, std::size_t size,
                                   std::size_t most) const {
    return params_.wrong(name, fmt::format("has {} bytes, the limit is {}", size, most));
  }

  Result<Done> read_method(json::Value init) {
    const auto value = member(init, "method");
    if (!value) return Done{};
    const auto text = value->as_string();
    if (!text || !is_token(*text)) return params_.wrong("init.method", "has to be a method's name");
    // fetch writes these in capitals, and others as they are.
    constexpr std::array<std::string_view, 9> known{"GET",     "HEAD",  "POST",  "PUT",    "DELETE",
                                                    "OPTIONS", "TRACE", "TRACK", "CONNECT"};
    const auto name = std::ranges::find_if(
        known, [&](std::string_view each) { return equal_ignoring_case(each, *text); });
    request_.method = name == known.end() ? *text : std::string(*name);
    if (name >= known.begin() + 6 && name != known.end()) {
      return params_.wrong("init.method", fmt::format("must not be {}", request_.method));
    }
    return Done{};
  }

  Result<Done> read_body(json::Value init) {
    const auto value = member(init, "body");
    if (!value) return Done{};
    request_.body = value->as_string();
    if (!request_.body) return params_.wrong("init.body", "has to be a string, or absent");
    if (request_.body->size() > limits_.body_bytes_max) {
      return too_large("init.body", request_.body->size(), limits_.body_bytes_max);
    }
    if (request_.method == "HEAD") return params_.wrong("init.body", "cannot be sent with HEAD");
    return Done{};
  }

  Result<Done> read_headers(json::Value init) {
    const auto value = member(init, "headers");
    if (value && !value->is_object()) {
      return params_.wrong("init.headers", "has to be an object, or absent");
    }
    std::size_t size = 0;
    bool has_type = false;
    if (value) {
      for (const auto [key, text] : value->members()) {
        auto header = read_header(*key.as_string(), text);
        if (!header) return std::unexpected(std::move(header.error()));
        if (!*header) continue;
        size += (*header)->name.size() + (*header)->value.size();
        has_type = has_type || equal_ignoring_case((*header)->name, "Content-Type");
        request_.headers.push_back(**std::move(header));
      }
    }
    if (size > limits_.header_bytes_max) {
      return too_large("init.headers", size, limits_.header_bytes_max);
    }
    if (request_.body && !has_type) {
      request_.headers.push_back({"Content-Type", "text/plain;charset=UTF-8"});
    }
    return Done{};
  }

  /// Nothing where it is to be left out.
  Result<std::optional<http::Header>> read_header(std::string name, json::Value value) {
    if (!is_token(name)) {
      return params_.wrong("init.headers",
                           fmt::format("has \"{}\", which is no header's name", name));
    }
    // A plain object's numbers and booleans become text in fetch.
    const auto text = value.as_string().value_or(
        value.is_number() || value.as_bool() ? std::string(value.raw()) : std::string(1, '\0'));
    auto bytes = to_latin1(trimmed(text, k_http_white_space));
    if (!bytes || bytes->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return params_.wrong("init.headers",
                           fmt::format("has a value for \"{}\" that is no text on one line with "
                                       "characters up to U+00FF",
                                       name));
    }
    if (equal_ignoring_case(name, "Host")) {
      if (is_urls_host(*bytes)) return std::nullopt;
      return params_.wrong("init.headers", "has a Host that is not the URL's");
    }
    if (is_the_senders_own(name)) return std::nullopt;
    return http::Header{std::move(name), *std::move(bytes)};
  }

  // Whatever the URL is, its host and port stand between the slashes and the path.
  bool is_urls_host(std::string_view host) const {
    std::string_view url = request_.url;
    const auto slashes = url.find("//");
    if (slashes == url.npos) return false;
    url.remove_prefix(slashes + 2);
    url = url.substr(0, url.find_first_of("/?#\\"));
    url.remove_prefix(std::min(url.rfind('@') + 1, url.size()));
    return equal_ignoring_case(url, host) ||
           equal_ignoring_case(url.substr(0, url.rfind(':')), host);
  }

  const Params& params_;
  const FetchLimits& limits_;
  http::OutboundRequest request_;
};

}  // namespace

Result<http::OutboundRequest> read_fetch(std::string_view method, json::Value params,
                                         const FetchLimits& limits) {
  const Params read(method, params);
  return Reader(read, limits).read();
}

std::string fetch_result(const http::OutboundResponse& response) {
  std::map<std::string, std::string> headers;
  for (const auto& [name, value] : response.headers) {
    const auto [entry, is_first] = headers.try_emplace(from_latin1(name), from_latin1(value));
    if (!is_first) entry->second += ", " + from_latin1(value);
  }
  json::Writer out;
  out.begin_object()
      .member("status", response.status)
      .member("statusText", from_latin1(response.reason))
      .key("headers")
      .begin_object();
  for (const auto& [name, value] : headers) out.member(name, value);
  out.end_object();
  if (has_no_body(response.status)) {
    out.key("body").null();
  } else {
    out.member("body", decoded(response.body));
  }
  out.end_object();
  return std::move(out).take();
}

}  // namespace collet::services
