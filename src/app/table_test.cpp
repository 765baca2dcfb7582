#include "app/table.hpp"

#include <gtest/gtest.h>

namespace collet::app {
namespace {

TEST(Table, AlignsByWhatTheScreenShows) {
  Table table({{"NAME"}, {"COUNT", Align::right}, {"TEXT"}});
  table.add({"漢字", "7", "wide"});
  table.add({"abcdef", "12345678", "narrow"});
  EXPECT_EQ(table.render({}),
            "NAME       COUNT  TEXT\n"
            "漢字           7  wide\n"
            "abcdef  12345678  narrow\n");
}

TEST(Table, NeverLetsACellBreakItsLine) {
  Table table({{""}, {""}});
  table.add({"a\nb", "\x1b[2J"});
  EXPECT_EQ(table.render({}, 2), "  a\\nb  \\x1b[2J\n");
}

TEST(Table, CutsTheLastColumnOnATerminal) {
  Table table({{"A"}, {"B"}});
  table.add({"1234", "aaaaaaaaaaaaaaaaaaaaaaaa"});  // 4 + 2 + 24
  EXPECT_EQ(table.render({.width = 30}), "A     B\n1234  aaaaaaaaaaaaaaaaaaaaaaaa\n");
  EXPECT_EQ(table.render({.width = 29}), "A     B\n1234  aaaaaaaaaaaaaaaaaaaaaa…\n");
  // Below 16 columns nothing can be read: better that the terminal wraps.
  EXPECT_EQ(table.render({.width = 10}), "A     B\n1234  aaaaaaaaaaaaaaa…\n");
}

TEST(Table, ColoursWithoutMovingColumns) {
  Table table({{"S"}, {"T"}});
  table.add({Cell("ok", Style::good), "x"});
  EXPECT_EQ(table.render({.colour = StreamTraits::Colour::on}),
            "\x1b[1mS\x1b[0m   \x1b[1mT\x1b[0m\n"
            "\x1b[32mok\x1b[0m  x\n");
}

TEST(Table, MissingCellsAreEmpty) {
  Table table({{"A"}, {"B"}});
  table.add({"1"});
  EXPECT_EQ(table.render({}), "A  B\n1\n");
}

}  // namespace
}  // namespace collet::app
