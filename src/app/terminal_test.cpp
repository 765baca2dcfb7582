#include "app/terminal.hpp"

#include <gtest/gtest.h>

#include "app/app_fixture.hpp"

namespace collet::app {
namespace {

TEST(Terminal, ColourNeedsAWillingTerminal) {
  using Colour = StreamTraits::Colour;
  const auto traits = terminal_traits(100, {.variables = {{"TERM", "xterm"}}});
  EXPECT_EQ(traits.width, 100u);
  EXPECT_EQ(traits.colour, Colour::on);
  const auto plain = terminal_traits(100, {.variables = {{"TERM", "xterm"}, {"NO_COLOR", "1"}}});
  EXPECT_EQ(plain.width, 100u);
  EXPECT_EQ(plain.colour, Colour::off);
  // An empty NO_COLOR asks for nothing.
  EXPECT_EQ(terminal_traits(9, {.variables = {{"TERM", "xterm"}, {"NO_COLOR", ""}}}).colour,
            Colour::on);
  EXPECT_EQ(terminal_traits(100, {.variables = {{"TERM", "dumb"}}}).width, std::nullopt);
  EXPECT_EQ(terminal_traits(100, {}).width, std::nullopt);
}

TEST(Terminal, StylesOnlyWhereColourIs) {
  EXPECT_EQ(styled("x", Style::bad, {.colour = StreamTraits::Colour::on}), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(styled("x", Style::plain, {.colour = StreamTraits::Colour::on}), "x");
  EXPECT_EQ(styled("x", Style::bad, {}), "x");
}

TEST(Terminal, ErrorsHaveAPlaceForEverything) {
  RecordingTerminal terminal;
  print_error(terminal, {.message = "it broke\n\x1b[2J",
                         .remedy = "mend it",
                         .violations = {{"/a", "/type", "type", "must be b"}}});
  EXPECT_EQ(terminal.err_text, "error: it broke\n\\x1b[2J\n  /a: must be b\n  hint: mend it\n");
  terminal.err_text.clear();
  terminal.traits.colour = StreamTraits::Colour::on;
  print_warning(terminal, "careful");
  EXPECT_EQ(terminal.err_text, "\x1b[33mwarning:\x1b[0m careful\n");
}

}  // namespace
}  // namespace collet::app
