#include "http/request_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace collet::http {
namespace {

using Progress = RequestReader::Progress;

constexpr ReaderLimits k_limits{.head_bytes_max = 1000, .body_bytes_max = 1000};

std::string show(const Request& request) {
  std::string out = request.method + " " + request.path + "?" + request.query;
  for (const auto& header : request.headers) out += " " + header.name + "=" + header.value;
  return out + " [" + request.body + "]";
}

/// Feeds `pieces` as a connection would, and shows each request, then the refusal, if any.
std::vector<std::string> read(const std::vector<std::string_view>& pieces,
                              ReaderLimits limits = k_limits) {
  RequestReader reader(limits);
  std::vector<std::string> seen;
  std::string unread;
  bool head_seen = false;
  for (const auto piece : pieces) {
    unread += piece;
    while (!unread.empty() || head_seen) {
      const auto step = reader.put(unread);
      EXPECT_LE(step.taken, unread.size());
      unread.erase(0, step.taken);
      if (step.progress == Progress::need_more) break;
      if (step.progress == Progress::failed) {
        seen.push_back(std::to_string(reader.refusal().status) + " " +
                       reader.refusal().error.message);
        return seen;
      }
      EXPECT_EQ(step.progress, head_seen ? Progress::complete : Progress::head_complete);
      if (head_seen) {
        seen.push_back(show(reader.take()));
        reader.reset();
      }
      head_seen = !head_seen;
    }
  }
  return seen;
}

std::vector<std::string> read(std::string_view bytes, ReaderLimits limits = k_limits) {
  return read(std::vector<std::string_view>{bytes}, limits);
}

/// What is wrong with a request of these headers.
std::string refusal(std::string_view bytes) {
  const auto seen = read(bytes);
  if (seen.empty()) return "need more";
  constexpr std::string_view common = "400 the request is not valid HTTP/1.1: ";
  if (seen.front().starts_with(common)) return seen.front().substr(common.size());
  return seen.front();
}

constexpr std::string_view k_stream =
    "POST /one?q HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    "GET /two HTTP/1.1\r\nHost: h\r\nX: a  b\r\n\r\n"
    "POST /three HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    "3\r\nwor\r\n2;x=\"y\"\r\nld\r\n0\r\nT: 1\r\n\r\n";
const std::vector<std::string> k_stream_requests{
    "POST /one?q Host=h Content-Length=5 [hello]", "GET /two? Host=h X=a  b []",
    "POST /three? Host=h Transfer-Encoding=chunked [world]"};

TEST(RequestReader, ReadsAStreamOfRequests) {
  EXPECT_EQ(read(k_stream), k_stream_requests);
}

TEST(RequestReader, EveryPairOfSplitsGivesTheSameRequests) {
  for (std::size_t one = 0; one <= k_stream.size(); ++one) {
    for (std::size_t two = one; two <= k_stream.size(); ++two) {
      ASSERT_EQ(
          read({k_stream.substr(0, one), k_stream.substr(one, two - one), k_stream.substr(two)}),
          k_stream_requests)
          << one << " " << two;
    }
  }
}

TEST(RequestReader, ByteByByteGivesTheSameRequests) {
  std::vector<std::string_view> pieces;
  for (std::size_t i = 0; i < k_stream.size(); ++i) pieces.push_back(k_stream.substr(i, 1));
  EXPECT_EQ(read(pieces), k_stream_requests);
}

TEST(RequestReader, ABodyOfNoChunksMayComeInAnyPieces) {
  constexpr std::string_view bytes =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\r\n";
  const std::vector<std::string> request{"POST /? Host=h Transfer-Encoding=chunked []"};
  for (std::size_t one = 0; one <= bytes.size(); ++one) {
    for (std::size_t two = one; two <= bytes.size(); ++two) {
      ASSERT_EQ(read({bytes.substr(0, one), bytes.substr(one, two - one), bytes.substr(two)}),
                request)
          << one << " " << two;
    }
  }
}

TEST(RequestReader, SaysWhatBecomesOfTheConnection) {
  const auto after = [](std::string_view bytes) {
    RequestReader reader(k_limits);
    EXPECT_EQ(reader.put(bytes).progress, Progress::head_complete);
    return reader.facts().after;
  };
  EXPECT_EQ(after("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), AfterAnswer::keep_alive);
  EXPECT_EQ(after("GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n"), AfterAnswer::close);
  EXPECT_EQ(after("GET / HTTP/1.0\r\nHost: h\r\n\r\n"), AfterAnswer::close);
  EXPECT_EQ(after("GET / HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n"),
            AfterAnswer::keep_alive);
}

TEST(RequestReader, NeedsExactlyOneHost) {
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), "it has no Host header");
  EXPECT_EQ(refusal("GET / HTTP/1.0\r\n\r\n"), "it has no Host header");
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n"),
            "it has more than one Host header");
}

TEST(RequestReader, TheAuthorityOfAnAbsoluteTargetReplacesHost) {
  EXPECT_EQ(read("GET http://evil.example:80/a?b HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            std::vector<std::string>{"GET /a?b Host=evil.example:80 []"});
  EXPECT_EQ(read("GET HTTP://h HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            std::vector<std::string>{"GET /? Host=h []"});
  EXPECT_EQ(read("GET http://h?q HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            std::vector<std::string>{"GET /?q Host=h []"});
}

TEST(RequestReader, RefusesOtherTargets) {
  constexpr std::string_view why = "the request target must be a path that starts with '/'";
  EXPECT_EQ(refusal("GET a HTTP/1.1\r\nHost: h\r\n\r\n"), why);
  EXPECT_EQ(refusal("GET ftp://h/a HTTP/1.1\r\nHost: h\r\n\r\n"), why);
  EXPECT_EQ(refusal("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"), why);
  EXPECT_EQ(refusal("GET ?q HTTP/1.1\r\nHost: h\r\n\r\n"), why);
  EXPECT_EQ(refusal("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"), "OPTIONS *? Host=h []");
}

TEST(RequestReader, RefusesEveryAmbiguousFraming) {
  const auto with = [](std::string headers) {
    return refusal("POST / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n0\r\n\r\n");
  };
  EXPECT_NE(with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n").find("both"),
            std::string::npos);
  EXPECT_NE(with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n").find("both"),
            std::string::npos);
  EXPECT_EQ(with("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n").find("need more"),
            std::string::npos);
  EXPECT_EQ(with("Content-Length: 5\r\nContent-Length: 5\r\n"),
            "it has more than one Content-Length header");
  EXPECT_EQ(with("Content-Length: 5\r\nContent-Length: 6\r\n"),
            "it has more than one Content-Length");
  EXPECT_EQ(with("Content-Length: 5, 6\r\n"), "it has more than one Content-Length");
  EXPECT_EQ(with("Content-Length: 5, 5\r\n"), "it has more than one Content-Length header");
  constexpr std::string_view only_chunked =
      "the only Transfer-Encoding that is understood is \"chunked\"";
  EXPECT_EQ(with("Transfer-Encoding: gzip\r\n"), only_chunked);
  EXPECT_EQ(with("Transfer-Encoding: gzip, chunked\r\n"), only_chunked);
  EXPECT_EQ(with("Transfer-Encoding: chunked, gzip\r\n"), only_chunked);
  EXPECT_EQ(with("Transfer-Encoding: xchunked\r\n"), only_chunked);
  EXPECT_EQ(with("Transfer-Encoding: identity\r\n"), only_chunked);
  EXPECT_EQ(with("Transfer-Encoding:\r\n"), only_chunked);
  EXPECT_NE(with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n").find("bad"),
            std::string::npos);
  EXPECT_EQ(refusal("POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            "Transfer-Encoding needs HTTP/1.1");
  for (const std::string_view length :
       {"-1", "+1", "1x", "0x1", "", "1 2", "99999999999999999999"}) {
    EXPECT_NE(with("Content-Length: " + std::string(length) + "\r\n").find("bad"),
              std::string::npos)
        << length;
  }
}

TEST(RequestReader, RefusesWhatIsNotHttp) {
  for (const std::string_view bytes : {
           "GET / HTTP/1.1\nHost: h\n\n",                   // bare LF
           "GET / HTTP/1.1\r\nHost : h\r\n\r\n",            // white space before the colon
           "GET / HTTP/1.1\r\n Host: h\r\n\r\n",            // folded first line
           "GET / HTTP/1.1\r\nHost: h\r\nX\r\n\r\n",        // no colon
           "GET / HTTP/1.1\r\nHost: h\r\n: y\r\n\r\n",      // no name
           "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",  // bare CR
           "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",            // two spaces
           "GET / HTTP/1.2\r\nHost: h\r\n\r\n",             // no such version
           "GET / http/1.1\r\nHost: h\r\n\r\n",             //
           "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",              // HTTP/2
           "G\x01T / HTTP/1.1\r\nHost: h\r\n\r\n",          //
       }) {
    const auto seen = read(bytes);
    ASSERT_EQ(seen.size(), 1u) << bytes;
    EXPECT_TRUE(seen[0].starts_with("400 the request is not valid HTTP/1.1: ")) << bytes;
  }
  constexpr char with_zero[] = "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n";
  const std::string_view zero(with_zero, sizeof with_zero - 1);
  EXPECT_TRUE(read(zero).front().starts_with("400 ")) << read(zero).front();
}

TEST(RequestReader, RefusesHeadersThatGoOnOnASecondLine) {
  constexpr std::string_view why =
      "400 the request is not valid HTTP/1.1: a header goes on on a second line";
  for (const std::string_view bytes : {
           "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n",
           "GET / HTTP/1.1\r\nX: a\r\n\tb\r\nHost: h\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nX: a\r\n Content-Length: 5\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
       }) {
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      ASSERT_EQ(read({bytes.substr(0, at), bytes.substr(at)}),
                std::vector<std::string>{std::string(why)})
          << bytes << " cut at " << at;
    }
  }
}

TEST(RequestReader, RefusesBadChunks) {
  for (const std::string_view chunks :
       {"x\r\n", "-1\r\n", "1\r\nab\r\n0\r\n\r\n", "1\r\na0\r\n\r\n", "10000000000000000\r\n",
        "\r\n\r\n", "1 1\r\na\r\n"}) {
    const auto seen = read("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
                           std::string(chunks));
    ASSERT_EQ(seen.size(), 1u) << chunks;
    EXPECT_EQ(seen[0][0], '4') << seen[0];
  }
}

TEST(RequestReader, AChunkBombIsStoppedAtTheAnnouncement) {
  const auto seen =
      read("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFF0\r\n");
  EXPECT_EQ(seen, std::vector<std::string>{"413 the request body passes the limit of 1000 bytes"});
}

TEST(RequestReader, HeadLimitHoldsHoweverItIsCut) {
  const std::string line = "GET / HTTP/1.1\r\n";
  const auto of_size = [&line](std::size_t bytes) {
    return line + "Host: h\r\nX: " + std::string(bytes - line.size() - 16, 'x') + "\r\n\r\n";
  };
  for (const std::size_t cut : {1u, 15u, 16u, 24u, 25u, 50u, 99u}) {
    const ReaderLimits limits{.head_bytes_max = 100, .body_bytes_max = 0};
    const auto at = of_size(100);
    const auto past = of_size(101);
    ASSERT_EQ(at.size(), 100u);
    EXPECT_EQ(read({std::string_view(at).substr(0, cut), std::string_view(at).substr(cut)}, limits)
                  .front()
                  .substr(0, 3),
              "GET");
    EXPECT_EQ(
        read({std::string_view(past).substr(0, cut), std::string_view(past).substr(cut)}, limits),
        std::vector<std::string>{"431 request line and headers pass the head limit of 100 bytes"});
  }
  EXPECT_EQ(read(std::string(100, 'G'), {.head_bytes_max = 100, .body_bytes_max = 0}).front(),
            "431 request line and headers pass the head limit of 100 bytes");
  EXPECT_TRUE(read(std::string(99, 'G'), {.head_bytes_max = 100, .body_bytes_max = 0}).empty());
}

TEST(RequestReader, TheLimitOfTrailersHoldsHoweverTheyAreCut) {
  const ReaderLimits limits{.head_bytes_max = 100, .body_bytes_max = 10};
  const auto of_size = [](std::size_t bytes) {
    constexpr std::string_view head =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    return std::string(head) + "0\r\nT: " + std::string(bytes - 10, 'x') + "\r\n\r\n";
  };
  const auto at = of_size(100);
  const auto past = of_size(101);
  for (std::size_t cut = 0; cut <= at.size(); ++cut) {
    const auto both = [cut](std::string_view bytes) {
      return std::vector<std::string_view>{bytes.substr(0, cut), bytes.substr(cut)};
    };
    EXPECT_EQ(read(both(at), limits),
              std::vector<std::string>{"POST /? Host=h Transfer-Encoding=chunked []"})
        << cut;
    EXPECT_EQ(read(both(past), limits),
              std::vector<std::string>{"400 the request is not valid HTTP/1.1: a chunk's head or "
                                       "the trailers are too long"})
        << cut;
  }
}

TEST(RequestReader, MutatedStreamsNeverBreakIt) {
  std::mt19937 random(20261120);
  const auto pick = [&random](std::size_t below) { return random() % below; };
  std::size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(k_stream);
    for (std::size_t change = 0; change <= pick(4); ++change) {
      const auto at = pick(bytes.size());
      switch (pick(4)) {
        case 0:
          bytes[at] = static_cast<char>(pick(256));
          break;
        case 1:
          bytes.erase(at, pick(20));
          break;
        case 2:
          bytes.insert(at, bytes.substr(pick(bytes.size()), pick(30)));
          break;
        default:
          bytes.insert(at, 1, "\r\n :0;"[pick(6)]);
          break;
      }
      if (bytes.empty()) bytes.push_back('x');
    }
    const auto cut = pick(bytes.size());
    const std::string_view all = bytes;
    // A malformed head may be refused before or after its end came, depending on the pieces.
    const auto requests = [&refused](std::vector<std::string> seen) {
      if (!seen.empty() && seen.back()[0] == '4') {
        seen.pop_back();
        ++refused;
      }
      return seen;
    };
    ASSERT_EQ(requests(read({all.substr(0, cut), all.substr(cut)})), requests(read(all)))
        << "round " << round;
  }
  EXPECT_GT(refused, 1000u);
}

}  // namespace
}  // namespace collet::http
