// Violations of a JSON Schema, as people read them.
#pragma once

#include <span>
#include <string>

#include "collet/error.hpp"

namespace collet::app {

/// One line a violation, two spaces in front; harmless on a terminal.
[[nodiscard]] std::string violation_lines(std::span<const Violation> violations);

/// The error's message without the first violations at its end, which `violation_lines` tells in
/// full.
[[nodiscard]] std::string headline(const Error& error);

}  // namespace collet::app
