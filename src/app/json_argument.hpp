// Parameters given as JSON on the command line.
#pragma once

#include <string>

#include "app/failure.hpp"
#include "app/terminal.hpp"

namespace collet::app {

/// What `--json` says: JSON text, "@file", or "-" for standard input. Refuses what is no JSON, with
/// `remedy`.
[[nodiscard]] Outcome<std::string> read_json_argument(const std::string& source, Terminal& terminal,
                                                      std::string remedy);

}  // namespace collet::app
