#include "app/text.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace collet::app {
namespace {

TEST(Printable, EscapesWhatCouldPlayWithATerminal) {
  EXPECT_EQ(printable("plain äö 漢字"), "plain äö 漢字");
  EXPECT_EQ(printable("a\nb\rc\td"), R"(a\nb\rc\td)");
  EXPECT_EQ(printable("\x1b[31mred\x07\x7f"), R"(\x1b[31mred\x07\x7f)");
  EXPECT_EQ(printable(std::string_view("\0", 1)), R"(\x00)");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            R"(\u009b31m)");  // CSI as one C1 control
  EXPECT_EQ(printable("\xe2\x80\xae"
                      "txt.exe"),
            R"(\u202etxt.exe)");  // right-to-left override
  EXPECT_EQ(printable("\xe2\x81\xa6"), R"(\u2066)");
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("a\xff"
                      "b"),
            R"(a\xffb)");
  EXPECT_EQ(printable("\xc0\xaf"), R"(\xc0\xaf)");          // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), R"(\xed\xa0\x80)");  // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), R"(\xf4\x90\x80\x80)");
  EXPECT_EQ(printable("\xe6\xbc"), R"(\xe6\xbc)");  // cut short
}

TEST(Printable, LinesKeepLineFeedsAndTabs) {
  EXPECT_EQ(printable_lines("a\n\tb\r\n\x1b[2J"), "a\n\tb\\r\n\\x1b[2J");
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(display_width(""), 0u);
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("äöü"), 3u);
  EXPECT_EQ(display_width("漢字"), 4u);
  EXPECT_EQ(display_width("한"), 2u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u);  // e and a combining acute accent
  EXPECT_EQ(display_width("🔧"), 2u);
}

TEST(Cut, KeepsWhatFitsExactly) {
  EXPECT_EQ(cut("abcde", 5), "abcde");
  EXPECT_EQ(cut("abcdef", 5), "abcd…");
  EXPECT_EQ(cut("漢字漢", 6), "漢字漢");
  EXPECT_EQ(cut("漢字漢", 5), "漢字…");
  EXPECT_EQ(cut("漢字漢", 4), "漢…");
  EXPECT_EQ(cut("abc", 1), "…");
  EXPECT_EQ(cut("abc", 0), "");
}

TEST(FirstSentence, EndsAtASentenceOrALine) {
  EXPECT_EQ(first_sentence("Adds a note. It is kept."), "Adds a note.");
  EXPECT_EQ(first_sentence("Adds a note\nand keeps it"), "Adds a note");
  EXPECT_EQ(first_sentence("  Adds, e.g. a note. Done."), "Adds, e.g. a note.");
  EXPECT_EQ(first_sentence("Version 1.5 of it"), "Version 1.5 of it");
  EXPECT_EQ(first_sentence(" \n"), "");
}

TEST(Closest, FindsWhatWasMeant) {
  const std::vector<std::string> names{"listen", "data_dir", "log_level"};
  EXPECT_EQ(closest("listen", names), "listen");
  EXPECT_EQ(closest("datadir", names), "data_dir");
  EXPECT_EQ(closest("zzzzzz", names), std::nullopt);
  EXPECT_EQ(closest("x", names), std::nullopt);
}

TEST(Counted, SaysOneAndMany) {
  EXPECT_EQ(counted(0, "tool"), "0 tools");
  EXPECT_EQ(counted(1, "tool"), "1 tool");
  EXPECT_EQ(counted(2, "tool"), "2 tools");
}

}  // namespace
}  // namespace collet::app
