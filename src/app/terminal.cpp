#include "app/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "app/text.hpp"
#include "app/violation_text.hpp"
#include "base/file.hpp"
#include "base/file_descriptor.hpp"

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

/// While it lives, what is typed is not shown. Ctrl-C is a character that ends the line then,
/// because a signal would leave the shell behind it blind.
class HiddenInput {
 public:
  static constexpr char break_off = '\x03';

  explicit HiddenInput(int terminal) : terminal_(terminal) {
    ::tcgetattr(terminal_, &before_);
    auto hidden = before_;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);
    hidden.c_lflag |= ICANON;
    hidden.c_cc[VEOL] = break_off;
    ::tcsetattr(terminal_, TCSAFLUSH, &hidden);
  }
  ~HiddenInput() { ::tcsetattr(terminal_, TCSAFLUSH, &before_); }
  HiddenInput(const HiddenInput&) = delete;
  HiddenInput& operator=(const HiddenInput&) = delete;

 private:
  int terminal_;
  termios before_{};
};

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::write(descriptor, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
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
  Result<std::optional<std::string>> ask_hidden(std::string_view question,
                                                std::size_t bytes_max) override {
    const FileDescriptor terminal(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY));
    if (!terminal) return std::nullopt;
    write_all(terminal.get(), question);
    std::string line;
    bool is_whole = false;
    {
      const HiddenInput hidden(terminal.get());
      char byte = 0;
      while (!is_whole && line.size() <= bytes_max && ::read(terminal.get(), &byte, 1) == 1 &&
             byte != HiddenInput::break_off) {
        is_whole = byte == '\n';
        if (!is_whole) line += byte;
      }
    }
    write_all(terminal.get(), "\n");
    if (line.size() > bytes_max) {
      return fail(ErrorCode::invalid_request,
                  "what was typed has more than " + std::to_string(bytes_max) + " bytes");
    }
    if (!is_whole) return std::nullopt;
    return line;
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
