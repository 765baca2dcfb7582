#include "app/app.hpp"

#include <variant>

#include "app/command_line.hpp"
#include "app/commands.hpp"

namespace collet::app {

ExitCode run(std::span<const std::string> arguments, const Surroundings& on) {
  const auto command = parse_command_line(arguments);
  if (!command) {
    const auto& printed = command.error();
    if (printed.exit_code == ExitCode::ok) {
      on.terminal.out(printed.text);
    } else {
      print_error(on.terminal, printed.error);
    }
    return printed.exit_code;
  }
  const auto outcome = std::visit([&](const auto& each) { return execute(each, on); }, *command);
  if (outcome) return *outcome;
  print_error(on.terminal, outcome.error().error);
  return outcome.error().exit_code;
}

}  // namespace collet::app
