// The program `collet` without its surroundings: arguments in, exit code out.
#pragma once

#include <span>
#include <string>

#include "app/exit_code.hpp"
#include "app/surroundings.hpp"

namespace collet::app {

/// Parses the arguments (without the program's name), runs the command, prints its failure.
[[nodiscard]] ExitCode run(std::span<const std::string> arguments, const Surroundings& on);

}  // namespace collet::app
