#include "tool/shell_word.hpp"

#include <gtest/gtest.h>

namespace collet::tool {
namespace {

TEST(ShellWord, QuotesOnlyWhereItMust) {
  EXPECT_EQ(shell_word("/home/ann/.local/token"), "/home/ann/.local/token");
  EXPECT_EQ(shell_word("my folder"), "'my folder'");
  EXPECT_EQ(shell_word("it's"), R"('it'\''s')");
  EXPECT_EQ(shell_word("$HOME"), "'$HOME'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace collet::tool
