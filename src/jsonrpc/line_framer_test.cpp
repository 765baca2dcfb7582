#include "jsonrpc/line_framer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace collet::jsonrpc {
namespace {

std::vector<std::string> lines_of(std::string_view stream, std::size_t first_cut,
                                  std::size_t second_cut) {
  LineFramer framer(1000);
  std::vector<std::string> lines;
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  framer.feed(stream.substr(0, first_cut), sink);
  framer.feed(stream.substr(first_cut, second_cut - first_cut), sink);
  framer.feed(stream.substr(second_cut), sink);
  return lines;
}

TEST(LineFramer, GivesTheSameLinesHoweverTheStreamIsCut) {
  using namespace std::string_literals;
  const auto stream =
      R"({"jsonrpc":"2.0","id":1,"result":{"text":"first"}})"
      "\n\n  \t\n"
      R"({"jsonrpc":"2.0","id":2,"result":{"text":"ü \\n € 𝄞"}})"
      "\r\n"
      "\xEF\xBB\xBF noise \xFF\xFE\0 with NUL\n"s
      R"({"jsonrpc":"2.0","method":"log","params":{"message":"third, and long enough that the whole is over 300 bytes)"
      R"(, because a short script has few places where it can be cut: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}})"
      "\nunfinished";
  ASSERT_GE(stream.size(), 300u);
  const auto whole = lines_of(stream, stream.size(), stream.size());
  ASSERT_EQ(whole.size(), 4u);
  EXPECT_EQ(whole[1], R"({"jsonrpc":"2.0","id":2,"result":{"text":"ü \\n € 𝄞"}})");
  for (std::size_t first = 0; first <= stream.size(); ++first) {
    for (std::size_t second = first; second <= stream.size(); ++second) {
      ASSERT_EQ(lines_of(stream, first, second), whole) << first << ' ' << second;
    }
  }
}

TEST(LineFramer, GivesOneByteReads) {
  LineFramer framer(10);
  std::vector<std::string> lines;
  for (const char c : std::string_view("ab\ncd\n")) {
    framer.feed({&c, 1}, [&](std::string_view line) { lines.emplace_back(line); });
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"ab", "cd"}));
}

TEST(LineFramer, GivesTheUnfinishedLineOfAStreamThatEnds) {
  LineFramer framer(10);
  std::vector<std::string> lines;
  const auto sink = [&](std::string_view line) { lines.emplace_back(line); };
  framer.feed("ab\ncd", sink);
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
    const auto stream = std::string(length, 'x') + "\nnext\n";
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < stream.size(); at += GetParam()) {
      framer.feed(std::string_view(stream).substr(at, GetParam()),
                  [&](std::string_view line) { lines.emplace_back(line); });
    }
    const bool fits = length <= limit;
    EXPECT_EQ(lines.size(), fits ? 2u : 1u) << length;
    EXPECT_EQ(lines.back(), "next");
    EXPECT_EQ(framer.too_long(), fits ? 0u : 1u) << length;
  }
}

INSTANTIATE_TEST_SUITE_P(Pieces, LineLimit, testing::Values(1, 7, 64, 100, 101, 5000));

TEST(LineFramer, AnEndlessLineHoldsNoMoreThanTheLimit) {
  LineFramer framer(1000);
  const std::string piece(300, 'x');
  for (int i = 0; i < 10'000; ++i) {
    framer.feed(piece, [](std::string_view) { FAIL() << "there is no line"; });
    ASSERT_LE(framer.held(), 1000u);
  }
  EXPECT_EQ(framer.too_long(), 1u);
}

}  // namespace
}  // namespace collet::jsonrpc
