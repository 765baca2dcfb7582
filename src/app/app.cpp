#include "app/app.hpp"

#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "plugin/reserved_keys.hpp"

namespace collet::app {
namespace {

/// A word of the API's routes, or nothing at all, would reach another route than a plugin's.
Outcome<ExitCode> check_plugin_name(std::string_view name) {
  if (!name.empty() && !plugin::is_route_word(name)) return ExitCode::ok;
  return std::unexpected(Failure{ExitCode::failure,
                                 {.code = ErrorCode::plugin_not_found,
                                  .message = "Plugin not found: " + std::string(name),
                                  .remedy = "`collet plugin list` shows all"}});
}

template <class Command>
Outcome<ExitCode> check_and_execute(const Command& command, const Surroundings& on) {
  if constexpr (requires { std::string_view(command.plugin); }) {
    if (auto checked = check_plugin_name(command.plugin); !checked) return checked;
  } else if constexpr (std::is_same_v<Command, Doctor>) {
    if (command.plugin) {
      if (auto checked = check_plugin_name(*command.plugin); !checked) return checked;
    }
  }
  return execute(command, on);
}

}  // namespace

ExitCode run(std::span<const std::string> arguments, const Surroundings& on) {
  const auto command = parse_command_line(arguments);
  Outcome<ExitCode> outcome = ExitCode::ok;
  if (command) {
    outcome = std::visit([&](const auto& each) { return check_and_execute(each, on); }, *command);
  } else if (command.error().exit_code == ExitCode::ok) {
    on.terminal.out(command.error().text);
  } else {
    outcome = std::unexpected(Failure{command.error().exit_code, command.error().error});
  }
  // What a daemon prints is a courtesy; what any other command prints is its result.
  const bool serves = command && std::holds_alternative<ServeCommand>(*command);
  if (const auto lost = on.terminal.out_failure(); lost && outcome && !serves) {
    outcome = std::unexpected(Failure{ExitCode::failure,
                                      {.code = ErrorCode::internal_error,
                                       .message = "standard output cannot be written: " + *lost}});
  }
  if (outcome) return *outcome;
  print_error(on.terminal, outcome.error().error);
  return outcome.error().exit_code;
}

}  // namespace collet::app
