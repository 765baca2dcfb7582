#include "app/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/text.hpp"
#include "app/violation_text.hpp"
#include "base/file.hpp"

namespace collet::app {
namespace {

constexpr std::string_view escape_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1b[1m";
    case Style::dim:
      return "\x1b[2m";
    case Style::good:
      return "\x1b[32m";
    case Style::warning:
      return "\x1b[33m";
    case Style::bad:
      return "\x1b[31m";
  }
  return "";
}

StreamTraits traits_of(int descriptor, const Environment& environment) {
  if (::isatty(descriptor) == 0) return {};
  winsize size{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return terminal_traits(known ? size.ws_col : 80, environment);
}

class SystemTerminal final : public Terminal {
 public:
  explicit SystemTerminal(const Environment& environment)
      : out_traits_(traits_of(STDOUT_FILENO, environment)),
        err_traits_(traits_of(STDERR_FILENO, environment)) {}

  void out(std::string_view text) override {
    if (!write(stdout, text) && !out_failure_) out_failure_ = std::strerror(errno);
  }
  std::optional<std::string> out_failure() const override { return out_failure_; }
  void err(std::string_view text) override {
    std::fflush(stdout);
    write(stderr, text);
  }
  Result<std::string> read_input(std::size_t bytes_max) override {
    return read_to_end(STDIN_FILENO, "standard input", bytes_max);
  }
  StreamTraits out_traits() const override { return out_traits_; }
  StreamTraits err_traits() const override { return err_traits_; }

 private:
  static bool write(std::FILE* stream, std::string_view text) {
    const bool taken = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
    return std::fflush(stream) == 0 && taken;
  }

  std::optional<std::string> out_failure_;
  StreamTraits out_traits_;
  StreamTraits err_traits_;
};

}  // namespace

StreamTraits terminal_traits(std::size_t width, const Environment& environment) {
  if (environment.get("TERM").value_or("dumb") == "dumb") return {};
  const bool plain = environment.get("NO_COLOR").has_value();
  return {.width = width, .colour = plain ? StreamTraits::Colour::off : StreamTraits::Colour::on};
}

std::string styled(std::string_view text, Style style, const StreamTraits& stream) {
  if (style == Style::plain || stream.colour == StreamTraits::Colour::off) return std::string(text);
  return std::string(escape_of(style)).append(text).append("\x1b[0m");
}

void print_error(Terminal& terminal, const Error& error) {
  const auto stream = terminal.err_traits();
  std::string text = styled("error:", Style::bad, stream) + " " + printable_lines(headline(error));
  text += '\n' + violation_lines(error.violations);
  if (!error.remedy.empty()) {
    text +=
        "  " + styled("hint:", Style::bold, stream) + " " + printable_lines(error.remedy) + "\n";
  }
  terminal.err(text);
}

void print_warning(Terminal& terminal, std::string_view text) {
  terminal.err(styled("warning:", Style::warning, terminal.err_traits()) + " " +
               printable_lines(text) + "\n");
}

std::unique_ptr<Terminal> make_system_terminal(const Environment& environment) {
  return std::make_unique<SystemTerminal>(environment);
}

}  // namespace collet::app
