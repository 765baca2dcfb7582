// Arguments made into a Command.
#pragma once

#include <expected>
#include <span>
#include <string>

#include "app/commands.hpp"

namespace collet::app {

/// Nothing is left to do but to print: help, the version, or what is wrong with the arguments.
struct Printed {
  ExitCode exit_code = ExitCode::ok;
  std::string text{};  ///< for standard output
  Error error{};       ///< for standard error, where `exit_code` is not `ok`
};

/// `arguments` without the program's name. `--help` and a command without its subcommand give the
/// help text.
[[nodiscard]] std::expected<Command, Printed> parse_command_line(
    std::span<const std::string> arguments);

}  // namespace collet::app
