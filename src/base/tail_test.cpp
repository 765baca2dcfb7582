#include "base/tail.hpp"

#include <gtest/gtest.h>

namespace collet {
namespace {

TEST(Tail, KeepsTheLastBytesHoweverTheyCome) {
  for (const std::size_t piece : {1, 3, 10, 26}) {
    Tail tail(10);
    const std::string text = "abcdefghijklmnopqrstuvwxyz";
    for (std::size_t at = 0; at < text.size(); at += piece)
      tail.append(std::string_view(text).substr(at, piece));
    EXPECT_EQ(tail.text(), "qrstuvwxyz") << piece;
  }
}

TEST(Tail, IsWholeUpToItsLimit) {
  Tail tail(10);
  tail.append("0123456789");
  EXPECT_EQ(tail.text(), "0123456789");
  tail.append("x");
  EXPECT_EQ(tail.text(), "123456789x");
}

TEST(Tail, CutsNoCharacterAndNoLineEnd) {
  Tail tail(4);
  tail.append("aüb€\n");  // € has three bytes: the last four bytes are those and LF
  EXPECT_EQ(tail.text(), "€");
  tail.append("ü");  // the last four bytes start inside €
  EXPECT_EQ(tail.text(), "\nü");
}

}  // namespace
}  // namespace collet
