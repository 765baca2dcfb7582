// Where commands print to and read from: the real streams, or a test's.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/environment.hpp"
#include "collet/error.hpp"

namespace collet::app {

/// What a stream may be sent beside plain text.
struct StreamTraits {
  std::optional<std::size_t> width{};  ///< columns of the terminal; nothing: not a terminal
  enum class Colour { off, on } colour = Colour::off;
};

enum class Style { plain, bold, dim, good, warning, bad };

/// Standard output, error and input of a command. One thread.
class Terminal {
 public:
  virtual ~Terminal() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  /// Why standard output did not take all that was printed; nothing where it did.
  [[nodiscard]] virtual std::optional<std::string> out_failure() const { return std::nullopt; }
  /// Standard input to its end. Fails with `invalid_request` where it cannot be read or has more
  /// than `bytes_max`.
  [[nodiscard]] virtual Result<std::string> read_input(std::size_t bytes_max) = 0;
  /// Asks on the terminal itself, whatever the streams lead to, and reads one line that is not
  /// shown, without its end. Nothing where there is no terminal, or the line was broken off. Fails
  /// with `invalid_request` where it has more than `bytes_max`.
  [[nodiscard]] virtual Result<std::optional<std::string>> ask_hidden(std::string_view question,
                                                                      std::size_t bytes_max) = 0;
  [[nodiscard]] virtual StreamTraits out_traits() const = 0;
  [[nodiscard]] virtual StreamTraits err_traits() const = 0;
};

/// `text` in a colour, where the stream shows colours.
[[nodiscard]] std::string styled(std::string_view text, Style style, const StreamTraits& stream);

/// Prints "error: …", its violations and its hint to standard error.
void print_error(Terminal& terminal, const Error& error);
/// Prints "warning: …" to standard error.
void print_warning(Terminal& terminal, std::string_view text);

/// What a terminal of that width may be sent. One that calls itself "dumb", or nothing, gets plain
/// text as a file does; NO_COLOR turns colour off (no-color.org).
[[nodiscard]] StreamTraits terminal_traits(std::size_t width, const Environment& environment);

/// The process's own streams.
[[nodiscard]] std::unique_ptr<Terminal> make_system_terminal(const Environment& environment);

}  // namespace collet::app
