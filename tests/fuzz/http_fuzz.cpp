// The input is what a client sends on a connection. However it is cut, the same requests come out
// of it, until one is refused; each is told where it ends in one way only, and says the same when
// it is written anew.
#include <algorithm>
#include <charconv>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "fuzz_target.hpp"
#include "http/guard.hpp"
#include "http/request_reader.hpp"

namespace collet {
namespace {

using http::Request;
using http::RequestReader;
using Progress = RequestReader::Progress;

constexpr http::ReaderLimits k_limits{.head_bytes_max = 300, .body_bytes_max = 60};

bool same(const Request& a, const Request& b) {
  const auto same_header = [](const http::Header& one, const http::Header& other) {
    return one.name == other.name && one.value == other.value;
  };
  return a.method == b.method && a.path == b.path && a.query == b.query && a.body == b.body &&
         std::ranges::equal(a.headers, b.headers, same_header);
}

/// What a connection makes of its bytes. `head_bytes` are those of each request's head.
struct Reading {
  std::vector<Request> requests;
  std::vector<std::string> heads;
  bool came_to_a_head = false;
  int refused = 0;  ///< the status; 0 where nothing was
};

/// As a session does it: what is not taken is presented again, with what follows.
Reading read(const std::vector<std::string_view>& pieces, http::ReaderLimits limits = k_limits) {
  Reading reading;
  RequestReader reader(limits);
  std::string unread;
  std::string head;
  bool in_body = false;
  for (const auto piece : pieces) {
    unread += piece;
    std::string_view rest = unread;
    while (true) {
      const auto step = reader.put(rest);
      fuzz::require(step.taken <= rest.size(), "no more is taken than there is");
      if (!in_body) head += rest.substr(0, step.taken);
      rest.remove_prefix(step.taken);
      fuzz::require(reader.request().body.size() <= limits.body_bytes_max,
                    "no more is kept of a body than allowed");
      if (step.progress == Progress::failed) {
        reading.refused = reader.refusal().status;
        fuzz::require(reading.refused >= 400 && reading.refused < 500 &&
                          !reader.refusal().error.message.empty(),
                      "a refusal is the client's matter and says why");
        return reading;
      }
      if (step.progress == Progress::need_more) {
        fuzz::require(rest.size() < limits.head_bytes_max, "what waits for more has a limit");
        break;
      }
      fuzz::require((step.progress == Progress::complete) == in_body, "head, then body");
      if (in_body) {
        reading.requests.push_back(reader.take());
        reading.heads.push_back(std::exchange(head, {}));
        reader.reset();
      }
      in_body = !in_body;
      reading.came_to_a_head = true;
    }
    unread = std::string(rest);
  }
  return reading;
}

/// How many lines of a head begin with the name, for a reader that is lenient with white space and
/// line ends: a proxy that finds other ones than we do can be made to see other requests.
std::size_t count_leniently(std::string_view head, std::string_view name) {
  std::size_t count = 0;
  while (!head.empty()) {
    const auto end = std::min(head.find_first_of("\r\n"), head.size());
    auto line = head.substr(0, end);
    head.remove_prefix(std::min(end + 1, head.size()));
    const auto first = std::min(line.find_first_not_of(" \t\v\f"), line.size());
    line.remove_prefix(first);
    if (!equal_ignoring_case(line.substr(0, name.size()), name)) continue;
    line.remove_prefix(name.size());
    const auto colon = line.find_first_not_of(std::string_view(" \t\v\f\0", 5));
    if (colon != line.npos && line[colon] == ':') ++count;
  }
  return count;
}

std::size_t count(const Request& request, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      request.headers,
      [name](const http::Header& header) { return equal_ignoring_case(header.name, name); }));
}

/// Where a request ends is said once, and everybody would read it so (RFC 9112 §6.3).
void require_one_framing(const Request& request, std::string_view head) {
  const auto lengths = count(request, "Content-Length");
  const auto encodings = count(request, "Transfer-Encoding");
  fuzz::require(lengths + encodings <= 1, "a request says once where it ends");
  fuzz::require(count_leniently(head, "Content-Length") == lengths &&
                    count_leniently(head, "Transfer-Encoding") == encodings,
                "no framing is hidden in a head");
  if (encodings == 1) {
    fuzz::require(equal_ignoring_case(*request.header("Transfer-Encoding"), "chunked"),
                  "chunked is the only encoding");
  } else if (lengths == 1) {
    const auto text = *request.header("Content-Length");
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    fuzz::require(
        error == std::errc() && end == text.data() + text.size() && length == request.body.size(),
        "a body is as long as announced");
  } else {
    fuzz::require(request.body.empty(), "a body is announced");
  }
}

void require_sound(const Request& request) {
  fuzz::require(count(request, "Host") == 1, "there is one Host");
  fuzz::require(!request.method.empty(), "there is a method");
  fuzz::require(request.path.starts_with('/') || request.path == "*", "a target is a path");
  constexpr std::string_view k_separators("\r\n \0", 4);
  fuzz::require(request.path.find_first_of(k_separators) == std::string::npos &&
                    request.query.find_first_of(k_separators) == std::string::npos &&
                    request.method.find_first_of(k_separators) == std::string::npos,
                "a request line has three parts");
  for (const auto& [name, value] : request.headers) {
    fuzz::require(!name.empty() && name.find_first_of(" \t\r\n:") == std::string::npos,
                  "a header's name is a token");
    fuzz::require(value.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                  "a header's value is one line");
  }
}

/// The request as anybody would write it.
std::string written(const Request& request) {
  std::string text = request.method + " " + request.path;
  if (!request.query.empty()) text += "?" + request.query;
  text += " HTTP/1.1\r\n";
  for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
  if (count(request, "Transfer-Encoding") == 0) return text + "\r\n" + request.body;
  constexpr std::string_view k_digits = "0123456789abcdef";
  text += "\r\n";
  if (!request.body.empty()) {
    text.push_back(k_digits[request.body.size() / 16]);
    text.push_back(k_digits[request.body.size() % 16]);
    text += "\r\n" + request.body + "\r\n";
  }
  return text + "0\r\n\r\n";
}

}  // namespace
}  // namespace collet

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace collet;
  const fuzz::OneSecond limit;
  if (size > fuzz::k_stream_bytes_max) return fuzz::k_not_kept;
  fuzz::reached(fuzz::Stage::started);
  const std::string stream(data, data + size);
  const std::size_t choice = std::hash<std::string>{}(stream);
  const auto whole = read({stream});
  const auto pieces = read(fuzz::cut(stream, choice));
  fuzz::require(std::ranges::equal(whole.requests, pieces.requests, same),
                "the pieces that a stream comes in do not matter");
  if (whole.came_to_a_head) fuzz::reached(fuzz::Stage::parsed);
  // Nearly all that is bred from a request that was refused is refused, too.
  if (whole.requests.empty())
    return whole.refused == 0 || choice / 64 % 16 == 0 ? 0 : fuzz::k_not_kept;
  fuzz::reached(fuzz::Stage::accepted);
  for (std::size_t i = 0; i < whole.requests.size(); ++i) {
    const Request& request = whole.requests[i];
    require_one_framing(request, whole.heads[i]);
    require_sound(request);
    (void)http::check_origin({.address = "127.0.0.1"}, request);
    for (const auto& value : http::query_values(request.query, "a")) {
      fuzz::require(value.size() <= request.query.size(), "decoding makes nothing longer");
    }
  }
  // Writing takes as long as all before.
  if (choice / 8 % 4 != 0) return 0;
  for (const Request& request : whole.requests) {
    // It grows: "a:b" becomes "a: b".
    const auto again = read({written(request)}, {.head_bytes_max = 4096, .body_bytes_max = 60});
    fuzz::require(again.requests.size() == 1 && same(again.requests[0], request),
                  "a request that is written anew is the same");
  }
  return 0;
}
