#include "jsonrpc/line_framer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace collet::jsonrpc {
namespace {
using testing::ElementsAre;

constexpr auto k_none_dropped = [](std::string_view) { FAIL() << "no line is over the limit"; };

/// The lines of a stream that comes in these pieces and ends.
std::vector<std::string> lines_of(const std::vector<std::string_view>& pieces) {
  LineFramer framer(1000);
  std::vector<std::string> lines;
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  for (const auto piece : pieces) framer.feed(piece, sink, k_none_dropped);
  framer.finish(sink);
  return lines;
}

using namespace std::string_literals;

constexpr std::string_view k_first = R"({"jsonrpc":"2.0","id":1,"result":{"text":"first"}})";
constexpr std::string_view k_second = R"({"jsonrpc":"2.0","id":2,"result":{"text":"ü \n € 𝄞"}})";
const std::string k_noise = "\xEF\xBB\xBF noise \xFF\xFE\xC3 with NUL \0 in it"s;
constexpr std::string_view k_third =
    R"({"jsonrpc":"2.0","method":"log","params":{"message":"third, and long enough that the whole is over 300 bytes)"
    R"(, because a short script has few places where it can be cut: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}})";

/// Three messages, blank lines, CRLF, what is no text, and no line end at the end.
const std::string k_stream = std::string(k_first) + "\n\n  \t\n" + std::string(k_second) + "\r\n" +
                             k_noise + "\n\r\n" + std::string(k_third) + "\nunfinished";
const std::vector<std::string> k_lines{std::string(k_first), std::string(k_second), k_noise,
                                       std::string(k_third), "unfinished"};

TEST(LineFramer, GivesTheSameLinesForEveryPairOfCuts) {
  const std::string_view stream = k_stream;
  ASSERT_GE(stream.size(), 300u);
  EXPECT_EQ(lines_of({stream}), k_lines);
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      ASSERT_EQ(lines_of({stream.substr(0, first), stream.substr(first, second - first),
                          stream.substr(second)}),
                k_lines)
          << first << ' ' << second;
    }
  }
}

TEST(LineFramer, GivesTheSameLinesByteByByte) {
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < k_stream.size(); ++i) {
    bytes.push_back(std::string_view(k_stream).substr(i, 1));
  }
  EXPECT_EQ(lines_of(bytes), k_lines);
}

TEST(LineFramer, GivesTheUnfinishedLineOfAStreamThatEnds) {
  LineFramer framer(10);
  std::vector<std::string> lines;
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  framer.feed("ab\ncd", sink, k_none_dropped);
  EXPECT_EQ(framer.held(), 2u);
  framer.finish(sink);
  EXPECT_EQ(lines, (std::vector<std::string>{"ab", "cd"}));
  EXPECT_EQ(framer.held(), 0u);
}

class LineLimit : public testing::TestWithParam<std::size_t> {
};  // the size of the pieces the stream comes in

TEST_P(LineLimit, ALineAtTheLimitPassesAndOneByteMoreIsDroppedAlone) {
  constexpr std::size_t limit = 100;
  for (const auto length : {limit - 1, limit, limit + 1, 10 * limit}) {
    LineFramer framer(limit);
    const auto stream = "first\n" + std::string(length, 'x') + "\nnext\n";
    std::vector<std::string> told;
    for (std::size_t at = 0; at < stream.size(); at += GetParam()) {
      framer.feed(
          std::string_view(stream).substr(at, GetParam()),
          [&](std::string_view line) { told.emplace_back(line); },
          [&](std::string_view head) { told.push_back("dropped " + std::string(head)); });
    }
    const auto line = std::string(std::min(length, limit), 'x');
    EXPECT_THAT(told, ElementsAre("first", length <= limit ? line : "dropped " + line, "next"))
        << length;
  }
}

TEST_P(LineLimit, TheHeadOfADroppedLineIsTheSameHoweverItIsCut) {
  constexpr auto limit = 2 * LineFramer::head_bytes_max;
  LineFramer framer(limit);
  std::string line(limit + 1, '\0');
  for (std::size_t i = 0; i < line.size(); ++i) line[i] = static_cast<char>('a' + i % 26);
  std::string head;
  for (std::size_t at = 0; at < line.size(); at += GetParam()) {
    EXPECT_EQ(head, "") << "it is not over the limit yet";
    framer.feed(
        std::string_view(line).substr(at, GetParam()), [](std::string_view) { FAIL(); },
        [&](std::string_view bytes) { head = bytes; });
  }
  EXPECT_EQ(head, line.substr(0, LineFramer::head_bytes_max));
}

INSTANTIATE_TEST_SUITE_P(Pieces, LineLimit, testing::Values(1, 7, 64, 100, 101, 5000));

TEST(LineFramer, AnEndlessLineHoldsNoMoreThanTheLimit) {
  LineFramer framer(1000);
  const std::string piece(300, 'x');
  const auto none = [](std::string_view) { FAIL() << "there is no line"; };
  int dropped = 0;
  for (int i = 0; i < 10'000; ++i) {
    framer.feed(piece, none, [&](std::string_view) { ++dropped; });
    ASSERT_EQ(dropped, i < 3 ? 0 : 1) << "as soon as it is over the limit, and once";
    ASSERT_LE(framer.held(), 1000u);
    ASSERT_LE(framer.room(), 2000u);
    ASSERT_TRUE(i < 3 || framer.room() < 16) << "what is dropped needs no memory";
  }
  framer.finish(none);
}

TEST(LineFramer, ALongLineIsNotMovedAsItGrows) {
  constexpr std::size_t limit = 64u << 20;
  LineFramer framer(limit);
  const std::string piece(64u << 10, 'x');
  const auto sink = [&](std::string_view line) { EXPECT_EQ(line.size(), limit); };
  std::vector<std::size_t> rooms;
  for (std::size_t fed = 0; fed < limit; fed += piece.size()) {
    framer.feed(piece, sink, k_none_dropped);
    if (framer.held() > 1u << 20) rooms.push_back(framer.room());
  }
  EXPECT_THAT(rooms, testing::Each(limit));
  framer.feed("\n", sink, k_none_dropped);
}

TEST(LineFramer, TheMemoryOfALongLineIsGivenBack) {
  constexpr std::size_t kept_max = 1u << 20;
  LineFramer framer(8 * kept_max);
  const std::string half(4 * kept_max, 'x');
  std::size_t bytes = 0;
  const auto sink = [&bytes](std::string_view line) { bytes = line.size(); };
  framer.feed(half, sink, k_none_dropped);
  framer.feed(half, sink, k_none_dropped);
  EXPECT_EQ(framer.held(), 8 * kept_max);
  EXPECT_LE(framer.room(), 16 * kept_max);
  framer.feed("\n", sink, k_none_dropped);
  EXPECT_EQ(bytes, 8 * kept_max);
  EXPECT_LE(framer.room(), kept_max);
}

}  // namespace
}  // namespace collet::jsonrpc
